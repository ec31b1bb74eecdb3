"""A worker that kills itself with SIGKILL just before or just after one function: `doomed_worker.py module.function
when`.

Run by test_crashes as a process of its own, against the test's database and the sandbox.
"""

import importlib
import os
import signal
import sys
import time
from typing import Any

import django


def doom(place: str, when: str) -> None:
    """Have this process die at `place`."""
    module_name, name = place.rsplit(".", 1)
    module = importlib.import_module(module_name)
    spared = getattr(module, name)

    def fatal(*args: Any, **kwargs: Any) -> None:
        if when == "after":
            spared(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, fatal)


def main() -> None:
    """Work until the end comes."""
    django.setup()
    from core import work
    from core.registry import order_settled
    from payments.tests.driving import hurry
    from payments.tests.orderer import PAYOUT_PURPOSE, Orderer

    order_settled.register(PAYOUT_PURPOSE, Orderer())
    doom(*sys.argv[1:])
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        hurry()
        work.run_due()
        time.sleep(0.05)


if __name__ == "__main__":
    main()
