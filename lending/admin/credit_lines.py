from collections.abc import Iterable

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from core.admin import shown
from core.admin.shown import Reader, Table, TablesAdmin
from core.money import format_yuan
from lending.models import CreditLine

COLOURS = {"active": "success", "frozen": "danger"}


@admin.register(CreditLine)
class CreditLineAdmin(TablesAdmin):
    """Credit lines: what is used, held and available, and the draws that held it."""

    list_display = ["serial", "customer", "shown_status", "limit", "used", "held", "available"]
    list_filter = ["status"]
    search_fields = ["serial", "customer__serial", "holds__loan_serial"]
    search_help_text = gettext_lazy("serial number of the credit line, the customer or a loan")
    list_select_related = ["customer"]
    ordering = ["-id"]
    fields = ["serial", "customer", "status", "limit", "used", "held", "available"]

    @display(description=gettext_lazy("status"), label=COLOURS, ordering="status")
    def shown_status(self, line: CreditLine) -> tuple[str, str]:
        return line.status, line.get_status_display()

    @admin.display(description=gettext_lazy("available"))
    def available(self, line: CreditLine) -> str:
        return f"{line.available:.2f}"

    def tables(self, row: CreditLine, reader: Reader) -> Iterable[Table]:
        held = [
            [hold.loan_serial, format_yuan(hold.amount), hold.get_state_display()] for hold in row.holds.order_by("id")
        ]
        yield Table(_("Limit holds"), [_("loan"), _("amount"), _("state")], held)
        yield shown.history(row)
