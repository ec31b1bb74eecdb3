"""`manage.py explain_loan SERIAL`: every figure of a loan, with its days, balance, rate, rounding and entry."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core import clock
from lending.explanation import explain, written
from lending.models import Loan


class Command(BaseCommand):
    """Explain one loan up to today's business date."""

    help = "Lists where every figure of a loan comes from: days, balance, rate, rounding, entry."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("serial")

    def handle(self, *args: Any, serial: str, **options: Any) -> None:
        loan = Loan.objects.filter(serial=serial).first()
        if loan is None:
            raise CommandError(_("There is no loan with the serial number %(serial)s.") % {"serial": serial})
        for line in explain(loan, clock.today()):
            self.stdout.write(written(line))
