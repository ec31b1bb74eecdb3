"""Pages for what does not exist: problem+json under the API, the portal's own page elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found

from core.api import not_found as api_not_found


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to an address that leads nowhere."""
    if request.path.startswith("/api/"):
        return api_not_found(request, exception)
    return page_not_found(request, exception)
