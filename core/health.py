"""Whether this process can do its work."""

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse

LAST_SWEEP = "core.last-sweep"


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database and cache answer, an error otherwise; with the Unix time of the last sweep, if recent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok", "last_sweep": cache.get(LAST_SWEEP)})
