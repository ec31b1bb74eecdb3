"""Customers of the tests: they use the API as a partner's program does, and can be left at any step."""

import datetime as dt
import time
from dataclasses import dataclass, replace
from typing import Any

from config.journey import pictures
from config.journey.partner import Partner
from config.journey.people import Person, invent
from config.journey.story import GOOD
from config.journey.world import World
from tests.journeys.stage import Stage
from tests.support.processes import wait_until


@dataclass
class Borrower:
    """A person at the API, the world outside, and what has been reached so far."""

    person: Person
    api: Partner
    world: World
    code: str = ""
    application: str = ""
    loan: str = ""

    def sign_in(self) -> None:
        """Ask for a code, read it, sign in."""
        self.api.post("/sign-in/codes/", {"mobile": self.person.mobile})
        self.code = self.world.code_sent_to(self.person.mobile)
        self.api.sign_in(self.person.mobile, self.code)

    def consent(self) -> None:
        """Agree to every text but that of automatic deduction, which would pay before the customer does."""
        texts = [text["id"] for text in self.api.get("/consent-texts/") if text["purpose"] != "deduction"]
        self.api.post("/consents/", {"texts": texts})

    @property
    def elements(self) -> dict[str, str]:
        """The four elements of the real-name check."""
        return {
            "name": self.person.name,
            "id_number": self.person.id_number,
            "card_number": self.person.card_number,
            "reserved_mobile": self.person.mobile,
        }

    def verify(self) -> None:
        """Have the real name verified."""
        self.api.post("/identity/verify/", self.elements)

    def give_documents(self) -> None:
        """Upload ID card and income proof, and wait until the card was read."""
        card = self.api.upload("/documents/", "id_card", pictures.id_card(self.person))
        self.api.upload("/documents/", "income_proof", pictures.income_proof(12000))
        path = f"/documents/{card['serial']}/"
        wait_until(lambda: self.api.get(path)["status"] == "agrees", "the ID card read")

    def apply(self, **changes: Any) -> dict[str, Any]:
        """Submit an application and wait until it is decided, or with an officer."""
        self.application = self.api.post("/applications/", self.facts(**changes))["serial"]
        path = f"/applications/{self.application}/"
        wait_until(lambda: self.api.get(path)["status"] != "submitted", "the decision")
        application: dict[str, Any] = self.api.get(path)
        return application

    def read_offer(self) -> dict[str, Any]:
        """Open the offer and read it for as long as one must."""
        offer: dict[str, Any] = self.api.post(f"/applications/{self.application}/offer/opened/")
        time.sleep(offer["seconds_to_read"])
        return offer

    def confirm(self) -> None:
        """Take the offer."""
        self.loan = self.api.post(f"/applications/{self.application}/confirmation/")["serial"]

    def facts(self, **changes: Any) -> dict[str, Any]:
        """An application that is approved, unless `changes` say otherwise."""
        return {**GOOD, **changes}


def newcomer(stage: Stage, **changes: str) -> Borrower:
    """Somebody signed in for the first time. `changes` alter the invented person, such as the name."""
    person = replace(invent(dt.date.today()), **changes)
    borrower = Borrower(person, Partner(stage.platform.url, person), stage.world)
    borrower.sign_in()
    return borrower


def consenting(stage: Stage, **changes: str) -> Borrower:
    """Somebody who has agreed to every text."""
    borrower = newcomer(stage, **changes)
    borrower.consent()
    return borrower


def verified(stage: Stage, **changes: str) -> Borrower:
    """Somebody whom the identity authority knows."""
    borrower = consenting(stage, **changes)
    borrower.verify()
    return borrower


def with_papers(stage: Stage, **changes: str) -> Borrower:
    """Somebody who may apply."""
    borrower = verified(stage, **changes)
    borrower.give_documents()
    return borrower


def offered(borrower: Borrower, **changes: Any) -> Borrower:
    """The same, having read an offer that may be confirmed. `changes` alter the application."""
    assert borrower.apply(**changes)["status"] == "approved"
    borrower.read_offer()
    return borrower
