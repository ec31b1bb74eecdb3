"""The second look in the admin: blind samples, and what each officer did."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDateWidget

from core import clock
from core.admin.base import ReadOnlyAdmin
from core.admin.shown import Table
from risk import officers, quality, reasons, report
from risk.admin import evidence
from risk.admin.forms import JudgeForm
from risk.admin.pages import form_page, officer_of
from risk.models import QualitySample
from risk.report import Section, Words, percent

COLOURS = {"waiting": "warning", "judged": "success"}
USUAL_PERIOD = dt.timedelta(days=30)
ONE_DAY = dt.timedelta(days=1)


@admin.register(QualitySample)
class QualitySampleAdmin(ReadOnlyAdmin):
    """Decided cases to judge again. What the first officer decided is shown only once the second has judged."""

    list_display = ["serial", "shown_status", "drawn_at", "judged_by", "judged_at", "agrees"]
    list_filter = ["status", "agrees", "judged_by"]
    search_fields = ["serial"]
    ordering = ["-status", "drawn_at"]
    fields = ["serial", "status", "drawn_at", "judged_by", "judged_at", "agrees"]
    actions_list = ["officers"]
    actions_detail = ["judge"]
    change_form_outer_before_template = "admin/risk/summary.html"
    change_form_outer_after_template = "admin/risk/sections.html"

    @display(description=gettext_lazy("status"), label=COLOURS, ordering="status")
    def shown_status(self, sample: QualitySample) -> tuple[str, str]:
        return sample.status, sample.get_status_display()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The machine's report and the masked evidence; both judgements once there are two."""
        sample = self.get_object(request, object_id) if object_id else None
        extra = dict(extra_context or {})
        if sample:
            case = sample.case
            extra["report"] = report.build(case.decision)
            extra["evidence"] = [*_judgements(sample), *evidence.of(case)]
        return super().changeform_view(request, object_id, form_url, extra)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Nothing to press once it is judged."""
        sample = self.get_object(request, str(object_id))
        waits = sample is not None and sample.status == QualitySample.Status.WAITING
        return super().get_actions_detail(request, object_id) if waits else []

    @action(description=gettext_lazy("Officers' figures"), url_path="officers")
    def officers(self, request: HttpRequest) -> HttpResponse:
        return statistics(request)

    def has_judge_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(quality.JUDGE)

    @action(description=gettext_lazy("Judge"), permissions=["judge"], url_path="judge", variant=ActionVariant.PRIMARY)
    def judge(self, request: HttpRequest, object_id: int) -> HttpResponse:
        sample = QualitySample.objects.get(pk=object_id)
        return form_page(
            self,
            request,
            obj=sample,
            title=_("Judge this case"),
            form=JudgeForm(request.POST or None),
            act=lambda given: quality.judge(sample=sample, officer=officer_of(request), **given),
            done=_("Your judgement is recorded."),
        )


def _judgements(sample: QualitySample) -> list[Section]:
    if sample.status != QualitySample.Status.JUDGED:
        return []
    first = sample.case.final_decision
    assert first is not None
    rows: list[tuple[Words, ...]] = [
        (first.decided_by, first.get_outcome_display(), " ".join(map(reasons.for_staff, first.reasons))),
        (sample.judged_by, sample.get_outcome_display(), " ".join(map(reasons.for_staff, sample.reasons))),
    ]
    return [Section(_("Both judgements"), rows, (_("Officer"), _("Outcome"), _("Reasons")))]


class PeriodForm(forms.Form):
    """Which business days."""

    since = forms.DateField(label=gettext_lazy("from"), widget=UnfoldAdminDateWidget)
    until = forms.DateField(label=gettext_lazy("to"), widget=UnfoldAdminDateWidget)


def statistics(request: HttpRequest) -> HttpResponse:
    """What each officer did over a period, as a page or (with `csv`) as a file."""
    today = clock.today()
    usual = {"since": today - USUAL_PERIOD, "until": today}
    form = PeriodForm(request.GET if "since" in request.GET else usual)
    period = form.cleaned_data if form.is_valid() else usual
    found = officers.figures(officer_of(request), since=period["since"], until=period["until"] + ONE_DAY)
    heads, rows = _heads(), [_row(each) for each in found]
    if "csv" in request.GET:
        response = HttpResponse("\ufeff" + officers.as_csv(heads, rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="officers-{period["since"]}-{period["until"]}.csv"'
        return response
    context = {
        **admin.site.each_context(request),
        "title": _("Officers"),
        "form": form,
        "period": period,
        "table": Table(_("Review cases by officer"), heads, rows),
    }
    return TemplateResponse(request, "admin/risk/officers.html", context)


def _heads() -> list[str]:
    return [
        *(_("officer"), _("decided"), _("approved"), _("too late"), _("hours, median"), _("hours, nine of ten")),
        *(_("decided as second"), _("judged again"), _("of these agreed"), _("paid out"), _("of these bad early")),
    ]


def _row(each: officers.OfficerFigures) -> list[str]:
    approved = f"{each.approved} ({percent(Decimal(each.approved) / each.decided)})" if each.decided else "0"
    hours = ["–" if value is None else f"{value:.1f}" for value in (each.median_hours, each.slow_hours)]
    counts = [each.seconded, each.sampled, each.agreed, each.turned_out.paid_out, each.turned_out.went_bad]
    return [each.officer.removeprefix("staff:"), str(each.decided), approved, str(each.late), *hours, *map(str, counts)]
