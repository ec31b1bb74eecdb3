"""A set sent to the partner file by file, and its answer: an acceptance, or the rows it does not agree to.

Nothing is sent that our own checker refuses. Sending again is harmless: the partner keeps a file once, and its answer
is imported once.
"""

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Iterator

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import actors, alerts, clock, work
from core.alerts import Severity
from core.institutions import institution
from core.models import Alert
from core.outbound import Answer, Outcome, SignedClient
from core.problems import Problem
from lending.day_files import checker
from lending.day_files.layout import CLOSINGS, CONTROL, FILES
from lending.day_files.text import WrongFile
from lending.models import DayFileSet, RejectedRow

FETCH_ANSWER = "fetch_day_files_answer"
WRONG, REJECTED = "day_files_wrong", "day_files_rejected"
PAUSE = dt.timedelta(minutes=1)
RESOLVE = "lending.resolve_rejected_row"
DOWNLOAD = "lending.download_day_files"
HEADER = ["file", "line", "reason"]
SENDER = actors.system("day files")
Status = DayFileSet.Status


def register() -> None:
    """Name the alerts."""
    alerts.register(
        WRONG,
        title=_("Day files are wrong"),
        sentence=_(
            "The day files of %(date)s for %(partner)s were not sent: %(why)s. Find out why before the next day."
        ),
    )
    alerts.register(
        REJECTED,
        title=_("A partner rejects rows of day files"),
        sentence=_("%(partner)s rejects %(rows)s rows of the day files of %(date)s. Find out why and resolve each."),
    )


def contents(made: DayFileSet) -> dict[str, bytes]:
    """The files of the set by name, control file included."""
    names = [*(layout.name for layout in FILES), CONTROL.name]
    return {file.name: file.content() for file in made.files.filter(name__in=names)}


def closing(made: DayFileSet) -> dict[str, bytes]:
    """What stands at the end of the set's day, under the names it has in the next set."""
    kept = {file.name: file.content() for file in made.files.filter(name__in=CLOSINGS.values())}
    return {opening: kept[name] for opening, name in CLOSINGS.items()}


def send(serial: str) -> work.Again | None:
    """Work "send_day_files": check the set and send it, the control file last. Harmless to repeat.

    One that is found wrong raises an alert and stays: it is checked again when an officer says so. Raises RuntimeError
    where the partner does not take it.
    """
    with transaction.atomic(durable=True):
        made = locked_unless_checked(serial)
        if made is None:  # a large set takes longer than a lease
            return work.Again(PAUSE)
        if made.status != Status.WRITTEN or found_wrong(made):
            return None
        files = contents(made)
        if not _is_right(made, files):
            return None
    for name, content in files.items():
        answer = _send_file(made, name, content)
        if answer.outcome is Outcome.ANSWERED and not answer.ok and answer.status < 500:
            raise RuntimeError(f"the partner does not take {name} of {made}: {answer.status}")
        if not answer.ok:
            return work.Again(PAUSE)
    with transaction.atomic(durable=True):
        made.lock()
        if made.status == Status.WRITTEN:
            made.send(by=SENDER, why="the partner has all files")
            alerts.clear(WRONG, made.serial, by=SENDER, why="the set is right")
        work.enqueue(FETCH_ANSWER, made.serial)
    return None


def locked_unless_checked(serial: str) -> DayFileSet | None:
    """The set, locked; None while a worker checks it, which may take minutes. Part of a transaction."""
    written = DayFileSet.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    return written.select_related("partner").filter(serial=serial).first()


def found_wrong(made: DayFileSet) -> bool:
    """Whether our checker refused the set, and nothing was done about it since."""
    wrong = Alert.objects.filter(kind=WRONG, key=made.serial).exclude(status=Alert.Status.CLEARED)
    return made.status == Status.WRITTEN and wrong.exists()


def _is_right(made: DayFileSet, files: dict[str, bytes]) -> bool:
    """Whether our checker finds nothing wrong with the set; else with an alert. Part of a transaction."""
    try:
        checker.check(files)
        checker.check_closing(files, closing(made))
    except WrongFile as wrong:
        facts = {"date": str(made.business_date), "partner": made.partner.code, "why": str(wrong)}
        alerts.raise_alert(WRONG, made.serial, severity=Severity.CRITICAL, **facts)
        return False
    return True


