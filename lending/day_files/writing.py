"""A day's set for one partner, written once: from what the day's close left, in one transaction, by a work row.

The same date gives the same bytes whenever it is written: what was booked since for later days is left out (ToldLoan
says how far a loan has been told), and what stands at the end of the day is kept as the next day's opening.

The next version of a date begins where the one that it replaces began (lending.day_files.rewriting).
"""

import datetime as dt

from django.core.files import File
from django.db import transaction
from django.db.models import F, QuerySet

from core import clock, work
from core.models import Work
from core.serials import Serial, next_serial
from lending.day_files import text
from lending.day_files.day import Day
from lending.day_files.layout import CLOSINGS, CONTROL, FILES, OPENING_LOANS
from lending.day_files.text import Summed, Writer
from lending.models import DayFile, DayFileSet, Funder, LoanFunding, ToldLoan

WRITE = "write_day_files"
SEND = "send_day_files"
BUSY_PAUSE = dt.timedelta(seconds=30)


def request(date: dt.date) -> None:
    """Have the set of each partner with loans written for business `date`, which is closed. Part of a transaction;
    again is harmless."""
    for partner in _partners():
        work.enqueue(WRITE, f"{date}/{partner.code}")


def work_off(key: str) -> work.Again | None:
    """Work "write_day_files": write the set of a date and partner (`key`), after that of the day before. Again is
    harmless. Two workers never write for one partner at the same time."""
    iso, _slash, code = key.partition("/")
    date = dt.date.fromisoformat(iso)
    with transaction.atomic(durable=True):
        partner = Funder.objects.select_for_update(skip_locked=True, no_key=True).filter(code=code).first()
        earlier = Work.objects.filter(kind=WRITE, state__in=Work.OPEN, key__endswith=f"/{code}", key__lt=key)
        if partner is None or earlier.exists():
            return work.Again(BUSY_PAUSE)
        if not standing_sets(partner).filter(business_date__gte=date).exists():
            work.enqueue(SEND, write(partner, date).serial)
    return None


def write(partner: Funder, date: dt.date) -> DayFileSet:
    """Write the partner's set of business `date`. Part of a transaction in which the partner is locked."""
    opening = _opening(partner, date)
    made = DayFileSet.objects.create(
        serial=next_serial(Serial.DAY_FILES),
        partner=partner,
        business_date=date,
        version=_begin_again(partner, date),
        written_at=clock.real_now(),
    )
    day = Day(made)
    day.tell_events()
    day.tell_draws()
    kept = opening.get("closing_loans")
    day.tell_standing(text.read(OPENING_LOANS, kept.content()) if kept else ())
    _keep(made, day, opening)
    return made


def standing_sets(partner: Funder) -> QuerySet[DayFileSet]:
    """The partner's sets that were not replaced by a new version."""
    return DayFileSet.objects.filter(partner=partner).exclude(status=DayFileSet.Status.REPLACED)


def _begin_again(partner: Funder, date: dt.date) -> int:
    """Have the partner told no more than before the versions of this date that were replaced; the number of the next
    version.
    """
    replaced = DayFileSet.objects.filter(partner=partner, business_date=date)
    told = ToldLoan.objects.filter(partner=partner, set__in=replaced)
    told.filter(before=0).delete()
    told.update(no=F("before"))
    return replaced.count() + 1


def _opening(partner: Funder, date: dt.date) -> dict[str, DayFile]:
    """What stood at the end of the day before; nothing when this is the partner's first set."""
    before = standing_sets(partner).filter(business_date__lt=date).order_by("business_date").last()
    return {each.name: each for each in before.files.filter(name__in=CLOSINGS.values())} if before else {}


def _keep(made: DayFileSet, day: Day, opening: dict[str, DayFile]) -> None:
    """Store the files of the set, its control file last; beside them what opens the next one. What opens this one is
    stored already."""
    told: list[Summed] = []
    for layout in FILES:
        stood = opening.get(CLOSINGS.get(layout.name, ""))
        if stood:
            same = {"rows": stood.rows, "sums": stood.sums, "sha256": stood.sha256, "file": stood.file.name}
            DayFile.objects.create(set=made, name=layout.name, **same)
            told.append(Summed(layout, stood.rows, stood.sha256, tuple(stood.sums)))
        else:
            writer = day.writers.get(layout.name) or Writer(layout, made.partner.code)
            _store(made, layout.name, writer)
            told.append(writer.summed)
    _store(made, CONTROL.name, text.write_control(made.business_date, made.partner.code, told))
    for name in CLOSINGS.values():
        _store(made, name, day.writers[name])


def _store(made: DayFileSet, name: str, writer: Writer) -> None:
    summed = writer.summed
    file = DayFile(set=made, name=name, rows=summed.rows, sums=summed.sums, sha256=summed.sha256)
    file.file.save(f"day-files/{made.serial}/{name}.csv", File(writer.file), save=False)
    writer.file.close()
    file.save()


def _partners() -> list[Funder]:
    funded = LoanFunding.objects.values("funder")
    return list(Funder.objects.filter(kind=Funder.Kind.PARTNER, pk__in=funded).order_by("code"))
