from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from risk.models import RepaymentForecast


class HelpOffer(StatefulModel):
    """Help offered to a customer before an instalment is due, because a forecast expects trouble; one an instalment."""

    class Status(models.TextChoices):
        OFFERED = "offered", _("offered")
        ACCEPTED = "accepted", _("asks for help")
        PROPOSED = "proposed", _("easier terms proposed")
        REFUSED = "refused", _("not helped")
        DECLINED = "declined", _("help not wanted")
        LAPSED = "lapsed", _("due date passed without an answer")
        WITHDRAWN = "withdrawn", _("paid, no help needed")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    forecast = models.OneToOneField(
        RepaymentForecast, models.PROTECT, related_name="+", verbose_name=_("repayment forecast")
    )
    loan_serial = models.CharField(_("loan"), max_length=20, db_index=True)
    instalment_no = models.PositiveSmallIntegerField(_("instalment"))
    customer_serial = models.CharField(_("customer"), max_length=20, db_index=True)
    due_date = models.DateField(_("due date"))
    amount = MoneyField(_("to be paid"))
    status = status_field(Status, Status.OFFERED)
    made_at = models.DateTimeField(_("offered at"))
    told_at = models.DateTimeField(_("customer told"), null=True)
    months_wished = models.PositiveSmallIntegerField(_("months longer, as wished"), null=True)
    change = models.CharField(_("change of the loan"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("offer of help")
        verbose_name_plural = _("offers of help")
        constraints = [
            status_constraint(
                "debt_collection_help_offer_status",
                *("offered", "accepted", "proposed", "refused", "declined", "lapsed", "withdrawn"),
            ),
            models.UniqueConstraint(fields=["loan_serial", "instalment_no"], name="debt_collection_help_offered_once"),
        ]

    def __str__(self) -> str:
        return self.serial

    @property
    def is_open(self) -> bool:
        """Whether the customer can still answer."""
        return self.status == self.Status.OFFERED

    @property
    def waits_for_officer(self) -> bool:
        """Whether the customer asked for help and no officer has said no."""
        return self.status in {self.Status.ACCEPTED, self.Status.PROPOSED}

    @transition(source=Status.OFFERED, target=Status.ACCEPTED)
    def accept(self, *, by: str, why: str, months_wished: int | None) -> None:
        """The customer asks for help: so many months more, or to talk with an officer (None)."""
        self.months_wished = months_wished

    @transition(source=Status.OFFERED, target=Status.DECLINED)
    def decline(self, *, by: str, why: str) -> None:
        """The customer needs no help."""

    @transition(source=Status.OFFERED, target=Status.LAPSED)
    def lapse(self, *, by: str, why: str) -> None:
        """The due date came and went."""

    @transition(source=Status.OFFERED, target=Status.WITHDRAWN)
    def withdraw(self, *, by: str, why: str) -> None:
        """The instalment has been paid."""

    @transition(source=[Status.ACCEPTED, Status.PROPOSED], target=Status.PROPOSED)
    def propose(self, *, by: str, why: str, change: str) -> None:
        """An officer proposed a change of the loan, which a second one makes or refuses."""
        self.change = change

    @transition(source=[Status.ACCEPTED, Status.PROPOSED], target=Status.REFUSED)
    def refuse(self, *, by: str, why: str) -> None:
        """An officer said no."""
