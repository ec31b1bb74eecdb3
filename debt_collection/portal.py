"""The page on which a customer answers an offer of help."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Customer
from accounts.pages import PortalForm, customer_page
from core.money import format_yuan
from core.problems import Problem
from debt_collection import early_help
from debt_collection.models import HelpOffer
from lending.models import LoanChange
from risk import reasons

TO_TALK = "talk"


class HelpForm(PortalForm):
    """What would help: more months, each with the instalment that follows, or to talk."""

    months = forms.ChoiceField(label=gettext_lazy("What would help you"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, offer: HelpOffer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = self.fields["months"]
        assert isinstance(months, forms.ChoiceField)
        words = _("%(months)s more months: then %(amount)s each")
        longer = [
            (str(number), words % {"months": number, "amount": format_yuan(amount)})
            for number, amount in early_help.options(offer)
        ]
        months.choices = [*longer, (TO_TALK, _("Something else: an officer should get in touch"))]

    def wished(self) -> int | None:
        """How many months more; None to talk. Call after is_valid()."""
        chosen = self.cleaned_data["months"]
        return None if chosen == TO_TALK else int(chosen)


@customer_page
def help_offer(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """What is due, what could help, and what became of the answer."""
    offer = early_help.find(customer, serial)
    form = HelpForm(request.POST or None, offer=offer) if early_help.is_needed(offer) else None
    if request.method == "POST":
        if "decline" in request.POST:
            early_help.decline(customer=customer, serial=serial)
            return redirect("help-offer", serial)
        if form and form.is_valid():
            try:
                early_help.accept(customer=customer, serial=serial, months=form.wished())
            except Problem as problem:
                form.refuse(problem)
            else:
                return redirect("help-offer", serial)
    change = early_help.change_of(offer)
    context = {
        "offer": offer,
        "form": form,
        "reasons": reasons.for_customer(offer.forecast.reasons),
        "made": change and change.status == LoanChange.Status.MADE,
    }
    return render(request, "debt_collection/help_offer.html", context, status=422 if form and form.errors else 200)
