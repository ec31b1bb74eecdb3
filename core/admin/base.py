from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Shows rows; changes nothing. What may be done to them are actions, each calling one use case."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


def go_to(address: str) -> HttpResponse:
    """Have the page whose dialog sent a form go there: htmx follows this header, and no redirect."""
    return HttpResponse(headers={"HX-Redirect": address})
