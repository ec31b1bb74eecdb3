"""The one way staff see personal data in clear: a page that asks which and why, records it, shows it once."""

from collections.abc import Callable, Sequence

from django import forms
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from core.problems import Problem


class RevealForm(forms.Form):
    """Which datum, and why."""

    field = forms.ChoiceField(label=_("what to show"), widget=UnfoldAdminSelectWidget)
    why = forms.CharField(label=_("reason"), max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))

    def __init__(self, choices: Sequence[tuple[str, object]], *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["field"].choices = choices  # type: ignore[attr-defined]


def reveal_page(
    model_admin: DjangoModelAdmin,
    request: HttpRequest,
    obj: models.Model,
    choices: Sequence[tuple[str, object]],
    show: Callable[[str, str], str | HttpResponse],
) -> HttpResponse:
    """Ask for field and reason; `show(field, why)` then gives the clear text, or a response of its own."""
    form = RevealForm(choices, request.POST or None)
    shown: str | HttpResponse = ""
    if request.method == "POST" and form.is_valid():
        try:
            shown = show(form.cleaned_data["field"], form.cleaned_data["why"])
        except Problem as problem:
            form.add_error(None, str(problem.message))
    if isinstance(shown, HttpResponse):
        return shown
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Show personal data in clear"),
        "opts": model_admin.opts,
        "original": obj,
        "form": form,
        "shown": shown,
        "shown_label": dict(choices).get(form.data.get("field", "")),
    }
    response = TemplateResponse(request, "admin/accounts/reveal.html", context)
    response["Cache-Control"] = "no-store"
    return response
