"""The customer's own pages: signing in, agreements, identity, documents, messages, profile. Each makes one call."""

import secrets
from dataclasses import replace

from django.conf import settings
from django.contrib import messages as flash
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import consents, customers, device_signs, documents, identity, messages, onboarding, signin
from accounts.models import Customer, Document, Message
from accounts.origin import FINGERPRINT_COOKIE
from accounts.pages import customer_of, customer_page, portal_origin
from accounts.portal_forms import ConsentsForm, DocumentForm, IdentityForm, SignInForm
from core.problems import Problem

YEAR = 365 * 24 * 3600
BY_SMS_CODE = "django.contrib.auth.backends.ModelBackend"
SESSION_SECONDS = 12 * 3600
ACCEPT = {
    Document.Kind.ID_CARD: "image/jpeg,image/png",
    Document.Kind.INCOME_PROOF: "image/jpeg,image/png,application/pdf",
}


@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Mobile and SMS code on one page; the button pressed says which is wanted."""
    if customer_of(request):
        return redirect(_next(request))
    if request.method != "POST":
        return _with_device(request, _sign_in_page(request, SignInForm()))
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _sign_in_page(request, form)
    if "send" in request.POST:
        return _send_code(request, form)
    return _enter(request, form)


def _send_code(request: HttpRequest, form: SignInForm) -> HttpResponse:
    try:
        signin.send_code(mobile=form.cleaned_data["mobile"], origin=portal_origin(request))
    except Problem as problem:
        form.refuse(problem)
        return _sign_in_page(request, form, wait=problem.details.get("retry_after", 0))
    form.fields["code"].widget.attrs["autofocus"] = True
    return _sign_in_page(request, form, sent=True, wait=int(signin.RESEND_AFTER.total_seconds()))


def _enter(request: HttpRequest, form: SignInForm) -> HttpResponse:
    report, agent = form.cleaned_data["device_report"], request.headers.get("User-Agent", "")
    proof = form.proof
    try:
        entered = signin.verify_code(
            mobile=form.cleaned_data["mobile"],
            code=form.cleaned_data["code"],
            origin=replace(portal_origin(request), signs=device_signs.of_report_text(report, agent=agent)),
            proof=identity.clean_elements(**proof) if proof else None,
        )
    except Problem as problem:
        form.refuse(problem)
        return _sign_in_page(request, form, prove=bool(proof) or problem.code == "proof_needed")
    login(request, entered.user, backend=BY_SMS_CODE)
    request.session.set_expiry(SESSION_SECONDS)
    return _in_language_of(entered.customer, request, HttpResponseRedirect(_next(request)))


def _sign_in_page(
    request: HttpRequest, form: SignInForm, *, sent: bool = False, wait: int = 0, prove: bool = False
) -> HttpResponse:
    context = {"form": form, "sent": sent, "wait": wait, "prove": prove, "next": _next(request)}
    return render(request, "accounts/sign_in.html", context, status=422 if form.errors else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return redirect("home")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remembers the language in the browser and, of a customer, with the account."""
    chosen = customers.supported_language(request.POST.get("language", ""))
    customer = customer_of(request)
    if customer:
        customers.choose_language(customer=customer, language=chosen)
    return _speaking(chosen, HttpResponseRedirect(_next(request)))


