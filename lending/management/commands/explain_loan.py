"""`manage.py explain_loan SERIAL`: every figure of a loan, with its days, balance, rate, rounding and entry.

As of a past day with `--as-of`; as it was known at a moment with `--known-at`.
"""

import argparse
import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core import clock
from core.problems import Problem
from lending.explanation import explain, written
from lending.models import Loan


class Command(BaseCommand):
    """Explain one loan up to a business date, today's unless another is given."""

    help = "Lists where every figure of a loan comes from: days, balance, rate, rounding, entry."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("serial")
        parser.add_argument("--as-of", type=dt.date.fromisoformat, help="a business date, such as 2026-11-30")
        parser.add_argument("--known-at", type=_moment, help="a moment (real time), such as 2026-11-30T18:00")

    def handle(
        self,
        *args: Any,
        serial: str,
        as_of: dt.date | None = None,
        known_at: dt.datetime | None = None,
        **options: Any,
    ) -> None:
        loan = Loan.objects.filter(serial=serial).first()
        if loan is None:
            raise CommandError(_("There is no loan with the serial number %(serial)s.") % {"serial": serial})
        try:
            lines = explain(loan, as_of or clock.today(), known_at)
        except Problem as problem:
            raise CommandError(str(problem.message)) from problem
        for line in lines:
            self.stdout.write(written(line))


def _moment(text: str) -> dt.datetime:
    """A moment; in the business zone where it names none."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.BUSINESS_ZONE)
