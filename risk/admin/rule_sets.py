from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.admin.shown import Reader, Table, TablesAdmin
from core.problems import Problem
from risk import backtests, rule_drafts, rule_edits, rule_turns
from risk.admin import rule_tables
from risk.admin.forms import WhyForm
from risk.admin.pages import form_page, officer_of
from risk.admin.rule_forms import ROW, PeriodForm, RuleForm, TurnForm
from risk.models import RuleSet

COLOURS = {"draft": "info", "proposed": "warning", "published": "success"}
# Which buttons a version shows in which state.
BUTTONS = {
    RuleSet.Status.DRAFT: {"put_rule", "backtest", "propose", "download"},
    RuleSet.Status.PROPOSED: {"publish", "send_back", "download"},
    RuleSet.Status.PUBLISHED: {"turn", "end_shadow", "draft_next", "download"},
}


@admin.register(RuleSet)
class RuleSetAdmin(TablesAdmin):
    """Versions of the rules: drafted row by row, tried on stored decisions, published by a second person."""

    list_display = ["label", "shown_status", "shown_use", "shown_authors", "published_by"]
    list_filter = ["status"]
    ordering = ["-version"]
    fields = ["label", "status", "shown_use", "shown_authors", "published_by", "digest"]
    readonly_fields = ["label", "shown_use", "shown_authors"]
    actions_detail = [
        *("put_rule", "backtest", "propose", "publish", "send_back", "turn", "end_shadow", "draft_next", "remove_rule"),
        "download",
    ]

    @admin.display(description=_("rule set"))
    def label(self, rule_set: RuleSet) -> str:
        return rule_set.label

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, rule_set: RuleSet) -> tuple[str, str]:
        return rule_set.status, rule_set.get_status_display()

    @admin.display(description=_("now"))
    def shown_use(self, rule_set: RuleSet) -> str:
        live, shadow = rule_turns.in_force()
        if rule_set.label == live.label:
            return str(_("decides"))
        return str(_("is tried beside it, without effect")) if shadow and rule_set.label == shadow.label else "–"

    @admin.display(description=_("authors"))
    def shown_authors(self, rule_set: RuleSet) -> str:
        return ", ".join(rule_set.authors) or "–"

    def tables(self, row: RuleSet, reader: Reader) -> Iterable[Table]:
        return rule_tables.tables(row, reader)

    def has_draft_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(rule_drafts.DRAFT)

    def has_publish_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(rule_drafts.PUBLISH)

    def has_send_back_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return self.has_draft_permission(request) or self.has_publish_permission(request)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the buttons that the version's status allows."""
        rule_set = self.get_object(request, str(object_id))
        allowed = BUTTONS[rule_set.status] if rule_set else set()
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if any(button.action_name.endswith(f"_{name}") for name in allowed)]

    @action(description=_("Add a rule"), permissions=["draft"], url_path="put-rule")
    def put_rule(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A new row; with `?at=table.row` another in its place."""
        rule_set, place = RuleSet.objects.get(pk=object_id), _place(request)
        form = RuleForm(request.POST or None, initial=_filled(rule_set, place))

        def act(given: dict[str, Any]) -> None:
            where = {name: given[name] for name in ("table", "hits", "number")}
            document = rule_edits.with_row(rule_set.document, form.row(), **where, instead=place)
            rule_drafts.edit(officer=officer_of(request), rule_set=rule_set, document=document)

        title = _("Change a rule") if place else _("Add a rule")
        return form_page(self, request, obj=rule_set, title=title, form=form, act=act, done=_("The draft is saved."))

    @action(description=_("Remove a rule"), permissions=["draft"], url_path="remove-rule")
    def remove_rule(self, request: HttpRequest, object_id: int) -> HttpResponse:
        rule_set, place = RuleSet.objects.get(pk=object_id), _place(request)

        def act(given: dict[str, Any]) -> None:
            document = rule_edits.without_row(rule_set.document, place or (0, 0))
            rule_drafts.edit(officer=officer_of(request), rule_set=rule_set, document=document)

        form, title = forms.Form(request.POST or None), _("Remove a rule")
        return form_page(self, request, obj=rule_set, title=title, form=form, act=act, done=_("The draft is saved."))

    @action(description=_("Backtest"), permissions=["draft"], url_path="backtest")
    def backtest(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, backtests.run, _("Backtest"), PeriodForm)

    @action(description=_("Lay before a second person"), permissions=["draft"], url_path="propose")
    def propose(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, rule_drafts.propose, _("Lay before a second person"), WhyForm)

    @action(description=_("Publish"), permissions=["publish"], url_path="publish", variant=ActionVariant.SUCCESS)
    def publish(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, rule_drafts.publish, _("Publish"), TurnForm)

    @action(description=_("Send back"), permissions=["send_back"], url_path="send-back", variant=ActionVariant.DANGER)
    def send_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, rule_drafts.send_back, _("Send back"), WhyForm)

    @action(description=_("Put in force"), permissions=["publish"], url_path="turn")
    def turn(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, rule_turns.turn, _("Put in force"), TurnForm)

    @action(description=_("End the shadow"), permissions=["publish"], url_path="end-shadow")
    def end_shadow(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(
            request,
            object_id,
            lambda officer, rule_set, why: rule_turns.end_shadow(officer=officer, why=why),
            _("End the shadow"),
            WhyForm,
        )

    @action(description=_("Download as JDM"), permissions=["view"], url_path="download")
    def download(self, request: HttpRequest, object_id: int) -> HttpResponse:
        label = RuleSet.objects.get(pk=object_id).label
        named = {"Content-Disposition": f'attachment; filename="{label}.json"'}
        return HttpResponse(rule_turns.as_jdm(label), content_type="application/json", headers=named)

    def _decide(self, request: HttpRequest, object_id: int, act: Any, title: Any, form: Any) -> HttpResponse:
        rule_set = RuleSet.objects.get(pk=object_id)
        return form_page(
            self,
            request,
            obj=rule_set,
            title=title,
            form=form(request.POST or None),
            act=lambda given: act(officer=officer_of(request), rule_set=rule_set, **given),
            done=_("Done: %s.") % title,
        )

    @action(description=_("Draft the next version"), permissions=["draft"], url_path="draft-next")
    def draft_next(self, request: HttpRequest, object_id: int) -> HttpResponse:
        rule_set = RuleSet.objects.get(pk=object_id)
        try:
            rule_set = rule_drafts.draft_next(officer=officer_of(request), rule_set=rule_set)
        except Problem as problem:
            messages.error(request, str(problem.message))
        return HttpResponseRedirect(reverse("admin:risk_ruleset_change", args=[rule_set.pk]))


def _place(request: HttpRequest) -> rule_edits.Place | None:
    """The row that `?at=table.row` names."""
    table, _dot, row = request.GET.get("at", "").partition(".")
    return (int(table), int(row)) if table.isdigit() and row.isdigit() else None


def _filled(rule_set: RuleSet, place: rule_edits.Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    table, row = rule_edits.row_at(rule_set.document, place)
    filled = {name: row[name] for name in ROW} | {"when": "\n".join(row["when"])}
    return filled | {"table": table["name"], "hits": table["hits"], "number": place[1]}
