"""Pages for what does not exist and for what breaks: problem+json under the API, the portal's own page elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found
from django.views.defaults import server_error as page_broken

from core.api import not_found as api_not_found
from core.problems import Problem


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to an address that leads nowhere."""
    if request.path.startswith("/api/"):
        return api_not_found(request, exception)
    return page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer when we break: the same request may be sent again under its idempotency key."""
    if request.path.startswith("/api/"):
        message = _("Something broke on our side. Nothing was done halfway: look how things stand, then try again.")
        return Problem("server_error", message, status=500).as_response()
    return page_broken(request)
