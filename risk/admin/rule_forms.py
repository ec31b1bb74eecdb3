"""Forms of the rule sets: one row of a table, a backtest's period, the second person's yes."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core import clock
from core.problems import Problem
from risk import rule_checks
from risk.admin.forms import WhyForm
from risk.models import RuleTurn
from risk.rule_inputs import INPUTS
from risk.rules import Hits, RuleOutcome

HITS: dict[str, str | Promise] = {
    Hits.FIRST: _("only the first row that holds speaks"),
    Hits.COLLECT: _("every row that holds speaks"),
}
OUTCOMES: dict[str, str | Promise] = {
    RuleOutcome.DECLINE: _("decline"),
    RuleOutcome.REVIEW: _("have a person look"),
    RuleOutcome.NOTE: _("only note it"),
    RuleOutcome.CAP_LIMIT: _("cap the limit"),
    RuleOutcome.CAP_RATE: _("cap the annual rate"),
}
ROW = ("code", "outcome", "cap", "show", "en", "zh")


def _text(label: Any, *, most: int = 200, required: bool = True, help_text: Any = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=most, required=required, help_text=help_text, widget=widget)


def _choice(label: Any, choices: Any, *, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=required, widget=UnfoldAdminSelectWidget)


def _inputs() -> list[tuple[str, str]]:
    return [("", "–"), *((name, f"{name}: {asked.words}") for name, asked in INPUTS.items())]


def _explained() -> str:
    """What may be asked about, name by name."""
    rule = _("One condition a line, and all must hold.")
    examples = 'debt_to_income > 0.40, purpose in ["travel"], device_age_hours == null'
    return f"{rule} {examples}. {'; '.join(f'{name}: {asked.words}' for name, asked in INPUTS.items())}"


class RuleForm(forms.Form):
    """One row of a table."""

    table = _text(_("table"), most=60, help_text=_("A new name makes a new table."))
    hits = _choice(_("in this table"), list(HITS.items()))
    number = forms.IntegerField(label=_("row number"), min_value=1, initial=1, widget=UnfoldAdminIntegerFieldWidget)
    code = _text(_("code"), most=40)
    when = forms.CharField(
        label=_("conditions"),
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    outcome = _choice(_("outcome"), list(OUTCOMES.items()))
    cap = _text(_("cap"), most=12, required=False, help_text=_("Of a limit in yuan; of a rate as a fraction."))
    show = _choice(_("value kept with the hit"), _inputs, required=False)
    en = _text(_("reason in English"))
    zh = _text(_("reason in Chinese"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["when"].help_text = _explained()

    def clean(self) -> dict[str, Any]:
        """Refuse a row that by itself is not well formed, at its field."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                rule_checks.check_row(self.row())
            except Problem as problem:
                self.add_error(problem.field, str(problem.message))
        return cleaned

    def row(self) -> dict[str, Any]:
        """The row as filled in."""
        lines = [line.strip() for line in self.cleaned_data["when"].splitlines()]
        return {**{name: self.cleaned_data[name] for name in ROW}, "when": [line for line in lines if line]}


class PeriodForm(forms.Form):
    """Which stored decisions to decide again."""

    since = forms.DateField(label=_("from"), widget=UnfoldAdminDateWidget)
    until = forms.DateField(label=_("to, that day included"), widget=UnfoldAdminDateWidget)

    def __init__(self, data: Any = None) -> None:
        today = clock.today()
        super().__init__(data, initial={"since": today - dt.timedelta(days=30), "until": today})


class TurnForm(WhyForm):
    """What a published rule set does from when on."""

    role = forms.ChoiceField(label=_("what it does"), choices=RuleTurn.Role.choices, widget=UnfoldAdminSelectWidget)
    effective_from = forms.DateField(
        label=_("from the beginning of"),
        required=False,
        help_text=_("Left empty: at once."),
        widget=UnfoldAdminDateWidget,
    )
    field_order = ["role", "effective_from", "why"]
