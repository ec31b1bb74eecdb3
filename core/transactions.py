"""What the laws of state need to know about the open transaction."""

from django.db import connection


def in_transaction() -> bool:
    """Whether a transaction of the program is open; the one that a test case wraps around a test does not count."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


def require_transaction(what: str) -> None:
    """Raise RuntimeError unless a transaction is open: `what` must be part of one."""
    if not in_transaction():
        raise RuntimeError(f"{what} needs an open transaction: open it in the use case")


def forbid_transaction(what: str) -> None:
    """Raise RuntimeError when a transaction is open: `what` must not hold locks while it waits for the outside."""
    if in_transaction():
        raise RuntimeError(f"{what} must not run inside a transaction")
