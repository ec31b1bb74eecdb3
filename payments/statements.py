"""The institution's statement of a day: fetched, checked against its hash and its totals, imported whole, once."""

import datetime as dt
import hashlib

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import clock
from core.problems import Problem
from core.serials import Serial, next_serial
from payments.channels import Channel, Totals, add_up, statement_broken
from payments.matching import Movement
from payments.models import StatementFile, StatementLine


def ready_at(channel: Channel, date: dt.date) -> dt.datetime:
    """When (business time) the channel's statement of `date` can be had."""
    return clock.start_of_day(date + dt.timedelta(days=1)) + channel.statement_delay


def fetch(channel: Channel, date: dt.date) -> StatementFile | None:
    """The statement of `date`, imported now if need be; None while the institution has none to give.

    Raises Problem when the file is not what its hash or its totals say. To be called outside any transaction.
    """
    imported = StatementFile.objects.filter(channel=channel.code, date=date).first()
    if imported:
        return imported
    serial = next_serial(Serial.STATEMENT)
    file = channel.fetch_statement(date, serial=serial)
    if file is None:
        return None
    return import_statement(channel=channel, date=date, sha256=file.sha256, content=file.content, serial=serial)


@transaction.atomic
def import_statement(*, channel: Channel, date: dt.date, sha256: str, content: str, serial: str) -> StatementFile:
    """Import a statement of `date`. The same file again gives the first import.

    Raises Problem `statement_changed` (409) for other content of a day already imported, and `statement_broken`
    when hash, lines and totals do not agree.
    """
    if hashlib.sha256(content.encode()).hexdigest() != sha256:
        raise statement_broken(_("The statement does not match its hash."))
    imported = StatementFile.objects.filter(channel=channel.code, date=date).first()
    if imported:
        if imported.sha256 != sha256:
            message = _("Another statement of this day has been imported before.")
            raise Problem("statement_changed", message, status=409)
        return imported
    lines, totals = _parse(channel, content)
    statement = StatementFile.objects.create(
        serial=serial,
        channel=channel.code,
        date=date,
        sha256=sha256,
        rows=totals.rows,
        sum_out=totals.sum_out,
        sum_in=totals.sum_in,
        fees=totals.fees,
        imported_at=clock.now(),
    )
    for line in lines:
        line.statement = statement
    StatementLine.objects.bulk_create(lines, batch_size=1000)
    return statement


def _parse(channel: Channel, content: str) -> tuple[list[StatementLine], Totals]:
    """The lines and totals of a statement's text. Raises Problem `statement_broken` unless they agree."""
    try:
        lines, said = channel.parse_statement(content)
    except (ValueError, IndexError, TypeError):
        raise statement_broken(_("The statement cannot be read.")) from None
    if said != add_up(lines):
        raise statement_broken(_("The statement's lines do not add up to its totals."))
    return lines, said


def movement_of(line: StatementLine, date: dt.date) -> Movement:
    """A line of the statement of `date`, to be compared."""
    return Movement(
        out_trade_no=line.out_trade_no,
        channel_trade_no=line.channel_trade_no,
        kind=line.kind,
        status=line.status,
        amount=line.amount,
        fee=line.fee,
        date=date,
    )
