"""The review queue: claimed by one officer, decided with coded reasons inside authority, told to whoever asked."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts.roles import Role
from core import clock
from core.models import Approval, TransitionLog
from core.problems import Problem
from risk import decisions, policy, review
from risk.models import Decision, ReviewCase
from risk.tests import factories

LIMIT, RATE = Decimal("15000.00"), Decimal("0.1800")
CONFIRMED = ["OFFICER_INCOME_CONFIRMED"]


def refused(action, **given):
    with pytest.raises(Problem) as caught:
        action(**given)
    return caught.value.code


@pytest.mark.django_db
class TestOneOfficer:
    def test_an_approval_is_a_decision_of_its_own_and_is_told_to_the_asker(self, officer, asker):
        case = factories.claimed_case(officer)
        decision = review.approve(
            case=case, officer=officer, limit=LIMIT, annual_rate=RATE, reasons=CONFIRMED, note="pay slip seen"
        )
        assert (decision.outcome, decision.limit, decision.annual_rate) == ("approved", LIMIT, RATE)
        assert decision.decided_by == f"staff:{officer.username}"
        assert decision.basis == case.decision
        assert (case.status, case.final_decision, case.note) == ("approved", decision, "pay slip seen")
        assert asker.calls == [("lock", case.reference), ("apply", review.outcome_of(decision))]

    def test_a_decline_has_no_limit_and_the_reasons_given(self, officer, asker):
        case = factories.claimed_case(officer)
        decision = review.decline(case=case, officer=officer, reasons=["OFFICER_NOT_AFFORDABLE"])
        assert (decision.outcome, decision.reasons) == ("declined", ["OFFICER_NOT_AFFORDABLE"])
        assert decision.limit == decision.annual_rate == 0
        assert asker.calls[-1][1].outcome == "declined"

    def test_who_did_what_and_why_is_logged(self, officer, asker):
        case = factories.claimed_case(officer)
        review.release(case=case, officer=officer, why="going home")
        review.claim(case=case, officer=officer)
        review.decline(case=case, officer=officer, reasons=["OFFICER_PURPOSE"])
        log = TransitionLog.of(case)
        assert [(row.verb, row.to_status) for row in log] == [
            ("claim", "claimed"),
            ("release", "open"),
            ("claim", "claimed"),
            ("decline", "declined"),
        ]
        assert {row.actor for row in log} == {f"staff:{officer.username}"}
        assert [row.reason for row in log][1::2] == ["going home", "OFFICER_PURPOSE"]

    def test_a_persons_decision_replays_the_one_it_was_based_on(self, officer, asker):
        case = factories.claimed_case(officer)
        decision = review.decline(case=case, officer=officer, reasons=["OFFICER_PURPOSE"])
        again = decisions.replay(decision)
        assert again.identical
        assert again.decision == case.decision

    def test_reasons_must_be_given_and_from_the_list(self, officer, asker):
        case = factories.claimed_case(officer)
        grant = {"case": case, "officer": officer, "limit": LIMIT, "annual_rate": RATE}
        assert refused(review.approve, **grant, reasons=[]) == "reason_missing"
        assert refused(review.approve, **grant, reasons=["OFFICER_PURPOSE"]) == "reason_missing"
        assert refused(review.decline, case=case, officer=officer, reasons=["SCORE_LOW"]) == "reason_missing"
        assert_undecided(case, asker)

    @pytest.mark.parametrize("limit", ["9.99", "100000.01", "-1.00"])
    def test_a_limit_beyond_authority_is_refused(self, officer, asker, limit):
        case = factories.claimed_case(officer)
        code = refused(
            review.approve,
            case=case,
            officer=officer,
            limit=Decimal(limit),
            annual_rate=RATE,
            reasons=CONFIRMED,
        )
        assert code == "beyond_authority"
        assert_undecided(case, asker)

    def test_what_is_owed_already_lowers_the_authority(self, officer):
        case = factories.claimed_case(officer, exposure=Decimal("150000.00"))
        assert review.highest_limit(case) == Decimal("50000.00")

    @pytest.mark.parametrize("rate", ["0.0719", "0.2161"])
    def test_a_rate_outside_the_product_is_refused(self, officer, asker, rate):
        case = factories.claimed_case(officer)
        code = refused(
            review.approve, case=case, officer=officer, limit=LIMIT, annual_rate=Decimal(rate), reasons=CONFIRMED
        )
        assert code == "rate_out_of_range"
        assert_undecided(case, asker)

    def test_only_risk_officers_may(self, officer):
        case = factories.claimed_case(officer)
        for role in (Role.FINANCE_OFFICER, Role.ADMINISTRATOR):
            other = factories.officer(role)
            assert refused(review.claim, case=factories.doubtful_case(), officer=other) == "not_permitted"
            assert refused(review.release, case=case, officer=other, why="x") == "not_permitted"
            assert refused(review.decline, case=case, officer=other, reasons=["OFFICER_PURPOSE"]) == "not_permitted"
            assert refused(review.reveal, case=case, officer=other, field="name", why="x") == "not_permitted"

    def test_a_colleagues_case_is_left_alone(self, officer, asker):
        case, colleague = factories.claimed_case(officer), factories.officer()
        assert refused(review.claim, case=case, officer=colleague) == "wrong_state"
        assert refused(review.release, case=case, officer=colleague, why="mine") == "claimed_by_other"
        assert refused(review.decline, case=case, officer=colleague, reasons=["OFFICER_PURPOSE"]) == "claimed_by_other"
        assert_undecided(case, asker)

    def test_an_unclaimed_or_decided_case_cannot_be_decided(self, officer, asker):
        case = factories.doubtful_case()
        assert refused(review.decline, case=case, officer=officer, reasons=["OFFICER_PURPOSE"]) == "wrong_state"
        review.claim(case=case, officer=officer)
        review.decline(case=case, officer=officer, reasons=["OFFICER_PURPOSE"])
        assert refused(review.decline, case=case, officer=officer, reasons=["OFFICER_PURPOSE"]) == "wrong_state"
        assert Decision.objects.filter(basis=case.decision).count() == 1

    def test_a_decision_that_nobody_asked_for_is_not_half_made(self, officer):
        case = factories.claimed_case(officer, subject="nobody")
        with pytest.raises(LookupError):
            review.decline(case=case, officer=officer, reasons=["OFFICER_PURPOSE"])
        case = ReviewCase.objects.get(pk=case.pk)
        assert case.status == "claimed"


MUCH = Decimal("60000.00")


@pytest.mark.django_db
class TestSecondOfficer:
    """What one officer alone may not grant takes effect only when another agrees."""

    @pytest.fixture
    def proposed(self, officer):
        case = factories.claimed_case(officer)
        assert self.approve(case, officer) is None
        return case

    def approve(self, case, officer, limit=MUCH):
        return review.approve(case=case, officer=officer, limit=limit, annual_rate=RATE, reasons=CONFIRMED, note="seen")

    def test_it_is_proposed_and_then_agreed_to(self, officer, asker, proposed):
        assert proposed.status == "proposed"
        assert not asker.calls
        second = factories.officer()
        decision = review.agree(case=proposed, officer=second, why="looked through it")
        assert (decision.outcome, decision.limit, decision.annual_rate) == ("approved", MUCH, RATE)
        assert (decision.reasons, decision.decided_by) == (CONFIRMED, f"staff:{second.username}")
        case = ReviewCase.objects.get(pk=proposed.pk)
        assert (case.status, case.final_decision, case.note) == ("approved", decision, "seen")
        assert asker.calls == [("lock", case.reference), ("apply", review.outcome_of(decision))]
        approval = Approval.of(case).get()
        assert (approval.status, approval.proposed_by) == ("approved", f"staff:{officer.username}")

    def test_nobody_agrees_with_oneself(self, officer, asker, proposed):
        assert refused(review.agree, case=proposed, officer=officer, why="sure") == "same_person"
        assert refused(self.approve, case=proposed, officer=officer) == "wrong_state"
        assert refused(review.decline, case=proposed, officer=officer, reasons=["OFFICER_PURPOSE"]) == "wrong_state"
        assert not Decision.objects.filter(basis=proposed.decision).exists()

    def test_what_is_sent_back_can_be_decided_otherwise(self, officer, asker, proposed):
        second = factories.officer()
        assert refused(review.send_back, case=proposed, officer=second, why=" ") == "reason_missing"
        review.send_back(case=proposed, officer=second, why="no pay slip")
        case = ReviewCase.objects.get(pk=proposed.pk)
        assert (case.status, case.proposed_limit, case.claimed_by) == ("claimed", None, f"staff:{officer.username}")
        assert refused(review.agree, case=case, officer=second, why="after all") == "nothing_proposed"
        assert self.approve(case, officer, limit=Decimal("50000.00")).limit == Decimal("50000.00")

    def test_the_role_is_needed(self, proposed):
        finance = factories.officer(Role.FINANCE_OFFICER)
        for act in (review.agree, review.send_back):
            assert refused(act, case=proposed, officer=finance, why="x") == "not_permitted"

    def test_an_earlier_policy_knew_no_second_officer(self):
        assert policy.load("standard-1").officer_alone_limit == Decimal("100000.00")


@pytest.mark.django_db
class TestAskedByTheCustomer:
    """After the machine's decline the customer may have a person decide, once."""

    def ask(self, decision):
        with transaction.atomic():
            return review.ask_for_person(decision)

    def test_a_decline_becomes_a_case(self, officer, asker):
        decision = factories.decided(employment="student")
        assert decision.outcome == "declined"
        case = self.ask(decision)
        assert (case.asked_by_customer, case.status, case.decision) == (True, "open", decision)
        review.claim(case=case, officer=officer)
        granted = review.approve(case=case, officer=officer, limit=LIMIT, annual_rate=RATE, reasons=CONFIRMED)
        assert (granted.basis, granted.outcome) == (decision, "approved")
        assert refused(self.ask, decision=decision) == "no_person_now"
        assert refused(self.ask, decision=granted) == "no_person_now"

    def test_not_where_the_machine_approved_nor_after_a_month(self):
        assert refused(self.ask, decision=factories.decided()) == "no_person_now"
        decision = factories.decided(employment="student")
        clock.move_to(clock.now() + review.ASKED_WITHIN + dt.timedelta(days=1), by="test")
        assert refused(self.ask, decision=decision) == "no_person_now"


