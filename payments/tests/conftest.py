"""A sandbox, an address for its callbacks, and an orderer whose own postings stand for lending's."""

import threading
from socketserver import ThreadingMixIn
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection

from core.registry import order_settled
from payments.tests.books import forget_postings
from payments.tests.orderer import COLLECTION_PURPOSE, PAYOUT_PURPOSE, Orderer


@pytest.fixture
def orderer():
    """Whoever ordered: registered for its two purposes, with books of its own."""
    somebody = Orderer()
    for purpose in (PAYOUT_PURPOSE, COLLECTION_PURPOSE):
        order_settled.register(purpose, somebody)
    yield somebody
    for purpose in (PAYOUT_PURPOSE, COLLECTION_PURPOSE):
        order_settled._handlers.pop(purpose)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def callback_address(committed_db):
    """Our web process's address, served in this process, so that callbacks arrive over real HTTP."""
    application = get_wsgi_application()

    def serve(environ, start_response):
        try:
            return application(environ, start_response)
        finally:
            connection.close()

    port = urlsplit(settings.PLATFORM_URL).port
    server = make_server("127.0.0.1", port, serve, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield settings.PLATFORM_URL
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def empty_ledger(committed_db):
    """A database of its own whose ledger holds no transfer."""
    forget_postings()
