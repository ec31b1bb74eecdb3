from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from lending.models.loan import Loan


class Funder(models.Model):
    """A licensed lender whose money is lent: ourselves, or a partner on the published list.

    `tier_1_capital` and `loans_elsewhere` (yuan) are ours alone: the caps on joint lending are reckoned from them.
    """

    class Kind(models.TextChoices):
        DIRECT = "direct", _("ourselves")
        PARTNER = "partner", _("funding partner")

    code = models.CharField(_("funder code"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name_zh = models.CharField(_("Chinese name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60)
    whitelisted = models.BooleanField(_("on the published list"), default=False)
    tier_1_capital = MoneyField(_("our tier-1 capital"), null=True, blank=True)
    loans_elsewhere = MoneyField(_("our loans outside this platform"), default=Decimal(0))

    class Meta:
        verbose_name = _("funding partner")
        verbose_name_plural = _("funding partners")

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


class FundingAgreement(models.Model):
    """That partners take shares of a product's loans: from a smallest amount on, where they may lend, in which order.

    `priority` is the order of asking, the lowest first. Where a partner does not take its share, `fallback` says what
    follows. `regions` are the first two digits of the ID numbers of those it lends to (a local bank's own region); none
    means everywhere.
    """

    class Fallback(models.TextChoices):
        NEXT = "next", _("ask the next agreement's partners")
        DIRECT = "direct", _("fund it alone")

    product_code = models.CharField(_("product code"), max_length=40)
    priority = models.PositiveSmallIntegerField(_("asked in this order"), default=1)
    minimum_amount = MoneyField(_("smallest amount"))
    regions = models.JSONField(_("regions"), default=list, blank=True)
    fallback = models.CharField(_("if not taken"), max_length=10, choices=Fallback.choices, default=Fallback.NEXT)
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("in force to"), null=True, blank=True)

    class Meta:
        verbose_name = _("funding agreement")
        verbose_name_plural = _("funding agreements")
        ordering = ["product_code", "priority", "pk"]

    def __str__(self) -> str:
        return f"{self.product_code} {self.priority}"


class AgreementShare(models.Model):
    """What one partner takes by an agreement: its share, its own rate and what it pays us for servicing.

    `partner_rate` is the annual rate that the partner's part earns for it; what the customer pays above it is ours.
    Without one it earns the customer's rate. `servicing_fee` is the fraction of the partner's interest and penalty
    paid by the customer that stays with us. No funder's share is under 30 %, ours included (PostgreSQL refuses it).
    """

    agreement = models.ForeignKey(
        FundingAgreement, models.CASCADE, related_name="shares", verbose_name=_("funding agreement")
    )
    partner = models.ForeignKey(Funder, models.PROTECT, related_name="agreements", verbose_name=_("funding partner"))
    share = RateField(_("partner's share"))
    partner_rate = RateField(_("partner's own annual rate"), null=True, blank=True)
    servicing_fee = RateField(_("servicing fee"), default=Decimal(0))

    class Meta:
        verbose_name = _("partner's share")
        verbose_name_plural = _("partners' shares")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "partner"], name="lending_agreement_partner_once"),
            models.CheckConstraint(condition=Q(share__gte="0.3", share__lte="0.7"), name="lending_smallest_share"),
            models.CheckConstraint(
                condition=Q(servicing_fee__gte=0, servicing_fee__lt=1)
                & (Q(partner_rate__isnull=True) | Q(partner_rate__gte=0)),
                name="lending_partner_conditions",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} {self.share:.2%}"


class LoanFunding(models.Model):
    """A funder's share of one loan, frozen at drawdown. Shares sum to one; the last takes what rounding leaves.

    `income_share` is its part of interest and penalty: less than `share` where a partner's own rate is lower than the
    customer's, and ours then more. `servicing_fee` is the fraction of a partner's paid income that stays with us.
    """

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="funding", verbose_name=_("loan"))
    position = models.PositiveSmallIntegerField(_("position"))
    funder = models.ForeignKey(Funder, models.PROTECT, related_name="+", verbose_name=_("funder"))
    share = RateField(_("share"))
    income_share = RateField(_("share of the income"))
    servicing_fee = RateField(_("servicing fee"), default=Decimal(0))

    class Meta:
        verbose_name = _("share of a loan")
        verbose_name_plural = _("shares of loans")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "funder"], name="lending_funder_once"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="lending_share_range"),
            models.CheckConstraint(
                condition=Q(income_share__gte=0, income_share__lte=1, servicing_fee__gte=0, servicing_fee__lt=1),
                name="lending_income_share_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan} {self.funder}"


class Participation(StatefulModel):
    """A partner asked to take its share of one loan by an agreement, and its own yes or no."""

    class Status(models.TextChoices):
        ASKING = "asking", _("asked")
        APPROVED = "approved", _("takes its share")
        REFUSED = "refused", _("refused")
        GIVEN_UP = "given_up", _("no answer in time")
        RELEASED = "released", _("told that it takes no part")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="participations", verbose_name=_("loan"))
    agreement = models.ForeignKey(
        FundingAgreement, models.PROTECT, related_name="+", verbose_name=_("funding agreement")
    )
    partner = models.ForeignKey(Funder, models.PROTECT, related_name="+", verbose_name=_("funding partner"))
    status = status_field(Status, Status.ASKING)
    share = RateField(_("share"))
    partner_rate = RateField(_("partner's own annual rate"))
    servicing_fee = RateField(_("servicing fee"), default=Decimal(0))
    amount = MoneyField(_("amount"))
    asked_at = models.DateTimeField(_("asked (real time)"))
    funder_serial = models.CharField(_("partner's serial number"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "agreement", "partner"], name="lending_partner_asked_once"),
            status_constraint("lending_participation_status", "asking", "approved", "refused", "given_up", "released"),
        ]

    def __str__(self) -> str:
        return self.serial

    @transition(source=Status.ASKING, target=Status.APPROVED)
    def approve(self, *, by: str, why: str, funder_serial: str) -> None:
        """The partner takes its share."""
        self.funder_serial = funder_serial

    @transition(source=Status.ASKING, target=Status.REFUSED)
    def refuse(self, *, by: str, why: str, funder_serial: str = "") -> None:
        """The partner does not."""
        self.funder_serial = funder_serial

    @transition(source=Status.ASKING, target=Status.GIVEN_UP)
    def give_up(self, *, by: str, why: str) -> None:
        """No answer in time: the agreement says what follows."""

    @transition(source=[Status.APPROVED, Status.GIVEN_UP], target=Status.RELEASED)
    def release(self, *, by: str, why: str) -> None:
        """The partner has confirmed that it takes no part: its yes was lost, or the loan failed."""
