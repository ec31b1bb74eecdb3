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
from core.models import Unmasking
from lending.models import LoanApplication, Product
from risk.models import Decision, ReviewCase, RuleSet
from tests.browser.walk import Walk
from tests.journeys.stage import Stage

DESKTOP = {"width": 1280, "height": 900}
PASSWORD = "a long password of the officer's"
OFFICERS = {"zh-hans": ("chen", "smith"), "en": ("smith", "chen")}


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
    return sit_down(OFFICERS[request.param][0], request.param, story="officer")


def test_an_officers_day(waiting: LoanApplication, officer: Walk, sit_down):
    """Claim, look, unmask, grant more than one alone may, agree as the second; then decline."""
    case, customer = ReviewCase.objects.get(reference=waiting.serial), waiting.customer
    own = (Customer.objects.get(serial=customer.serial).masked_name[0],)
    first, second = OFFICERS[officer.language]
    text = officer.look("first-page")
    assert ("审核队列" if officer.language == "zh-hans" else "Review queue") in text
    officer.go("/admin/risk/reviewcase/")
    officer.look("queue")
    officer.press(f"a:text-is('{case.serial}')")
    assert customer.id_number not in officer.look("case", strangers=own)
    officer.press("a[href*='/claim']")
    officer.look("claim")
    send(officer)
    officer.press("a[href*='/reveal']")
    officer.page.locator("[name=field]").select_option("id_number")
    officer.fill({"why": "77"})
    officer.press("form:has([name=why]) button[type=submit]")
    assert customer.id_number in officer.look("revealed", strangers=own)
    seen = Unmasking.objects.latest("id")
    assert (seen.actor, seen.field) == (f"staff:{first}", "id_number")

    officer.go(case_page(case))
    officer.press("a[href*='/approve']")
    officer.page.locator("[name=reasons]").first.check()
    officer.fill({"limit": "60000"})
    officer.look("approve")
    send(officer)
    officer.look("proposed", strangers=own)
    colleague = sit_down(second, officer.language, story="second-officer")
    colleague.go(case_page(case))
    colleague.press("a[href*='/agree']")
    colleague.fill({"why": "77"})
    send(colleague)
    colleague.look("approved", strangers=own)
    waiting.refresh_from_db()
    case.refresh_from_db()
    assert (waiting.status, case.status) == ("approved", "approved")
    assert case.final_decision
    assert (case.claimed_by, case.final_decision.decided_by) == (f"staff:{first}", f"staff:{second}")
    assert customer.messages.filter(template="application_approved").exists()


def test_an_officer_declines_with_reasons(waiting: LoanApplication, sit_down):
    case = ReviewCase.objects.get(reference=waiting.serial)
    officer = sit_down("chen", "zh-hans", story="officer")
    for verb in ("claim", "decline"):
        officer.go(case_page(case))
        officer.press(f"a[href*='/{verb}']")
        for box in officer.page.locator("[name=reasons]").all()[:2]:
            box.check()
        officer.look(verb)
        send(officer)
    officer.look("declined", strangers=(waiting.customer.masked_name[0],))
    waiting.refresh_from_db()
    case.refresh_from_db()
    assert (waiting.status, case.status, len(waiting.reasons)) == ("declined", "declined", 2)


def case_page(case: ReviewCase) -> str:
    """The address of a case."""
    return f"/admin/risk/reviewcase/{case.pk}/change/"


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


SAID = ("not in", "as agreed with the credit committee")  # a condition, and what officers write themselves


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_one_officer_drafts_a_rule_sees_its_backtest_and_another_publishes_it(stage: Stage, sit_down, language):
    author = sit_down("chen", language, story="rules")
    live = RuleSet.objects.filter(status="published").latest("version")
    author.go(f"/admin/risk/ruleset/{live.pk}/change/")
    author.press("a[href*='/draft-next']")
    draft = RuleSet.objects.latest("version")
    code = f"SHORT_{language.upper().replace('-', '_')}"
    author.press("a[href$='/put-rule/']")
    author.fill({"table": language, "code": code, "when": "term_months < 2", "en": "Too short.", "zh": "期限太短。"})
    author.look("rule", strangers=("期限太短", "Too short"))
    send(author)
    draft.refresh_from_db()
    assert code in str(draft.document)
    author.press("a[href*='/backtest']")
    send(author)
    assert draft.backtests.filter(digest=draft.digest).exists()
    author.look("backtest", strangers=SAID)
    for verb in ("propose", "publish"):
        sign(author, draft, verb)
    draft.refresh_from_db()
    assert draft.status == "proposed", "its author cannot publish it"
    publisher = sit_down("smith", language, story="rules")
    sign(publisher, draft, "publish")
    draft.refresh_from_db()
    assert draft.status == "published"
    publisher.go(f"/admin/risk/ruleset/{draft.pk}/change/")
    publisher.look("published", strangers=SAID)
    story = Story(platform_url=stage.platform.url, world=stage.world, timeline=Timeline(OutputWrapper(io.StringIO())))
    applied = story.doubtful_applicant_waits()
    assert Decision.objects.get(reference=applied).rules == draft.label


def sign(walk: Walk, rule_set: RuleSet, verb: str) -> None:
    """Press a button of a rule set's page and say why."""
    walk.go(f"/admin/risk/ruleset/{rule_set.pk}/change/")
    walk.press(f"a[href*='/{verb}']")
    walk.fill({"why": "as agreed with the credit committee"})
    send(walk)


def send(walk: Walk) -> None:
    """Send the form of the page."""
    walk.page.locator("form[method=post]:has([name=sent]) button[type=submit]").click()
    walk.page.wait_for_load_state()


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
        "risk.ruleset",
        "lending.partneraccount",
        "payments.routingrules",
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
