from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import shown
from core.admin.base import ReadOnlyAdmin
from core.admin.shown import Reader, Table, TablesAdmin
from lending.models import Funder, FundingAgreement, Participation
from risk.report import percent

COLOURS = {"asking": "info", "approved": "success", "refused": "warning", "given_up": "warning", "released": "warning"}


@admin.register(Funder)
class FunderAdmin(ReadOnlyAdmin):
    """Who lends: ourselves and the partners."""

    list_display = ["code", "name", "kind", "whitelisted"]
    list_filter = ["kind", "whitelisted"]
    search_fields = ["code", "name_zh", "name_en"]
    ordering = ["code"]

    @admin.display(description=_("name"))
    def name(self, funder: Funder) -> str:
        return funder.name


@admin.register(FundingAgreement)
class FundingAgreementAdmin(ReadOnlyAdmin):
    """Which partner takes which share of which product's loans."""

    list_display = ["partner", "product_code", "shown_share", "minimum_amount", "effective_from", "effective_to"]
    list_filter = ["partner", "product_code"]
    list_select_related = ["partner"]
    ordering = ["partner__code", "product_code", "-effective_from"]
    fields = ["partner", "product_code", "shown_share", "minimum_amount", "effective_from", "effective_to"]

    @admin.display(description=_("partner's share"), ordering="partner_share")
    def shown_share(self, agreement: FundingAgreement) -> str:
        return percent(agreement.partner_share)


@admin.register(Participation)
class ParticipationAdmin(TablesAdmin):
    """What partners were asked to take, and what they answered."""

    list_display = ["serial", "loan", "partner", "shown_status", "shown_share", "amount", "asked_at", "funder_serial"]
    list_filter = ["status", "partner", "asked_at"]
    search_fields = ["serial", "loan__serial", "funder_serial"]
    search_help_text = _("serial number of the request or the loan, or the partner's own")
    list_select_related = ["loan", "partner"]
    ordering = ["-id"]
    fields = ["serial", "loan", "partner", "status", "shown_share", "amount", "asked_at", "funder_serial"]

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, participation: Participation) -> tuple[str, str]:
        return participation.status, participation.get_status_display()

    @admin.display(description=_("share"), ordering="share")
    def shown_share(self, participation: Participation) -> str:
        return percent(participation.share)

    def tables(self, row: Participation, reader: Reader) -> list[Table]:
        return [shown.history(row)]
