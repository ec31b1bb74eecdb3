"""The portal's first page, and what every page of it is told about the house."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import onboarding
from accounts.pages import customer_of
from core import clock
from debt_collection import early_help
from lending import portal as lending


def house(request: HttpRequest) -> dict[str, object]:
    """Context processor: who is signed in, unread messages, sandbox and its date. Lazy."""
    return {"house": SimpleLazyObject(lambda: _house(request))}


def _house(request: HttpRequest) -> dict[str, object]:
    customer = customer_of(request) if hasattr(request, "user") else None
    return {
        "customer": customer,
        "unread": customer.messages.filter(read_at__isnull=True).count() if customer else 0,
        "sandbox": settings.SANDBOX,
        "business_date": clock.today(),
    }


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Strangers see the product and what it costs; customers see how their things stand and what comes next."""
    product = lending.product_on_offer()
    context: dict[str, object] = {"product": product, "example": lending.example_of(product)}
    customer = customer_of(request)
    if customer:
        context.update(lending.holdings(customer), help_offers=early_help.open_of(customer))
        if context["may_apply"] and not context["loans"]:
            context["next_step"] = onboarding.next_step(customer) or "apply"
    return render(request, "config/home.html", context)
