from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField, RateField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from lending.models.loan import Loan


class Funder(models.Model):
    """A licensed lender whose money is lent: ourselves, or a partner on the published list."""

    class Kind(models.TextChoices):
        DIRECT = "direct", _("ourselves")
        PARTNER = "partner", _("funding partner")

    code = models.CharField(_("funder code"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name_zh = models.CharField(_("Chinese name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60)
    whitelisted = models.BooleanField(_("on the published list"), default=False)

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
    """That a partner takes a share of a product's loans from a smallest amount on. No funder's share is under 30 %."""

    partner = models.ForeignKey(Funder, models.PROTECT, related_name="agreements", verbose_name=_("funding partner"))
    product_code = models.CharField(_("product code"), max_length=40)
    partner_share = RateField(_("partner's share"))
    minimum_amount = MoneyField(_("smallest amount"))
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("in force to"), null=True, blank=True)

    class Meta:
        verbose_name = _("funding agreement")
        verbose_name_plural = _("funding agreements")
        constraints = [
            models.CheckConstraint(
                condition=Q(partner_share__gte="0.3", partner_share__lte="0.7"), name="lending_smallest_share"
            )
        ]

    def __str__(self) -> str:
        return f"{self.partner} {self.partner_share:.2%}"


class LoanFunding(models.Model):
    """A funder's share of one loan, frozen at drawdown. Shares sum to one; the last takes what rounding leaves."""

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="funding", verbose_name=_("loan"))
    position = models.PositiveSmallIntegerField(_("position"))
    funder = models.ForeignKey(Funder, models.PROTECT, related_name="+", verbose_name=_("funder"))
    share = RateField(_("share"))

    class Meta:
        verbose_name = _("share of a loan")
        verbose_name_plural = _("shares of loans")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "funder"], name="lending_funder_once"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="lending_share_range"),
        ]

    def __str__(self) -> str:
        return f"{self.loan} {self.funder}"


class Participation(StatefulModel):
    """A partner asked to take its share of one loan, and its own yes or no."""

    class Status(models.TextChoices):
        ASKING = "asking", _("asked")
        APPROVED = "approved", _("takes its share")
        REFUSED = "refused", _("refused")
        GIVEN_UP = "given_up", _("no answer in time")
        RELEASED = "released", _("told that it takes no part")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    loan = models.OneToOneField(Loan, models.PROTECT, related_name="participation", verbose_name=_("loan"))
    partner = models.ForeignKey(Funder, models.PROTECT, related_name="+", verbose_name=_("funding partner"))
    status = status_field(Status, Status.ASKING)
    share = RateField(_("share"))
    amount = MoneyField(_("amount"))
    asked_at = models.DateTimeField(_("asked (real time)"))
    funder_serial = models.CharField(_("partner's serial number"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        constraints = [
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
        """No answer in time: by policy the loan is funded by ourselves."""

    @transition(source=[Status.APPROVED, Status.GIVEN_UP], target=Status.RELEASED)
    def release(self, *, by: str, why: str) -> None:
        """The partner has confirmed that it takes no part: its yes was lost, or the loan failed."""