@customer_page
def agreements(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The texts not yet agreed to, whole, one unticked box each."""
    given = consents.active(customer).values_list("text_id", flat=True)
    texts = consents.current_texts().exclude(pk__in=given).order_by("id")
    form = ConsentsForm(request.POST or None, texts=texts)
    if request.method == "POST" and form.is_valid() and _agree(request, customer, form):
        return redirect(onboarding.next_step(customer) or "home")
    return _page(request, "accounts/consents.html", {"form": form, "texts": texts})


def _agree(request: HttpRequest, customer: Customer, form: ConsentsForm) -> bool:
    try:
        chosen = [text.pk for text in form.cleaned_data["texts"]]
        consents.give(customer=customer, text_ids=chosen, origin=portal_origin(request))
        consents.require_consents(customer, consents.FOR_APPLICATION)
    except Problem as problem:
        form.refuse(problem)
        return False
    return True


@require_POST
@customer_page
def withdraw(request: HttpRequest, customer: Customer, consent_id: int) -> HttpResponse:
    """Takes an agreement back."""
    consent = consents.withdraw(customer=customer, consent_id=consent_id, origin=portal_origin(request))
    flash.success(request, _("Withdrawn: %(title)s.") % {"title": consent.text.title})
    return redirect("profile")


@customer_page
def real_name(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The four elements."""
    if customer.is_verified:
        return redirect(onboarding.next_step(customer) or "home")
    form = IdentityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            identity.verify(customer=customer, **form.cleaned_data)
        except Problem as problem:
            form.refuse(problem)
        else:
            flash.success(request, _("Your identity is verified."))
            return redirect("documents")
    return _page(request, "accounts/identity.html", {"form": form})


@customer_page
def papers(request: HttpRequest, customer: Customer) -> HttpResponse:
    """ID card and income proof; each is sent by itself."""
    kind = request.POST.get("kind", "")
    form = None
    if request.method == "POST" and kind in Document.Kind.values:
        form = DocumentForm(request.POST, request.FILES, accept=ACCEPT[Document.Kind(kind)], auto_id=f"{kind}_%s")
        if form.is_valid() and _store(customer, kind, form):
            return redirect("documents")
    slots = [_slot(customer, each, form if each == kind else None) for each in Document.Kind]
    ready = not onboarding.missing_documents(customer)
    return _page(request, "accounts/documents.html", {"slots": slots, "ready": ready, "form": form})


def _store(customer: Customer, kind: str, form: DocumentForm) -> bool:
    try:
        documents.store(customer=customer, kind=kind, upload=form.cleaned_data["file"])
    except Problem as problem:
        form.refuse(problem)
        return False
    return True


def _slot(customer: Customer, kind: Document.Kind, form: DocumentForm | None) -> dict[str, object]:
    """What the page shows of one kind of document: the last one given, and the form to give another."""
    empty = DocumentForm(accept=ACCEPT[kind], auto_id=f"{kind}_%s")
    return {"kind": kind, "document": documents.latest(customer, kind), "form": form or empty}


@require_safe
@customer_page
def inbox(request: HttpRequest, customer: Customer) -> HttpResponse:
    """What we told the customer, the newest first."""
    return render(request, "accounts/messages.html", {"letters": customer.messages.order_by("-id")[:100]})


@require_safe
@customer_page
def letter(request: HttpRequest, customer: Customer, serial: str) -> HttpResponse:
    """One message; opening it is reading it."""
    message: Message = messages.mark_read(customer=customer, serial=serial)
    return render(request, "accounts/message.html", {"letter": message})


@require_safe
@customer_page
def profile(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The customer's own data, masked; cards; agreements; signing out."""
    context = {
        "customer": customer,
        "cards": customer.cards.order_by("id"),
        "consents": consents.active(customer).order_by("text_id"),
        "more_texts": consents.current_texts().exclude(pk__in=consents.active(customer).values("text_id")).exists(),
    }
    return render(request, "accounts/profile.html", context)


def _page(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """A page with a form: 422 when something in it was wrong."""
    form = context["form"]
    return render(request, template, context, status=422 if form and getattr(form, "errors", None) else 200)


def _next(request: HttpRequest) -> str:
    """Where the customer wanted to go, if that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else reverse("home")


def _with_device(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give a browser without one a random name, by which sign-ins from it are recognised."""
    if FINGERPRINT_COOKIE not in request.COOKIES:
        name = secrets.token_hex(16)
        response.set_cookie(
            FINGERPRINT_COOKIE, name, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    return response


def _in_language_of(customer: Customer, request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Go on in the language chosen in this browser, else in the account's."""
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        return _speaking(customer.language, response)
    customers.choose_language(customer=customer, language=translation.get_language() or "")
    return response


def _speaking(chosen: str, response: HttpResponse) -> HttpResponse:
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR, samesite="Lax")
    return response
