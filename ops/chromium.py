"""Chromium and a Chinese font for the browser tests: fetched from Debian as root, else the tests miss them aloud."""

import os
import shutil
import subprocess

from ops.bootstrap import apt_install
from ops.problems import Trouble, told

FONT = "fonts-wqy-zenhei"


def _has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True).stdout.strip())


def ensure() -> None:
    """Install what is missing, if this is root on a Debian. Never fails: tests without Chromium are skipped."""
    missing = [] if shutil.which("chromium") else ["chromium"]
    missing += [] if _has_chinese_font() else [FONT]
    if not missing or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    try:
        apt_install(*missing)
    except Trouble as trouble:
        print(trouble, flush=True)


if __name__ == "__main__":
    with told():
        ensure()
