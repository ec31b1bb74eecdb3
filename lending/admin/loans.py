from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core import clock
from core.admin import shown
from core.admin.shown import Reader, Table, TablesAdmin
from lending import changes, refunds
from lending.admin import as_of, loan_tables, reports
from lending.admin.loan_change_forms import ExtensionForm, LoanChangeForm, LowerRateForm, WaiverForm, WriteOffForm
from lending.models import Loan
from risk.admin.pages import form_page, officer_of
from risk.report import percent

COLOURS = {"pending": "warning", "active": "success", "overdue": "danger", "cleared": "info", "written_off": "danger"}


def _verb(button: Any) -> str:
    """Which of the actions a button is: its name is the model's and the verb."""
    return str(button.action_name).removeprefix("lending_loan_")


class HoldsMoney(admin.SimpleListFilter):
    """Loans on which the customer paid beyond what was owed: the queue of refunds."""

    title = _("paid beyond what was owed")
    parameter_name = "credit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("held", _("not yet paid back"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Loan]) -> QuerySet[Loan]:
        return refunds.held(queryset) if self.value() else queryset


@admin.register(Loan)
class LoanAdmin(TablesAdmin):
    """Loans, each with all that belongs to it below, and how long the customer waited for the money."""

    list_display = ["serial", "customer", "shown_status", "principal", "outstanding_principal", "dpd", "to_money"]
    list_filter = ["status", HoldsMoney, "term_months", "value_date", "confirmed_at", "funding__funder"]
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
                    *("penalty_raised", "penalty_paid", "interest_waived", "penalty_waived"),
                    *("principal_lost", "interest_lost", "penalty_lost", "claim", "recovered", "overpaid", "refunded"),
                ]
            },
        ),
        (
            _("From confirmation to money"),
            {"fields": ["confirmed_at", "received_at", "to_money", "in_all", "payout_order"]},
        ),
        (_("Frozen terms"), {"fields": ["frozen_terms"], "classes": ["collapse"]}),
    ]

    actions_detail = ["waive", "extend", "lower_rate", "write_off", "refund", "as_of"]

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

    # What an officer may propose; a second person makes it happen on the change's own page.

    def has_propose_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(changes.PROPOSE)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The buttons of a running loan; a refund's where the customer's money is held."""
        loan = self.get_object(request, str(object_id))
        if loan is None:
            return []
        buttons = super().get_actions_detail(request, object_id)
        shows = {"refund": loan.credit > 0, "as_of": loan.value_date is not None}
        return [button for button in buttons if shows.get(_verb(button), loan.is_repaying)]

    @action(description=_("Waive"), permissions=["propose"], url_path="waive")
    def waive(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._propose(request, object_id, WaiverForm, changes.propose_waiver, _("Propose a waiver"))

    @action(description=_("Extend"), permissions=["propose"], url_path="extend")
    def extend(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._propose(request, object_id, ExtensionForm, changes.propose_extension, _("Propose an extension"))

    @action(description=_("Lower the rate"), permissions=["propose"], url_path="lower-rate")
    def lower_rate(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._propose(request, object_id, LowerRateForm, changes.propose_lower_rate, _("Propose a lower rate"))

    @action(description=_("Write off"), permissions=["propose"], url_path="write-off", variant=ActionVariant.DANGER)
    def write_off(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._propose(request, object_id, WriteOffForm, changes.propose_write_off, _("Propose the write-off"))

    @action(description=_("Pay back"), permissions=["propose"], url_path="refund")
    def refund(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._propose(request, object_id, LoanChangeForm, changes.propose_refund, _("Propose the refund"))

    @action(description=_("As of a past day"), permissions=["view"], url_path="at-a-day")
    def as_of(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return as_of.page(request, Loan.objects.get(pk=object_id))

    def _propose(
        self, request: HttpRequest, object_id: int, form: type[LoanChangeForm], act: Any, title: Any
    ) -> HttpResponse:
        loan = Loan.objects.get(pk=object_id)
        filled = form(request.POST or None)
        return form_page(
            self,
            request,
            obj=loan,
            title=title,
            form=filled,
            act=lambda given: act(officer=officer_of(request), loan=loan, **filled.given()),
            done=_("It waits for a second person."),
        )

    def tables(self, row: Loan, reader: Reader) -> Iterable[Table]:
        yield loan_tables.funding(row)
        yield loan_tables.contract(row, reader)
        yield loan_tables.schedule(row)
        yield loan_tables.repayments(row, reader)
        yield loan_tables.changes(row, reader)
        yield loan_tables.events(row)
        yield loan_tables.explanation(row, clock.today())
        if reader.has_perm("payments.view_transfer"):
            yield loan_tables.ledger_entries(row, reader)
        yield shown.history(row)
