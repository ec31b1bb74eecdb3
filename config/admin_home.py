"""The admin's first page: is the promise kept, what waits for a person, what happened today."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from config import promise
from core import clock
from core.admin.shown import duration
from core.models import Alert, Work
from core.money import ZERO, format_yuan
from lending.models import Loan
from payments.lateness import slow_payouts
from payments.models import Difference, OrderKind, PaymentOrder
from risk import profiles
from risk.models import Decision, ReviewCase

PERIOD = dt.timedelta(days=30)


@dataclass(frozen=True)
class Tile:
    """One figure of the first page. `tone` is "", "good" or "bad"."""

    title: str | LazyText
    figure: str
    note: str | LazyText = ""
    address: str = ""
    tone: str = ""


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by unfold: what the template admin/index.html shows."""
    may = request.user.has_perm
    waiting = [tile for permission, tile in _WAITING if may(permission)]
    context.update(
        promise=list(_promise()) if may("lending.view_loan") else [],
        waiting=[tile() for tile in waiting],
        today=[
            *(_decisions() if may("risk.view_decision") else ()),
            *(_money() if may("payments.view_paymentorder") else ()),
        ],
        title=_("First page"),
        business_date=clock.today(),
    )
    return context


def _promise() -> Iterator[Tile]:
    kept = promise.kept_since(clock.real_now() - PERIOD)
    share = "–" if kept.share is None else f"{kept.share:.1%}"
    tone = "" if kept.share is None else "good" if kept.share >= 0.99 else "bad"
    yield Tile(_("Received within two hours"), share, _("of the loans confirmed in the last 30 days"), tone=tone)
    yield Tile(_("Median"), duration(kept.median), _("from confirmation to money received"))
    yield Tile(_("Median in all"), duration(kept.median_in_all), _("from submission, less the customer's own waiting"))
    yield Tile(_("Slowest"), duration(kept.slowest), _("from confirmation to money received"))
    yield _counted(
        _("Late and still open"), kept.late_open, _("confirmed more than two hours ago"), Loan.Status.PENDING
    )
    yield _counted(_("Not paid out"), kept.not_paid, _("the payout failed or came back"), Loan.Status.CANCELLED)


def _counted(title: LazyText | str, count: int, note: LazyText | str, status: str) -> Tile:
    """How many loans are not as they should be, with their list."""
    address = f"{reverse('admin:lending_loan_changelist')}?status__exact={status}"
    return Tile(title, str(count), note, address, "bad" if count else "")


def _review_queue() -> Tile:
    waiting = ReviewCase.objects.filter(final_decision=None)
    late = waiting.filter(sla_due_at__lt=clock.now()).count()
    note = _("%(late)s of them too late") % {"late": late} if late else _("none too late")
    return Tile(
        _("Review queue"),
        str(waiting.count()),
        note,
        reverse("admin:risk_reviewcase_changelist"),
        "bad" if late else "",
    )


def _slow_payouts() -> Tile:
    count = slow_payouts().count()
    address = f"{reverse('admin:payments_paymentorder_changelist')}?promise=slow"
    note = _("on their way for more than 45 minutes")
    return Tile(_("Payouts that may miss two hours"), str(count), note, address, "bad" if count else "")


def _differences() -> Tile:
    count = Difference.objects.filter(status=Difference.Status.OPEN).count()
    address = f"{reverse('admin:payments_difference_changelist')}?status__exact={Difference.Status.OPEN}"
    return Tile(
        _("Open differences"), str(count), _("between us and the institutions"), address, "bad" if count else ""
    )


def _parked() -> Tile:
    count = Work.objects.filter(state=Work.State.PARKED).count()
    address = f"{reverse('admin:core_work_changelist')}?state__exact={Work.State.PARKED}"
    return Tile(_("Parked work"), str(count), _("run it again when its cause is gone"), address, "bad" if count else "")


def _alerts() -> Tile:
    count = Alert.objects.filter(status=Alert.Status.OPEN).count()
    address = f"{reverse('admin:core_alert_changelist')}?status__exact={Alert.Status.OPEN}"
    return Tile(_("Alerts"), str(count), _("nobody has seen to them yet"), address, "bad" if count else "")


def _profiles() -> Tile:
    as_of = profiles.fresh_as_of()
    late = profiles.is_late(as_of)
    figure = _("%(minutes)s min") % {"minutes": (clock.real_now() - as_of) // dt.timedelta(minutes=1)} if as_of else "–"
    note = _("old; they are refreshed every 30 minutes")
    return Tile(_("Customer profiles"), figure, note, reverse("admin:risk_profile_changelist"), "bad" if late else "")


_WAITING = [
    ("core.view_alert", _alerts),
    ("risk.view_reviewcase", _review_queue),
    ("risk.view_profile", _profiles),
    ("payments.view_paymentorder", _slow_payouts),
    ("payments.view_difference", _differences),
    ("core.view_work", _parked),
]


def _decisions() -> Iterator[Tile]:
    today = Decision.objects.filter(decided_at__gte=clock.start_of_day(clock.today()))
    counts = {row["outcome"]: row["count"] for row in today.values("outcome").annotate(count=Count("pk"))}
    address = reverse("admin:risk_decision_changelist")
    yield Tile(_("Approved today"), str(counts.get(Decision.Outcome.APPROVED, 0)), address=address)
    yield Tile(_("Declined today"), str(counts.get(Decision.Outcome.DECLINED, 0)), address=address)


def _money() -> Iterator[Tile]:
    settled = PaymentOrder.objects.filter(settled_on=clock.today())
    sums = settled.aggregate(
        out=Sum("amount", filter=Q(kind=OrderKind.PAYOUT)), back=Sum("amount", filter=Q(kind=OrderKind.COLLECTION))
    )
    address = reverse("admin:payments_paymentorder_changelist")
    yield Tile(_("Paid out today"), format_yuan(sums["out"] or ZERO), address=address)
    yield Tile(_("Repaid today"), format_yuan(sums["back"] or ZERO), address=address)
