import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSingleDateWidget

from core.admin.base import ReadOnlyAdmin, go_to
from core.problems import Problem
from payments import reconciliation, settlement
from payments.admin import day_books
from payments.models import SettlementReport, StatementFile, StatementLine


class StatementLineInline(TabularInline):
    """The lines of a statement."""

    model = StatementLine
    fields = ["no", "out_trade_no", "channel_trade_no", "kind", "status", "amount", "fee", "finished_at"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    per_page = 50

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False


@admin.register(StatementFile)
class StatementFileAdmin(ReadOnlyAdmin):
    """Institutions' statements as imported."""

    list_display = ["date", "channel", "serial", "rows", "sum_out", "sum_in", "fees", "imported_at"]
    list_filter = ["channel"]
    search_fields = ["serial", "sha256"]
    ordering = ["-date"]
    inlines = [StatementLineInline]


class SettleForm(BaseDialogForm):
    """Which business day."""

    date = forms.DateField(label=_("business date"), widget=UnfoldAdminSingleDateWidget)


@admin.register(SettlementReport)
class SettlementReportAdmin(ReadOnlyAdmin):
    """The daily settlement reports, and whether their days are reconciled."""

    list_display = [
        *("business_date", "channel", "opening", "payouts", "collections", "payouts_returned"),
        *("collections_returned", "fees", "closing", "reconciled"),
    ]
    list_filter = ["channel"]
    ordering = ["-business_date"]
    fields = [
        *("serial", "business_date", "channel", "statement", *settlement.FIGURES, *settlement.STATED),
        *("settled_at", "open_differences", "reconciled"),
    ]
    readonly_fields = ["open_differences", "reconciled"]
    actions_list = ["settle"]
    actions_detail = ["csv", "whole_day"]

    def get_urls(self) -> list[URLPattern]:
        return [*day_books.urls(), *super().get_urls()]

    @display(description=_("settled and reconciled"), boolean=True)
    def reconciled(self, report: SettlementReport) -> bool:
        return settlement.is_reconciled(report)

    @admin.display(description=_("open differences"))
    def open_differences(self, report: SettlementReport) -> int:
        return reconciliation.open_differences(report.business_date, report.channel)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.settle_day")

    def has_csv_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("payments.view_settlementreport")

    @action(
        description=_("Settle a day"),
        permissions=["settle"],
        url_path="settle",
        dialog={
            "title": _("Settle a day"),
            "description": _("Fetches the statements of the day, reconciles it and writes its reports."),
            "form_class": SettleForm,
            "form_submit_text": _("Settle"),
        },
    )
    def settle(self, request: HttpRequest, form: SettleForm) -> HttpResponse:
        date: dt.date = form.cleaned_data["date"]
        try:
            settlement.request(date)
        except Problem as problem:
            messages.error(request, str(problem.message))
        else:
            messages.success(request, str(_("The day is being settled.")))
        return go_to(reverse("admin:payments_settlementreport_changelist"))

    @action(description=_("The whole day"), permissions=["csv"], url_path="day")
    def whole_day(self, request: HttpRequest, object_id: int) -> HttpResponse:
        report = SettlementReport.objects.get(pk=object_id)
        return HttpResponseRedirect(reverse("admin:payments_day_books", args=[report.business_date.isoformat()]))

    @action(description=_("Download CSV"), permissions=["csv"], url_path="csv")
    def csv(self, request: HttpRequest, object_id: int) -> HttpResponse:
        report = SettlementReport.objects.get(pk=object_id)
        response = HttpResponse(settlement.as_csv(report), content_type="text/csv; charset=utf-8")
        name = f"settlement-{report.channel}-{report.business_date}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
