"""How gunicorn serves the web process, beyond what its command says."""

import gc
from importlib import import_module
from typing import Any

from django.conf import settings


def when_ready(server: Any) -> None:
    """Before the first worker is forked: load what their first requests would, once for all of them. It lives as long
    as they do, so the garbage collector need not walk through it with every request."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
