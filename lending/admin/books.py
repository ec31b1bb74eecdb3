"""The loans' books across all loans: instalments, events, repayments, closed days."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import shown
from core.admin.base import ReadOnlyAdmin
from core.admin.shown import Reader, Table, TablesAdmin
from lending.models import AllowanceRate, ClosedDay, DayAccrual, Instalment, LoanEvent, Repayment

COLOURS = {"processing": "warning", "succeeded": "success", "failed": "danger", "returned": "danger"}


@admin.register(Instalment)
class InstalmentAdmin(ReadOnlyAdmin):
    """Instalments of all loans, by due date."""

    list_display = [
        *("loan", "no", "due_date", "principal", "interest", "penalty", "unpaid", "raised"),
    ]
    list_filter = ["raised", "due_date"]
    search_fields = ["loan__serial"]
    search_help_text = _("serial number of the loan")
    list_select_related = ["loan"]
    ordering = ["due_date", "id"]

    @admin.display(description=_("unpaid"))
    def unpaid(self, instalment: Instalment) -> str:
        return f"{instalment.unpaid().total:.2f}"


@admin.register(LoanEvent)
class LoanEventAdmin(ReadOnlyAdmin):
    """What happened to all loans, the newest first."""

    list_display = ["loan", "no", "kind", "business_date", "amount", "reference", "recorded_at"]
    list_filter = ["kind", "business_date"]
    search_fields = ["loan__serial", "reference"]
    search_help_text = _("serial number of the loan or the payment order")
    list_select_related = ["loan"]
    ordering = ["-id"]


@admin.register(DayAccrual)
class DayAccrualAdmin(ReadOnlyAdmin):
    """What was accrued and suspended day by day, the newest first."""

    list_display = [
        *("business_date", "product_code", "funder", "accrued", "suspended_interest", "suspended_penalty"),
    ]
    list_filter = ["business_date", "product_code", "funder"]


@admin.register(Repayment)
class RepaymentAdmin(TablesAdmin):
    """Collections from customers' cards, the newest first."""

    list_display = ["serial", "loan", "shown_status", "amount", "asked_at", "order", "failure"]
    list_filter = ["status", "asked_at"]
    search_fields = ["serial", "loan__serial", "order"]
    search_help_text = _("serial number of the repayment, the loan or the payment order")
    list_select_related = ["loan"]
    ordering = ["-id"]
    fields = ["serial", "loan", "status", "amount", "asked_at", "order", "failure"]

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, repayment: Repayment) -> tuple[str, str]:
        return repayment.status, repayment.get_status_display()

    def tables(self, row: Repayment, reader: Reader) -> list[Table]:
        return [shown.history(row)]


@admin.register(ClosedDay)
class ClosedDayAdmin(ReadOnlyAdmin):
    """The business dates that are closed, and how many loans were left behind."""

    list_display = ["business_date", "closed_at", "loans", "parked"]
    ordering = ["-business_date"]


@admin.register(AllowanceRate)
class AllowanceRateAdmin(ReadOnlyAdmin):
    """How much is set aside against loss, by stage and date."""

    list_display = ["stage", "above_dpd", "rate", "effective_from"]
    list_filter = ["stage"]
    ordering = ["-effective_from", "stage"]
