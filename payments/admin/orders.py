from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from core.admin import shown
from core.admin.base import ReadOnlyAdmin
from core.admin.shown import Reader, Table, TablesAdmin
from payments.lateness import slow_payouts
from payments.models import ChannelNotice, DeductionAgreement, PaymentOrder
from payments.timeline import timeline

COLOURS = {"succeeded": "success", "failed": "danger", "returned": "danger", "unknown": "warning"}
AGREEMENT_COLOURS = {"standing": "success", "ending": "warning"}


class SlowFilter(admin.SimpleListFilter):
    """Payouts that may miss the two-hour promise."""

    title = gettext_lazy("the promise")
    parameter_name = "promise"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("slow", _("on its way for more than 45 minutes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PaymentOrder]) -> QuerySet[PaymentOrder]:
        return queryset.filter(pk__in=slow_payouts()) if self.value() == "slow" else queryset


@admin.register(PaymentOrder)
class PaymentOrderAdmin(ReadOnlyAdmin):
    """Orders with all that happened to them; names and cards masked."""

    list_display = [
        *("serial", "kind", "amount", "shown_status", "purpose", "reference", "masked_name", "masked_account"),
        *("channel", "created_at", "settled_at"),
    ]
    list_filter = [SlowFilter, "status", "kind", "purpose", "channel", "settled_on"]
    search_fields = ["serial", "reference", "channel_trade_no"]
    search_help_text = gettext_lazy("serial number, reference, or the institution's serial number")
    ordering = ["-id"]
    fields = [
        *("serial", "kind", "amount", "status", "purpose", "reference", "product", "funder"),
        *("masked_name", "masked_account", "channel", "channel_trade_no", "fee", "failure_code"),
        *("created_at", "confirmed_at", "settled_at", "settled_on", "returned_on"),
    ]
    change_form_outer_after_template = "admin/payments/timeline.html"

    masked_name = admin.display(description=gettext_lazy("name"))(lambda self, order: order.masked_name)
    masked_account = admin.display(description=gettext_lazy("account number"))(lambda self, order: order.masked_account)

    @display(description=gettext_lazy("status"), label=COLOURS, ordering="status")
    def shown_status(self, order: PaymentOrder) -> tuple[str, str]:
        return order.status, order.get_status_display()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The order, with its timeline below."""
        order = self.get_object(request, object_id) if object_id else None
        extra = dict(extra_context or {})
        if order:
            rows = [[localize(localtime(event.at)), event.what, event.detail] for event in timeline(order)]
            extra["timeline"] = {"headers": [_("time"), _("event"), _("details")], "rows": rows}
        return super().changeform_view(request, object_id, form_url, extra)


@admin.register(DeductionAgreement)
class DeductionAgreementAdmin(TablesAdmin):
    """By what a channel may deduct; whose card it is, nobody sees here."""

    list_display = ["serial", "channel", "shown_status", "number", "signed_at", "ended_at"]
    list_filter = ["channel", "status", "signed_at", "ended_at"]
    search_fields = ["serial", "number"]
    ordering = ["-id"]
    fields = ["serial", "channel", "status", "number", "signed_at", "ended_at"]

    @display(description=gettext_lazy("status"), label=AGREEMENT_COLOURS, ordering="status")
    def shown_status(self, agreement: DeductionAgreement) -> tuple[str, str]:
        return agreement.status, agreement.get_status_display()

    def tables(self, row: DeductionAgreement, reader: Reader) -> list[Table]:
        return [shown.history(row)]


@admin.register(ChannelNotice)
class ChannelNoticeAdmin(ReadOnlyAdmin):
    """What institutions told us by callback."""

    list_display = ["received_at", "channel", "out_trade_no", "status", "amount", "fee", "code", "notification_id"]
    list_filter = ["channel", "status"]
    search_fields = ["out_trade_no", "notification_id", "channel_trade_no"]
    ordering = ["-id"]
