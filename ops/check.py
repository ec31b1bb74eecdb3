"""`make check`: every judgement about the code that needs no running platform; the failures are named at the end."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ops.local_secrets import ensure_signing_keys, random_key
from ops.places import PYTHON, ROOT


def main() -> int:
    """Run every check; the exit status is 1 when one failed."""
    with tempfile.TemporaryDirectory() as directory:
        production = _production_environment(Path(directory))
        checks = {
            "ruff check": (["-m", "ruff", "check", "."], None),
            "ruff format": (["-m", "ruff", "format", "--check", "."], None),
            "mypy": (["-m", "mypy", "."], production),
            "import-linter": (["-c", "from importlinter.cli import lint_imports_command as c; c()"], None),
            "migrations": (
                ["-W", "ignore::RuntimeWarning", "manage.py", "makemigrations", "--check", "--dry-run"],
                production,
            ),
            "deployment": (["manage.py", "check", "--deploy", "--fail-level", "WARNING"], production),
        }
        failed = [name for name, (arguments, env) in checks.items() if not _passes(name, arguments, env)]
    if not _audit_passes():
        failed.append("pip-audit")
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks passed", flush=True)
    return 1 if failed else 0


def _production_environment(directory: Path) -> dict[str, str]:
    """Settings as an operator would give them, with keys that nobody else has; no engine is contacted."""
    ensure_signing_keys(directory)
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "SECRET_KEY": random_key() + random_key(),
        "FIELD_KEYS": f"1:{random_key()}",
        "BLIND_INDEX_KEY": random_key(),
        "DEBUG": "false",
        "SANDBOX": "false",
        "ALLOWED_HOSTS": "lending.example",
        "PLATFORM_URL": "https://lending.example",
        "DATABASE_URL": "postgres://lending@database.example/lending",
        "BROKER_URL": "redis://broker.example/1",
        "CACHE_URL": "rediscache://broker.example/0",
        "PLATFORM_KEY_FILE": str(directory / "platform.pem"),
        "SHARING_KEY_FILE": str(directory / "sharing.pem"),
        "SEAL_KEY_FILE": str(directory / "seal.pem"),
        "SEAL_PUBLIC_KEY_FILES": str(directory / "seal.pub.pem"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def _passes(name: str, arguments: list[str], env: dict[str, str] | None) -> bool:
    print(f"\n== {name}", flush=True)
    return subprocess.run([PYTHON, *arguments], cwd=ROOT, env=env, stdin=subprocess.DEVNULL).returncode == 0


def _audit_passes() -> bool:
    """Known vulnerabilities in the pinned packages. Skipped, aloud, where pip-audit cannot reach its data."""
    print("\n== pip-audit", flush=True)
    options = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--timeout", "20", "--format", "json"]
    with tempfile.TemporaryDirectory() as directory:
        pins = Path(directory) / "pins.txt"
        pins.write_text("\n".join(_pins()))
        command = [str(PYTHON), "-m", "pip_audit", *options, "-r", str(pins)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, LookupError):
        packages = []
    audited = [package for package in packages if "skip_reason" not in package]
    if not audited:
        print(
            "SKIPPED: pip-audit cannot reach its vulnerability data from here; run `make check` where it can.",
            flush=True,
        )
        return True
    for package in audited:
        for vulnerability in package["vulns"]:
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}")
    print(f"{len(audited)} of {len(packages)} packages audited", flush=True)
    return done.returncode == 0


def _pins() -> list[str]:
    lists = ("requirements.txt", "requirements-test.txt")
    return [line for name in lists for line in (ROOT / name).read_text().splitlines() if "==" in line]


if __name__ == "__main__":
    sys.exit(main())
