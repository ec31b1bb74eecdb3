"""A page with one form that runs one use case: what an action button of a case opens."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise

from accounts.models import User
from core.problems import Problem


def officer_of(request: HttpRequest) -> User:
    """The signed-in member of staff: the admin lets nobody else in."""
    return cast(User, request.user)


def form_page(
    model_admin: DjangoModelAdmin,
    request: HttpRequest,
    *,
    obj: models.Model | None,
    title: str | Promise,
    form: forms.Form,
    act: Callable[[dict[str, Any]], object],
    done: str | Promise | Callable[[Any], str | Promise],
) -> HttpResponse:
    """Show the form; when it is sent and `act` agrees, say `done` (of what it gave) and go back. A refusal stays on
    the page.
    """
    if request.method == "POST" and form.is_valid():
        try:
            result = act(form.cleaned_data)
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem.message))
        else:
            messages.success(request, str(done(result) if callable(done) else done))
            return HttpResponseRedirect(_back(model_admin, obj))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "original": obj,
        "form": form,
        "back": _back(model_admin, obj),
    }
    return TemplateResponse(request, "admin/risk/form_page.html", context)


def _back(model_admin: DjangoModelAdmin, obj: models.Model | None) -> str:
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    return reverse(f"{name}_change", args=[obj.pk]) if obj else reverse(f"{name}_changelist")
