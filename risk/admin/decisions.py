from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from core.admin.base import ReadOnlyAdmin
from core.problems import Problem
from risk import decisions, report, report_pdf
from risk.models import Decision

COLOURS = {"approved": "success", "declined": "danger", "review": "warning"}


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """Decisions with their reports. Nothing can be changed; any can be made again."""

    list_display = ["serial", "reference", "shown_outcome", "score", "limit", "shown_rate", "decided_by", "decided_at"]
    list_filter = ["outcome", "band", "policy", "scorecard", ("basis", admin.EmptyFieldListFilter)]
    search_fields = ["serial", "reference", "customer_serial"]
    ordering = ["-id"]
    fields = [
        "serial",
        "subject",
        "reference",
        "customer_serial",
        "outcome",
        "limit",
        "shown_rate",
        "decided_by",
        "decided_at",
        "basis",
        "timings",
    ]
    actions_detail = ["replay", "as_pdf"]
    change_form_outer_before_template = "admin/risk/summary.html"
    change_form_outer_after_template = "admin/risk/sections.html"

    @display(description=gettext_lazy("outcome"), label=COLOURS, ordering="outcome")
    def shown_outcome(self, decision: Decision) -> tuple[str, str]:
        return decision.outcome, decision.get_outcome_display()

    @admin.display(description=gettext_lazy("annual rate"), ordering="annual_rate")
    def shown_rate(self, decision: Decision) -> str:
        return report.percent(decision.annual_rate)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The decision, with its report below."""
        decision = self.get_object(request, object_id) if object_id else None
        extra = dict(extra_context or {})
        if decision:
            extra["report"] = report.build(decision)
        return super().changeform_view(request, object_id, form_url, extra)

    def has_replay_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("risk.view_decision")

    @action(description=gettext_lazy("Make again and compare"), permissions=["replay"], url_path="replay")
    def replay(self, request: HttpRequest, object_id: int) -> HttpResponse:
        try:
            again = decisions.replay(Decision.objects.select_related("basis").get(pk=object_id))
        except Problem as problem:
            messages.error(request, str(problem.message))
        else:
            self._say(request, again)
        return HttpResponseRedirect(reverse("admin:risk_decision_change", args=[object_id]))

    @action(description=gettext_lazy("Risk report as PDF"), permissions=["replay"], url_path="pdf")
    def as_pdf(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return report_page(Decision.objects.select_related("basis").get(pk=object_id))

    def _say(self, request: HttpRequest, again: decisions.Replay) -> None:
        if again.identical:
            messages.success(request, _("Made again from its inputs, the decision is the same."))
        else:
            columns = ", ".join(again.differences)
            messages.error(request, _("Made again, these came out differently: %(columns)s") % {"columns": columns})


def report_page(decision: Decision) -> HttpResponse:
    """The risk report of a decision as a file."""
    response = HttpResponse(report_pdf.make(decision), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{decision.serial}.pdf"'
    return response
