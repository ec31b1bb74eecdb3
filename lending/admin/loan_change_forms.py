"""What an officer fills in to propose a change of a loan: how much, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldBooleanWidget,
)

from core import clock
from risk.admin.forms import WhyForm


class LoanChangeForm(WhyForm):
    """A reason, last, after what the kind of change asks for."""

    field_order: Any = ()

    def given(self) -> dict[str, Any]:
        """What the use case takes, once the form is valid."""
        return self.cleaned_data


class WaiverForm(LoanChangeForm):
    """What of the dues is forgiven, yuan."""

    interest = forms.DecimalField(
        label=_("interest, yuan"), decimal_places=2, initial=0, widget=UnfoldAdminDecimalFieldWidget
    )
    penalty = forms.DecimalField(
        label=_("penalty interest, yuan"), decimal_places=2, initial=0, widget=UnfoldAdminDecimalFieldWidget
    )
    field_order = ("interest", "penalty", "why")


class ExtensionForm(LoanChangeForm):
    """How many months longer."""

    months = forms.IntegerField(label=_("months longer"), widget=UnfoldAdminIntegerFieldWidget)
    field_order = ("months", "why")


class LowerRateForm(LoanChangeForm):
    """Which rate, from when."""

    percent = forms.DecimalField(label=_("new annual rate, %"), decimal_places=4, widget=UnfoldAdminDecimalFieldWidget)
    counts_from = forms.DateField(
        label=_("counts from"),
        initial=clock.today,
        help_text=_("Today or a past day: interest since then is reckoned anew."),
        widget=UnfoldAdminSingleDateWidget,
    )
    field_order = ("percent", "counts_from", "why")

    def given(self) -> dict[str, Any]:
        """The rate as a fraction."""
        given = dict(self.cleaned_data)
        return {"annual_rate": given.pop("percent") / 100, **given}


class WriteOffForm(LoanChangeForm):
    """Whether it is decided though the loan is not late enough."""

    by_decision = forms.BooleanField(
        label=_("by decision"),
        required=False,
        help_text=_("Needed where the loan is not more than 90 days past due: a death, a fraud, a court."),
        widget=UnfoldBooleanWidget,
    )
    field_order = ("by_decision", "why")
