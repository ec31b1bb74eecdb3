"""How gunicorn serves the web process, beyond what its command says."""

import gc
from typing import Any

from django.urls import get_resolver


def when_ready(server: Any) -> None:
    """Before the first worker is forked: load what their first requests would, once for all of them. It lives as long
    as they do, so the garbage collector need not walk through it with every request."""
    assert get_resolver().url_patterns
    gc.collect()
    gc.freeze()
