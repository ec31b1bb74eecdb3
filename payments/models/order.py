import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.card_number import BIN_LENGTH, ISSUERS
from core.fields import EncryptedTextField, MoneyField
from core.masking import mask_card, mask_name
from core.transitions import StatefulModel, status_constraint, status_field, transition
from payments.kinds import OrderKind, PayeeKind


class OrderStatus(models.TextChoices):
    """Where an order stands. UNKNOWN means that it may or may not have reached the institution: it is asked until
    known.
    """

    CREATED = "created", _("created")
    SENDING = "sending", _("being sent")
    ACCEPTED = "accepted", _("accepted by the institution")
    UNKNOWN = "unknown", _("unknown, being asked")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    RETURNED = "returned", _("returned")


IN_FLIGHT = (OrderStatus.CREATED, OrderStatus.SENDING, OrderStatus.ACCEPTED, OrderStatus.UNKNOWN)
_AT_THE_CHANNEL = (OrderStatus.SENDING, OrderStatus.ACCEPTED, OrderStatus.UNKNOWN)


class PaymentOrder(StatefulModel):
    """Money to be moved once: paid out to an account, or collected from it.

    `account_number` is the number of a card or of a company's account, or a WeChat openid, as `payee_kind` says;
    `bank_number` is that of the company's bank in the clearing.
    `purpose` and `reference` are the orderer's own; `product` and `funder` are its tags. `confirmed_at` and
    `settled_at` are real time, the two ends of the two-hour promise; `settled_on` and `returned_on` are the dates
    of the postings.
    """

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    status: Any = status_field(OrderStatus, OrderStatus.CREATED)
    kind = models.CharField(_("kind"), max_length=10, choices=OrderKind.choices)
    amount = MoneyField(_("amount"))
    purpose = models.CharField(_("purpose"), max_length=40)
    reference = models.CharField(_("reference"), max_length=40, db_index=True)
    product = models.CharField(_("product"), max_length=40, blank=True)
    funder = models.CharField(_("funder"), max_length=40, blank=True)
    payee_kind = models.CharField(
        _("kind of account"), max_length=10, choices=PayeeKind.choices, default=PayeeKind.CARD
    )
    payee_name = EncryptedTextField(_("name"))
    account_number = EncryptedTextField(_("account number"))
    bank_number = models.CharField(_("bank's number in the clearing"), max_length=14, blank=True)
    channel = models.CharField(_("channel"), max_length=30, blank=True)
    channel_trade_no = models.CharField(_("institution's serial number"), max_length=64, blank=True, db_index=True)
    fee = MoneyField(_("fee"), null=True)
    failure_code = models.CharField(_("reason code"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("created"))
    confirmed_at = models.DateTimeField(_("confirmed (real time)"))
    settled_at = models.DateTimeField(_("settled (real time)"), null=True)
    settled_on = models.DateField(_("settled on"), null=True, db_index=True)
    returned_on = models.DateField(_("returned on"), null=True, db_index=True)

    class Meta:
        verbose_name = _("payment order")
        verbose_name_plural = _("payment orders")
        constraints = [
            status_constraint(
                "payments_order_status",
                *("created", "sending", "accepted", "unknown", "succeeded", "failed", "returned"),
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payments_order_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(payee_kind__in=["card", "wechat", "company"]), name="payments_order_payee_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["succeeded", "returned"]) ^ models.Q(settled_on__isnull=True),
                name="payments_order_settled_on",
            ),
            # The same thing is never paid out twice, nor collected twice at the same time.
            models.UniqueConstraint(
                fields=["purpose", "reference"],
                condition=models.Q(kind="payout") & ~models.Q(status__in=["failed", "returned"]),
                name="payments_payout_once",
            ),
            models.UniqueConstraint(
                fields=["purpose", "reference"],
                condition=models.Q(kind="collection", status__in=["created", "sending", "accepted", "unknown"]),
                name="payments_collection_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "confirmed_at"], name="payments_order_confirmed"),
        ]

    def __str__(self) -> str:
        return self.serial

    @property
    def is_in_flight(self) -> bool:
        """Whether its end is still to come."""
        return self.status in IN_FLIGHT

    @property
    def masked_name(self) -> str:
        """The payee's or payer's name as pages may show it."""
        return mask_name(self.payee_name)

    @property
    def bank(self) -> str:
        """The code of the bank that issued the card; empty where it is not known, or no card."""
        issuer = ISSUERS.get(self.account_number[:BIN_LENGTH]) if self.payee_kind == PayeeKind.CARD else None
        return issuer.bank if issuer else ""

    @property
    def masked_account(self) -> str:
        """The account number as pages may show it."""
        return mask_card(self.account_number)

    @transition(source=[OrderStatus.CREATED, OrderStatus.SENDING, OrderStatus.UNKNOWN], target=OrderStatus.SENDING)
    def send(self, *, by: str, why: str, channel: str) -> None:
        """An attempt is about to be made through `channel`."""
        self.channel = channel

    @transition(source=[OrderStatus.SENDING, OrderStatus.UNKNOWN], target=OrderStatus.ACCEPTED)
    def accept(self, *, by: str, why: str, channel_trade_no: str) -> None:
        """The institution has taken the order on."""
        self.channel_trade_no = channel_trade_no

    @transition(source=OrderStatus.SENDING, target=OrderStatus.UNKNOWN)
    def doubt(self, *, by: str, why: str) -> None:
        """The answer was lost or could not be trusted."""

    @transition(source=_AT_THE_CHANNEL, target=OrderStatus.SUCCEEDED)
    def succeed(self, *, by: str, why: str, channel_trade_no: str, fee: Decimal, at: dt.datetime, on: dt.date) -> None:
        """The money has moved, at real time `at`, posted on business date `on`."""
        self._settled(channel_trade_no, fee, at, on)

    @transition(source=OrderStatus.FAILED, target=OrderStatus.SUCCEEDED)
    def turn_out_paid(
        self, *, by: str, why: str, channel_trade_no: str, fee: Decimal, at: dt.datetime, on: dt.date
    ) -> None:
        """It was presumed to have failed, and the money has moved after all."""
        self.failure_code = ""
        self._settled(channel_trade_no, fee, at, on)

    @transition(source=_AT_THE_CHANNEL, target=OrderStatus.FAILED)
    def fail(self, *, by: str, why: str, code: str) -> None:
        """The money has not moved and will not."""
        self.failure_code = code

    @transition(source=OrderStatus.SUCCEEDED, target=OrderStatus.RETURNED)
    def come_back(self, *, by: str, why: str, code: str, on: dt.date) -> None:
        """The money had moved and came back, posted on business date `on`."""
        self.failure_code, self.returned_on = code, on

    def _settled(self, channel_trade_no: str, fee: Decimal, at: dt.datetime, on: dt.date) -> None:
        self.channel_trade_no, self.fee = channel_trade_no or self.channel_trade_no, fee
        self.settled_at, self.settled_on = at, on


class PaymentAttempt(models.Model):
    """One sending of an order, committed before the call. A resend is a further attempt under the same `out_trade_no`.

    What it found out is written once; evidence that something was sent is never cleared.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", _("no answer recorded")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        NEVER_SENT = "never sent", _("never sent")
        UNKNOWN = "unknown", _("unknown")
        NOT_FOUND = "not found", _("not known to the institution")

    order = models.ForeignKey(
        PaymentOrder, on_delete=models.PROTECT, related_name="attempts", verbose_name=_("payment order")
    )
    no = models.PositiveSmallIntegerField(_("attempt"))
    channel = models.CharField(_("channel"), max_length=30)
    out_trade_no = models.CharField(_("our number at the institution"), max_length=32, db_index=True)
    channel_trade_no = models.CharField(_("institution's serial number"), max_length=64, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, default=Outcome.OPEN)
    code = models.CharField(_("reason code"), max_length=60, blank=True)
    sent_at = models.DateTimeField(_("sent (real time)"))
    answered_at = models.DateTimeField(_("answered (real time)"), null=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["no"]
        constraints = [
            models.UniqueConstraint(fields=["order", "no"], name="payments_attempt_no"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["open", "accepted", "refused", "never sent", "unknown", "not found"]),
                name="payments_attempt_outcome",
            ),
        ]
        indexes = [models.Index(fields=["channel", "-sent_at"], name="payments_attempt_late")]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.no}"
