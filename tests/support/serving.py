"""Our web process's address, served in the test's own process: what institutions send arrives over real HTTP."""

import threading
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection

from tests.support.databases import Clone


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def callback_address(committed_db: Clone) -> Iterator[str]:
    """settings.PLATFORM_URL, answering until the test ends."""
    application = get_wsgi_application()

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        try:
            return application(environ, start_response)
        finally:
            connection.close()

    port = urlsplit(settings.PLATFORM_URL).port
    assert port
    server = make_server("127.0.0.1", port, serve, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield settings.PLATFORM_URL
    server.shutdown()
    server.server_close()
    thread.join()
