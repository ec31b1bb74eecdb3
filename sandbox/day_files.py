"""The funding partner's desk for day files: it keeps what it is sent, checks each set by its own books, and answers.

A set is whole when its control file has come; another one of the same date takes its place. The answer names each row
that the partner does not agree to: what counts, sums or hashes contradict, a loan of which it took no such share, an
opening balance that is not its own book's.
"""

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator

from sandbox import checks
from sandbox.exchange import Exchange, Incoming, Refusal, Reply
from sandbox.world import World

CONTROL = "control"
ANSWER_COLUMNS = ("file", "line", "reason")
BALANCES = ("normal_principal", "overdue_principal")
Row = dict[str, str]
Objection = tuple[str, int, str]


def receive_file(world: World, incoming: Incoming) -> Reply:
    """Keep one file of a set, once; with the control file the set is whole and is judged."""
    body, serial, name = incoming.body, incoming.path["set"], incoming.path["file"]
    content = body.get("content")
    if not isinstance(content, str) or hashlib.sha256(content.encode()).hexdigest() != body.get("sha256"):
        raise checks.invalid("content", "must be a text with its SHA-256")
    known = world.books.row("SELECT sha256 FROM day_files WHERE serial = ? AND file = ?", serial, name)
    if known and known["sha256"] != body["sha256"]:
        raise Refusal(409, "SERIAL_REUSED", "This file of the set was sent with other content.")
    if not known:
        world.books.insert(
            "day_files",
            serial=serial,
            file=name,
            partner=checks.text(body, "partner"),
            business_date=checks.text(body, "business_date"),
            sha256=body["sha256"],
            content=content,
            refused=incoming.refused,
            at=world.clock.stamp()[0],
        )
        if name == CONTROL:
            _judge(world, serial, body["partner"])
    return Reply({"serial": serial, "file": name, "sha256": body["sha256"]})


def give_answer(world: World, incoming: Incoming) -> Reply:
    """The answer to a set: CSV with its SHA-256; no rows where all is accepted. Raises Refusal (404) before there is
    one."""
    serial = incoming.path["set"]
    row = world.books.row("SELECT * FROM day_file_answers WHERE serial = ?", serial)
    if row is None or incoming.refused:
        raise Refusal(404, "NOT_FOUND", "There is no answer to this set.")
    digest = hashlib.sha256(row["content"].encode()).hexdigest()
    return Reply({"serial": serial, "funder_serial": row["funder_serial"], "sha256": digest, "content": row["content"]})


def _judge(world: World, serial: str, partner: str) -> None:
    kept = world.books.rows("SELECT file, content, refused FROM day_files WHERE serial = ? ORDER BY file", serial)
    files = {row["file"]: row["content"] for row in kept}
    refused = [_first_row(files, row["file"]) for row in kept if row["refused"]]
    _take_back_earlier(world, serial, partner)
    out = io.StringIO()
    rows = [ANSWER_COLUMNS, *_objections(world, files, partner), *refused]
    csv.writer(out, lineterminator="\n").writerows(rows)
    number, at = world.next_serial("DA"), world.clock.stamp()[0]
    world.books.insert("day_file_answers", serial=serial, funder_serial=number, content=out.getvalue(), at=at)
    _keep_book(world, files, partner)


def _take_back_earlier(world: World, serial: str, partner: str) -> None:
    """The set before, where it is of the same date: what it carried on is undone."""
    earlier = world.books.row(
        "SELECT serial FROM day_files WHERE partner = ? AND file = ? AND serial <> ? AND business_date ="
        " (SELECT business_date FROM day_files WHERE serial = ? LIMIT 1) ORDER BY at DESC, serial DESC LIMIT 1",
        *(partner, CONTROL, serial, serial),
    )
    if earlier:
        kept = world.books.rows("SELECT file, content FROM day_files WHERE serial = ?", earlier["serial"])
        _keep_book(world, {row["file"]: row["content"] for row in kept}, partner, times=-1)


def _objections(world: World, files: dict[str, str], partner: str) -> Iterator[Objection]:
    yield from _uncontrolled(files)
    yield from _not_shared(world, files, partner)
    yield from _not_in_the_book(world, files, partner)


def _uncontrolled(files: dict[str, str]) -> Iterator[Objection]:
    """What the control file contradicts."""
    for line, told in _rows(files, CONTROL):
        content = files.get(told["file"])
        if content is None:
            yield CONTROL, line, "FILE_MISSING"
            continue
        rows = [row for _line, row in _rows(files, told["file"])]
        if len(rows) != int(told["rows"]):
            yield told["file"], 0, "COUNT_MISMATCH"
        elif told["column"] and sum(int(row[told["column"]]) for row in rows) != int(told["sum"]):
            yield told["file"], 0, "SUM_MISMATCH"
        elif hashlib.sha256(content.encode()).hexdigest() != told["sha256"]:
            yield told["file"], 0, "HASH_MISMATCH"


def _not_shared(world: World, files: dict[str, str], partner: str) -> Iterator[Objection]:
    """Loans paid out of which the partner did not take just that share."""
    for line, row in _rows(files, "loans"):
        if row["party"] != partner or row["movement"] != "paid_out":
            continue
        found = world.books.row(
            "SELECT share_amount_fen FROM participations WHERE loan_reference = ? AND answer = 'approved'"
            " ORDER BY abs(share_amount_fen - ?) LIMIT 1",
            *(row["loan"], int(row["principal"])),
        )
        if found is None:
            yield "loans", line, "NO_PARTICIPATION"
        elif found["share_amount_fen"] != int(row["principal"]):
            yield "loans", line, "SHARE_MISMATCH"


def _not_in_the_book(world: World, files: dict[str, str], partner: str) -> Iterator[Objection]:
    """Opening balances of principal that are not what the sets before make."""
    kept = world.books.rows("SELECT * FROM partner_principal WHERE partner = ?", partner)
    book = {row["loan_reference"]: row["principal_fen"] for row in kept}
    for line, row in _rows(files, "opening_loans"):
        if row["party"] == partner and sum(int(row[name]) for name in BALANCES) != book.get(row["loan"], 0):
            yield "opening_loans", line, "BALANCE_MISMATCH"


def _keep_book(world: World, files: dict[str, str], partner: str, *, times: int = 1) -> None:
    """Carry the principal of each loan on: what was paid out, less what was repaid, waived or lost (-1: undo that)."""
    moved: dict[str, int] = defaultdict(int)
    for name, sign in (("loans", 1), ("repayments", -1), ("waivers", -1)):
        for _line, row in _rows(files, name):
            if row["party"] == partner:
                moved[row["loan"]] += times * sign * int(row["principal"])
    for loan, fen in moved.items():
        world.books.change(
            "INSERT INTO partner_principal VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET principal_fen = principal_fen + excluded.principal_fen",
            *(partner, loan, fen),
        )


def _first_row(files: dict[str, str], name: str) -> Objection:
    """The first row of a file, or its header, for one who is told to find fault with it."""
    line, _row = next(_rows(files, name), (1, {}))
    return name, line, "NOT_ACCEPTED"


def _rows(files: dict[str, str], name: str) -> Iterator[tuple[int, Row]]:
    """The rows of a file with their lines; the header is line 1."""
    return enumerate(csv.DictReader(io.StringIO(files.get(name, ""), newline="")), start=2)


EXCHANGES = [
    Exchange("funder", "day_files", "POST", "/funder/v1/day-files/{set}/{file}", receive_file),
    Exchange("funder", "queries", "GET", "/funder/v1/day-files/{set}/answer", give_answer),
]
