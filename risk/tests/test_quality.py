"""The second look: which cases are drawn, that it is blind, who may judge, and what each officer's figures say."""

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts import staff
from accounts.roles import Role
from accounts.tests import factories as people
from core import clock
from core.problems import Problem
from risk import officers, quality, review
from risk.models import Decision, QualitySample
from risk.reasons import APPROVAL_REASONS, DECLINE_REASONS
from risk.tests import factories

pytestmark = pytest.mark.django_db
YES, NO = [next(iter(APPROVAL_REASONS))], [next(iter(DECLINE_REASONS))]


@pytest.fixture
def first(db):
    return factories.officer()


@pytest.fixture
def second(db):
    return factories.officer()


@pytest.fixture(autouse=True)
def every_case(settings, asker):
    settings.QUALITY_SHARE = Decimal(1)


def decided_case(officer, outcome="approved", **changes):
    case = factories.claimed_case(officer, **changes)
    if outcome == "approved":
        rate = case.decision.annual_rate
        review.approve(case=case, officer=officer, limit=Decimal("5000"), annual_rate=rate, reasons=YES)
    else:
        review.decline(case=case, officer=officer, reasons=NO)
    return case


def sample_of(case):
    return QualitySample.objects.get(case=case)


def judged(case, officer, outcome="declined"):
    reasons = YES if outcome == "approved" else NO
    return quality.judge(sample=sample_of(case), officer=officer, outcome=outcome, reasons=reasons, note="seen")


def desk(user, language="en"):
    client = Client(headers={"Accept-Language": language})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_share_is_drawn_by_the_serial_number_alone(settings):
    settings.QUALITY_SHARE = Decimal("0.05")
    serials = [f"20261124RC{number:09d}X" for number in range(20_000)]
    drawn = [serial for serial in serials if quality.is_drawn(serial)]
    assert 900 < len(drawn) < 1100
    assert [serial for serial in serials if quality.is_drawn(serial)] == drawn
    settings.QUALITY_SHARE = Decimal(0)
    assert not any(map(quality.is_drawn, serials))


def test_the_second_judgement_changes_nothing_for_the_customer(first, second):
    case = decided_case(first)
    before = Decision.objects.count()
    sample = judged(case, second, "declined")
    assert (sample.status, sample.agrees, sample.judged_by) == ("judged", False, f"staff:{second.username}")
    case.refresh_from_db(fields=["decided_at"])
    assert (type(case).objects.get(pk=case.pk).status, Decision.objects.count()) == ("approved", before)
    assert judged(decided_case(first), second, "approved").agrees is True


def test_nobody_judges_a_case_of_their_own(first, second):
    sample = sample_of(decided_case(first))
    with pytest.raises(Problem, match="same_person"):
        quality.judge(sample=sample, officer=first, outcome="approved", reasons=YES)
    large = factories.claimed_case(first, amount=Decimal("120000"), monthly_income=Decimal("60000"))
    limit = review.proposed_limit(large)
    assert review.needs_second(large, limit)
    review.approve(case=large, officer=first, limit=limit, annual_rate=large.decision.annual_rate, reasons=YES)
    review.agree(case=large, officer=second, why="well")
    with pytest.raises(Problem, match="same_person"):
        judged(large, first)


@pytest.mark.parametrize(
    ("outcome", "reasons"), [("approved", []), ("approved", NO), ("declined", YES), ("declined", ["NONSENSE"])]
)
def test_a_judgement_needs_reasons_of_its_list(first, second, outcome, reasons):
    sample = sample_of(decided_case(first))
    with pytest.raises(Problem, match="reason_missing"):
        quality.judge(sample=sample, officer=second, outcome=outcome, reasons=reasons)
    assert QualitySample.objects.get(pk=sample.pk).status == "waiting"


def test_it_is_judged_once(first, second):
    sample = judged(decided_case(first), second)
    with pytest.raises(Problem, match="wrong_state"):
        quality.judge(sample=sample, officer=factories.officer(), outcome="approved", reasons=YES)
    assert QualitySample.objects.get(pk=sample.pk).outcome == "declined"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_is_blind_until_it_is_judged(first, second, sandbox, language):
    customer = people.verified_customer()
    case = decided_case(first, customer_serial=customer.serial)
    sample, client = sample_of(case), desk(second, language)
    address = reverse("admin:risk_qualitysample_change", args=[sample.pk])
    page, listed = (client.get(each).content.decode() for each in (address, address.rsplit("/", 3)[0] + "/"))
    for told in (first.username, case.serial, case.final_decision.serial):
        assert told not in page and told not in listed
    assert customer.masked_id_number in page and customer.id_number not in page
    form = {"sent": "1", "outcome": "declined", "reasons": NO}
    assert client.post(reverse("admin:risk_qualitysample_judge", args=[sample.pk]), form).status_code == 302
    after = client.get(address).content.decode()
    assert first.username in after and second.username in after


def test_the_figures_of_each_officer(first, second, settings):
    for outcome in ("approved", "approved", "declined"):
        decided_case(first, outcome)
    judged(QualitySample.objects.first().case, second, "approved")
    chief = staff.hire(username="chief", password="correct horse battery", role=Role.ADMINISTRATOR)
    period = {"since": clock.today(), "until": clock.today() + dt.timedelta(days=1)}
    [row] = officers.figures(chief, **period)
    assert (row.officer, row.decided, row.approved, row.late) == (f"staff:{first.username}", 3, 2, 0)
    assert (row.sampled, row.agreed, row.seconded) == (1, 1, 0)
    assert row.median_hours is not None
    assert [each.officer for each in officers.figures(first, **period)] == [row.officer]
    assert officers.figures(second, **period) == []


@pytest.mark.parametrize(("language", "title"), [("en", "Review cases by officer"), ("zh-hans", "各审核员处理情况")])
def test_the_figures_are_a_page_and_a_file(first, language, title):
    decided_case(first)
    client = desk(first, language)
    page = client.get(reverse("admin:risk_qualitysample_officers"))
    assert title in page.content.decode() and first.username in page.content.decode()
    file = client.get(reverse("admin:risk_qualitysample_officers"), {"csv": "1"}).content.decode("utf-8-sig")
    assert file.splitlines()[1].startswith(f"{first.username},1,1 (100.00%)")
