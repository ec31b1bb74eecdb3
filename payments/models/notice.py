from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from payments.models.ledger import Unchangeable


class ChannelNotice(Unchangeable):
    """What an institution told us by a signed callback, as it was taken in and before it was acted on."""

    channel = models.CharField(_("channel"), max_length=30)
    notification_id = models.CharField(_("institution's notice number"), max_length=64)
    out_trade_no = models.CharField(_("our number at the institution"), max_length=32, db_index=True)
    channel_trade_no = models.CharField(_("institution's serial number"), max_length=64, blank=True)
    status = models.CharField(_("status"), max_length=20)
    amount = MoneyField(_("amount"))
    fee = MoneyField(_("fee"))
    code = models.CharField(_("reason code"), max_length=60, blank=True)
    finished_at = models.DateTimeField(_("finished (institution's time)"), null=True)
    received_at = models.DateTimeField(_("received (real time)"))

    class Meta:
        verbose_name = _("notice of an institution")
        verbose_name_plural = _("notices of institutions")
        constraints = [models.UniqueConstraint(fields=["channel", "notification_id"], name="payments_notice_once")]

    def __str__(self) -> str:
        return self.notification_id
