"""A person at a browser: fills in by label, presses by name, keeps a picture of every page and checks its language."""

import re
from collections.abc import Mapping

from playwright.sync_api import Page

from tests.support.session import ROOT

SCREENSHOTS = ROOT / "var" / "screenshots"
HAN = re.compile(r"[\u3400-\u9fff]+")
# A Chinese page may hold serial numbers, names of formats, methods and actors, and the English switch; no English
# sentence.
ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,.;:'-]+[A-Za-z]{2,}){2,}")
ACTOR = re.compile(r"\b(?:system|staff|customer):[\w.-]+")

FITS = "document.documentElement.scrollWidth <= window.innerWidth"


class Walk:
    """One person's way through the portal or the admin in one language."""

    def __init__(self, page: Page, url: str, *, story: str, language: str) -> None:
        self.page = page
        self.url = url
        self.language = language
        self.pictures = SCREENSHOTS / story / language
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.seen = 0
        page.on("pageerror", lambda error: self._fail(f"script error: {error}"))
        self.failures: list[str] = []

    def go(self, path: str) -> None:
        """Open an address of the house."""
        response = self.page.goto(f"{self.url}{path}")
        assert response is not None and response.ok, f"{path}: {response and response.status}"

    def fill(self, values: Mapping[str, str]) -> None:
        """Fill inputs by their names."""
        for name, value in values.items():
            self.page.locator(f"[name={name}]:visible").fill(value)

    def choose(self, name: str, value: str) -> None:
        """Press one of a group of choices."""
        self.page.locator(f"input[name={name}][value='{value}']").check()

    def press(self, selector: str) -> None:
        """Press a button or a link and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.locator(selector).click()

    def look(self, name: str, *, strangers: tuple[str, ...] = ()) -> str:
        """Keep a picture of the page, and check it."""
        self.seen += 1
        self.page.screenshot(path=self.pictures / f"{self.seen:02}-{name}.png", full_page=True)
        return self.check(name, strangers=strangers)

    def check(self, name: str, *, strangers: tuple[str, ...] = ()) -> str:
        """The page must be in one language (but for `strangers`) and must not scroll sideways. Gives its text."""
        text = self.page.locator("body").inner_text()
        own = ACTOR.sub("", text)
        for stranger in (*strangers, "简体中文", "English"):
            own = own.replace(stranger, "")
        foreign = (HAN if self.language == "en" else ENGLISH).findall(own)
        assert foreign == [], f"{name} is not all in {self.language}: {foreign}"
        assert self.page.evaluate(FITS), f"{name} is wider than the screen"
        assert self.failures == []
        return text

    def _fail(self, failure: str) -> None:
        self.failures.append(failure)
