"""A customer walks the whole journey at 390 px, in each language."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page

from config.journey.people import invent
from core import clock
from lending.models import Loan
from tests.browser.borrower import Borrower
from tests.browser.walk import Walk
from tests.journeys.stage import Stage


@pytest.fixture(params=["zh-hans", "en"])
def borrower(request, stage: Stage, open_page):
    """Somebody new, with a telephone of 390 px set to the language."""
    page: Page = open_page(locale="zh-CN" if request.param == "zh-hans" else "en-GB")
    walk = Walk(page, stage.platform.url, story="customer", language=request.param)
    return Borrower(walk, stage, invent(clock.today()))


def test_a_customer_borrows_and_repays(borrower: Borrower, stage: Stage):
    borrower.sign_in()
    borrower.agree()
    borrower.verify()
    borrower.give_documents()
    borrower.apply()
    borrower.read_and_confirm()
    borrower.receive()

    loan = Loan.objects.latest("id")
    assert loan.status == Loan.Status.ACTIVE
    paid = stage.world.payout(loan.payout_order)
    assert paid and (paid["status"], paid["amount"]) == ("SUCCESS", "10000.00")

    first = loan.instalments.get(no=1)
    stage.move_to(clock.start_of_day(first.due_date) + dt.timedelta(hours=10))
    borrower.repay()
    first.refresh_from_db()
    assert first.unpaid().total == 0
    borrower.look_around()
    assert loan.customer.language == borrower.walk.language


def test_the_language_can_be_changed_on_every_page(stage: Stage, open_page):
    page: Page = open_page(locale="zh-CN")
    walk = Walk(page, stage.platform.url, story="languages", language="en")
    walk.go("/sign-in/")
    walk.press("form.language button")
    walk.look("sign-in")
    walk.go("/")
    walk.look("product")


def test_an_address_that_does_not_exist_says_so(stage: Stage, open_page):
    page: Page = open_page(locale="zh-CN")
    response = page.goto(f"{stage.platform.url}/nothing/")
    assert response is not None and response.status == 404
    assert re.search("此地址没有内容", page.locator("h1").inner_text())


def test_the_portal_serves_wide_screens_too(stage: Stage, open_page):
    page: Page = open_page(locale="en-GB", viewport={"width": 1280, "height": 800})
    walk = Walk(page, stage.platform.url, story="desktop", language="en")
    walk.go("/")
    walk.look("product")
