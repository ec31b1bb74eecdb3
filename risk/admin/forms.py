from decimal import Decimal

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from risk.models import WatchlistEntry
from risk.models.quality_sample import OUTCOMES
from risk.reasons import APPROVAL_REASONS, DECLINE_REASONS, Reason
from risk.words import TRACE, choices


def _sentences(reasons: dict[str, Reason]) -> list[tuple[str, str | Promise]]:
    return [(code, reason.for_staff) for code, reason in reasons.items()]


def _note() -> forms.CharField:
    return forms.CharField(
        label=_("note"), required=False, max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


class WhyForm(forms.Form):
    """A reason in the officer's own words."""

    why = forms.CharField(label=_("reason"), max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class ApproveForm(forms.Form):
    """What is granted, and why."""

    limit = forms.DecimalField(
        label=_("credit limit, yuan"), max_digits=10, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    percent = forms.DecimalField(
        label=_("annual rate, %"), max_digits=5, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    reasons = forms.MultipleChoiceField(
        label=_("reasons"), choices=_sentences(APPROVAL_REASONS), widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    note = _note()

    @property
    def annual_rate(self) -> Decimal:
        """The rate as a fraction, once the form is valid."""
        return self.cleaned_data["percent"] / 100


class DeclineForm(forms.Form):
    """Why nothing is granted."""

    reasons = forms.MultipleChoiceField(
        label=_("reasons"), choices=_sentences(DECLINE_REASONS), widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    note = _note()


class JudgeForm(forms.Form):
    """What the second officer would have decided, and why: reasons of the one list or of the other."""

    outcome = forms.ChoiceField(label=_("outcome"), choices=OUTCOMES, widget=UnfoldAdminSelectWidget)
    reasons = forms.MultipleChoiceField(
        label=_("reasons"),
        choices=[
            (_("to approve"), _sentences(APPROVAL_REASONS)),
            (_("to decline"), _sentences(DECLINE_REASONS)),
        ],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    note = _note()


class WatchForm(forms.Form):
    """What to watch for, what is to happen, and why. The value itself is not kept."""

    kind = forms.ChoiceField(label=_("what"), choices=choices(TRACE), widget=UnfoldAdminSelectWidget)
    value = forms.CharField(
        label=_("number, fingerprint or address"),
        max_length=200,
        help_text=_("Only its keyed hash is kept."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    action = forms.ChoiceField(
        label=_("what happens"), choices=WatchlistEntry.Action.choices, widget=UnfoldAdminSelectWidget
    )
    why = forms.CharField(label=_("reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))
