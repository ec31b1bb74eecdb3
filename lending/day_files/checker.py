"""A set of day files read back and checked: by itself, and against what opens the next day.

Every refusal is a WrongFile that names the file and its first wrong row; where only a hash or a sum tells, the file as
a whole (line 0). Files are read in passes, never held.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from lending.accruals import NON_ACCRUAL_ABOVE
from lending.day_files.balances import class_of
from lending.day_files.layout import BALANCES, CONTROL, FILES, OPENING_INSTALMENTS, OPENING_LOANS, Layout
from lending.day_files.text import Record, WrongFile, read

Files = Mapping[str, bytes]
Pair = tuple[int, int]  # fen: the borrower's, the partner's
LAYOUTS = {layout.name: layout for layout in FILES}
NOTHING = (0, 0)
COMPONENTS = ("principal", "interest", "penalty")
PAID = (*COMPONENTS, "recovered", "overpaid")
# A component's balances, and which file tells of what comes to it.
MADE_OF = {
    "principal": ("normal_principal", "overdue_principal"),
    "interest": ("normal_interest", "overdue_interest"),
    "penalty": ("penalty_on_principal", "penalty_on_interest"),
}
COMES_FROM = {"principal": "loans", "interest": "accruals", "penalty": "accruals"}
STANDING = ("status", "class", "accrual_status")
ENDED = {"cleared", "cancelled", "written_off"}
COMES_IN, GOES_OUT = {"collection", "payout_returned"}, {"payout", "collection_returned"}


def check(files: Files) -> None:
    """Check a set by itself: `files` by name, the control file included. Raises WrongFile."""
    partner = _check_control(files)
    reading = Reading(files, partner)
    _check_openings(reading)
    _check_repayments(reading)
    _check_plans(reading)
    _check_money(reading)
    _check_summary(reading)


def check_closing(files: Files, closing: Files) -> None:
    """Check that a set's opening and events make what stands at the end of its day: `closing` has the two files that
    open the next set, under the names of this one's. Raises WrongFile, in the set or in what it leads to."""
    reading, after = Reading(files, ""), Reading(closing, "")
    _check_openings(after)
    _check_balances(reading, after)
    _check_accrued(reading, after)
    _check_statuses(reading, after)


class Reading:
    """The records of a set's files, read anew each time."""

    def __init__(self, files: Files, partner: str) -> None:
        self._files, self._partner = files, partner

    def records(self, name: str) -> Iterator[Record]:
        """Those of one file."""
        return read(LAYOUTS[name], _content(self._files, name), partner=self._partner)

    def sums(self, name: str, column: str, *keys: str) -> dict[tuple[str, ...], Pair]:
        """The sums of a column by some facts: the whole, and the partner's part."""
        found: dict[tuple[str, ...], Pair] = defaultdict(lambda: NOTHING)
        for record in self.records(name):
            key = tuple(record.facts[fact] for fact in keys)
            found[key] = _plus(found[key], record.whole[column], record.part[column])
        return found

    def part(self, name: str, *columns: str) -> int:
        """The partner's part of some columns over a whole file."""
        return sum(record.part[column] for record in self.records(name) for column in columns)


# Counts, sums, hashes.


def _check_control(files: Files) -> str:
    """The partner's code, once every file is as the control file says."""
    told = list(read(CONTROL, _content(files, CONTROL.name)))
    partner = told[0].facts["partner"] if told else ""
    date = told[0].facts["business_date"] if told else ""
    lines = iter(told)
    for layout in FILES:
        rows, sums = _summed(layout, files, partner)
        digest = hashlib.sha256(files[layout.name]).hexdigest()
        facts = {"business_date": date, "partner": partner, "file": layout.name, "rows": str(rows), "sha256": digest}
        for column in [column.name for column in layout.amounts] or [""]:
            line = next(lines, None)
            if line is None:
                raise WrongFile(CONTROL.name, 0, f"does not tell of {layout.name}.csv")
            _agree(line, {**facts, "column": column}, sums.get(column, 0))
    if (extra := next(lines, None)) is not None:
        raise WrongFile(CONTROL.name, extra.line, "tells of a file that does not belong to a set")
    return partner


def _summed(layout: Layout, files: Files, partner: str) -> tuple[int, dict[str, int]]:
    """Rows, and the sum of each amount over all rows: with parties twice the whole."""
    times = 2 if layout.has_parties else 1
    rows, sums = 0, {column.name: 0 for column in layout.amounts}
    for record in read(layout, _content(files, layout.name), partner=partner):
        rows += 3 if layout.has_parties else 1
        for column, amount in record.whole.items():
            sums[column] += times * amount
    return rows, sums


def _agree(line: Record, facts: dict[str, str], total: int) -> None:
    """That a line of the control file says what is so. Raises WrongFile: of the file told of, where that is known."""
    for name in ("business_date", "partner", "file", "column"):
        if line.facts[name] != facts[name]:
            raise WrongFile(CONTROL.name, line.line, f"{name} is {line.facts[name]!r} instead of {facts[name]!r}")
    if line.facts["rows"] != facts["rows"]:
        raise WrongFile(facts["file"], 0, f"has {facts['rows']} rows, the control file says {line.facts['rows']}")
    if line.whole["sum"] != total:
        raise WrongFile(facts["file"], 0, f"{facts['column']} adds up to {total}, not to {line.whole['sum']}")
    if line.facts["sha256"] != facts["sha256"]:
        raise WrongFile(facts["file"], 0, "is not the file whose hash the control file has")


