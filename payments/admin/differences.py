from collections.abc import Callable, Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.models import User
from core.admin import shown
from core.admin.base import go_to
from core.admin.shown import Reader, Table, TablesAdmin
from core.money import format_yuan
from core.problems import Problem
from payments import adjustments
from payments.admin.dialogs import WhyForm, dialog
from payments.models import Difference

# What may be proposed in which state.
PROPOSALS = {
    Difference.Status.OPEN: {"take", "explain", "adjust"},
    Difference.Status.RESOLVED: {"unmatch"},
}
COLOURS = {"open": "danger", "cleared": "success", "resolved": "success"}


@admin.register(Difference)
class DifferenceAdmin(TablesAdmin):
    """The queue of differences between our records and the institutions' statements."""

    list_display = [
        *("date", "channel", "kind", "shown_status", "sign", "ours", "theirs", "out_trade_no", "movement"),
        *("age", "owner"),
    ]
    list_filter = ["status", "kind", "channel", "owner", "date"]
    search_fields = ["out_trade_no", "channel_trade_no"]
    ordering = ["-date", "id"]
    fields = [
        *("date", "channel", "kind", "status", "out_trade_no", "channel_trade_no", "movement"),
        *("ours", "theirs", "sign", "entry", "found_at", "age", "owner", "resolution"),
    ]
    readonly_fields = ["sign", "entry", "age"]
    actions_detail = ["take", "explain", "adjust", "unmatch", "approve", "refuse"]

    @display(description=_("status"), label=COLOURS)
    def shown_status(self, difference: Difference) -> tuple[str, str]:
        return difference.status, difference.get_status_display()

    @admin.display(description=_("long or short"))
    def sign(self, difference: Difference) -> str:
        return str({"LONG": _("long"), "SHORT": _("short")}.get(difference.sign, ""))

    @admin.display(description=_("days open"))
    def age(self, difference: Difference) -> int | None:
        return difference.age

    @admin.display(description=_("entry that would adjust our books"))
    def entry(self, difference: Difference) -> str:
        lines = adjustments.proposed_entry(difference)
        return "; ".join(f"{line.side.label} {line.account} {format_yuan(line.amount)}" for line in lines) or "–"

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Before a proposal the buttons of who proposes, then those of the second person."""
        difference = self.get_object(request, str(object_id))
        if difference is None:
            return []
        allowed = {"approve", "refuse"} if adjustments.pending(difference) else PROPOSALS.get(difference.status, set())
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if any(button.action_name.endswith(f"_{name}") for name in allowed)]

    def has_propose_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(adjustments.PROPOSE)

    def has_approve_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(adjustments.APPROVE)

    def has_refuse_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return self.has_propose_permission(request) or self.has_approve_permission(request)

    @action(description=_("I see to it"), permissions=["propose"], url_path="take")
    def take(self, request: HttpRequest, object_id: int) -> HttpResponse:
        _settle(request, object_id, adjustments.take)
        return HttpResponseRedirect(_page(object_id))

    @action(
        description=_("Propose to explain it"),
        permissions=["propose"],
        url_path="explain",
        dialog=dialog(_("Propose to explain it"), _("Nothing will be posted. A second person must agree.")),
    )
    def explain(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _decide(request, form, object_id, adjustments.propose, verb=adjustments.EXPLAIN)

    @action(
        description=_("Propose to adjust our books"),
        permissions=["propose"],
        url_path="adjust",
        dialog=dialog(
            _("Propose to adjust our books"),
            _("The entry shown on the page will be posted once a second person agrees."),
        ),
    )
    def adjust(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _decide(request, form, object_id, adjustments.propose, verb=adjustments.ADJUST)

    @action(
        description=_("Propose to open it again"),
        permissions=["propose"],
        url_path="unmatch",
        dialog=dialog(
            _("Propose to open it again"),
            _("What was settled about it is taken back, with its entry, once a second person agrees."),
        ),
    )
    def unmatch(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _decide(request, form, object_id, adjustments.propose, verb=adjustments.UNMATCH)

    @action(
        description=_("Agree"),
        permissions=["approve"],
        url_path="approve",
        variant=ActionVariant.SUCCESS,
        dialog=dialog(_("Agree"), _("What was proposed is done.")),
    )
    def approve(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _decide(request, form, object_id, adjustments.approve)

    @action(
        description=_("Refuse"),
        permissions=["refuse"],
        url_path="refuse",
        variant=ActionVariant.DANGER,
        dialog=dialog(_("Refuse"), _("The difference stays as it is.")),
    )
    def refuse(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _decide(request, form, object_id, adjustments.refuse)

    def tables(self, row: Difference, reader: Reader) -> Iterable[Table]:
        yield shown.approvals(row)
        yield shown.history(row)


def _decide(
    request: HttpRequest, form: WhyForm, object_id: int, act: Callable[..., object], **details: str
) -> HttpResponse:
    _settle(request, object_id, act, why=form.cleaned_data["why"], **details)
    return go_to(_page(object_id))


def _settle(request: HttpRequest, object_id: int, act: Callable[..., object], **details: str) -> None:
    difference = Difference.objects.get(pk=object_id)
    try:
        act(officer=cast(User, request.user), difference=difference, **details)
    except Problem as problem:
        messages.error(request, str(problem.message))


def _page(object_id: int) -> str:
    return reverse("admin:payments_difference_change", args=[object_id])
