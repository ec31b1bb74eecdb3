from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.card_number import BANKS, bank_name
from accounts.models import User
from core.admin import shown
from core.admin.base import go_to
from core.admin.shown import Reader, Table, TablesAdmin
from core.money import format_yuan
from core.problems import Problem
from payments import route_rules
from payments.admin.dialogs import WhyForm, dialog
from payments.channels import CHANNELS
from payments.models import OrderKind, RouteChoice, RoutingRules
from payments.routing import Lane, Objection

COLOURS = {"draft": "info", "proposed": "warning", "published": "success"}
# Which buttons a version shows in which state.
BUTTONS = {"draft": {"put_lane", "propose"}, "proposed": {"publish", "send_back"}, "published": {"draft_next"}}
OBJECTIONS = {
    Objection.OFF: gettext_lazy("switched off"),
    Objection.PAYEE: gettext_lazy("does not carry out such orders"),
    Objection.TRIED: gettext_lazy("has refused this order"),
    Objection.CLOSED: gettext_lazy("closed at this hour"),
    Objection.BANK: gettext_lazy("does not serve this bank"),
    Objection.ORDER_LIMIT: gettext_lazy("above its limit for one order"),
    Objection.DAY_LIMIT: gettext_lazy("above its limit for the day"),
    Objection.BREAKER: gettext_lazy("left alone: its last tries failed"),
}


def _amount(label: Any, *, places: int = 2, **options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, max_digits=12, decimal_places=places, widget=UnfoldAdminDecimalFieldWidget, **options
    )


