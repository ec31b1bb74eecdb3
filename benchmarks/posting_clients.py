"""Clients that post from Django, one process each, for `benchmarks.ledger`: through our ledger, or through hordak.

Usage: python -m benchmarks.posting_clients ours|hordak CLIENTS SECONDS, with the database in DATABASE_URL; says how
many transfers a second all of them made.
"""

import datetime as dt
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from multiprocessing.synchronize import Barrier

AMOUNT = Decimal("100.00")
TODAY = dt.date(2026, 11, 23)
HORDAK_ACCOUNTS = 200

Post = Callable[[], object]


def our_posting() -> Post:
    """A transfer by payments.ledger.post, in a transaction of its own, between two of many accounts."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import transaction

    from payments import ledger

    def post() -> None:
        one, other = random.sample(range(1, 10_001), 2)
        lines = [ledger.debit(f"loan_principal:b{one}", AMOUNT), ledger.credit(f"fund_pool:b{other}", AMOUNT)]
        with transaction.atomic():
            ledger.post(
                key=f"client:{random.getrandbits(62)}",
                business_date=TODAY,
                purpose="drawdown",
                reference="LN1",
                entries=lines,
            )

    return post


def hordak_posting() -> Post:
    """A transfer by hordak's Account.transfer_to, which opens a transaction itself, between two of many accounts."""
    import environ
    from django.conf import settings

    settings.configure(
        DATABASES={"default": {**environ.Env().db_url("DATABASE_URL"), "CONN_MAX_AGE": 600}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "mptt", "hordak"],
        HORDAK_INTERNAL_CURRENCY="CNY",
        CURRENCIES=["CNY"],
        USE_TZ=True,
    )
    import django

    django.setup()
    from django.core.management import call_command
    from hordak.models import Account, AccountType
    from moneyed import CNY, Money

    call_command("migrate", verbosity=0)
    if not Account.objects.exists():
        for number in range(HORDAK_ACCOUNTS):
            kind = AccountType.asset if number % 2 else AccountType.income
            Account.objects.create(name=f"b{number}", code=f"{number}", type=kind, currencies=["CNY"])
    accounts = list(Account.objects.all())
    money = Money(AMOUNT, CNY)

    def post() -> None:
        one, other = random.sample(accounts, 2)
        one.transfer_to(other, money)

    return post


POSTINGS = {"ours": our_posting, "hordak": hordak_posting}


def main(name: str, clients: int, seconds: float) -> None:
    """Start the clients together, let them post for `seconds`, add up."""
    post = POSTINGS[name]()
    from django.db import connections

    connections.close_all()  # each client opens one of its own
    fork = multiprocessing.get_context("fork")
    start, rates = fork.Barrier(clients), fork.SimpleQueue()
    workers = [fork.Process(target=_work, args=(post, start, seconds, rates.put)) for _ in range(clients)]
    for worker in workers:
        worker.start()
    print(sum(rates.get() for _ in workers))


def _work(post: Post, start: Barrier, seconds: float, tell: Callable[[float], object]) -> None:
    post()
    start.wait()
    made, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        post()
        made += 1
    tell(made / (time.perf_counter() - began))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
