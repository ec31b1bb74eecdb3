"""Scripts that build, run and check the platform on one machine: standard library first, nothing of the product."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts a script may have an older one
    sys.exit(
        f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; name another: make run PYTHON=python3.11"
    )
