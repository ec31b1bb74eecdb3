"""Consents: one a purpose, by version, given and withdrawn equally easily."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts import customers
from accounts.devices import device_of
from accounts.models import Consent, ConsentText, Customer, Purpose
from accounts.origin import Origin
from core import clock
from core.problems import Problem
from core.registry import consent_withdrawn

FOR_IDENTITY = (Purpose.PRIVACY_POLICY, Purpose.SENSITIVE_DATA, Purpose.IDENTITY_CHECK)
FOR_DOCUMENTS = (Purpose.PRIVACY_POLICY, Purpose.SENSITIVE_DATA)
FOR_APPLICATION = (*FOR_IDENTITY, Purpose.CREDIT_REPORT)


def current_texts() -> QuerySet[ConsentText]:
    """The latest version of each purpose's text."""
    latest = ConsentText.objects.filter(purpose=OuterRef("purpose")).order_by("-version").values("pk")[:1]
    return ConsentText.objects.filter(pk=Subquery(latest))


def active(customer: Customer) -> QuerySet[Consent]:
    """What the customer now agrees to: current texts only; a new version needs a new consent."""
    return customer.consents.filter(withdrawn_at__isnull=True, text__in=current_texts()).select_related("text")


def agreeing(purpose: Purpose) -> QuerySet[Consent]:
    """The consents of all customers who now agree to the current text of `purpose`."""
    return Consent.objects.filter(withdrawn_at__isnull=True, text__in=current_texts(), text__purpose=purpose)


def has_consent(customer: Customer, purpose: Purpose) -> bool:
    """Whether the customer now agrees to the current text of `purpose`."""
    return consent_to(customer, purpose) is not None


def consent_to(customer: Customer, purpose: Purpose) -> Consent | None:
    """The customer's consent to the current text of `purpose`; of whoever gave none it is known by one lean query."""
    given = customer.consents.filter(withdrawn_at__isnull=True, text__purpose=purpose).select_related("text")
    newest = given.order_by("-text__version").first()
    if newest is None or ConsentText.objects.filter(purpose=purpose, version__gt=newest.text.version).exists():
        return None
    return newest


@transaction.atomic(durable=True)
def give(*, customer: Customer, text_ids: Iterable[int], origin: Origin) -> list[Consent]:
    """Record that the customer agrees to each of these current texts; agreeing twice is harmless.

    Raises Problem `consent_text_outdated` (409) when one of them is unknown or has a newer version.
    """
    customer = customers.lock(customer.serial)
    wanted = set(text_ids)
    texts = list(current_texts().filter(pk__in=wanted).order_by("id"))
    if len(texts) != len(wanted):
        message = gettext_lazy("This text has been replaced by a newer version. Read that one first.")
        raise Problem("consent_text_outdated", message, status=409)
    return [_give(customer, text, origin) for text in texts]


@transaction.atomic(durable=True)
def withdraw(*, customer: Customer, consent_id: int, origin: Origin) -> Consent:
    """Withdraw a consent of the customer's, and every older one of its purpose; who acted by it hears of it at once
    (core.registry.consent_withdrawn). Twice is harmless.

    Raises Problem `not_found` (404) when it is not the customer's.
    """
    customer = customers.lock(customer.serial)
    consent = customer.consents.select_related("text").filter(pk=consent_id).first()
    if consent is None:
        raise Problem("not_found", gettext_lazy("There is no such consent."), status=404)
    same_purpose = customer.consents.filter(text__purpose=consent.text.purpose, withdrawn_at__isnull=True)
    if same_purpose.update(withdrawn_at=clock.now(), withdrawn_channel=origin.channel):
        for _name, act in consent_withdrawn.all():
            act(customer.serial, consent.text.purpose)
    consent.refresh_from_db()
    return consent


def require_consents(customer: Customer, needed: Iterable[Purpose]) -> None:
    """Raise Problem `consent_missing` (with the purposes) unless the customer agrees to all `needed`."""
    given = set(active(customer).values_list("text__purpose", flat=True))
    missing = [purpose for purpose in needed if purpose not in given]
    if missing:
        labels = _("; ").join(str(purpose.label) for purpose in missing)
        message = _("First read and agree to: %(texts)s.") % {"texts": labels}
        raise Problem("consent_missing", message, status=403, purposes=[purpose.value for purpose in missing])


def _give(customer: Customer, text: ConsentText, origin: Origin) -> Consent:
    consent, _new = Consent.objects.get_or_create(
        customer=customer,
        text=text,
        withdrawn_at=None,
        defaults={
            "language": customers.supported_language(get_language() or ""),
            "given_channel": origin.channel,
            "given_device": device_of(origin),
        },
    )
    return consent
