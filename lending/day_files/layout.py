"""Which day files there are and which columns each has. One description: the writer, the checker and docs/day_files.md
follow it. No Django.

Where amounts have parties, a record is three rows: the borrower's (the whole), the partner's own part, and that of all
other funders together: a partner sees its share and what it must, not how others divide theirs.
"""

from dataclasses import dataclass
from enum import StrEnum

BORROWER, OTHERS = "borrower", "others"


class Kind(StrEnum):
    """How a column's values are written."""

    TEXT = "text"
    DATE = "date"
    COUNT = "number"
    RATE = "rate"  # a fraction, six places
    FEN = "fen"  # an amount, a whole number


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    kind: Kind
    meaning: str


@dataclass(frozen=True)
class Layout:
    """One file: what is known of each record, and its amounts in fen."""

    name: str
    meaning: str
    facts: tuple[Column, ...]
    amounts: tuple[Column, ...] = ()
    has_parties: bool = True

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns in their order."""
        return (*self.facts, *((PARTY,) if self.has_parties else ()), *self.amounts)

    @property
    def header(self) -> list[str]:
        """The first row."""
        return [column.name for column in self.columns]


PARTY = Column(
    "party", Kind.TEXT, "borrower: the whole; the partner's code: its part; others: the other funders' parts"
)


def _text(name: str, meaning: str) -> Column:
    return Column(name, Kind.TEXT, meaning)


def _date(name: str, meaning: str) -> Column:
    return Column(name, Kind.DATE, meaning)


def _count(name: str, meaning: str) -> Column:
    return Column(name, Kind.COUNT, meaning)


def _rate(name: str, meaning: str) -> Column:
    return Column(name, Kind.RATE, meaning)


def _fen(name: str, meaning: str) -> Column:
    return Column(name, Kind.FEN, meaning)


LOAN = _text("loan", "serial number of the loan")
EVENT = _count("event", "number of the event in the loan's own list")
INSTALMENT = _count("instalment", "number of the instalment")
DUE_DATE = _date("due_date", "due date")
BOOKED_ON = _date("booked_on", "business date of the booking; an earlier one than the set's where it was booked late")
VALUE_DATE = _date("value_date", "date from which it counts")
ORDER = _text("order", "serial number of the payment order; of the change, where no money moved")
KIND = _text("kind", "active, scheduled, offline, returned; reallocated: no money, but paid parts changed")
TIMING = _text("timing", "on_time, early or overdue, by the due date and the date from which it counts")
STANDING = (
    _text("status", "active or overdue"),
    _text("class", "pass, special_mention, substandard, doubtful, loss"),
    _text("accrual_status", "accruing, or non_accrual above 90 days past due"),
    _count("days_overdue", "days since the oldest unpaid due date"),
)
PRINCIPAL, INTEREST = _fen("principal", "principal"), _fen("interest", "interest")
PENALTY = _fen("penalty", "penalty interest")
BALANCES = (
    _fen("normal_principal", "principal that is not overdue"),
    _fen("overdue_principal", "principal of instalments past their due date"),
    _fen("normal_interest", "interest that is not overdue: accrued, or due on this very day"),
    _fen("overdue_interest", "interest of instalments past their due date"),
    _fen("penalty_on_principal", "penalty interest on overdue principal"),
    _fen("penalty_on_interest", "penalty interest on overdue interest: none by our contracts"),
)

SUMMARY = Layout(
    "summary",
    "Summary booking: what the day's events moved on the partner's accounts in the ledger.",
    (
        _text("event_kind", "kind of the events"),
        _text("account", "kind of account"),
        _count("entries", "number of entries"),
    ),
    (_fen("debit", "sum of the debits"), _fen("credit", "sum of the credits")),
    has_parties=False,
)
DRAWS = Layout(
    "draws",
    "Draws in flight: loans whose payout was ordered by the end of the day and not known to have arrived or failed.",
    (LOAN, ORDER, _date("ordered_on", "business date of the payout order")),
    (_fen("amount", "principal being paid out"),),
)
LOANS = Layout(
    "loans",
    "Loans paid out, and payouts that came back (negative).",
    (
        LOAN,
        EVENT,
        BOOKED_ON,
        ORDER,
        _text("movement", "paid_out or returned"),
        _text("product", "product code"),
        _text("method", "repayment method"),
        _count("term_months", "months"),
        VALUE_DATE,
        _rate("annual_rate", "the customer's contract rate"),
        _rate("share", "the partner's share of principal"),
        _rate("income_share", "the partner's share of interest and penalty"),
        _rate("servicing_fee", "fraction of the partner's paid income that stays with us"),
    ),
    (PRINCIPAL,),
)
PLANS = Layout(
    "plans",
    "Repayment plans as they stand at the end of the day, of loans that are new or on which more happened than dues.",
    (LOAN, INSTALMENT, _date("start", "first day of its interest"), DUE_DATE),
    (PRINCIPAL, INTEREST),
)
REPAYMENTS = Layout(
    "repayments",
    "Repayments by loan, and those that came back (negative).",
    (LOAN, EVENT, BOOKED_ON, VALUE_DATE, ORDER, KIND, TIMING),
    (
        _fen("amount", "all of it"),
        PRINCIPAL,
        INTEREST,
        PENALTY,
        _fen("recovered", "of a claim that was written off"),
        _fen("overpaid", "beyond what was owed: the customer's own, none of the funders'"),
        _fen("servicing_fee", "what the party pays (negative) or gets for servicing; not part of the amount"),
    ),
)
REPAID_INSTALMENTS = Layout(
    "repaid_instalments",
    "Repayments by instalment: how each was spread. Instalment 0: a claim as a whole, after a write-off.",
    (LOAN, EVENT, INSTALMENT, DUE_DATE, KIND, TIMING),
    (PRINCIPAL, INTEREST, PENALTY),
)
WAIVERS = Layout(
    "waivers",
    "Waivers and write-offs: owed no longer, though not paid.",
    (LOAN, EVENT, BOOKED_ON, VALUE_DATE, _text("event_kind", "what brought it: waiver, write_off, or a correction")),
    (PRINCIPAL, INTEREST, PENALTY, _fen("lost", "of it, written off as a loss")),
)
OPENING_LOANS = Layout(
    "opening_loans",
    "Opening balances of loans: as at the end of the day before.",
    (LOAN, *STANDING),
    (*BALANCES, _fen("accrued", "of the normal interest, what is not yet billed")),
)
OPENING_INSTALMENTS = Layout(
    "opening_instalments",
    "Opening balances of instalments that are not all paid: as at the end of the day before.",
    (LOAN, INSTALMENT, DUE_DATE, *STANDING),
    BALANCES,
)
ACCRUALS = Layout(
    "accruals",
    "Daily accruals: what was earned in the day (also negative: corrected), and what of the interest fell due.",
    (LOAN, STANDING[2]),
    (INTEREST, _fen("billed", "interest that fell due in the day"), PENALTY),
)
STATUS_CHANGES = Layout(
    "status_changes",
    "Status changes between the opening balances and those of the next day. Empty: not a standing loan.",
    (
        LOAN,
        *(_text(f"from_{column.name}", f"{column.name} before") for column in STANDING[:3]),
        *(_text(f"to_{column.name}", f"{column.name} after") for column in STANDING[:3]),
    ),
    has_parties=False,
)
MONEY = Layout(
    "money",
    "Money file: payouts and collections by serial number. The partner's part is what the ledger moved on its "
    "settlement account, after its servicing fee.",
    (
        ORDER,
        _text("channel", "institution"),
        _text("channel_serial", "the institution's serial number"),
        LOAN,
        EVENT,
        _text("movement", "payout, payout_returned, collection, collection_returned"),
    ),
    (_fen("amount", "in (positive) or out (negative) as customers' money goes"),),
)
FILES = (
    *(SUMMARY, DRAWS, LOANS, PLANS, REPAYMENTS, REPAID_INSTALMENTS, WAIVERS, OPENING_LOANS, OPENING_INSTALMENTS),
    *(ACCRUALS, STATUS_CHANGES, MONEY),
)
CONTROL = Layout(
    "control",
    "Control file: of every other file its rows, its SHA-256 and the sum of each amount over all rows.",
    (
        _date("business_date", "business date of the set"),
        _text("partner", "code of the partner"),
        _text("file", "name of the file"),
        _count("rows", "rows after the header"),
        _text("sha256", "SHA-256 of the file, hexadecimal"),
        _text("column", "an amount of the file; empty where it has none"),
    ),
    (_fen("sum", "its sum"),),
    has_parties=False,
)
# What stands at a day's end is kept under these names, and opens the next day's set.
CLOSINGS = {OPENING_LOANS.name: "closing_loans", OPENING_INSTALMENTS.name: "closing_instalments"}


def as_markdown() -> str:
    """The files and their columns, as docs/day_files.md shows them."""
    return "\n".join(_section(layout) for layout in (*FILES, CONTROL))


def _section(layout: Layout) -> str:
    rows = [f"| `{column.name}` | {column.kind} | {column.meaning} |" for column in layout.columns]
    head = [f"### `{layout.name}.csv`", "", layout.meaning, "", "| column | kind | meaning |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])
