from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from core.admin import shown
from core.admin.shown import Reader, Table, TablesAdmin
from core.masking import mask_card
from lending import partner_accounts
from lending.admin.partner_accounts import AccountForm
from lending.models import Funder, FundingAgreement, Participation
from risk.admin.pages import form_page, officer_of
from risk.report import percent

COLOURS = {"asking": "info", "approved": "success", "refused": "warning", "given_up": "warning", "released": "warning"}


@admin.register(Funder)
class FunderAdmin(TablesAdmin):
    """Who lends: ourselves and the partners, each with the accounts that it is settled with through."""

    list_display = ["code", "name", "kind", "whitelisted"]
    list_filter = ["kind", "whitelisted"]
    search_fields = ["code", "name_zh", "name_en"]
    ordering = ["code"]
    fields = ["code", "kind", "name_zh", "name_en", "whitelisted", "tier_1_capital", "loans_elsewhere"]
    actions_detail = ["propose_account"]

    @admin.display(description=_("name"))
    def name(self, funder: Funder) -> str:
        return funder.name

    def has_propose_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(partner_accounts.PROPOSE)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The button of a partner."""
        funder = self.get_object(request, str(object_id))
        is_partner = funder is not None and funder.kind == Funder.Kind.PARTNER
        return super().get_actions_detail(request, object_id) if is_partner else []

    @action(description=_("Propose an account"), permissions=["propose"], url_path="propose-account")
    def propose_account(self, request: HttpRequest, object_id: int) -> HttpResponse:
        partner = Funder.objects.get(pk=object_id)
        return form_page(
            self,
            request,
            obj=partner,
            title=_("Propose an account"),
            form=AccountForm(request.POST or None),
            act=lambda given: partner_accounts.propose(officer=officer_of(request), partner=partner, **given),
            done=_("The account waits for a second person."),
        )

    def tables(self, row: Funder, reader: Reader) -> list[Table]:
        if row.kind == Funder.Kind.DIRECT:
            return [_account_table([[mask_card(settings.BANK_ACCOUNT), settings.BANK_NUMBER, _("in the settings")]])]
        rows = [
            [shown.link(each, reader), each.bank_number, each.get_status_display()]
            for each in row.accounts.select_related("partner").order_by("-pk")
        ]
        return [_account_table(rows)]


def _account_table(rows: list[list[Any]]) -> Table:
    headers = [_("account number"), _("bank's number in the clearing"), _("status")]
    return Table(str(_("Accounts")), [str(each) for each in headers], rows)


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
