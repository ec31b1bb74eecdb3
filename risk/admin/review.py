from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.admin.reveal import reveal_page
from core import clock
from core.admin.base import ReadOnlyAdmin
from core.money import format_yuan
from risk import reasons, report, review, rule_words
from risk.admin import evidence, ring_graph
from risk.admin.decisions import report_page
from risk.admin.forms import ApproveForm, DeclineForm, WhyForm
from risk.admin.pages import form_page, officer_of
from risk.models import ReviewCase

# Which buttons a case shows in which state.
ALWAYS = {"reveal", "pdf"}
BUTTONS = {
    ReviewCase.Status.OPEN: {"claim", *ALWAYS},
    ReviewCase.Status.CLAIMED: {"approve", "decline", "release", *ALWAYS},
    ReviewCase.Status.PROPOSED: {"agree", "back", *ALWAYS},
    ReviewCase.Status.APPROVED: ALWAYS,
    ReviewCase.Status.DECLINED: ALWAYS,
}
COLOURS = {"open": "warning", "claimed": "info", "proposed": "warning", "approved": "success", "declined": "danger"}


class ReasonFilter(admin.SimpleListFilter):
    """Cases by what made the machine doubt."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = [*rule_words.published(), *reasons.LIMIT_REASONS, *reasons.FRAUD_REASONS, *reasons.SCORE_REASONS]
        return [(code, reasons.for_staff(code)) for code in codes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewCase]) -> QuerySet[ReviewCase]:
        return queryset.filter(decision__reasons__contains=[self.value()]) if self.value() else queryset


class LatenessFilter(admin.SimpleListFilter):
    """Undecided cases past their due time."""

    title = _("lateness")
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("late"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewCase]) -> QuerySet[ReviewCase]:
        return queryset.filter(decided_at=None, sla_due_at__lt=clock.now()) if self.value() else queryset


@admin.register(ReviewCase)
class ReviewCaseAdmin(ReadOnlyAdmin):
    """The review queue. Each button opens a page that calls one use case of risk.review."""

    list_display = [
        *("serial", "shown_status", "shown_priority", "amount", "score", "doubts", "claimed_by"),
        *("opened_at", "sla_due_at"),
    ]
    list_filter = ["status", "priority", LatenessFilter, ReasonFilter, "asked_by_customer", "claimed_by"]
    search_fields = ["serial", "reference", "customer_serial"]
    search_help_text = _("serial number of the case, the application or the customer")
    list_select_related = ["decision"]
    # The undecided first, among them what is most urgent.
    ordering = [F("decided_at").desc(nulls_first=True), "-priority", "sla_due_at", "id"]
    fields = [
        "serial",
        "status",
        "reference",
        "customer_serial",
        "opened_at",
        "sla_due_at",
        "priority",
        "escalated_at",
        "claimed_by",
        "claimed_at",
        "asked_by_customer",
        "proposal",
        "decision",
        "final_decision",
        "decided_at",
        "note",
    ]
    actions_detail = ["claim", "approve", "agree", "send_back", "decline", "release", "reveal", "pdf"]
    change_form_outer_before_template = "admin/risk/summary.html"
    change_form_outer_after_template = "admin/risk/sections.html"

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, case: ReviewCase) -> tuple[str, str]:
        return case.status, case.get_status_display()

    @display(description=_("priority"), label={1: "info", 2: "warning", 3: "danger"}, ordering="priority")
    def shown_priority(self, case: ReviewCase) -> tuple[int, str]:
        return case.priority, case.get_priority_display()

    @admin.display(description=_("amount"))
    def amount(self, case: ReviewCase) -> str:
        return format_yuan(review.amount_of(case))

    @admin.display(description=_("score"), ordering="decision__score")
    def score(self, case: ReviewCase) -> int | None:
        return case.decision.score

    @admin.display(description=_("reasons"))
    def doubts(self, case: ReviewCase) -> str:
        return " ".join(map(reasons.for_staff, case.decision.reasons))

    @admin.display(description=_("proposal"))
    def proposal(self, case: ReviewCase) -> str | None:
        if case.proposed_limit is None:
            return None
        why = " ".join(map(reasons.for_staff, case.proposed_reasons))
        return f"{format_yuan(case.proposed_limit)} · {case.proposed_rate:.2%} · {why}"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The case, with the report and the masked evidence below it."""
        case = self.get_object(request, object_id) if object_id else None
        extra = dict(extra_context or {})
        if case:
            extra["report"] = report.build(case.final_decision or case.decision)
            extra["evidence"] = [*evidence.of(case), ring_graph.related(case)]
            extra["graph"] = ring_graph.draw(case)
        return super().changeform_view(request, object_id, form_url, extra)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the buttons that the case's status allows."""
        case = self.get_object(request, str(object_id))
        shown = BUTTONS[case.status] if case else set()
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if button.action_name.rpartition("_")[2] in shown]

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(review.DECIDE)

    def has_reveal_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(review.REVEAL)

    @action(description=_("Claim"), permissions=["decide"], url_path="claim", variant=ActionVariant.PRIMARY)
    def claim(self, request: HttpRequest, object_id: int) -> HttpResponse:
        case = ReviewCase.objects.get(pk=object_id)
        return form_page(
            self,
            request,
            obj=case,
            title=_("Claim this case"),
            form=forms.Form(request.POST or None),
            act=lambda given: review.claim(case=case, officer=officer_of(request)),
            done=_("The case is yours."),
        )

    @action(description=_("Release"), permissions=["decide"], url_path="release")
    def release(self, request: HttpRequest, object_id: int) -> HttpResponse:
        case = ReviewCase.objects.get(pk=object_id)
        return form_page(
            self,
            request,
            obj=case,
            title=_("Give this case back"),
            form=WhyForm(request.POST or None),
            act=lambda given: review.release(case=case, officer=officer_of(request), **given),
            done=_("The case is back in the queue."),
        )

    @action(description=_("Approve"), permissions=["decide"], url_path="approve", variant=ActionVariant.SUCCESS)
    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        case = ReviewCase.objects.select_related("decision").get(pk=object_id)
        proposal = {"limit": review.proposed_limit(case), "percent": f"{case.decision.annual_rate * 100:.2f}"}
        form = ApproveForm(request.POST or None, initial=proposal)

        def act(given: dict[str, Any]) -> object:
            return review.approve(
                case=case,
                officer=officer_of(request),
                limit=given["limit"],
                annual_rate=form.annual_rate,
                reasons=given["reasons"],
                note=given["note"],
            )

        return form_page(
            self,
            request,
            obj=case,
            title=_("Approve this case"),
            form=form,
            act=act,
            done=lambda decision: _("The case is approved.") if decision else _("A second officer must agree."),
        )

    @action(
        description=_("Agree to the proposal"), permissions=["decide"], url_path="agree", variant=ActionVariant.SUCCESS
    )
    def agree(self, request: HttpRequest, object_id: int) -> HttpResponse:
        case = ReviewCase.objects.select_related("decision").get(pk=object_id)
        return form_page(
            self,
            request,
            obj=case,
            title=_("Agree as the second officer"),
            form=WhyForm(request.POST or None),
            act=lambda given: review.agree(case=case, officer=officer_of(request), **given),
            done=_("The case is approved."),
        )

    @action(description=_("Send back"), permissions=["decide"], url_path="back")
    def send_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        case = ReviewCase.objects.get(pk=object_id)
        return form_page(
            self,
            request,
            obj=case,
            title=_("Send this case back to the first officer"),
            form=WhyForm(request.POST or None),
            act=lambda given: review.send_back(case=case, officer=officer_of(request), **given),
            done=_("The case is with the first officer again."),
        )

    @action(description=_("Decline"), permissions=["decide"], url_path="decline", variant=ActionVariant.DANGER)
    def decline(self, request: HttpRequest, object_id: int) -> HttpResponse:
        case = ReviewCase.objects.select_related("decision").get(pk=object_id)
        return form_page(
            self,
            request,
            obj=case,
            title=_("Decline this case"),
            form=DeclineForm(request.POST or None),
            act=lambda given: review.decline(case=case, officer=officer_of(request), **given),
            done=_("The case is declined."),
        )

    @action(description=_("Risk report as PDF"), url_path="pdf")
    def pdf(self, request: HttpRequest, object_id: int) -> HttpResponse:
        case = ReviewCase.objects.select_related("decision__basis", "final_decision__basis").get(pk=object_id)
        return report_page(case.final_decision or case.decision)

    @action(description=_("Show in clear"), permissions=["reveal"], url_path="reveal", icon="visibility")
    def reveal(self, request: HttpRequest, object_id: int) -> HttpResponse:
        case = ReviewCase.objects.get(pk=object_id)
        choices = [("name", _("name")), ("id_number", _("ID number")), ("mobile", _("mobile"))]

        def show(field: str, why: str) -> str:
            return review.reveal(case=case, officer=officer_of(request), field=field, why=why)

        return reveal_page(self, request, case, choices, show)
