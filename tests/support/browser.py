"""Debian's Chromium, driven by Playwright. Without one the browser tests are skipped, and the last lines say so."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: ViewportSize = {"width": 390, "height": 844}
SKIPPED = "browser tests skipped: no Chromium; install Debian's package `chromium` (as root `make test` does)"
BROWSER_FIXTURES = {"browser", "open_page"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM:
        return
    for item in items:
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.skip(reason=SKIPPED))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(SKIPPED in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(f"{count} {SKIPPED}", yellow=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a module. Playwright's loop runs in this thread, hence the leave for synchronous queries.

    Django keeps other connections while a loop runs: those of before and of after are closed, or nobody could clone.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    connections.close_all()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        connections.close_all()
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[object]:
    """A function `open_page(locale="zh-CN", viewport=PHONE)` that opens a page in a fresh browser context."""
    contexts: list[BrowserContext] = []

    def open_one(locale: str = "zh-CN", viewport: ViewportSize = PHONE) -> Page:
        context = browser.new_context(locale=locale, viewport=viewport)
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
