"""The story that the demo journey plays: one customer all the way, and one who has to wait for a person."""

import datetime as dt
import time
from typing import Any

from config.journey import pictures
from config.journey.partner import Partner
from config.journey.people import Person, invent
from config.journey.timeline import Timeline
from config.journey.world import World, wait_for
from core import clock

# What docs/models.md promises of these declarations: the first is approved, the second is for a person.
GOOD = {
    "amount": "10000.00",
    "term_months": 12,
    "purpose": "appliances",
    "employment": "fixed",
    "employment_years": 6,
    "housing": "rent",
    "monthly_income": "12000.00",
    "monthly_expenses": "3000.00",
}
DOUBTFUL = {
    "amount": "20000.00",
    "term_months": 24,
    "purpose": "renovation",
    "employment": "freelance",
    "employment_years": 1,
    "housing": "rent",
    "monthly_income": "6000.00",
    "monthly_expenses": "3500.00",
}


class Story:
    """Plays the steps over HTTP and tells each on the timeline."""

    def __init__(self, *, platform_url: str, world: World, timeline: Timeline) -> None:
        self.platform_url = platform_url
        self.world = world
        self.tell = timeline.event
        self.chapter = timeline.chapter
        world.follow_clock(clock.now())

    def customer_borrows(self) -> dict[str, Any]:
        """From registration to money received. Returns the loan."""
        self.chapter("A customer borrows 10,000 yuan over 12 months")
        self.person = invent(clock.today())
        self.customer = self._join(self.person)
        application = self._apply(self.customer, GOOD, expected="approved")
        self.tell("decided: approved", application["decision_serial"], self._figures(application))
        self._read_costs(application["serial"])
        return self._confirm(application["serial"])

    def customer_repays(self, loan: dict[str, Any]) -> dict[str, Any]:
        """On the first due date the customer pays the first instalment. Returns the repayment."""
        path = f"/loans/{loan['serial']}/"
        first = self.customer.get(path)["schedule"][0]
        self.move_clock(dt.date.fromisoformat(first["due_date"]))
        asked = self.customer.post(f"{path}repayments/", {"amount": first["total"]})
        repayment = self._final(f"{path}repayments/{asked['serial']}/", waiting="processing", good="succeeded")
        self.tell("first instalment repaid", repayment["order"], f"¥{first['total']}")
        return repayment

    def doubtful_applicant_waits(self) -> str:
        """Somebody about whom the machine will not decide. Returns the application's serial number."""
        self.chapter("A doubtful applicant asks for 20,000 yuan over 24 months")
        applicant = self._join(invent(clock.today()))
        application = self._apply(applicant, DOUBTFUL, expected="in_review")
        self.tell("waits for a risk officer", application["decision_serial"], "in the admin's review queue")
        return str(application["serial"])

    def move_clock(self, date: dt.date) -> None:
        """Business time goes on to ten past ten on `date`, here and in the world outside."""
        moment = clock.start_of_day(date) + dt.timedelta(hours=10, minutes=10)
        clock.move_to(moment, by="demo journey")
        self.world.follow_clock(moment)
        self.tell("the business clock moves on", detail=f"to {date}, 10:10")

    def _join(self, person: Person) -> Partner:
        """Register, agree, be identified, hand in the papers."""
        partner = Partner(self.platform_url, person)
        partner.post("/sign-in/codes/", {"mobile": person.mobile})
        signed_in = partner.sign_in(person.mobile, self.world.code_sent_to(person.mobile))
        self.tell("registered by mobile and SMS code", signed_in["customer"])
        # This customer pays by hand: nothing is to be deducted.
        texts = [text["id"] for text in partner.get("/consent-texts/") if text["purpose"] != "deduction"]
        partner.post("/consents/", {"texts": texts})
        self.tell("consents given", detail=f"{len(texts)}, one a purpose")
        self._be_identified(partner, person)
        return partner

    def _be_identified(self, partner: Partner, person: Person) -> None:
        elements = {"name": person.name, "id_number": person.id_number, "card_number": person.card_number}
        check = partner.post("/identity/verify/", {**elements, "reserved_mobile": person.mobile})
        self.tell("real name verified", check["serial"], "name, ID number, card and mobile agree")
        card = partner.upload("/documents/", "id_card", pictures.id_card(person))
        proof = partner.upload("/documents/", "income_proof", pictures.income_proof(12000))
        self.tell("ID card uploaded, encrypted", card["serial"])
        self.tell("proof of income uploaded, encrypted", proof["serial"])
        read = self._final(f"/documents/{card['serial']}/", waiting="stored", good="agrees", partner=partner)
        self.tell("ID card read and compared", read["serial"], read["status"])

    def _apply(self, partner: Partner, facts: dict[str, Any], *, expected: str) -> dict[str, Any]:
        application = partner.post("/applications/", facts)
        self.tell("application submitted", application["serial"], f"¥{application['amount']}")
        path = f"/applications/{application['serial']}/"
        return self._final(path, waiting="submitted", good=expected, partner=partner)

    def _read_costs(self, serial: str) -> None:
        offer = self.customer.post(f"/applications/{serial}/offer/opened/")
        costs = f"interest ¥{offer['total_interest']} in all, APR {float(offer['apr']):.2%}, no other cost"
        self.tell("cost sheet and contract shown", serial, costs)
        time.sleep(offer["seconds_to_read"])

    def _confirm(self, serial: str) -> dict[str, Any]:
        loan = self.customer.post(f"/applications/{serial}/confirmation/")
        self.tell("confirmed", loan["serial"])
        loan = self._final(f"/loans/{loan['serial']}/", waiting="pending", good="active")
        seconds = dt.datetime.fromisoformat(loan["received_at"]) - dt.datetime.fromisoformat(loan["confirmed_at"])
        took = f"¥{loan['principal']}, {seconds.total_seconds():.1f} s after confirmation"
        self.tell("money received", loan["payout_order"], took)
        return loan

    def _final(self, path: str, *, waiting: str, good: str, partner: Partner | None = None) -> dict[str, Any]:
        """Look until the thing at `path` is no longer `waiting`. Raises RuntimeError unless it is `good` then."""
        reader = partner or self.customer

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = reader.get(path)
            return found if found["status"] != waiting else None

        found: dict[str, Any] = wait_for(path, look)
        if found["status"] != good:
            raise RuntimeError(f"{path} should be {good}, but is {found['status']}")
        return found

    @staticmethod
    def _figures(application: dict[str, Any]) -> str:
        return f"¥{application['offered_amount']} at {float(application['annual_rate']):.2%} a year"
