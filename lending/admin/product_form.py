"""The form of a product's draft: the model's fields, and each convention as a choice of its own."""

from itertools import permutations
from typing import Any

from django import forms
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from core import clock
from lending import buckets, product_rules
from lending.admin.product_words import CONVENTIONS, ROUNDINGS, in_words
from lending.allocation import DEFAULT_ORDER
from lending.models import Product
from lending.products import METHOD_WORDS

UNITS = [("0.01", "0.01"), ("0.1", "0.1"), ("1", "1")]
USUAL = {
    "day_count": "actual/365",
    "rounding": "half_up",
    "round_to": "0.01",
    "residue": "last",
    "month_end": "clamp",
    "parts": "sum",
    "interest_on": "scheduled",
}
TERMS = (
    *("name_zh", "name_en", "minimum_amount", "maximum_amount", "terms_months", "methods", "minimum_rate"),
    *("maximum_rate", "penalty_factor", "cost_cap", "grace_days", "allocation_order"),
    *("offer_days", "reading_seconds", "cooling_off_days", "cooling_off_interest", "effective_from"),
)
FRACTION = _("As a fraction: 0.216 is 21.6 %.")


def _choice(label: Any, choices: Any, *, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(label=capfirst(label), choices=choices, required=required, widget=UnfoldAdminSelectWidget)


def _orders() -> list[tuple[str, str]]:
    """Every order in which the components can be paid, the usual one first."""
    orders = sorted(permutations(DEFAULT_ORDER), key=lambda order: order != DEFAULT_ORDER)
    return [(" ".join(order), in_words(order)) for order in orders]


# The field of each overdue bucket's order: nothing chosen is as in the bucket before.
LATE_ORDERS = {f"order_from_day_{buckets.first_day(bucket)}": bucket for bucket in buckets.OVERDUE}
_late_fields = {
    name: _choice(format_lazy(_("from {bucket} on"), bucket=bucket), lambda: [("", "–"), *_orders()], required=False)
    for name, bucket in LATE_ORDERS.items()
}
LateOrdersForm = type("LateOrdersForm", (forms.Form,), _late_fields)


class ProductForm(forms.ModelForm, LateOrdersForm):  # type: ignore[misc, valid-type]
    """A draft. What contradicts is said at the field that has to change."""

    terms_months = forms.CharField(
        label=_("Terms in months"),
        help_text=_("Whole months, with commas: 3, 6, 12"),
        widget=UnfoldAdminTextInputWidget,
    )
    methods = forms.MultipleChoiceField(
        label=_("Repayment methods"), widget=UnfoldAdminCheckboxSelectMultipleWidget, choices=list(METHOD_WORDS.items())
    )
    allocation_order = _choice(_("a payment pays in this order"), _orders)
    day_count = _choice(*CONVENTIONS["day_count"])
    rounding = _choice(*CONVENTIONS["rounding"])
    round_to = _choice(_("smallest unit, yuan"), UNITS)
    instalment_rounding = _choice(
        _("rounding of the level instalment, if it differs"), [("", "–"), *ROUNDINGS], required=False
    )
    instalment_round_to = _choice(
        _("smallest unit of the level instalment, if it differs"), [("", "–"), *UNITS], required=False
    )
    residue = _choice(*CONVENTIONS["residue"])
    month_end = _choice(*CONVENTIONS["month_end"])
    parts = _choice(*CONVENTIONS["parts"])
    interest_on = _choice(*CONVENTIONS["interest_on"])

    class Meta:
        model = Product
        fields = ["code", *TERMS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        product = self.instance
        if product.pk:
            self.initial["terms_months"] = ", ".join(map(str, product.terms_months))
            self.initial["allocation_order"] = " ".join(product.allocation_order)
            late = {name: product.late_orders.get(bucket, []) for name, bucket in LATE_ORDERS.items()}
            self.initial.update({name: " ".join(order) for name, order in late.items()})
        self.initial = {**self.initial, **(product.conventions if product.pk else USUAL)}
        # Whoever may only look has no fields.
        for name in {"minimum_rate", "maximum_rate", "cost_cap"} & set(self.fields):
            self.fields[name].help_text = FRACTION

    def clean_terms_months(self) -> list[int]:
        """The terms, each once, in order."""
        try:
            return sorted({int(term) for term in self.cleaned_data["terms_months"].replace("，", ",").split(",")})
        except ValueError:
            raise forms.ValidationError(_("Write whole months with commas between them.")) from None

    def clean_allocation_order(self) -> list[str]:
        """The components in their order."""
        return self.cleaned_data["allocation_order"].split()

    def clean(self) -> dict[str, Any]:
        """Refuse what contradicts, once every field by itself is well."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            for field, message in product_rules.contradictions(Product(**self.terms()), today=clock.today()):
                self.add_error(field, str(message))
        return cleaned

    def terms(self) -> dict[str, Any]:
        """The fields of Product as filled in. Call after is_valid()."""
        given = self.cleaned_data
        conventions = {name: given[name] or None for name in (*CONVENTIONS, "round_to")}
        level = {name: given[name] or None for name in ("instalment_rounding", "instalment_round_to")}
        late = {bucket: given[name].split() for name, bucket in LATE_ORDERS.items() if given[name]}
        return {**{name: given[name] for name in TERMS}, "late_orders": late, "conventions": conventions | level}


class SimulationForm(forms.Form):
    """What to try a product with."""

    amount = forms.DecimalField(
        label=_("amount, yuan"), max_digits=14, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget
    )
    term_months = forms.TypedChoiceField(label=_("months"), coerce=int, widget=UnfoldAdminSelectWidget)
    method = forms.ChoiceField(label=_("repayment method"), widget=UnfoldAdminSelectWidget)
    percent = forms.DecimalField(
        label=_("annual rate, %"), max_digits=7, decimal_places=4, min_value=0, widget=UnfoldAdminDecimalFieldWidget
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("term_months", [(term, term) for term in product.terms_months]),
            ("method", [(method, METHOD_WORDS[method]) for method in product.methods]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
