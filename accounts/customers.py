"""Customers: made at the first sign-in, found and locked by serial number."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, User
from accounts.models.customer import Language
from core.problems import Problem
from core.serials import Serial, next_serial
from core.transactions import require_transaction


def register(*, mobile: str, language: str) -> Customer:
    """A new customer who signs in by `mobile` (clean). Part of the sign-in's transaction."""
    require_transaction("registering a customer")
    serial = next_serial(Serial.CUSTOMER)
    user = User.objects.create_user(serial, mobile=mobile)
    return Customer.objects.create(user=user, serial=serial, language=supported_language(language))


def get(serial: str) -> Customer:
    """The customer with this serial number. Raises Customer.DoesNotExist."""
    return Customer.objects.select_related("user").get(serial=serial)


def lock(serial: str) -> Customer:
    """The same, locked until the transaction ends: the first lock in the one lock order."""
    require_transaction("locking a customer")
    return Customer.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(serial=serial)


def choose_language(*, customer: Customer, language: str) -> None:
    """Write to the customer in `language` from now on. Raises Problem when we do not have it."""
    if language not in Language.values:
        raise Problem("language_unknown", _("We write in Simplified Chinese and in English."), field="language")
    with transaction.atomic(durable=True):
        customer.language = language
        customer.save(update_fields=["language"])


def supported_language(language: str) -> str:
    """The nearest language that we have; Simplified Chinese when there is none."""
    try:
        return get_supported_language_variant(language)
    except LookupError:
        return settings.LANGUAGE_CODE
