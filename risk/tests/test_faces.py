"""What officers and customers see: the queue and its buttons in the admin, the report, the API."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pypdfium2 import PdfDocument
from rest_framework.test import APIClient

from accounts import tokens
from accounts.roles import Role
from accounts.tests import factories as people
from core.models import Unmasking
from risk import applicants, report, watchlist
from risk.facts import Declared
from risk.models import Decision, ReviewCase, WatchlistEntry
from risk.tests import factories

pytestmark = pytest.mark.django_db


def browser(user):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def page(name, case):
    return reverse(f"admin:risk_reviewcase_{name}", args=[case.pk])


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


@pytest.fixture
def case(customer):
    return factories.doubtful_case(customer_serial=customer.serial)


def body(response):
    return response.content.decode()


def test_the_queue_lists_and_filters_cases(officer, case):
    queue = reverse("admin:risk_reviewcase_changelist")
    client = browser(officer)
    shown = body(client.get(queue))
    assert case.serial in shown
    assert "¥20,000.00" in shown
    assert case.serial in body(client.get(queue, {"reason": "SCORE_HOUSING", "status__exact": "open"}))
    assert case.serial not in body(client.get(queue, {"reason": "ID_CARD_DIFFERS"}))
    assert case.serial not in body(client.get(queue, {"late": "yes"}))
    assert case.serial in body(client.get(queue, {"q": case.customer_serial}))


def test_a_case_shows_report_and_masked_evidence_only(officer, case, customer):
    shown = body(browser(officer).get(page("change", case)))
    assert "Risk report" in shown
    assert "The time in the present work is short." in shown
    assert customer.masked_id_number in shown
    for clear in (customer.name, customer.id_number, customer.mobile):
        assert clear not in shown


def test_the_buttons_follow_the_status(officer, case):
    client = browser(officer)
    before = body(client.get(page("change", case)))
    assert page("claim", case) in before
    assert page("approve", case) not in before
    client.post(page("claim", case), {"sent": "1"})
    after = body(client.get(page("change", case)))
    assert page("claim", case) not in after
    assert page("approve", case) in after
    assert page("decline", case) in after


def test_looking_at_the_claim_page_claims_nothing(officer, case):
    browser(officer).get(page("claim", case))
    case = ReviewCase.objects.get(pk=case.pk)
    assert case.status == "open"


def test_an_officer_claims_and_approves_by_hand(officer, case, asker):
    client = browser(officer)
    client.post(page("claim", case), {"sent": "1"})
    form = body(client.get(page("approve", case)))
    assert 'value="18000.00"' in form
    given = {"limit": "15000", "percent": "18", "reasons": ["OFFICER_INCOME_CONFIRMED"], "note": "seen"}
    assert client.post(page("approve", case), given).status_code == 302
    case = ReviewCase.objects.get(pk=case.pk)
    assert (case.status, case.final_decision.limit, case.final_decision.annual_rate) == (
        "approved",
        Decimal("15000.00"),
        Decimal("0.1800000000"),
    )


def test_a_refusal_stays_on_the_page_with_its_words(officer, case, asker):
    client = browser(officer)
    client.post(page("claim", case), {"sent": "1"})
    given = {"limit": "150000", "percent": "18", "reasons": ["OFFICER_INCOME_CONFIRMED"], "note": ""}
    response = client.post(page("approve", case), given)
    assert response.status_code == 200
    assert "Your authority here reaches from ¥10.00 to ¥100,000.00." in body(response)
    without_reason = client.post(page("decline", case), {"note": "no"})
    assert without_reason.status_code == 200
    case = ReviewCase.objects.get(pk=case.pk)
    assert case.status == "claimed"


def test_an_officer_declines_by_hand(officer, case, asker):
    client = browser(officer)
    client.post(page("claim", case), {"sent": "1"})
    client.post(page("decline", case), {"reasons": ["OFFICER_NOT_AFFORDABLE", "OFFICER_WORK_UNCERTAIN"]})
    case = ReviewCase.objects.get(pk=case.pk)
    assert case.final_decision.reasons == ["OFFICER_NOT_AFFORDABLE", "OFFICER_WORK_UNCERTAIN"]


def test_each_look_in_clear_is_recorded(officer, case, customer):
    client = browser(officer)
    refused = client.post(page("reveal", case), {"field": "name", "why": " "})
    assert customer.name not in body(refused)
    shown = client.post(page("reveal", case), {"field": "name", "why": "call back"})
    assert customer.name in body(shown)
    look = Unmasking.objects.get()
    assert (look.actor, look.field, look.reason) == (f"staff:{officer.username}", "name", "call back")


def test_others_do_not_get_in(case):
    finance = browser(factories.officer(Role.FINANCE_OFFICER))
    assert finance.get(reverse("admin:risk_reviewcase_changelist")).status_code == 403
    administrator = browser(factories.officer(Role.ADMINISTRATOR))
    assert administrator.get(page("change", case)).status_code == 200
    for name in ("claim", "release", "approve", "decline", "reveal"):
        assert administrator.post(page(name, case), {"sent": "1"}).status_code == 403


def test_a_decision_is_read_only_in_the_admin_and_can_be_made_again(officer, case):
    client = browser(officer)
    address = reverse("admin:risk_decision_change", args=[case.decision.pk])
    shown = body(client.get(address))
    assert "Risk report" in shown
    assert 'name="_save"' not in shown
    assert client.post(address, {"outcome": "approved"}).status_code == 403
    again = client.get(reverse("admin:risk_decision_replay", args=[case.decision.pk]), follow=True)
    assert "the decision is the same" in body(again)
    assert case.decision.serial in body(client.get(reverse("admin:risk_decision_changelist")))


def test_the_watchlist_is_kept_by_hand(officer):
    client = browser(officer)
    given = {"kind": "mobile", "value": "13812345678", "action": "block", "why": "chargeback"}
    client.post(reverse("admin:risk_watchlistentry_put_on"), given)
    entry = WatchlistEntry.objects.get()
    assert (entry.status, entry.added_by) == ("active", f"staff:{officer.username}")
    twice = client.post(reverse("admin:risk_watchlistentry_put_on"), given)
    assert "already on the list" in body(twice)
    assert body(client.get(reverse("admin:risk_watchlistentry_changelist"))).count("13812345678") == 0
    client.post(reverse("admin:risk_watchlistentry_take_off", args=[entry.pk]), {"why": "paid"})
    entry = WatchlistEntry.objects.get()
    assert entry.status == "inactive"


def test_the_report_speaks_both_languages(case):
    with translation.override("en"):
        english = report.build(case.decision)
    with translation.override("zh-hans"):
        chinese = report.build(case.decision)
    assert english.summary[0].startswith("¥20,000.00 were asked for over 24 months.")
    assert len(chinese.sections) == len(english.sections) == 5


def test_a_report_after_a_persons_decision_begins_with_it(officer, asker, case):
    from risk import review

    review.claim(case=case, officer=officer)
    decision = review.decline(case=case, officer=officer, reasons=["OFFICER_PURPOSE"])
    with translation.override("en"):
        told = report.build(decision)
    assert told.summary[:2] == [f"{officer.username} declined.", "The purpose is not one that we finance."]


def test_facts_are_gathered_from_what_accounts_know(customer):
    declared = Declared("fixed", 6, "rent", Decimal(12000), Decimal(3000), Decimal(0))
    facts = applicants.gather(customer=customer, declared=declared, exposure=Decimal("500.00"))
    assert facts.customer_serial == customer.serial
    assert facts.age == customer.age_on(dt.datetime.now(dt.UTC).date())
    assert (facts.id_card_check, facts.income_proof, facts.exposure) == ("missing", False, Decimal("500.00"))
    assert facts.device_age_hours == 0
    assert {kind for kind, _ in facts.traces} == {
        "id_number",
        "mobile",
        "device",
        "card",
    }  # this machine's address is no trace
    assert all(re.fullmatch(r"[0-9a-f]{64}", index) for _, index in facts.traces)


def test_a_customer_on_the_watchlist_by_card_is_found(customer, officer):
    card = customer.cards.get()
    watchlist.add(kind="card", value=card.number, action="watch", why="test", officer=officer)
    declared = Declared("fixed", 6, "rent", Decimal(12000), Decimal(3000), Decimal(0))
    facts = applicants.gather(customer=customer, declared=declared, exposure=Decimal(0))
    decision = factories.decided(traces=facts.traces)
    assert (decision.outcome, decision.reasons) == ("review", ["WATCHLIST"])


def test_a_customer_reads_their_own_decisions_explained(case, customer, sandbox):
    def get(of):
        text, _row = tokens.issue(user=of.user)
        client = APIClient(headers={"Authorization": f"Bearer {text}", "Accept-Language": "en"})
        return client.get("/api/v1/decisions/").json()

    (own,) = get(customer)
    assert (own["outcome"], own["by_machine"]) == ("review", True)
    assert own["explanation"][0] == "The time in the present work is short."
    assert "score" not in own
    assert get(people.verified_customer()) == []
    assert APIClient().get("/api/v1/decisions/").status_code in (401, 403)


def test_cases_and_decisions_are_never_deleted_in_the_admin(officer, case):
    client = browser(officer)
    for name, row in (("reviewcase", case), ("decision", case.decision)):
        assert client.post(reverse(f"admin:risk_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert ReviewCase.objects.count() == Decision.objects.count() == 1


@pytest.mark.parametrize(("language", "words"), [("en", "Risk report"), ("zh-hans", "风险报告")])
def test_the_risk_report_is_a_paper_too(officer, case, customer, language, words):
    client = Client(headers={"Accept-Language": language})
    client.force_login(officer)
    response = client.get(page("pdf", case))
    assert response["Content-Type"] == "application/pdf"
    text = text_of(response.content)
    assert words in text and "20,000" in text
    assert customer.name not in text and customer.id_number not in text
    assert client.get(page("pdf", case)).content == response.content


def text_of(pdf: bytes) -> str:
    return "".join(page.get_textpage().get_text_range() for page in PdfDocument(pdf))
