"""The dialog that a button of the admin opens: a form, and what will come of sending it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget


class WhyForm(BaseDialogForm):
    """A reason in the officer's own words."""

    why = forms.CharField(label=_("reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


def dialog(title: Any, description: Any, form: type[BaseDialogForm] = WhyForm) -> dict[str, Any]:
    """What unfold's action takes as `dialog`."""
    return {"title": title, "description": description, "form_class": form, "form_submit_text": title}
