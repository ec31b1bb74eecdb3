"""What a decision is made of: plain frozen values, so that it can be stored whole and made again.

Amounts are yuan, a month's amounts yuan a month, rates fractions. An `…_index` is a keyed hash
(core.crypto.blind_index), empty where unknown. Sex, age (beyond the legal limit), marital status and place of birth are
no part of the score.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Employment(StrEnum):
    """How the applicant earns a living."""

    FIXED = "fixed"
    FREELANCE = "freelance"
    PART_TIME = "part_time"
    STUDENT = "student"
    OTHER = "other"


class Housing(StrEnum):
    """How the applicant lives."""

    OWNER = "owner"
    RENT = "rent"
    PARENTS = "parents"
    OTHER = "other"


class Purpose(StrEnum):
    """What the money is declared to be for. The policy names those that we lend for."""

    EVERYDAY = "everyday"
    APPLIANCES = "appliances"
    RENOVATION = "renovation"
    EDUCATION = "education"
    MEDICAL = "medical"
    TRAVEL = "travel"
    OTHER = "other"
    HOUSE_PURCHASE = "house_purchase"
    INVESTMENT = "investment"


class Outcome(StrEnum):
    """How a decision ends. The machine says any of the three, a person approved or declined."""

    APPROVED = "approved"
    DECLINED = "declined"
    REVIEW = "review"


class TraceKind(StrEnum):
    """By what an applicant can be compared with others without being read. Also the blind indexes' purposes.

    A contact is hashed as a mobile, so that it is found equal to somebody's own; a picture by what it resembles.
    """

    ID_NUMBER = "id_number"
    MOBILE = "mobile"
    CARD = "card"
    DEVICE = "device"
    IP = "ip"
    ADDRESS = "address"
    EMPLOYER = "employer"
    CONTACT = "contact"
    PICTURE = "picture"

    @property
    def purpose(self) -> str:
        """The purpose under which its blind index is made."""
        return "mobile" if self is TraceKind.CONTACT else str(self)


@dataclass(frozen=True)
class Declared:
    """What the applicant says of work, home and budget."""

    employment: str
    employment_years: int  # in this work
    housing: str
    monthly_income: Decimal
    monthly_expenses: Decimal
    monthly_debt: Decimal  # repayments on debts elsewhere


@dataclass(frozen=True)
class Whereabouts:
    """Where the applicant lives and works, and whom we might ask for: in clear, "" where not told.

    Compared with other applications by keyed hashes; no part of the score.
    """

    home_address: str = ""
    employer: str = ""
    contact_mobile: str = ""


@dataclass(frozen=True)
class Applicant:
    """The person, as declared and as verified."""

    customer_serial: str
    age: int
    employment: str
    employment_years: int
    housing: str
    monthly_income: Decimal
    monthly_expenses: Decimal
    monthly_debt: Decimal  # repayments on debts elsewhere
    exposure: Decimal  # principal owed to us or held for draws
    id_card_check: str  # how the picture compares: accounts.Document.Status, or "missing"
    income_proof: bool  # whether one was handed in
    device_age_hours: int | None  # since the device was first seen by us; None when unknown
    traces: tuple[tuple[str, str], ...]  # (TraceKind, blind index)
    device_signs: tuple[str, ...] = ()  # what is odd about the last sign-in and its device (accounts.device_signs)
    income_proof_check: str = ""  # how its reading stands: accounts.Document.Status; "" where there is none
    proven_income: Decimal | None = None  # yuan a month as read in it; None where it was not read


@dataclass(frozen=True)
class CreditRequest:
    """What is asked for, and the range inside which the product may answer."""

    subject: str  # who is to be told: the key in core.registry.decision_finalised
    reference: str  # the asker's own serial number
    amount: Decimal
    term_months: int
    purpose: str
    minimum_rate: Decimal  # annual
    maximum_rate: Decimal  # annual
    maximum_amount: Decimal
    method: str = "equal_instalment"  # how it is repaid; requests stored before there was a choice name none


@dataclass(frozen=True)
class WatchlistMatch:
    """A trace of the applicant's that is on the watchlist."""

    kind: str
    action: str  # "block" or "watch"


@dataclass(frozen=True)
class Ring:
    """The applicant with all who are linked, directly or through others, by what they share."""

    members: tuple[str, ...]  # customers' serial numbers, the applicant's among them
    links: int  # pairs of members that share something
    homes: int  # how many homes they live in; whoever told none has one of their own
    across: int  # pairs of these homes that are linked
    kinds: tuple[str, ...]  # by what kinds of traces homes are linked

    @property
    def size(self) -> int:
        """How many customers."""
        return len(self.members)

    @property
    def density(self) -> Decimal:
        """The share of possible pairs that are linked, between 0 and 1; 0 for one alone."""
        pairs = self.size * (self.size - 1) // 2
        return (Decimal(self.links) / max(pairs, 1)).quantize(Decimal("0.0001"))


@dataclass(frozen=True)
class Elsewhere:
    """What other lenders said when they were asked, under the query's serial number; None where nobody answered.

    Without a serial number nobody was asked, because the exchange had just been silent.
    """

    query: str
    lenders: int | None = None  # that answered
    owed: int | None = None  # of them
    applications: int | None = None  # with them in the last 30 days


@dataclass(frozen=True)
class Inputs:
    """All that a decision depends on, besides the scorecard and the policy."""

    applicant: Applicant
    request: CreditRequest
    asked_on: dt.date
    watchlist: tuple[WatchlistMatch, ...]
    velocity: dict[str, int]  # the policy's velocity rule → how many others
    ring: Ring | None = None  # None in decisions from before rings were looked for
    elsewhere: Elsewhere | None = None  # None where the applicant did not agree that others are asked


class Severity(StrEnum):
    """What a hit does to the outcome."""

    NOTE = "note"
    REVIEW = "review"
    DECLINE = "decline"


@dataclass(frozen=True)
class Hit:
    """A rule or a fraud layer that speaks up: its reason code, what it does, and the figures it saw."""

    code: str
    severity: Severity
    seen: str = ""
