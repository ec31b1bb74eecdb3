import datetime as dt
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.storage import EncryptedStorage
from core.transitions import StatefulModel, status_constraint, status_field, transition
from lending.models.funding import Funder
from lending.models.loan import Loan


class DayFileSet(StatefulModel):
    """What a funding partner is told of one business date, in several files; what it answers (lending.day_files). One
    that was refused is replaced by the date's next version.
    """

    class Status(models.TextChoices):
        WRITTEN = "written", _("written, not sent")
        SENT = "sent", _("sent")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rows rejected")
        SETTLED = "settled", _("rejected rows resolved")
        REPLACED = "replaced", _("replaced by a new version")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    partner = models.ForeignKey(Funder, models.PROTECT, related_name="+", verbose_name=_("funding partner"))
    business_date = models.DateField(_("business date"))
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    status: Any = status_field(Status, Status.WRITTEN)
    written_at = models.DateTimeField(_("written (real time)"))
    funder_serial = models.CharField(_("partner's serial number"), max_length=64, blank=True)
    answer_sha256 = models.CharField(_("SHA-256 of the answer"), max_length=64, blank=True)
    answered_at = models.DateTimeField(_("answered (real time)"), null=True)

    class Meta:
        verbose_name = _("set of day files")
        verbose_name_plural = _("day files")
        permissions = [
            ("download_day_files", "Can download day files"),
            ("resolve_rejected_row", "Can resolve rejected rows"),
            ("rewrite_day_files", "Can have refused day files written anew"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "business_date"],
                condition=~models.Q(status="replaced"),
                name="lending_day_files_once",
            ),
            models.UniqueConstraint(fields=["partner", "business_date", "version"], name="lending_day_files_version"),
            status_constraint(
                "lending_day_files_status", "written", "sent", "accepted", "rejected", "settled", "replaced"
            ),
        ]

    def __str__(self) -> str:
        again = f" v{self.version}" if self.version > 1 else ""
        return f"{self.partner} {self.business_date}{again}"

    @transition(source=Status.WRITTEN, target=Status.SENT)
    def send(self, *, by: str, why: str) -> None:
        """The partner has it."""

    @transition(source=Status.SENT, target=Status.ACCEPTED)
    def accept(self, *, by: str, why: str, funder_serial: str, sha256: str, at: dt.datetime) -> None:
        """The partner agrees to every row."""
        self.funder_serial, self.answer_sha256, self.answered_at = funder_serial, sha256, at

    @transition(source=Status.SENT, target=Status.REJECTED)
    def reject(self, *, by: str, why: str, funder_serial: str, sha256: str, at: dt.datetime) -> None:
        """The partner does not agree to some rows."""
        self.funder_serial, self.answer_sha256, self.answered_at = funder_serial, sha256, at

    @transition(source=Status.REJECTED, target=Status.SETTLED)
    def settle(self, *, by: str, why: str) -> None:
        """Each rejected row has been resolved."""

    @transition(source=[Status.WRITTEN, Status.REJECTED], target=Status.REPLACED)
    def replace(self, *, by: str, why: str) -> None:
        """The next version of this date is to be written in its place."""


class DayFile(models.Model):
    """One file of a set, written once. What stands at the day's end is kept beside the files that are sent, and is the
    opening of the next set: the same stored file."""

    set = models.ForeignKey(DayFileSet, models.PROTECT, related_name="files", verbose_name=_("set of day files"))
    name = models.CharField(_("file"), max_length=30)
    file = models.FileField(_("stored as"), storage=EncryptedStorage(), max_length=100)
    rows = models.PositiveIntegerField(_("rows"))
    sums = models.JSONField(_("sums, fen"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)

    class Meta:
        verbose_name = _("day file")
        verbose_name_plural = _("single day files")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["set", "name"], name="lending_day_file_once")]

    def __str__(self) -> str:
        return f"{self.set} {self.name}"

    def content(self) -> bytes:
        """What the file says. Raises ValueError when it was altered on the disk."""
        with self.file.open("rb") as stored:
            return bytes(stored.read())


class RejectedRow(StatefulModel):
    """A row that the partner does not agree to: somebody finds out why, and says so."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        RESOLVED = "resolved", _("explained by an officer")

    set = models.ForeignKey(DayFileSet, models.PROTECT, related_name="rejected", verbose_name=_("set of day files"))
    file = models.CharField(_("file"), max_length=30)
    line = models.PositiveIntegerField(_("line"))
    reason = models.CharField(_("the partner's reason"), max_length=200)
    status: Any = status_field(Status, Status.OPEN)

    class Meta:
        verbose_name = _("row rejected by a partner")
        verbose_name_plural = _("rows rejected by partners")
        ordering = ["pk"]
        constraints = [status_constraint("lending_rejected_row_status", "open", "resolved")]

    def __str__(self) -> str:
        return f"{self.set} {self.file}.csv:{self.line}"

    @transition(source=Status.OPEN, target=Status.RESOLVED)
    def resolve(self, *, by: str, why: str) -> None:
        """It is known why, and put right where it was wrong."""


class ToldLoan(models.Model):
    """How far a partner has been told of a loan: up to its event number `no`. Moved on by each set that is written,
    from `before`, by `set`: so a set written anew can begin where the one that it replaces began.
    """

    loan = models.ForeignKey(Loan, models.PROTECT, related_name="+", verbose_name=_("loan"))
    partner = models.ForeignKey(Funder, models.PROTECT, related_name="+", verbose_name=_("funding partner"))
    no = models.PositiveIntegerField(_("told up to event"))
    before = models.PositiveIntegerField(_("told before that up to event"), default=0)
    set = models.ForeignKey(DayFileSet, models.PROTECT, related_name="+", verbose_name=_("set of day files"), null=True)

    class Meta:
        verbose_name = _("loan told of")
        verbose_name_plural = _("loans told of")
        constraints = [models.UniqueConstraint(fields=["partner", "loan"], name="lending_told_loan_once")]

    def __str__(self) -> str:
        return f"{self.partner} {self.loan} {self.no}"
