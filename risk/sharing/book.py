"""Our book of tokens: which customers are in it, and what it says of a crowd of them.

In it is who agrees that other lenders are answered, by a value of the oblivious function that is worked out once a key.
What it says is looked up when somebody asks: nothing that a customer has withdrawn, or repaid, is told any more.
"""

import datetime as dt
import hashlib
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db.models import QuerySet

from accounts import consents
from accounts.models import Customer, Purpose
from core import clock
from core.registry import credit_standings
from risk.models import SharedCustomer
from risk.sharing import oprf, tokens

AT_ONCE = 500  # customers entered by one call of `keep`: about a second


def key() -> int:
    """Our secret number. Raises FileNotFoundError or ValueError."""
    return _key(settings.SHARING_KEY_FILE)


def keep() -> int:
    """Enter who agrees and is not in the book yet, or is under an earlier key; strike out who no longer agrees.

    Returns how many were entered, AT_ONCE at most: called again each minute.
    """
    agreeing, name = _agreeing(), key_name()
    SharedCustomer.objects.exclude(customer_serial__in=agreeing.values("serial")).delete()
    entered = SharedCustomer.objects.filter(key_name=name)
    missing = agreeing.exclude(serial__in=entered.values("customer_serial")).order_by("pk")[:AT_ONCE]
    rows = [_entry(customer, name) for customer in missing]
    SharedCustomer.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["customer_serial"], update_fields=["key_name", "value", "bucket"]
    )
    return len(rows)


def tokens_in(bucket: str) -> set[str]:
    """The tokens of everybody in a crowd, of the whole book for "": open debts now, applications of the last 30 days.

    Of customers who agree at this moment.
    """
    entries = SharedCustomer.objects.filter(key_name=key_name(), bucket__startswith=bucket)
    entries = entries.filter(customer_serial__in=_agreeing().values("serial"))
    values = {serial: bytes.fromhex(value) for serial, value in entries.values_list("customer_serial", "value")}
    since = clock.real_now() - dt.timedelta(days=tokens.DAYS)
    return {
        token
        for _subject, source in credit_standings.all()
        for serial, owes, applications in source.standings(list(values), since)
        for token in tokens.tokens_of(values[serial], owes=owes, applications=applications)
    }


def key_name() -> str:
    """By what entries under the present key are known: from its public half."""
    return _key_name(settings.SHARING_KEY_FILE)


def _agreeing() -> QuerySet[Customer]:
    """Verified customers who now agree."""
    given = consents.agreeing(Purpose.LENDER_SHARING)
    return Customer.objects.filter(verified_at__isnull=False, consents__in=given)


def _entry(customer: Customer, name: str) -> SharedCustomer:
    value = oprf.value_of(key(), tokens.identity(customer.id_number))
    bucket = tokens.bucket_of(customer.id_number, tokens.MOST_BUCKET_DIGITS)
    return SharedCustomer(customer_serial=customer.serial, key_name=name, value=value.hex(), bucket=bucket)


@cache
def _private(path: Path) -> ec.EllipticCurvePrivateKey:
    found = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(found, ec.EllipticCurvePrivateKey) or found.curve.name != oprf.CURVE.name:
        raise ValueError(f"{path} is no P-256 key")
    return found


def _key(path: Path) -> int:
    return _private(path).private_numbers().private_value


@cache
def _key_name(path: Path) -> str:
    form = serialization.PublicFormat.CompressedPoint
    public = _private(path).public_key().public_bytes(serialization.Encoding.X962, form)
    return hashlib.sha256(public).hexdigest()[:16]
