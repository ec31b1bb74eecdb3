"""The canonical forms, whose UTF-8 bytes are hashed and signed: of a transfer with its entries, and of a seal.

Each is a JSON object without spaces, its members in the order of the tuples below, letters as they are (not `\\u`).
Amounts are text with two places, dates ISO 8601, moments UTC to the microsecond: `2026-11-23T07:04:00.123456Z`.
"""

import datetime as dt
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import connection

from payments.models import Seal

TRANSFER = (
    *("id", "serial", "key", "content_hash", "business_date", "purpose", "reference", "amount", "posted_at"),
    "entries",
)
ENTRY = ("id", "account", "side", "amount")
SEAL = ("number", "kind", "business_date", "until", "transfers", "root", "previous", "sealed_at", "key")

_TRANSFERS = """
SELECT id, serial, key, content_hash, business_date::text, purpose, reference, amount::text,
    to_char(posted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM payments_transfer WHERE id = ANY(%s) ORDER BY id
"""
_ENTRIES = """
SELECT transfer_id, id, account, side, amount::text FROM payments_entry WHERE transfer_id = ANY(%s)
ORDER BY transfer_id, id
"""

Form = dict[str, Any]
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def read_transfers(ids: Sequence[int]) -> list[Form]:
    """The transfers with these ids that there are, ascending, each as the members of its canonical form."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [list(ids)])
        entries = defaultdict(list)
        for transfer, *values in cursor:
            entries[transfer].append(dict(zip(ENTRY, values, strict=True)))
        cursor.execute(_TRANSFERS, [list(ids)])
        return [dict(zip(TRANSFER, (*row, entries[row[0]]), strict=True)) for row in cursor]


def written(form: Form) -> str:
    """The canonical form."""
    return _ENCODER.encode(form)


def seal_text(seal: Seal) -> str:
    """The canonical form of a seal: what is signed."""
    values = {name: getattr(seal, name) for name in SEAL}
    values["business_date"] = seal.business_date.isoformat()
    values["until"], values["sealed_at"] = moment(seal.until), moment(seal.sealed_at)
    return written(values)


def seal_hash(seal: Seal) -> str:
    """By which the next seal names this one: the SHA-256 of its canonical form, in hexadecimal digits."""
    return hashlib.sha256(seal_text(seal).encode()).hexdigest()


def moment(instant: dt.datetime) -> str:
    """An aware instant as the forms write it."""
    return f"{instant.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def content_hash(form: Form) -> str:
    """What `ledger_post` noted at posting as the hash of the transfer's content, made anew from what stands there."""
    columns = (_array([entry[name] for entry in form["entries"]]) for name in ("account", "side", "amount"))
    content = "\x1f".join((form["business_date"], form["purpose"], form["reference"], *columns))
    return hashlib.sha256(content.encode()).hexdigest()


_PLAIN = re.compile(r'(?!null$)[^\s{}",\\]+', re.IGNORECASE)


def _array(values: list[str]) -> str:
    """An array as PostgreSQL writes it."""
    return "{" + ",".join(value if _PLAIN.fullmatch(value) else _quoted(value) for value in values) + "}"


def _quoted(value: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
