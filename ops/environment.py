"""The environment in which the platform runs here: the caller's, then `.env`, then var/local.env, generated."""

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path

from ops.engines import Postgres, Valkey
from ops.local_secrets import random_key, write_private
from ops.places import ROOT, VAR
from ops.problems import Trouble

LOCAL = VAR / "local.env"
POSTGRES = Postgres(VAR / "pg")
VALKEY = Valkey(VAR / "valkey")
DATABASE = "lending"
INSTITUTIONS = ("IDENTITY", "PAYMENT", "FUNDER", "SMS", "ALIPAY", "WECHAT", "UNIONPAY", "BANK")
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
HEADER = "# Made by `make run`. The keys are kept, the rest is written anew by every run; .env overrides it.\n"


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines. Raises Trouble that names the file and the line that is none."""
    if not path.exists():
        return {}
    found = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(
            f"{path.name} cannot be read ({error}); make it a readable text file of NAME=value lines."
        ) from None
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = LINE.fullmatch(text)
        if match is None:
            raise Trouble(
                f"Line {number} of {path.name} is not NAME=value; correct it or remove it (.env.example explains all)."
            )
        found[match[1]] = _unquoted(match[2])
    return found


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value


def given() -> dict[str, str]:
    """What the owner has set: the environment, else `.env`."""
    return {**read_env_file(ROOT / ".env"), **os.environ}


def port_of(settings: Mapping[str, str], name: str, default: int) -> int:
    """A port setting. Raises Trouble when it is no port."""
    text = settings.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Trouble(f"{name}={text} is no port; give a number from 1 to 65535.")
    return int(text)


def _check_keys(settings: Mapping[str, str]) -> None:
    """Raises Trouble for a key that could not encrypt: settings would only say that some base64 is bad."""
    field_keys = [key.partition(":")[2] for key in settings["FIELD_KEYS"].split(",")]
    for name, keys in (("FIELD_KEYS", field_keys), ("BLIND_INDEX_KEY", [settings["BLIND_INDEX_KEY"]])):
        for key in keys:
            try:
                length = len(base64.b64decode(key, validate=True))
            except ValueError:
                length = 0
            if length != 32:
                raise Trouble(
                    f"{name} does not hold 32 bytes in base64; .env.example shows its form and how to make one."
                )


def complete(settings: dict[str, str]) -> dict[str, str]:
    """The owner's settings, with everything they leave out made up for this machine and noted in var/local.env."""
    port, sandbox_port = port_of(settings, "PORT", 8000), port_of(settings, "SANDBOX_PORT", 8100)
    kept = read_env_file(LOCAL)
    local = {
        "SECRET_KEY": kept.get("SECRET_KEY") or random_key() + random_key(),
        "FIELD_KEYS": kept.get("FIELD_KEYS") or f"1:{random_key()}",
        "BLIND_INDEX_KEY": kept.get("BLIND_INDEX_KEY") or random_key(),
        "SANDBOX": "true",
        "DATABASE_URL": POSTGRES.url(DATABASE),
        "BROKER_URL": VALKEY.broker_url,
        "CACHE_URL": VALKEY.cache_url,
        "PLATFORM_URL": f"http://127.0.0.1:{port}",
        **{f"{name}_URL": f"http://127.0.0.1:{sandbox_port}" for name in INSTITUTIONS},
    }
    owners = {name: value for name, value in settings.items() if value}  # left empty is left out
    write_private(LOCAL, (HEADER + "".join(f"{name}={value}\n" for name, value in local.items())).encode())
    merged = {**local, **owners, "PORT": str(port), "SANDBOX_PORT": str(sandbox_port)}
    _check_keys(merged)
    if merged.get("ONCE") == "1" and not is_sandbox(merged):
        raise Trouble("ONCE=1 ends after the demo journey, which only a sandbox plays; set SANDBOX=true or omit ONCE.")
    return merged


def is_sandbox(settings: Mapping[str, str]) -> bool:
    """Whether the world outside is played. Raises Trouble when SANDBOX says neither."""
    text = settings["SANDBOX"].lower()
    if text not in TRUE | FALSE:
        raise Trouble(f"SANDBOX={text} is neither true nor false; give one of them.")
    return text in TRUE
