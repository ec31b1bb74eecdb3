from collections.abc import Iterable

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from core.admin import shown
from core.admin.shown import Reader, Table, TablesAdmin
from lending.models import Loan, LoanApplication
from risk.models import Decision, ReviewCase
from risk.report import percent
from risk.words import EMPLOYMENT, HOUSING, PURPOSE

COLOURS = {"in_review": "warning", "approved": "success", "confirmed": "success", "declined": "danger"}


@admin.register(LoanApplication)
class LoanApplicationAdmin(TablesAdmin):
    """Applications with their decisions and their loans. They are decided in the review queue."""

    list_display = [
        *("serial", "customer", "product", "shown_status", "amount", "term_months", "offered_amount", "shown_rate"),
        "submitted_at",
    ]
    list_filter = ["status", "product", "term_months", "purpose", "submitted_at"]
    search_fields = ["serial", "customer__serial", "decision_serial"]
    search_help_text = gettext_lazy("serial number of the application, the customer or the decision")
    list_select_related = ["customer", "product"]
    ordering = ["-id"]
    fields = [
        *("serial", "customer", "product", "status", "amount", "term_months", "shown_purpose"),
        *("shown_employment", "employment_years", "shown_housing"),
        *("monthly_income", "monthly_expenses", "monthly_debt"),
        *("offered_amount", "shown_rate", "offer_expires_at"),
        *("submitted_at", "offered_at", "opened_at", "confirmed_at"),
    ]

    @display(description=gettext_lazy("status"), label=COLOURS, ordering="status")
    def shown_status(self, application: LoanApplication) -> tuple[str, str]:
        return application.status, application.get_status_display()

    @admin.display(description=gettext_lazy("annual rate"), ordering="annual_rate")
    def shown_rate(self, application: LoanApplication) -> str:
        return percent(application.annual_rate)

    @admin.display(description=gettext_lazy("purpose"))
    def shown_purpose(self, application: LoanApplication) -> str:
        return str(PURPOSE.get(application.purpose, application.purpose))

    @admin.display(description=gettext_lazy("employment"))
    def shown_employment(self, application: LoanApplication) -> str:
        return str(EMPLOYMENT.get(application.employment, application.employment))

    @admin.display(description=gettext_lazy("housing"))
    def shown_housing(self, application: LoanApplication) -> str:
        return str(HOUSING.get(application.housing, application.housing))

    def tables(self, row: LoanApplication, reader: Reader) -> Iterable[Table]:
        yield _decisions(row, reader)
        loan = Loan.objects.filter(application=row).first()
        if loan:
            yield Table(
                _("Loan"),
                [_("serial number"), _("status")],
                [[shown.link(loan, reader), loan.get_status_display()]],
            )
        yield shown.history(row)


def _decisions(application: LoanApplication, reader: Reader) -> Table:
    """The machine's decision, an officer's after it, and the review case between them."""
    case = ReviewCase.objects.filter(reference=application.serial).first()
    rows = [
        [
            shown.link(decision, reader),
            decision.get_outcome_display(),
            decision.decided_by,
            shown.when(decision.decided_at),
        ]
        for decision in Decision.objects.filter(reference=application.serial).order_by("id")
    ]
    if case:
        rows.append([shown.link(case, reader), case.get_status_display(), case.claimed_by, shown.when(case.opened_at)])
    return Table(_("Decisions and review"), [_("serial number"), _("outcome"), _("by"), _("time")], rows)