# Within the set.


def _check_openings(reading: Reading) -> None:
    """Statuses as their days say; each balance of a loan is the sum of its instalments'."""
    laid: dict[str, list[Pair]] = defaultdict(lambda: [NOTHING] * len(BALANCES))
    for record in reading.records(OPENING_INSTALMENTS.name):
        _require(record.facts["status"] == _status(record), OPENING_INSTALMENTS, record, "status and days disagree")
        sums = laid[record.facts["loan"]]
        laid[record.facts["loan"]] = [
            _plus(pair, record.whole[column.name], record.part[column.name])
            for pair, column in zip(sums, BALANCES, strict=True)
        ]
    for record in reading.records(OPENING_LOANS.name):
        days = int(record.facts["days_overdue"])
        accrual = "accruing" if days <= NON_ACCRUAL_ABOVE else "non_accrual"
        standing = (_status(record), class_of(days), accrual)
        _require(_standing(record) == standing, OPENING_LOANS, record, "status and days disagree")
        for column, pair in zip(BALANCES, laid.pop(record.facts["loan"], [NOTHING] * len(BALANCES)), strict=True):
            fits = _pair(record, column.name) == pair
            _require(fits, OPENING_LOANS, record, f"{column.name} is not the sum of its instalments, {pair[0]}")
    for record in reading.records(OPENING_INSTALMENTS.name) if laid else ():
        _require(record.facts["loan"] not in laid, OPENING_INSTALMENTS, record, "its loan has no opening balance")


def _check_repayments(reading: Reading) -> None:
    """The paid parts make the amount; the instalments make the paid parts."""
    laid = {each: reading.sums("repaid_instalments", each, "loan", "event") for each in COMPONENTS}
    for record in reading.records("repayments"):
        for side in (record.whole, record.part):
            paid = sum(side[column] for column in PAID)
            _require(side["amount"] == paid, LAYOUTS["repayments"], record, f"its paid parts make {paid}")
        for component in COMPONENTS:
            pair = laid[component].pop(_event(record), NOTHING)
            fits = _pair(record, component) == pair
            _require(fits, LAYOUTS["repayments"], record, f"{component} is not that of its instalments, {pair[0]}")
    for record in reading.records("repaid_instalments"):
        left = any(_event(record) in sums for sums in laid.values())
        _require(not left, LAYOUTS["repaid_instalments"], record, "no repayment is told of with it")


def _check_plans(reading: Reading) -> None:
    """A plan divides all principal that was paid out, and its periods follow each other."""
    planned = reading.sums("plans", "principal", "loan")
    for record in reading.records("loans"):
        pair = planned.get((record.facts["loan"],))
        if record.facts["movement"] == "paid_out" and pair:
            _require(_pair(record, "principal") == pair, LAYOUTS["loans"], record, f"its plan divides {pair[0]}")
    for before, record in pairwise(reading.records("plans")):
        follows = before.facts["due_date"] == record.facts["start"] or before.facts["loan"] != record.facts["loan"]
        _require(follows, LAYOUTS["plans"], record, "does not begin where the instalment before it ends")


def _check_money(reading: Reading) -> None:
    """Every payout and collection told of moved just so much money under its serial number, and nothing else moved."""
    told: dict[tuple[str, ...], Pair] = {}
    for record in reading.records("loans"):
        told[(*_event(record), record.facts["order"])] = (-record.whole["principal"], -record.part["principal"])
    for record in reading.records("repayments"):
        if record.facts["kind"] not in {"reallocated", "offline"}:
            settled = record.part["amount"] + record.part["servicing_fee"]
            told[(*_event(record), record.facts["order"])] = (record.whole["amount"], settled)
    for record in reading.records("money"):
        pair = told.pop((*_event(record), record.facts["order"]), None)
        _require(pair is not None, LAYOUTS["money"], record, "no payout or repayment is told of with it")
        _require(_pair(record, "amount") == pair, LAYOUTS["money"], record, "is not what its payout or repayment says")
        allowed = COMES_IN if record.whole["amount"] > 0 else GOES_OUT
        _require(record.facts["movement"] in allowed, LAYOUTS["money"], record, "went the other way")
    for name in ("loans", "repayments") if told else ():
        for record in reading.records(name):
            left = (*_event(record), record.facts["order"]) in told
            _require(not left, LAYOUTS[name], record, "the money file has nothing of it")


