"""`manage.py verify_ledger`: whether the ledger is what was sealed; names the first altered row."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from payments import verification


class Command(BaseCommand):
    """Exit status 0 when the ledger is whole, 1 when it is not."""

    help = "Makes every seal, hash, signature and sum of the ledger anew and names the first altered row (status 1)."

    def handle(self, *args: Any, **options: Any) -> None:
        report = verification.verify()
        if report.fault:
            raise CommandError(_("The ledger is not whole. %(fault)s") % {"fault": report.fault})
        whole = _("The ledger is whole: %(seals)s seals over %(sealed)s transfers, %(unsealed)s not sealed yet.")
        self.stdout.write(whole % vars(report))