class LaneForm(BaseDialogForm):
    """What a version says of one channel and one kind of order."""

    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=OrderKind.choices, widget=UnfoldAdminSelectWidget)
    channel = forms.ChoiceField(label=gettext_lazy("channel"), widget=UnfoldAdminSelectWidget)
    on = forms.BooleanField(
        label=gettext_lazy("in use"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    fixed_fee = _amount(gettext_lazy("fixed fee, yuan"), initial="1.00")
    fee_percent = _amount(gettext_lazy("fee, % of the amount"), places=4, initial="0")
    order_limit = _amount(gettext_lazy("highest order, yuan (empty: none)"), required=False)
    day_limit = _amount(gettext_lazy("most in a day, yuan (empty: none)"), required=False)
    opens = forms.TimeField(
        label=gettext_lazy("opens (empty: day and night)"), required=False, widget=UnfoldAdminTextInputWidget
    )
    closes = forms.TimeField(label=gettext_lazy("closes"), required=False, widget=UnfoldAdminTextInputWidget)
    banks = forms.MultipleChoiceField(
        label=gettext_lazy("banks (none: all)"), required=False, widget=UnfoldAdminSelectMultipleWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].choices = [(code, code) for code in CHANNELS]
        self.fields["banks"].choices = [(code, bank_name(code)) for code in BANKS]

    def lane(self) -> Lane:
        """The lane, once the form is valid."""
        given = self.cleaned_data
        plain = ("channel", "on", "fixed_fee", "order_limit", "day_limit", "opens", "closes")
        return Lane(
            **{name: given[name] for name in plain},
            kind=OrderKind(given["kind"]),
            fee_rate=given["fee_percent"] / Decimal(100),
            banks=frozenset(given["banks"]),
        )


@admin.register(RoutingRules)
class RoutingRulesAdmin(TablesAdmin):
    """The versions of the rules by which orders find their channel, with what each would have done last week."""

    list_display = ["version", "shown_status", "failed_try_cost"]
    ordering = ["-version"]
    fields = ["version", "status", "failed_try_cost"]
    actions_detail = ["draft_next", "put_lane", "propose", "publish", "send_back"]

    @display(description=gettext_lazy("status"), label=COLOURS)
    def shown_status(self, rules: RoutingRules) -> tuple[str, str]:
        return rules.status, rules.get_status_display()

    def tables(self, row: RoutingRules, reader: Reader) -> Iterable[Table]:
        yield _lanes(row)
        yield _simulation(row, _("Last week's orders by this version, all channels well"))
        in_force = route_rules.in_force()
        if row != in_force:
            yield _simulation(in_force, _("Last week's orders by the version in force, all channels well"))
        yield shown.approvals(row)
        yield shown.history(row)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the buttons that the version's status allows."""
        rules = self.get_object(request, str(object_id))
        allowed = BUTTONS[rules.status] if rules else set()
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if any(button.action_name.endswith(f"_{name}") for name in allowed)]

    def has_draft_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(route_rules.DRAFT)

    def has_publish_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(route_rules.PUBLISH)

    @action(description=gettext_lazy("Draft the next version"), permissions=["draft"], url_path="draft-next")
    def draft_next(self, request: HttpRequest, object_id: int) -> HttpResponse:
        drafted = _act(request, route_rules.draft_next)
        return HttpResponseRedirect(_page(drafted.pk if drafted else object_id))

    @action(
        description=gettext_lazy("Set a channel"),
        permissions=["draft"],
        url_path="put-lane",
        dialog=dialog(
            gettext_lazy("Set a channel"),
            gettext_lazy("What was said of this channel and this kind of order is replaced."),
            LaneForm,
        ),
    )
    def put_lane(self, request: HttpRequest, form: LaneForm, object_id: int) -> HttpResponse:
        return _decide(request, object_id, route_rules.put_lane, lane=form.lane())

    @action(
        description=gettext_lazy("Propose"),
        permissions=["draft"],
        url_path="propose",
        dialog=dialog(gettext_lazy("Propose"), gettext_lazy("A second person must publish it.")),
    )
    def propose(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _decide(request, object_id, route_rules.propose, why=form.cleaned_data["why"])

    @action(
        description=gettext_lazy("Publish"),
        permissions=["publish"],
        url_path="publish",
        variant=ActionVariant.SUCCESS,
        dialog=dialog(gettext_lazy("Publish"), gettext_lazy("Orders go by it from now on.")),
    )
    def publish(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _decide(request, object_id, route_rules.publish, why=form.cleaned_data["why"])

    @action(
        description=gettext_lazy("Send back"),
        permissions=["draft"],
        url_path="send-back",
        dialog=dialog(gettext_lazy("Send back"), gettext_lazy("It is a draft again.")),
    )
    def send_back(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _decide(request, object_id, route_rules.send_back, why=form.cleaned_data["why"])


@admin.register(RouteChoice)
class RouteChoiceAdmin(TablesAdmin):
    """Why each order went through its channel."""

    list_display = ["order", "channel", "rules", "at"]
    list_filter = ["channel", "at"]
    search_fields = ["order__serial", "order__reference"]
    list_select_related = ["order", "rules"]
    ordering = ["-id"]
    fields = ["order", "channel", "rules", "at"]

    def tables(self, row: RouteChoice, reader: Reader) -> Iterable[Table]:
        headers = [_("channel"), _("objection"), _("fee"), _("expected cost"), _("good tries"), _("seconds")]
        yield Table(_("Channels that were looked at"), headers, [_looked_at(one) for one in row.candidates])


def _looked_at(one: dict[str, Any]) -> list[Any]:
    objection = str(OBJECTIONS[Objection(one["objection"])]) if one["objection"] else "–"
    fee, cost = (format_yuan(Decimal(one[name])) for name in ("fee", "expected_cost"))
    return [one["channel"], objection, fee, cost, f"{one['success']:.1%}", one["seconds"]]


def _lanes(rules: RoutingRules) -> Table:
    headers = [
        *(_("kind"), _("channel"), _("in use"), _("fee")),
        *(_("highest order"), _("most in a day"), _("hours"), _("banks")),
    ]
    rows = [
        [
            lane.kind.label,
            lane.channel,
            _("yes") if lane.on else _("no"),
            f"{format_yuan(lane.fixed_fee)} + {lane.fee_rate:.4%}",
            format_yuan(lane.order_limit) if lane.order_limit else "–",
            format_yuan(lane.day_limit) if lane.day_limit else "–",
            f"{lane.opens:%H:%M}–{lane.closes:%H:%M}" if lane.opens and lane.closes else _("day and night"),
            ", ".join(map(bank_name, sorted(lane.banks))) or _("all"),
        ]
        for lane in sorted(route_rules.read(rules).lanes, key=lambda lane: lane.kind, reverse=True)
    ]
    return Table(_("Channels"), headers, rows)


def _simulation(rules: RoutingRules, title: str) -> Table:
    rows = [
        [flow.kind.label, flow.channel or _("none"), flow.orders, format_yuan(flow.amount), format_yuan(flow.fees)]
        for flow in route_rules.simulate(rules)
    ]
    return Table(title, [_("kind"), _("channel"), _("orders"), _("amount"), _("fees")], rows)


def _decide(request: HttpRequest, object_id: int, act: Callable[..., object], **details: Any) -> HttpResponse:
    _act(request, act, rules=RoutingRules.objects.get(pk=object_id), **details)
    return go_to(_page(object_id))


def _act(request: HttpRequest, act: Callable[..., Any], **details: Any) -> Any:
    try:
        return act(officer=cast(User, request.user), **details)
    except Problem as problem:
        messages.error(request, str(problem.message))


def _page(object_id: int) -> str:
    return reverse("admin:payments_routingrules_change", args=[object_id])
