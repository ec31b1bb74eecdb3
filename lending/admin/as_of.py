"""A loan's page as of a past day: as it is known now, or as it was known at a moment."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from core import clock
from core.problems import Problem
from lending.admin import loan_tables
from lending.models import Loan


class AsOfForm(forms.Form):
    """Which day, and what was known of it."""

    as_of = forms.DateField(
        label=_("as of the end of"), initial=clock.today, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )
    known_at = forms.DateTimeField(
        label=_("as known at (real time)"),
        required=False,
        help_text=_("Empty: as it is known now, with all that came later but counts from before."),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )


def page(request: HttpRequest, loan: Loan) -> HttpResponse:
    """The loan explained up to the day asked for."""
    form = AsOfForm(request.GET or None)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("As of a past day"),
        "loan": loan,
        "form": form,
    }
    if form.is_valid():
        context["tables"] = _tables(loan, form)
    return TemplateResponse(request, "admin/lending/as_of.html", context)


def _tables(loan: Loan, form: AsOfForm) -> list[Any]:
    day: dt.date = form.cleaned_data["as_of"]
    try:
        return [loan_tables.explanation(loan, day, form.cleaned_data["known_at"])]
    except Problem as problem:
        form.add_error("as_of", str(problem.message))
        return []
