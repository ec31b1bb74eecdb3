"""`make pins`: write the pinned requirement files from the *.in lists, each resolved in a fresh environment."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# In this order: the later lists stand on the pinned first one.
LISTS = ("requirements", "requirements-test", "requirements-train", "requirements-bench", "requirements-rivals")
HEADER = "# Made by `make pins` from {name}.in; do not edit.\n"


def frozen(source: Path) -> list[str]:
    """The exact versions that pip chooses today for one list."""
    with tempfile.TemporaryDirectory(prefix="pins-") as directory:
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
        pip = [f"{directory}/bin/python", "-m", "pip"]
        subprocess.run([*pip, "install", "--quiet", "-r", str(source)], check=True)
        output = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout
    return output.splitlines()


def main() -> None:
    base: set[str] = set()
    for name in LISTS:
        pins = frozen(ROOT / f"{name}.in")
        lines = [pin for pin in pins if pin not in base]
        if base:
            lines.insert(0, "-r requirements.txt")
        else:
            base = set(pins)
        (ROOT / f"{name}.txt").write_text(HEADER.format(name=name) + "\n".join(lines) + "\n")
        print(f"{name}.txt: {len(pins)} packages", flush=True)


if __name__ == "__main__":
    main()
