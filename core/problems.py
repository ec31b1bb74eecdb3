"""Refusals that a person or a program can act on: RFC 9457 problem+json over the API, the same words on the pages."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.functional import Promise

PROBLEM_JSON = "application/problem+json"


class Problem(Exception):
    """A request that is refused, and why.

    `code` is stable and for programs; `message` is translatable and says what to do; `field` names the input at fault;
    `status` is the HTTP status; `details` are further members for programs.
    """

    def __init__(
        self,
        code: str,
        message: str | Promise,
        *,
        field: str | None = None,
        status: int = 400,
        **details: Any,
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
        body = {
            "type": f"/problems/{self.code}",
            "title": str(self.message),
            "status": self.status,
            "code": self.code,
        }
        if self.field:
            body["field"] = self.field
        return {**body, **self.details}

    def as_response(self) -> HttpResponse:
        """The problem as a plain Django response, for endpoints outside the REST framework."""
        return JsonResponse(self.as_dict(), status=self.status, content_type=PROBLEM_JSON)
