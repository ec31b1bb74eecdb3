from django.db import models
from django.utils.translation import gettext_lazy as _

from core.transitions import StatefulModel, status_constraint, status_field, transition
from lending.models.loan import Loan


class LoanChange(StatefulModel):
    """What one officer proposes to change on a loan and another makes happen (see lending.changes).

    `details` say how much, as the loan's event will keep them; who, when and why are the approval's (core.approvals).
    """

    class Kind(models.TextChoices):
        WAIVER = "waiver", _("waiver")
        EXTENSION = "extension", _("extension")
        RATE = "rate", _("lower rate")
        WRITE_OFF = "write_off", _("write-off")
        REFUND = "refund", _("refund of an overpayment")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("waiting for a second person")
        MADE = "made", _("made")
        REFUSED = "refused", _("refused")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    loan = models.ForeignKey(Loan, models.PROTECT, related_name="changes", verbose_name=_("loan"))
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    status = status_field(Status, Status.PROPOSED)
    details = models.JSONField(_("details"), default=dict)
    proposed_at = models.DateTimeField(_("proposed (real time)"))

    class Meta:
        verbose_name = _("change of a loan")
        verbose_name_plural = _("changes of loans")
        permissions = [
            ("propose_loan_change", "Can propose changes"),
            ("make_loan_change", "Can make proposed changes"),
        ]
        constraints = [
            status_constraint("lending_loan_change_status", "proposed", "made", "refused"),
            models.UniqueConstraint(
                fields=["loan"], condition=models.Q(status="proposed"), name="lending_one_change_at_once"
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @transition(source=Status.PROPOSED, target=Status.MADE)
    def make(self, *, by: str, why: str) -> None:
        """The second person agreed and it was booked."""

    @transition(source=Status.PROPOSED, target=Status.REFUSED)
    def refuse(self, *, by: str, why: str) -> None:
        """It shall not be."""
