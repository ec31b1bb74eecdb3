from django.contrib import admin
from django.template.defaultfilters import linebreaksbr
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.base import ReadOnlyAdmin
from lending import contracts
from lending.models import LoanContract


@admin.register(LoanContract)
class LoanContractAdmin(ReadOnlyAdmin):
    """Contracts as accepted, with the borrower's name and numbers masked, and whether the seal holds."""

    list_display = ["contract_no", "loan", "template_version", "language", "channel", "accepted_at", "intact"]
    list_filter = ["template_version", "language", "channel", "accepted_at"]
    search_fields = ["contract_no", "loan__serial"]
    search_help_text = _("contract number or serial number of the loan")
    list_select_related = ["loan"]
    list_per_page = 50
    ordering = ["-id"]
    fields = [
        *("contract_no", "loan", "template_version", "language", "channel", "accepted_at"),
        *("sha256", "intact", "masked_text"),
    ]

    @display(description=_("intact"), boolean=True)
    def intact(self, contract: LoanContract) -> bool:
        return contracts.is_intact(contract)

    @admin.display(description=_("text, masked"))
    def masked_text(self, contract: LoanContract) -> str:
        return linebreaksbr(contracts.masked_text(contract))
