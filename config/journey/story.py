"""The story that the demo journey plays: one customer all the way, and one who has to wait for a person."""

import datetime as dt
from decimal import Decimal
from typing import Any

from config.journey import pictures
from config.journey.partner import Partner
from config.journey.people import Person, invent
from config.journey.timeline import Timeline
from config.journey.world import World, wait_for
from core import clock

SETTLED_STATES = {"approved", "in_review", "declined"}
GOOD_FACTS = {
    "employment": "fixed",
    "employment_years": 8,
    "housing": "owner",
    "monthly_income": "12000.00",
    "monthly_expenses": "3000.00",
    "monthly_debt": "0.00",
}
# Little margin, work just begun: the score lands in the band that a person must look at (docs/models.md).
DOUBTFUL_FACTS = {
    "employment": "freelance",
    "employment_years": 1,
    "housing": "rent",
    "monthly_income": "6000.00",
    "monthly_expenses": "2500.00",
    "monthly_debt": "500.00",
}


class Story:
    """Plays the steps over HTTP and tells each on the timeline."""

    def __init__(self, *, platform_url: str, world: World, timeline: Timeline) -> None:
        self.platform_url = platform_url
        self.world = world
        self.timeline = timeline

    def customer_borrows(self) -> str:
        """From registration to money received. Returns the loan's serial number; the customer goes on repaying it."""
        self.timeline.chapter("A customer borrows 10,000 yuan over 12 months")
        person, self.customer = self._join()
        application = self._apply(person, self.customer, GOOD_FACTS, amount="10000.00")
        if application["status"] != "approved":
            raise RuntimeError(f"the demo customer should be approved, but is {application['status']}")
        offer = self._read_offer(application["serial"])
        return self._confirm(application["serial"], offer)

    def customer_repays(self, loan_serial: str) -> str:
        """On the first due date the customer pays the first instalment. Returns the collection order's serial number."""
        loan = self.customer.get(f"/loans/{loan_serial}/")
        first = loan["schedule"][0]
        self._move_clock(dt.date.fromisoformat(first["due_date"]), dt.time(10, 0))
        self.timeline.event("business clock moved to", detail=f"{first['due_date']} (first due date)")
        self.customer.sign_in(*self._credentials())
        repayment = self.customer.post(f"/loans/{loan_serial}/repayments/", {"amount": first["total"]})
        path = f"/loans/{loan_serial}/repayments/{repayment['serial']}/"
        done = wait_for("the repayment", lambda: self._final(path, {"succeeded", "failed"}))
        if done["status"] != "succeeded":
            raise RuntimeError(f"the repayment {repayment['serial']} ended as {done['status']}")
        self.timeline.event("first instalment repaid", done["order"], f"¥{first['total']}")
        return str(done["order"])

    def doubtful_applicant_waits(self) -> str:
        """Somebody whom the machine will not decide about. Returns the application's serial number."""
        self.timeline.chapter("A doubtful applicant waits for a person")
        person, partner = self._join()
        application = self._apply(person, partner, DOUBTFUL_FACTS, amount="30000.00")
        if application["status"] != "in_review":
            raise RuntimeError(f"the doubtful applicant should be in review, but is {application['status']}")
        self.timeline.event("waits in the review queue", application["serial"])
        return str(application["serial"])
