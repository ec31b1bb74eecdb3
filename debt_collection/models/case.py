import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.money import ZERO
from core.transitions import StatefulModel, status_constraint, status_field, transition


class CollectionCase(StatefulModel):
    """A loan in arrears that is being looked after, from the day close that found it to the one that finds it cured."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    serial = models.CharField(_("serial number"), max_length=20, unique=True)
    loan_serial = models.CharField(_("loan"), max_length=20, db_index=True)
    customer_serial = models.CharField(_("customer"), max_length=20, db_index=True)
    status = status_field(Status, Status.OPEN)
    business_date = models.DateField(_("as of"))
    dpd = models.PositiveIntegerField(_("days past due"))
    bucket = models.CharField(_("bucket"), max_length=4, blank=True)
    arrears = MoneyField(_("arrears"))
    outstanding_principal = MoneyField(_("outstanding principal"))
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        verbose_name = _("collections case")
        verbose_name_plural = _("collections cases")
        constraints = [
            status_constraint("debt_collection_case_status", "open", "closed"),
            models.UniqueConstraint(
                fields=["loan_serial"],
                condition=models.Q(status="open"),
                name="debt_collection_one_open_case",
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    @transition(source=Status.OPEN, target=Status.CLOSED)
    def close(self, *, by: str, why: str, business_date: dt.date, closed_at: dt.datetime) -> None:
        """Nothing is overdue any more as of `business_date`."""
        self.business_date = business_date
        self.dpd = 0
        self.bucket = ""
        self.arrears = ZERO
        self.closed_at = closed_at
