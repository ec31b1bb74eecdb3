"""What every REST endpoint shares: problem+json answers, and idempotency keys."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from core.idempotency import run_once
from core.problems import PROBLEM_JSON, Problem

IDEMPOTENCY_HEADER = "Idempotency-Key"


def once(request: Request, *, scope: str, action: Callable[[], tuple[int, Any]]) -> Response:
    """Answer with what `action` (→ status, body) gives; with an Idempotency-Key, only the first time, and replay it
    after.

    `scope` says whose key it is and for what, so that customers cannot meet each other's.
    """
    key = request.headers.get(IDEMPOTENCY_HEADER)
    if not key:
        status, body = action()
        return Response(body, status=status)
    if len(key) > 100:
        raise Problem("idempotency_key_too_long", _("An idempotency key has at most 100 characters."))
    result = run_once(scope=f"{scope} {request.path}", key=key, payload=request.data, action=action)
    headers = {"Idempotency-Replayed": "true"} if result.replayed else {}
    return Response(result.body, status=result.status, headers=headers)


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