def _send_file(made: DayFileSet, name: str, content: bytes) -> Answer:
    """Of the file only size and hash are recorded."""
    about = {"serial": made.serial, "partner": made.partner.code, "business_date": made.business_date.isoformat()}
    about |= {"version": str(made.version), "file": name, "sha256": hashlib.sha256(content).hexdigest()}
    body = json.dumps({**about, "content": content.decode()})
    client = SignedClient(institution("funder"))
    path = f"/funder/v1/day-files/{made.serial}/{name}"
    return client.call("POST", path, body, recorded={**about, "bytes": len(content)}, serial=made.serial)


def fetch_answer(serial: str) -> work.Again | None:
    """Work "fetch_day_files_answer": fetch the partner's answer and import it, once there is one."""
    made = DayFileSet.objects.get(serial=serial)
    if made.status != Status.SENT:
        return None
    client = SignedClient(institution("funder"))
    answer = client.get(f"/funder/v1/day-files/{serial}/answer", serial=serial)
    if not answer.ok:
        return work.Again(PAUSE)
    body = {name: str(answer.body.get(name, "")) for name in ("sha256", "content", "funder_serial")}
    import_answer(made=made, **body)
    return None


@transaction.atomic(durable=True)
def import_answer(*, made: DayFileSet, sha256: str, content: str, funder_serial: str) -> DayFileSet:
    """Import the partner's answer: CSV of file, line and reason, no rows for an acceptance. The same again is harmless.

    Raises Problem: answer_broken, where hash or rows are not as they should be; answer_changed (409) for another answer
    than the one imported before; wrong_state (409) for a set that was not sent.
    """
    rows = list(_rows(sha256, content))
    made.lock()
    if made.answer_sha256:
        if made.answer_sha256 != sha256:
            raise Problem("answer_changed", _("Another answer about this set was imported before."), status=409)
        return made
    by, told = actors.system(f"funder {made.partner.code}"), {"funder_serial": funder_serial[:64], "sha256": sha256}
    if not rows:
        made.accept(by=by, why="every row accepted", at=clock.real_now(), **told)
        return made
    made.reject(by=by, why=f"{len(rows)} rows rejected", at=clock.real_now(), **told)
    RejectedRow.objects.bulk_create(
        RejectedRow(set=made, file=file, line=line, reason=reason) for file, line, reason in rows
    )
    facts = {"date": str(made.business_date), "partner": made.partner.code}
    alerts.raise_alert(REJECTED, made.serial, severity=Severity.WARNING, rows=len(rows), **facts)
    return made


def _rows(sha256: str, content: str) -> Iterator[tuple[str, int, str]]:
    broken = Problem("answer_broken", _("The partner's answer does not match its hash or cannot be read."))
    if hashlib.sha256(content.encode()).hexdigest() != sha256:
        raise broken
    known = {*(layout.name for layout in FILES), CONTROL.name}
    header, *rows = list(csv.reader(io.StringIO(content, newline=""))) or [[]]
    for row in [header, *rows]:
        if len(row) != len(HEADER) or (row is header) != (row == HEADER):
            raise broken
    for file, line, reason in rows:
        if file not in known or not line.isdigit():
            raise broken
        yield file, int(line), reason[:200]


def told(row: RejectedRow) -> tuple[list[str], list[list[str]]]:
    """The header of the file and the row that is rejected; no row where it is the file as a whole."""
    content = row.set.files.get(name=row.file).content().decode()
    header, *rows = csv.reader(io.StringIO(content, newline=""))
    return header, rows[row.line - 2 : row.line - 1] if row.line > 1 else []


@transaction.atomic(durable=True)
def resolve(*, officer: User, row: RejectedRow, why: str) -> RejectedRow:
    """Say what was the matter with a rejected row; with the last one of its set the set is settled and its alert over.

    Raises Problem: not_permitted (403), wrong_state (409).
    """
    actor = roles.actor(officer, RESOLVE)
    made = DayFileSet.objects.get(pk=row.set_id)
    made.lock()
    row = RejectedRow.objects.get(pk=row.pk)
    row.resolve(by=actor, why=why)
    if not made.rejected.filter(status=RejectedRow.Status.OPEN).exists():
        made.settle(by=actor, why="each rejected row is resolved")
        alerts.clear(REJECTED, made.serial, by=actor, why="each rejected row is resolved")
    return row
