"""An officer decides a doubtful case in the admin, another drafts a product, in each language."""

import datetime as dt
import io

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management.base import OutputWrapper

from accounts import staff
from accounts.models import Customer, User
from accounts.roles import Role
from config.journey.story import Story
from config.journey.timeline import Timeline
from lending.models import LoanApplication, Product
from risk.models import ReviewCase
from tests.browser.walk import Walk
from tests.journeys.stage import Stage

DESKTOP = {"width": 1280, "height": 900}
PASSWORD = "a long password of the officer's"


@pytest.fixture
def waiting(stage: Stage) -> LoanApplication:
    """A doubtful application that waits for a person."""
    story = Story(platform_url=stage.platform.url, world=stage.world, timeline=Timeline(OutputWrapper(io.StringIO())))
    return LoanApplication.objects.get(serial=story.doubtful_applicant_waits())


@pytest.fixture
def sit_down(stage: Stage, open_page):
    """Sign a risk officer in at a desk in a language."""

    def sit(username: str, language: str, *, story: str) -> Walk:
        if not User.objects.filter(username=username).exists():
            staff.hire(username=username, password=PASSWORD, role=Role.RISK_OFFICER)
        page = open_page(locale="zh-CN" if language == "zh-hans" else "en-GB", viewport=DESKTOP)
        walk = Walk(page, stage.platform.url, story=story, language=language)
        walk.go("/admin/")
        walk.look("sign-in")
        walk.fill({"username": username, "password": PASSWORD})
        walk.press("#login-form button[type=submit]")
        return walk

    return sit


@pytest.fixture(params=["zh-hans", "en"])
def officer(request, sit_down) -> Walk:
    """A risk officer at a desk, signed in."""
    return sit_down({"zh-hans": "chen", "en": "smith"}[request.param], request.param, story="officer")


def test_an_officer_decides_a_case(waiting: LoanApplication, officer: Walk):
    case = ReviewCase.objects.get(reference=waiting.serial)
    own = (Customer.objects.get(serial=waiting.customer.serial).masked_name[0],)
    text = officer.look("first-page")
    assert ("审核队列" if officer.language == "zh-hans" else "Review queue") in text
    officer.go("/admin/risk/reviewcase/")
    officer.look("queue")
    officer.press(f"a:text-is('{case.serial}')")
    officer.look("case", strangers=own)
    officer.press("a[href*='/claim']")
    officer.look("claim")
    officer.press("form[method=post]:has([name=sent]) button[type=submit]")
    officer.press("a[href*='/approve']")
    officer.page.locator("[name=reasons]").first.check()
    officer.look("approve")
    officer.press("form[method=post]:has([name=sent]) button[type=submit]")
    officer.look("approved", strangers=own)

    waiting.refresh_from_db()
    case.refresh_from_db()
    assert (waiting.status, case.status) == ("approved", "approved")
    assert case.claimed_by in {"staff:chen", "staff:smith"}
    assert waiting.customer.messages.filter(template="application_approved").exists()


def test_an_officer_sees_only_what_the_role_allows(officer: Walk):
    assert Group.objects.get(name=Role.RISK_OFFICER.value).user_set.exists()
    response = officer.page.goto(f"{officer.url}/admin/accounts/user/")
    assert response is not None and response.status == 403


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_one_officer_drafts_and_tries_out_a_product_and_another_publishes_it(stage: Stage, sit_down, language):
    author = sit_down("chen", language, story="product")
    first = Product.objects.get(code="consumer", version=1)
    author.go(f"/admin/lending/product/{first.pk}/change/")
    author.press("a[href*='/draft-next']")
    draft = Product.objects.get(code="consumer", status="draft")
    starts = draft.effective_from + dt.timedelta(days=draft.version)
    author.page.locator("input[name=methods][value=interest_only]").check()
    author.fill({"terms_months": "3, 6, 12", "maximum_rate": "0.2", "effective_from": starts.isoformat()})
    author.press("button[name=_save]")
    author.page.locator("#simulation select[name=method]").select_option("interest_only")
    author.press("#simulation button[type=submit]")
    assert "10,000.00" in author.page.locator("#simulation").inner_text()
    author.page.screenshot(path=author.pictures / "simulated.png", full_page=True)
    decide(author, draft, "propose")
    decide(author, draft, "publish")
    draft.refresh_from_db()
    assert draft.status == "proposed", "its author cannot publish it"
    publisher = sit_down("smith", language, story="product")
    publisher.go(f"/admin/lending/product/{draft.pk}/change/")
    decide(publisher, draft, "publish")
    draft.refresh_from_db()
    assert (draft.status, draft.terms_months, draft.methods[-1]) == ("published", [3, 6, 12], "interest_only")
    publisher.page.screenshot(path=publisher.pictures / "published.png", full_page=True)


def decide(walk: Walk, product: Product, verb: str) -> None:
    """Press a button of a product's page and say why."""
    walk.go(f"/admin/lending/product/{product.pk}/change/")
    walk.press(f"a[href*='/{verb}']")
    walk.fill({"why": "as agreed with the credit committee"})
    walk.page.locator("form[method=post]:has([name=sent]) button[type=submit]").click()
    walk.page.wait_for_load_state()


# Pages that hold texts in both languages or a text as its customer reads it; and records, whose actors and reasons are
# written once, in English, as codes are.
MIXED = {
    *("accounts.consenttext", "accounts.message", "lending.funder", "lending.product", "lending.loancontract"),
    *(
        "core.approval",
        "core.transitionlog",
        "core.unmasking",
        "core.work",
        "risk.decision",
        "payments.transfer",
        "auth.group",
    ),
    *("lending.loanapplication", "lending.loan"),
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_of_the_admin_opens_in_one_language(waiting: LoanApplication, stage: Stage, open_page, language):
    overseer = User.objects.filter(username="overseer").first()
    if overseer is None:
        User.objects.create_superuser("overseer", PASSWORD)
    page = open_page(locale="zh-CN" if language == "zh-hans" else "en-GB", viewport=DESKTOP)
    walk = Walk(page, stage.platform.url, story="admin", language=language)
    walk.go("/admin/")
    walk.fill({"username": "overseer", "password": PASSWORD})
    walk.press("#login-form button[type=submit]")
    names = {customer.masked_name[0] for customer in Customer.objects.filter(verified_at__isnull=False)}
    for model in admin.site._registry:
        label, first = model._meta.label_lower, model._default_manager.first()
        if label.startswith("axes."):
            continue
        path = f"/admin/{label.replace('.', '/')}/"
        for name, address in (("list", path), ("one", f"{path}{first.pk}/change/" if first else path)):
            walk.go(address)
            if label not in MIXED:
                walk.check(f"{label} {name}", strangers=tuple(names))