def assert_undecided(case, asker):
    assert ReviewCase.objects.get(pk=case.pk).status == "claimed"
    assert not Decision.objects.filter(basis=case.decision).exists()
    assert not any(call == "apply" for call, _ in asker.calls)


def in_threads(*actions):
    """Run actions at the same moment, each on a connection of its own. "won", or the code of its refusal, for each."""
    barrier, outcomes = threading.Barrier(len(actions)), ["unfinished"] * len(actions)

    def run(place, action):
        barrier.wait(timeout=10)
        try:
            action()
            outcomes[place] = "won"
        except Problem as problem:
            outcomes[place] = problem.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


class TestRivals:
    def test_two_officers_claim_one_case_and_one_gets_it(self, committed_db):
        case, officers = factories.doubtful_case(), [factories.officer(), factories.officer()]
        copies = [ReviewCase.objects.get(pk=case.pk) for _ in officers]
        outcomes = in_threads(
            lambda: review.claim(case=copies[0], officer=officers[0]),
            lambda: review.claim(case=copies[1], officer=officers[1]),
        )
        assert sorted(outcomes) == ["won", "wrong_state"]
        case = ReviewCase.objects.get(pk=case.pk)
        winner = officers[outcomes.index("won")]
        assert (case.status, case.claimed_by) == ("claimed", f"staff:{winner.username}")

    def test_approve_and_decline_at_once_give_one_decision(self, committed_db, asker):
        officer = factories.officer()
        case = factories.claimed_case(officer)
        copies = [ReviewCase.objects.get(pk=case.pk) for _ in range(2)]
        outcomes = in_threads(
            lambda: review.approve(case=copies[0], officer=officer, limit=LIMIT, annual_rate=RATE, reasons=CONFIRMED),
            lambda: review.decline(case=copies[1], officer=officer, reasons=["OFFICER_PURPOSE"]),
        )
        assert sorted(outcomes) == ["won", "wrong_state"]
        final = Decision.objects.get(basis=case.decision)
        case = ReviewCase.objects.get(pk=case.pk)
        assert case.final_decision == final
        assert [call for call, _ in asker.calls].count("apply") == 1
