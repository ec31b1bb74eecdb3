from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import shown
from core.admin.base import ReadOnlyAdmin
from core.admin.shown import Reader, Table, TablesAdmin
from core.masking import mask_card
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
    fields = [
        *("code", "kind", "name_zh", "name_en", "whitelisted", "tier_1_capital", "loans_elsewhere"),
        *("masked_account", "bank_number"),
    ]

    @admin.display(description=_("account number"))
    def masked_account(self, funder: Funder) -> str:
        return mask_card(funder.account_number) if funder.account_number else "–"

    @admin.display(description=_("name"))
    def name(self, funder: Funder) -> str:
        return funder.name


AGREEMENT = ["product_code", "priority", "minimum_amount", "shown_regions", "fallback"]
IN_FORCE = ["effective_from", "effective_to"]


@admin.register(FundingAgreement)
class FundingAgreementAdmin(TablesAdmin):
    """Which partners take which shares of which product's loans, in which order they are asked."""

    list_display = [*AGREEMENT[:2], "partners", *AGREEMENT[2:], *IN_FORCE]
    list_filter = ["product_code", "shares__partner"]
    ordering = ["product_code", "priority", "-effective_from"]
    fields = [*AGREEMENT, *IN_FORCE]

    def get_queryset(self, request: HttpRequest) -> QuerySet[FundingAgreement]:
        return super().get_queryset(request).prefetch_related("shares__partner")

    @admin.display(description=_("funding partners"))
    def partners(self, agreement: FundingAgreement) -> str:
        return ", ".join(f"{each.partner.name} {percent(each.share)}" for each in agreement.shares.all())

    @admin.display(description=_("regions"))
    def shown_regions(self, agreement: FundingAgreement) -> str:
        return ", ".join(agreement.regions) or str(_("everywhere"))

    def tables(self, row: FundingAgreement, reader: Reader) -> list[Table]:
        headers = [_("funding partner"), _("share"), _("partner's own annual rate"), _("servicing fee")]
        rows = [
            [
                each.partner.name,
                percent(each.share),
                percent(each.partner_rate) if each.partner_rate is not None else str(_("the customer's")),
                percent(each.servicing_fee),
            ]
            for each in row.shares.all()
        ]
        return [Table(str(_("partners' shares")), [str(each) for each in headers], rows)]


@admin.register(Participation)
class ParticipationAdmin(TablesAdmin):
    """What partners were asked to take, and what they answered."""

    list_display = ["serial", "loan", "partner", "shown_status", "shown_share", "amount", "asked_at", "funder_serial"]
    list_filter = ["status", "partner", "asked_at"]
    search_fields = ["serial", "loan__serial", "funder_serial"]
    search_help_text = _("serial number of the request or the loan, or the partner's own")
    list_select_related = ["loan", "partner"]
    ordering = ["-id"]
    fields = [
        *("serial", "loan", "agreement", "partner", "status", "shown_share", "shown_rate", "shown_fee"),
        *("amount", "asked_at", "funder_serial"),
    ]

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, participation: Participation) -> tuple[str, str]:
        return participation.status, participation.get_status_display()

    @admin.display(description=_("share"), ordering="share")
    def shown_share(self, participation: Participation) -> str:
        return percent(participation.share)

    @admin.display(description=_("partner's own annual rate"))
    def shown_rate(self, participation: Participation) -> str:
        return percent(participation.partner_rate)

    @admin.display(description=_("servicing fee"))
    def shown_fee(self, participation: Participation) -> str:
        return percent(participation.servicing_fee)

    def tables(self, row: Participation, reader: Reader) -> list[Table]:
        return [shown.history(row)]
