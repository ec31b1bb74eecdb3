"""Refusals that a person or a program can act on: RFC 9457 problem+json over the API, the same words on the pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

PROBLEM_JSON = "application/problem+json"


class Problem(Exception):
    """A request that is refused, and why.

    `code` is stable and for programs; `message` is translatable and says what to do; `field` names the input at fault;
    `status` is the HTTP status; `details` are further members for programs.
    """

    def __init__(
        self, code: str, message: str | Promise, *, field: str | None = None, status: int = 400, **details: Any
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field
        self.status = status
        self.details = details

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def as_dict(self) -> dict[str, Any]:
        """The members of the problem+json document, in the active language."""
        body = {"type": f"/problems/{self.code}", "title": str(self.message), "status": self.status, "code": self.code}
        if self.field:
            body["field"] = self.field
        return {**body, **self.details}

    def as_response(self) -> HttpResponse:
        """The problem as a plain Django response, for endpoints outside the REST framework."""
        return JsonResponse(self.as_dict(), status=self.status, content_type=PROBLEM_JSON)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn our problems and the REST framework's own errors into problem+json."""
    if isinstance(exc, Problem):
        return Response(exc.as_dict(), status=exc.status, content_type=PROBLEM_JSON)
    response = drf_exception_handler(exc, context)
    if response is None:
        return None
    response.data = _from_framework(exc, response)
    response.content_type = PROBLEM_JSON
    return response


def _from_framework(exc: Exception, response: Response) -> dict[str, Any]:
    if isinstance(exc, drf.ValidationError):
        errors = response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
        field, messages = next(iter(errors.items()))
        message = messages[0] if isinstance(messages, list) else str(messages)
        problem = Problem("invalid", str(message), field=field, status=response.status_code, errors=errors)
    else:
        code = getattr(exc, "default_code", "error")
        detail = getattr(exc, "detail", None) or _("This request could not be carried out.")
        problem = Problem(str(code), str(detail), status=response.status_code)
    return problem.as_dict()


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The API's answer to an address that does not exist."""
    return Problem("not_found", _("There is nothing at this address."), status=404).as_response()
