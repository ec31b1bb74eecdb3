"""What goes wrong before the platform runs, told in one sentence that says what to do."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Trouble(Exception):
    """The message is shown as it is, without a traceback."""


@contextmanager
def told() -> Iterator[None]:
    """Around a script: tell a Trouble and exit with status 1; Ctrl-C exits with 130."""
    try:
        yield
    except Trouble as trouble:
        sys.exit(f"{trouble}")
    except KeyboardInterrupt:
        sys.exit(130)
