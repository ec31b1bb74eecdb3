"""Reconciliation: a day's statement against our orders. Only what is certain clears itself; the rest is a queue for
people.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Q

from core import actors, clock, work
from core.money import ZERO
from payments import adjustments, locked_days
from payments.channels import Channel
from payments.matching import RETURNED, SUCCESS, Discrepancy, Key, Movement, Surroundings, compare
from payments.models import (
    Difference,
    DifferenceKind,
    OrderStatus,
    PaymentAttempt,
    PaymentOrder,
    ReconciledDay,
    StatementFile,
    StatementLine,
)
from payments.orders import RECHECK
from payments.statements import movement_of

# For so long after its day a movement may still turn up in a statement.
STATED_WITHIN = dt.timedelta(days=30)
AT_ONCE = 2_000  # orders whose attempts are read together
RECONCILER = actors.system("reconciliation")


def reconcile(channel: Channel, date: dt.date) -> None:
    """Compare the imported statement of `date` with our records, then the earlier days whose differences it may
    explain.

    Harmless to repeat. Raises StatementFile.DoesNotExist before the import, Problem `day_locked` (409).
    """
    _reconcile_day(channel, date)
    for earlier in _days_to_look_at_again(channel, before=date):
        _reconcile_day(channel, earlier, even_locked=True)


def open_differences(date: dt.date, channel: str) -> int:
    """How many differences of a day wait for an explanation."""
    return Difference.objects.filter(date=date, channel=channel, status=Difference.Status.OPEN).count()


def _days_to_look_at_again(channel: Channel, *, before: dt.date) -> list[dt.date]:
    """Days with open differences, and the late ones among those with settled ones."""
    differences = Difference.objects.filter(channel=channel.code, date__lt=before)
    doubtful = Q(status=Difference.Status.OPEN) | Q(status=Difference.Status.RESOLVED, date__gte=before - STATED_WITHIN)
    return list(differences.filter(doubtful).order_by("date").values_list("date", flat=True).distinct())


@transaction.atomic(durable=True)
def _reconcile_day(channel: Channel, date: dt.date, *, even_locked: bool = False) -> None:
    statement = StatementFile.objects.select_for_update(no_key=True).get(channel=channel.code, date=date)
    day, _new = ReconciledDay.objects.get_or_create(channel=channel.code, date=date)
    day.lock()  # whoever is just locking it waits, and then sees what was found
    if day.status == ReconciledDay.Status.LOCKED and not even_locked:
        raise locked_days.day_locked()
    theirs = [movement_of(line, date) for line in statement.lines.all()]
    found = compare(
        date=date,
        theirs=theirs,
        ours=_our_movements(channel, date, statement),
        around=_surroundings(channel, date, statement),
    )
    kept = {_keep(channel, date, discrepancy).pk for discrepancy in found}
    gone = Difference.objects.filter(channel=channel.code, date=date).exclude(status=Difference.Status.CLEARED)
    for difference in gone:
        if difference.pk not in kept:
            adjustments.let_go(difference, by=RECONCILER, why="the records agree now")


def _our_movements(channel: Channel, date: dt.date, statement: StatementFile) -> dict[Key, Movement]:
    """Our movements of the day, and those of any day that the statement names. A success and its return are two.

    The database joins the numbers itself, here and below: a statement may have more than a query may have parameters.
    """
    stated = statement.lines.values("out_trade_no")
    attempts = PaymentAttempt.objects.filter(channel=channel.code, out_trade_no__in=stated)
    orders = PaymentOrder.objects.filter(channel=channel.code).filter(
        Q(settled_on=date) | Q(returned_on=date) | Q(pk__in=attempts.values("order_id"))
    )
    in_parts = orders.prefetch_related("attempts").iterator(chunk_size=AT_ONCE)
    movements = [movement for order in in_parts for movement in _movements_of(order)]
    return {movement.key: movement for movement in movements}


def _movements_of(order: PaymentOrder) -> list[Movement]:
    out_trade_no = list(order.attempts.all())[-1].out_trade_no
    movements = []
    for status, fee, date in ((SUCCESS, order.fee, order.settled_on), (RETURNED, ZERO, order.returned_on)):
        if date is not None:
            movements.append(
                Movement(
                    out_trade_no=out_trade_no,
                    channel_trade_no=order.channel_trade_no,
                    kind=order.kind,
                    status=status,
                    amount=order.amount,
                    fee=fee or ZERO,
                    date=date,
                )
            )
    return movements


def _surroundings(channel: Channel, date: dt.date, statement: StatementFile) -> Surroundings:
    stated = statement.lines.values("out_trade_no")
    sent = PaymentAttempt.objects.filter(channel=channel.code, out_trade_no__in=stated)
    ours = PaymentOrder.objects.filter(Q(settled_on=date) | Q(returned_on=date), channel=channel.code)
    named = Q(out_trade_no__in=stated) | Q(out_trade_no__in=ours.values("attempts__out_trade_no"))
    others = StatementLine.objects.filter(named, statement__channel=channel.code)
    keys = others.values_list("out_trade_no", "status")
    return Surroundings(
        known=set(sent.values_list("out_trade_no", flat=True)),
        earlier=set(keys.filter(statement__date__lt=date)),
        later=set(keys.filter(statement__date__gt=date)),
    )


def _keep(channel: Channel, date: dt.date, found: Discrepancy) -> Difference:
    """The row of this difference, new or as it stands. One that explains itself is cleared at once."""
    difference, new = Difference.objects.get_or_create(
        channel=channel.code,
        date=date,
        kind=found.kind,
        out_trade_no=found.movement.out_trade_no,
        channel_trade_no=found.movement.channel_trade_no,
        movement=found.movement.status,
        defaults={"ours": found.ours, "theirs": found.theirs, "found_at": clock.now()},
    )
    if new and found.kind is DifferenceKind.DAY_CUTOVER:
        difference.clear(by=RECONCILER, why="both have it, on different days")
    elif not new and found.kind is not DifferenceKind.DAY_CUTOVER and difference.status == Difference.Status.CLEARED:
        difference.reopen(by=RECONCILER, why="the records differ again")
    if new and found.kind is DifferenceKind.STATUS_MISMATCH:
        _have_order_rechecked(found.movement.out_trade_no)
    return difference


def _have_order_rechecked(out_trade_no: str) -> None:
    """What the institution itself says settles it, unless our record is final: then a person looks at the parked
    work.
    """
    order = PaymentOrder.objects.filter(attempts__out_trade_no=out_trade_no).exclude(status=OrderStatus.CREATED)
    for serial in order.values_list("serial", flat=True).distinct():
        work.enqueue(RECHECK, serial)
