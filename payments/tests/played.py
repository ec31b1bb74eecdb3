"""Institutions that a test plays itself: they keep books, and the way to them loses, delays and kills as it says."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from payments.channels import ASKED, Finding, State
from payments.channels.payment import PaymentInstitution
from payments.models import PaymentOrder

FEE = Decimal("1.00")
OWN_REFUSAL = "CHANNEL_REFUSED"


class Killed(BaseException):
    """Whoever was calling is dead: nothing of it goes on."""


class Fate(StrEnum):
    """What becomes of one call."""

    ANSWERED = "answered"
    REFUSED = "refused"  # by the institution, for reasons of its own
    DECLINED = "declined"  # by the payee's bank
    NEVER_SENT = "never sent"
    LOST = "lost"
    LATE = "late"  # it arrives some time later; the caller has gone
    ANSWER_LOST = "answer lost"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


@dataclass
class Stand:
    """One order in an institution's books: its status in its own words."""

    status: str
    amount: Decimal
    code: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it moves money, has moved it, or may."""
        return self.status in ("PROCESSING", "SUCCESS")


@dataclass
class Town:
    """Every institution's books, what is still on its way to them, and the fate of the next call. A `prompt` town pays
    at once what comes in.
    """

    books: dict[tuple[str, str], Stand] = field(default_factory=dict)
    on_the_way: list[tuple[str, str, Decimal]] = field(default_factory=list)
    fate: Fate = Fate.ANSWERED
    prompt: bool = False

    def arrive(self, channel: str, number: str, amount: Decimal, status: str = "PROCESSING", code: str = "") -> None:
        """An instruction comes in: taken on once, however often it comes."""
        taken = "SUCCESS" if self.prompt and status == "PROCESSING" else status
        self.books.setdefault((channel, number), Stand(taken, amount, code))

    def live(self, numbers: set[tuple[str, str]]) -> int:
        """How many of these numbers move money."""
        return sum(self.books[number].is_live for number in numbers & self.books.keys())


_REFUSALS = {Fate.REFUSED: ("FAILED", OWN_REFUSAL), Fate.DECLINED: ("FAILED", "PAYEE_REJECTED")}


@dataclass(frozen=True)
class PlayedInstitution(PaymentInstitution):
    """One of the town's: the wire is a call."""

    town: Town = field(default_factory=Town)

    def instruct(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Let the fate befall the instruction."""
        match self.town.fate:
            case Fate.KILLED_BEFORE:
                raise Killed
            case Fate.NEVER_SENT:
                return Finding(State.NEVER_SENT, "answer")
            case Fate.LOST:
                return Finding(State.UNKNOWN, "answer")
            case Fate.LATE:
                self.town.on_the_way.append((self.code, out_trade_no, order.amount))
                return Finding(State.UNKNOWN, "answer")
        self.town.arrive(self.code, out_trade_no, order.amount, *_REFUSALS.get(self.town.fate, ()))
        if self.town.fate is Fate.KILLED_AFTER:
            raise Killed
        return self._told(out_trade_no, "answer")

    def ask(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """What the books say, unless the question or its answer is lost."""
        if self.town.fate in (Fate.KILLED_BEFORE, Fate.KILLED_AFTER):
            raise Killed
        return self._told(out_trade_no, ASKED)

    def _told(self, number: str, source: str) -> Finding:
        if self.town.fate not in (Fate.ANSWERED, Fate.REFUSED, Fate.DECLINED):
            return Finding(State.UNKNOWN, source)
        stand = self.town.books.get((self.code, number))
        if stand is None:
            return Finding(State.NOT_FOUND, source)
        said: dict[str, Any] = {"amount": stand.amount, "fee": FEE, "code": stand.code}
        return Finding(self.state_of(stand.status), source, channel_trade_no=f"PY{number}", **said)
