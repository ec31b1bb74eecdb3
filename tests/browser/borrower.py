"""A customer at a browser, page by page."""

import json

from playwright.sync_api import FilePayload

from config.journey import pictures
from config.journey.people import Person
from config.journey.story import GOOD
from tests.browser.walk import Walk
from tests.journeys.stage import Stage
from tests.support.processes import wait_until

GO_ON = "form.form button.wide:not(.plain)"


class Borrower:
    """Does on the pages what a person does to borrow; each page is looked at."""

    def __init__(self, walk: Walk, stage: Stage, person: Person) -> None:
        self.walk = walk
        self.stage = stage
        self.person = person

    def sign_in(self) -> None:
        """From the first page, by mobile and the code in the SMS."""
        walk = self.walk
        walk.go("/")
        walk.look("product")
        walk.press("main a.button")
        walk.fill({"mobile": self.person.mobile})
        walk.press("button[name=send]")
        walk.look("code-sent")
        report = json.loads(walk.page.locator("#id_device_report").input_value())
        assert set(report) == {"platform", "renderer", "automated"}
        assert report["automated"] is True  # what it is: a browser driven by a test
        walk.fill({"code": self.stage.world.code_sent_to(self.person.mobile)})
        walk.press(GO_ON)
        walk.look("first-step")

    def agree(self) -> None:
        """One box a text; none was ticked."""
        walk = self.walk
        walk.press("main a.button")
        boxes = walk.page.locator("input[name=texts]")
        assert [box.is_checked() for box in boxes.all()] == [False] * 8
        walk.look("agreements")
        for box in boxes.all():
            box.check()
        walk.press(GO_ON)

    def verify(self) -> None:
        """The four elements; a slip in the ID number first."""
        walk, person = self.walk, self.person
        elements = {"name": person.name, "card_number": person.card_number, "reserved_mobile": person.mobile}
        slip = person.id_number[:-1] + ("1" if person.id_number[-1] != "1" else "2")
        walk.fill({**elements, "id_number": slip})
        walk.press(GO_ON)
        assert walk.page.locator("#id_id_number_error").is_visible()
        walk.look("wrong-id-number")
        walk.fill({"id_number": person.id_number})
        walk.press(GO_ON)

    def give_documents(self) -> None:
        """ID card and income proof; a text file first."""
        walk = self.walk
        self._upload("id_card", b"not a picture")
        walk.look("wrong-document")
        self._upload("id_card", pictures.id_card(self.person))
        self._upload("income_proof", pictures.income_proof(12000))
        walk.look("documents", strangers=(self.person.name[0],))
        walk.press("main > a.button")

    def apply(self) -> None:
        """The application, once with too small an amount, then as it should be; then the decision is waited for."""
        walk = self.walk
        self._declare("5")
        walk.press(GO_ON)
        walk.look("amount-too-small")
        self._declare(str(GOOD["amount"]))
        walk.press(GO_ON)
        walk.look("deciding")
        walk.page.wait_for_selector("a[href$='/costs/']", timeout=60_000)
        walk.look("offer")

    def read_and_confirm(self) -> None:
        """Costs, for as long as they must be read; the contract; the confirmation."""
        walk = self.walk
        walk.press("a[href$='/costs/']")
        opener = walk.page.locator("#go-on")
        assert opener.get_attribute("aria-disabled") == "true"
        walk.look("costs")
        wait_until(lambda: opener.get_attribute("aria-disabled") == "false", "the end of the reading time")
        walk.press("#go-on")
        walk.press(GO_ON)
        walk.look("contract-not-ticked", strangers=(self.person.name[0],))
        walk.page.locator("#id_agreed").check()
        walk.press(GO_ON)
        walk.look("money-on-its-way")

    def receive(self) -> None:
        """Wait on the loan's page until the money has come; the page shows it by itself."""
        self.walk.page.wait_for_selector("#schedule", timeout=60_000)
        self.walk.look("loan")

    def repay(self) -> None:
        """Look at what paying early would change, then pay what is due."""
        walk = self.walk
        walk.page.reload()
        walk.press("a[href$='/repay/']")
        walk.look("repay")
        due = walk.page.input_value("#id_amount")
        walk.page.fill("#id_amount", "3000")
        walk.press("button[name=look]")
        walk.look("repay-early")
        walk.page.fill("#id_amount", due)
        walk.press(GO_ON)
        walk.page.wait_for_selector("tbody .badge.good", timeout=60_000)
        walk.look("first-instalment-paid")

    def look_around(self) -> None:
        """Messages, profile, contract, first page."""
        walk, known = self.walk, (self.person.name[0],)
        loan = walk.page.url.removeprefix(walk.url)
        for name, path in (("messages", "/messages/"), ("profile", "/profile/"), ("home", "/"), ("loans", "/loans/")):
            walk.go(path)
            walk.look(name, strangers=known)
        walk.go(f"{loan}contract/")
        walk.look("contract", strangers=known)
        walk.go("/messages/")
        walk.press("main .message-link >> nth=0")
        walk.look("message")

    def _upload(self, kind: str, content: bytes) -> None:
        picture = FilePayload(name=f"{kind}.jpg", mimeType="image/jpeg", buffer=content)
        self.walk.page.locator(f"#{kind}_file").set_input_files(picture)
        self.walk.press(f"form:has(#{kind}_file) button")

    def _declare(self, amount: str) -> None:
        walk = self.walk
        walk.choose("term_months", str(GOOD["term_months"]))
        for name in ("purpose", "employment", "housing"):
            walk.page.locator(f"[name={name}]").select_option(str(GOOD[name]))
        numbers = ("employment_years", "monthly_income", "monthly_expenses")
        walk.fill({"amount": amount, **{name: str(GOOD[name]) for name in numbers}})
