from collections.abc import Iterable

from django.contrib import admin
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lending.admin import loan_tables, reports, shown
from lending.admin.shown import Reader, Table, TablesAdmin
from lending.models import Loan
from risk.report import percent

COLOURS = {"pending": "warning", "active": "success", "overdue": "danger", "cleared": "info"}


@admin.register(Loan)
class LoanAdmin(TablesAdmin):
    """Loans, each with all that belongs to it below, and how long the customer waited for the money."""

    list_display = ["serial", "customer", "shown_status", "principal", "outstanding_principal", "dpd", "to_money"]
    list_filter = ["status", "term_months", "value_date", "confirmed_at", "funding__funder"]
    search_fields = ["serial", "customer__serial", "application__serial", "payout_order", "contract__contract_no"]
    search_help_text = _("serial number of the loan, customer, application, payout order or contract")
    list_select_related = ["customer", "application"]
    ordering = ["-id"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *("serial", "customer", "application", "status", "principal", "shown_rate", "term_months"),
                    *("value_date", "maturity_date", "dpd", "last_closed_date"),
                ]
            },
        ),
        (
            _("Owed and paid"),
            {
                "fields": [
                    *("outstanding_principal", "principal_paid", "interest_raised", "interest_paid"),
                    *("penalty_raised", "penalty_paid"),
                ]
            },
        ),
        (
            _("From confirmation to money"),
            {"fields": ["confirmed_at", "received_at", "to_money", "in_all", "payout_order"]},
        ),
        (_("Frozen terms"), {"fields": ["frozen_terms"], "classes": ["collapse"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        return [*reports.urls(), *super().get_urls()]

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, loan: Loan) -> tuple[str, str]:
        return loan.status, loan.get_status_display()

    @admin.display(description=_("annual rate"), ordering="annual_rate")
    def shown_rate(self, loan: Loan) -> str:
        return percent(loan.annual_rate)

    @admin.display(description=_("confirmation to money"))
    def to_money(self, loan: Loan) -> str:
        return shown.duration(loan.time_to_money)

    @admin.display(description=_("submission to money, less the customer's waiting"))
    def in_all(self, loan: Loan) -> str:
        return shown.duration(loan.time_to_decide_and_pay)

    def tables(self, row: Loan, reader: Reader) -> Iterable[Table]:
        yield loan_tables.funding(row)
        yield loan_tables.contract(row, reader)
        yield loan_tables.schedule(row)
        yield loan_tables.repayments(row, reader)
        yield loan_tables.events(row)
        yield loan_tables.explanation(row)
        if reader.has_perm("payments.view_transfer"):
            yield loan_tables.ledger_entries(row, reader)
        yield shown.history(row)