def _check_summary(reading: Reading) -> None:
    """What the details say moved the partner's accounts is what the ledger booked on them (debits less credits)."""
    lent = reading.part("loans", "principal")
    paid = {each: reading.part("repayments", each) for each in COMPONENTS}
    gone = {each: paid[each] + reading.part("waivers", each) for each in COMPONENTS}
    billed, penalty = reading.part("accruals", "billed"), reading.part("accruals", "penalty")
    settled, lost = reading.part("repayments", "amount", "servicing_fee"), reading.part("waivers", "lost")
    details = {
        "loan_principal": lent - gone["principal"],
        "interest_receivable": billed - gone["interest"],
        "penalty_receivable": penalty - gone["penalty"],
        "fund_pool": paid["principal"] - lent,
        "interest_income": paid["interest"] - billed,
        "penalty_income": paid["penalty"] - penalty,
        "partner_settlement": lent - settled,
        "credit_loss": lost,
        "waivers": reading.part("waivers", *COMPONENTS) - lost,
    }
    booked: dict[str, int] = defaultdict(int)
    lines: dict[str, int] = {}
    for record in reading.records("summary"):
        account = record.facts["account"]
        booked[account] += record.whole["debit"] - record.whole["credit"]
        lines.setdefault(account, record.line)
    for account in sorted(details.keys() | booked.keys()):
        if booked[account] != details.get(account, 0):
            why = f"{account} moved by {booked[account]}, the details say {details.get(account, 0)}"
            raise WrongFile("summary", lines.get(account, 0), why)


# From the opening to the closing.


def _check_balances(reading: Reading, after: Reading) -> None:
    """Opening, what came and what went make the closing, of each loan and component."""
    for component, columns in MADE_OF.items():
        expected: dict[str, Pair] = defaultdict(lambda: NOTHING)
        opening = ((OPENING_LOANS.name, column, 1) for column in columns)
        moved = ((COMES_FROM[component], component, 1), ("repayments", component, -1), ("waivers", component, -1))
        for name, column, sign in (*opening, *moved):
            for (loan,), (whole, part) in reading.sums(name, column, "loan").items():
                expected[loan] = _plus(expected[loan], sign * whole, sign * part)
        for record in after.records(OPENING_LOANS.name):
            pair = expected.pop(record.facts["loan"], NOTHING)
            stands = tuple(sum(side[column] for column in columns) for side in (record.whole, record.part))
            _require(stands == pair, OPENING_LOANS, record, f"{component} is {stands}, opening and events make {pair}")
        for loan, pair in sorted(expected.items()):
            if pair != NOTHING:
                raise WrongFile(OPENING_LOANS.name, 0, f"{loan} is missing: {component} should be {pair}")


def _check_accrued(reading: Reading, after: Reading) -> None:
    """What is accrued and not billed grew by what was earned less what was billed."""
    expected = reading.sums(OPENING_LOANS.name, "accrued", "loan")
    for column, sign in (("interest", 1), ("billed", -1)):
        for key, (whole, part) in reading.sums("accruals", column, "loan").items():
            expected[key] = _plus(expected[key], sign * whole, sign * part)
    for record in after.records(OPENING_LOANS.name):
        pair = expected.pop((record.facts["loan"],), NOTHING)
        _require(_pair(record, "accrued") == pair, OPENING_LOANS, record, f"accrued should be {pair}")
    for (loan,), pair in expected.items():
        if pair != NOTHING:
            raise WrongFile("accruals", 0, f"{loan} has {pair[0]} accrued and does not stand any more")


def _check_statuses(reading: Reading, after: Reading) -> None:
    """Each loan whose status changed has its row, and no other."""
    before = {record.facts["loan"]: _standing(record) for record in reading.records(OPENING_LOANS.name)}
    now = {record.facts["loan"]: _standing(record) for record in after.records(OPENING_LOANS.name)}
    changed = {loan for loan in before.keys() | now.keys() if before.get(loan) != now.get(loan)}
    none = ("", "", "")
    for record in reading.records("status_changes"):
        loan = record.facts["loan"]
        was, became = (tuple(record.facts[f"{when}_{name}"] for name in STANDING) for when in ("from", "to"))
        fits = was == before.get(loan, none) and became[1:] == now.get(loan, none)[1:]
        fits = fits and (became[0] == now[loan][0] if loan in now else became[0] in ENDED)
        _require(fits and loan in changed, LAYOUTS["status_changes"], record, "is not how the loan stood and stands")
        changed.remove(loan)
    if changed:
        raise WrongFile("status_changes", 0, f"the change of {min(changed)} is missing")


def _content(files: Files, name: str) -> bytes:
    if name not in files:
        raise WrongFile(name, 0, "is missing")
    return files[name]


def _require(fits: bool, layout: Layout, record: Record, why: str) -> None:
    if not fits:
        raise WrongFile(layout.name, record.line, why)


def _event(record: Record) -> tuple[str, ...]:
    return record.facts["loan"], record.facts["event"]


def _pair(record: Record, column: str) -> Pair:
    return record.whole[column], record.part[column]


def _plus(pair: Pair, whole: int, part: int) -> Pair:
    return pair[0] + whole, pair[1] + part


def _standing(record: Record) -> tuple[str, ...]:
    return tuple(record.facts[name] for name in STANDING)


def _status(record: Record) -> str:
    return "overdue" if int(record.facts["days_overdue"]) else "active"
