from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from payments.models.ledger import Unchangeable


class StatementFile(Unchangeable):
    """An institution's statement of one day, imported whole, once."""

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    channel = models.CharField(_("channel"), max_length=30)
    date = models.DateField(_("day"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    rows = models.PositiveIntegerField(_("rows"))
    sum_out = MoneyField(_("money out"))
    sum_in = MoneyField(_("money in"))
    fees = MoneyField(_("fees"))
    imported_at = models.DateTimeField(_("imported"))

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints = [models.UniqueConstraint(fields=["channel", "date"], name="payments_statement_once_a_day")]

    def __str__(self) -> str:
        return f"{self.channel} {self.date}"


class StatementLine(Unchangeable):
    """One movement of money as the institution states it. A return is a movement of its own."""

    statement = models.ForeignKey(
        StatementFile, on_delete=models.PROTECT, related_name="lines", verbose_name=_("statement")
    )
    no = models.PositiveIntegerField(_("line"))
    channel_trade_no = models.CharField(_("institution's serial number"), max_length=64)
    out_trade_no = models.CharField(_("our number at the institution"), max_length=32, db_index=True)
    kind = models.CharField(_("kind"), max_length=10)
    status = models.CharField(_("status"), max_length=20)
    amount = MoneyField(_("amount"))
    fee = MoneyField(_("fee"))
    finished_at = models.DateTimeField(_("finished (institution's time)"))

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        ordering = ["no"]
        constraints = [models.UniqueConstraint(fields=["statement", "no"], name="payments_statement_line_no")]

    def __str__(self) -> str:
        return f"{self.no} {self.out_trade_no} {self.status}"
