"""What customers fill in to borrow and to repay. Rules are the use cases'; here is how the inputs look."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from accounts.pages import PortalForm
from lending.models import Product, Repayment
from lending.products import methods_of
from risk.words import EMPLOYMENT, HOUSING, PURPOSE


def _choices(words: dict[str, Any]) -> list[tuple[str, str]]:
    return [(str(code), capfirst(str(word))) for code, word in words.items()]


def _yuan(label: Any, help_text: Any = "", initial: str | None = None) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        initial=initial,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )


_COMPARED = _("You may leave this empty. It is compared with other applications to stop fraud.")


class ApplyForm(PortalForm):
    """A loan application: what is wanted, and what the customer lives on."""

    amount = _yuan(_("Amount"))
    term_months = forms.TypedChoiceField(label=_("Term"), coerce=int, widget=forms.RadioSelect)
    method = forms.ChoiceField(label=_("How you repay"), widget=forms.RadioSelect, required=False)
    purpose = forms.ChoiceField(label=_("What it is for"), choices=lambda: [("", "–"), *_choices(PURPOSE)])
    employment = forms.ChoiceField(label=_("Kind of work"), choices=lambda: [("", "–"), *_choices(EMPLOYMENT)])
    employment_years = forms.IntegerField(
        label=_("Whole years in this work"),
        min_value=0,
        max_value=60,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    housing = forms.ChoiceField(label=_("How you live"), choices=lambda: [("", "–"), *_choices(HOUSING)])
    monthly_income = _yuan(_("Income a month"))
    monthly_expenses = _yuan(_("Expenses a month"), _("Rent, food, family, without repayments."))
    monthly_debt = _yuan(_("Repayments a month on other debts"), initial="0")
    home_address = forms.CharField(label=_("Home address"), help_text=_COMPARED, max_length=200, required=False)
    employer = forms.CharField(label=_("Employer"), help_text=_COMPARED, max_length=200, required=False)
    contact_mobile = forms.CharField(
        label=_("Mobile of somebody close to you"),
        help_text=_("You may leave this empty. It is compared with other applications; nobody calls it."),
        max_length=20,
        required=False,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = _gettext("%(months)s months")
        terms = self.fields["term_months"]
        assert isinstance(terms, forms.ChoiceField)
        terms.choices = [(term, months % {"months": term}) for term in product.terms_months]
        method = self.fields["method"]
        assert isinstance(method, forms.ChoiceField)
        method.choices, method.initial = methods_of(product), product.methods[0]


class RepayForm(PortalForm):
    """How much to repay now, and what shall become of what is paid early."""

    amount = _yuan(_("Amount"), _("What is due, or more: up to all that is owed."))
    strategy = forms.ChoiceField(
        label=_("If it is more than what is due"),
        choices=Repayment.Strategy.choices,
        widget=forms.RadioSelect,
        required=False,
        initial=Repayment.Strategy.LOWER,
    )
    # A form sent twice asks for one repayment.
    request_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, strategies: Sequence[Repayment.Strategy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        strategy = self.fields["strategy"]
        assert isinstance(strategy, forms.ChoiceField)
        strategy.choices = [(each.value, each.label) for each in strategies]

    def asked(self) -> dict[str, Any]:
        """Amount and strategy. Call after is_valid()."""
        return {name: self.cleaned_data[name] for name in ("amount", "strategy")}

    def key(self) -> str:
        """What tells this form from any other. Call after is_valid()."""
        return str(self.cleaned_data["request_key"])


class ContractForm(PortalForm):
    """That the customer has read the contract and wants the loan."""

    agreed = forms.BooleanField(
        label=_("I have read the contract, the highlighted clauses included, and I want this loan."),
        error_messages={"required": _("Tick the box if you want the loan.")},
    )
