"""What all the customer's pages share: who is asking, how a refusal is shown, forms that speak problem."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.models import Customer
from accounts.origin import Channel, Origin, origin_of
from core.problems import Problem

Page = Callable[..., HttpResponse]


class PortalForm(forms.Form):
    """A form whose use case may refuse it: the refusal stands beside the field that it names."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def refuse(self, problem: Problem) -> None:
        """Show why the use case refused. Call after is_valid()."""
        field = problem.field if problem.field in self.fields else None
        self.add_error(field, str(problem.message))


def customer_of(request: HttpRequest) -> Customer | None:
    """The signed-in customer; None for strangers and staff."""
    return getattr(request.user, "customer", None) if request.user.is_authenticated else None


def portal_origin(request: HttpRequest) -> Origin:
    """Where a request to a page comes from."""
    return origin_of(request, Channel.PORTAL)


def customer_page(view: Page) -> Page:
    """A page of a signed-in customer, called with `(request, customer, ...)`. Strangers are sent to sign in.

    What is not the customer's own does not exist (404); other refusals that the view lets through become a page.
    """

    @wraps(view)
    @never_cache
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        customer = customer_of(request)
        if customer is None:
            return redirect(sign_in_address(request))
        try:
            return view(request, customer, *args, **kwargs)
        except Problem as problem:
            return _refusal(request, problem)

    return page


def sign_in_address(request: HttpRequest) -> str:
    """Where to sign in, and to come back from by GET."""
    back = request.get_full_path() if request.method == "GET" else reverse("home")
    return f"{reverse('sign-in')}?{urlencode({'next': back})}"


def _refusal(request: HttpRequest, problem: Problem) -> HttpResponse:
    if problem.status == 404:
        raise Http404(str(problem.message))
    return render(request, "portal/problem.html", {"problem": problem}, status=problem.status)
