from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from payments.models.ledger import Unchangeable


class SettlementReport(Unchangeable):
    """What moved through one channel on one business day, by our ledger and by the institution's statement. Yuan.

    `other` is what moved the channel's cash without an order, such as a top-up. The `stated` figures are the
    statement's.
    """

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    business_date = models.DateField(_("business date"))
    channel = models.CharField(_("channel"), max_length=30)
    statement = models.ForeignKey(
        "payments.StatementFile", on_delete=models.PROTECT, related_name="+", verbose_name=_("statement")
    )
    opening = MoneyField(_("opening balance"))
    payouts = MoneyField(_("payouts"))
    collections = MoneyField(_("collections"))
    payouts_returned = MoneyField(_("payouts returned"))
    collections_returned = MoneyField(_("collections returned"))
    fees = MoneyField(_("fees"))
    other = MoneyField(_("other movements"))
    closing = MoneyField(_("closing balance"))
    stated_out = MoneyField(_("money out by the statement"))
    stated_in = MoneyField(_("money in by the statement"))
    stated_fees = MoneyField(_("fees by the statement"))
    settled_at = models.DateTimeField(_("settled"))

    class Meta:
        verbose_name = _("settlement report")
        verbose_name_plural = _("settlement reports")
        permissions = [("settle_day", _("Can have a business day settled"))]
        constraints = [
            models.UniqueConstraint(fields=["business_date", "channel"], name="payments_settlement_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(
                    closing=F("opening")
                    - F("payouts")
                    + F("collections")
                    + F("payouts_returned")
                    - F("collections_returned")
                    - F("fees")
                    + F("other")
                ),
                name="payments_settlement_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business_date} {self.channel}"
