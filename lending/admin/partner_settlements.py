from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from core.admin import shown
from core.admin.shown import Reader, Table, TablesAdmin
from core.money import format_yuan
from lending import partner_settlements
from lending.models import PartnerSettlement
from payments.models import PaymentOrder

COLOURS = {"ordered": "info", "paid": "success", "failed": "danger", "returned": "danger"}
DUE_AGAIN = {PartnerSettlement.Status.FAILED, PartnerSettlement.Status.RETURNED}
DUE_AGAIN_SENTENCE = _(
    "It is not ordered anew: the settlement of the next business date takes it in by itself. If the account was wrong, "
    "propose the right one before then."
)
FIGURES = ["shown_due", "on_its_way", "amount"]


@admin.register(PartnerSettlement)
class PartnerSettlementAdmin(TablesAdmin):
    """What was settled with each partner after each day; every figure leads to what it is made of."""

    list_display = ["business_date", "partner", "shown_status", *FIGURES, "shown_order", "paid_on", "returned_on"]
    list_filter = ["partner", "status"]
    search_fields = ["serial", "order"]
    list_select_related = ["partner"]
    ordering = ["-business_date", "partner"]
    fields = ["serial", "partner", "business_date", "status", *FIGURES, "shown_order", "paid_on", "returned_on"]
    fields += ["what_follows"]
    actions_detail = ["pdf"]

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, settlement: PartnerSettlement) -> tuple[str, str]:
        return settlement.status, settlement.get_status_display()

    @admin.display(description=_("due at the end of the day"), ordering="due")
    def shown_due(self, settlement: PartnerSettlement) -> str:
        """Leads to the transfers that it is the balance of."""
        due_to = f"partner_settlement:{settlement.partner.code}"
        wanted = urlencode({"entries__account": due_to, "business_date__lte": settlement.business_date})
        return _linked(f"{reverse('admin:payments_transfer_changelist')}?{wanted}", format_yuan(settlement.due))

    @admin.display(description=_("payment order"), ordering="order")
    def shown_order(self, settlement: PartnerSettlement) -> str:
        order = PaymentOrder.objects.filter(serial=settlement.order).first()
        if order is None:
            return "–"
        return _linked(reverse("admin:payments_paymentorder_change", args=[order.pk]), order.serial)

    @admin.display(description=_("what follows"))
    def what_follows(self, settlement: PartnerSettlement) -> str:
        """Of what is due again: where it will be found, and what is to be mended before."""
        if settlement.status not in DUE_AGAIN:
            return "–"
        page = reverse("admin:lending_funder_change", args=[settlement.partner_id])
        return format_html("{} {}", DUE_AGAIN_SENTENCE, _linked(page, _("The partner's accounts")))

    def tables(self, row: PartnerSettlement, reader: Reader) -> Iterable[Table]:
        return [shown.history(row)]

    def has_pdf_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("lending.view_partnersettlement")

    @action(description=_("Download PDF"), permissions=["pdf"], url_path="pdf")
    def pdf(self, request: HttpRequest, object_id: int) -> HttpResponse:
        settlement = PartnerSettlement.objects.select_related("partner").get(pk=object_id)
        response = HttpResponse(partner_settlements.as_pdf(settlement), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{settlement.serial}.pdf"'
        return response


def _linked(address: str, text: Any) -> str:
    return format_html('<a class="text-primary-600" href="{}">{}</a>', address, text)
