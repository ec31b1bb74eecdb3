from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import Customer
from core import clock
from core.fields import EncryptedTextField
from core.storage import EncryptedStorage
from core.transitions import StatefulModel, status_field, transition


class Document(StatefulModel):
    """A picture or paper that a customer gave us, encrypted before it touched the disk.

    An ID card picture is read by a worker and compared with the verified identity: the status says what came
    of it; what was read is not kept. In an income proof a month's income is read, and kept for decisions.
    """

    class Kind(models.TextChoices):
        ID_CARD = "id_card", _("ID card")
        INCOME_PROOF = "income_proof", _("income proof")

    class Status(models.TextChoices):
        STORED = "stored", _("stored")
        AGREES = "agrees", _("agrees with the verified identity")
        DIFFERS = "differs", _("differs from the verified identity")
        READ = "read", _("income read")
        UNREADABLE = "unreadable", _("could not be read")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="documents")
    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    status: Any = status_field(Status, Status.STORED)
    file = models.FileField(_("file"), storage=EncryptedStorage(), max_length=100)
    content_type = models.CharField(_("format"), max_length=40)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    uploaded_at = models.DateTimeField(_("uploaded"), default=clock.now)
    read_at = models.DateTimeField(_("read"), null=True)
    monthly_income = EncryptedTextField(_("month's income as read"), blank=True)  # yuan

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        permissions = [("reveal_document", _("Can open a customer's document"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["stored", "agrees", "differs", "read", "unreadable"]),
                name="accounts_document_status",
            ),
            models.UniqueConstraint(fields=["customer", "kind", "sha256"], name="accounts_document_once"),
        ]

    def __str__(self) -> str:
        return self.serial

    @property
    def proven_income(self) -> Decimal | None:
        """The month's income in yuan that was read in it; None where none was."""
        return Decimal(self.monthly_income) if self.monthly_income else None

    @transition(source=Status.STORED, target=Status.AGREES)
    def find_agreeing(self, *, by: str, why: str) -> None:
        """What the picture says agrees with the verified identity."""
        self.read_at = clock.now()

    @transition(source=Status.STORED, target=Status.DIFFERS)
    def find_differing(self, *, by: str, why: str) -> None:
        """The picture is of somebody else's ID card."""
        self.read_at = clock.now()

    @transition(source=Status.STORED, target=Status.READ)
    def find_income(self, *, by: str, why: str, income: Decimal) -> None:
        """A month's income (yuan) was read in the proof of it."""
        self.read_at, self.monthly_income = clock.now(), str(income)

    @transition(source=Status.STORED, target=Status.UNREADABLE)
    def find_unreadable(self, *, by: str, why: str) -> None:
        """No ID number, or no month's income, could be read."""
        self.read_at = clock.now()
