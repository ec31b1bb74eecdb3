"""Changes of a loan: one officer proposes, another makes it happen; the books, the fold and the funders agree."""

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from accounts.tests import factories as people
from core import clock
from core.models import Approval
from core.money import ZERO, round_money
from core.problems import Problem
from lending import changes, repayments, shares, standing
from lending.api.serializers import LoanSerializer
from lending.models import CreditLine, Loan, LoanChange
from lending.tests.factories import officer, running_loan, tell
from lending.tests.test_lives import assert_books_agree, close_until, due_dates, go_to, on_the_books, pay
from payments.models import PaymentOrder

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


def first():
    return officer("first", Role.FINANCE_OFFICER)


def second():
    return officer("second", Role.RISK_OFFICER)


def changed(propose, loan, **given):
    """Proposed by one, made by the other."""
    change = propose(officer=first(), loan=loan, why="a hard time", **given)
    changes.make(officer=second(), change=change, why="agreed")
    return Loan.objects.get(pk=loan.pk)


def waived(loan, interest="0", penalty="0"):
    return changed(changes.propose_waiver, loan, interest=Decimal(interest), penalty=Decimal(penalty))


def lowered(loan, rate, counts_from=None):
    day = counts_from or clock.today()
    return changed(changes.propose_lower_rate, loan, annual_rate=Decimal(rate), counts_from=day)


def written_off(loan):
    return changed(changes.propose_write_off, loan, by_decision=True)


def told(loan, template):
    return loan.customer.messages.filter(template=template).count()


def late_loan(customer, days=10, **terms):
    loan = running_loan(customer, amount=Decimal("10000"), **terms)
    return close_until(loan, due_dates(loan)[0] + days * DAY)


# Four eyes.


def test_nothing_happens_until_another_person_agrees(customer):
    loan = late_loan(customer)
    before = Loan.objects.filter(pk=loan.pk).values().get()
    change = changes.propose_waiver(officer=first(), loan=loan, interest=ZERO, penalty=Decimal("1"), why="a hard time")
    after = Loan.objects.filter(pk=loan.pk).values().get()
    assert after["penalty_waived"] == before["penalty_waived"] == ZERO
    with pytest.raises(Problem, match="same_person"):
        changes.make(officer=first(), change=change, why="my own")
    with pytest.raises(Problem, match="already_proposed"):
        changes.propose_extension(officer=first(), loan=loan, months=1, why="too")
    with pytest.raises(Problem, match="not_permitted"):
        changes.make(officer=officer("root", Role.ADMINISTRATOR), change=change, why="I may all")
    changes.make(officer=second(), change=change, why="agreed")
    approval = Approval.of(LoanChange.objects.get()).get()
    assert (approval.proposed_by, approval.decided_by) == ("staff:first", "staff:second")
    with pytest.raises(Problem, match="wrong_state"):
        changes.make(officer=second(), change=change, why="once more")


def test_what_is_refused_changes_nothing_and_leaves_room_for_another(customer):
    loan = late_loan(customer)
    change = changes.propose_waiver(officer=first(), loan=loan, interest=ZERO, penalty=Decimal("1"), why="a hard time")
    changes.refuse(officer=second(), change=change, why="no")
    assert LoanChange.objects.get().status == "refused"
    assert waived(loan, penalty="1").penalty_waived == Decimal("1.00")


# Waiver.


@pytest.mark.parametrize("partner", [False, True])
def test_what_is_waived_is_owed_no_longer(customer, partner):
    loan = late_loan(customer, partner=partner)
    owed = standing.fold_of(loan, clock.today()).due
    loan = waived(loan, interest=owed.interest, penalty="0.57")
    assert (loan.interest_waived, loan.penalty_waived) == (owed.interest, Decimal("0.57"))
    assert_books_agree(loan)
    rest = owed.principal + owed.penalty - Decimal("0.57")
    assert standing.owed_on(loan, clock.today()).due == rest
    assert loan.status == "overdue"
    pay(loan, rest)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.dpd) == ("active", 0)
    assert_books_agree(loan)
    event = loan.events.get(kind="waiver")
    assert (event.amount, event.details["waived"]["interest"]) == (owed.interest + Decimal("0.57"), str(owed.interest))
    assert told(loan, "loan_waiver") == 1
    close_until(loan, due_dates(loan)[1] + 3 * DAY)
    assert_books_agree(loan)


def test_a_payment_that_was_asked_before_the_waiver_leaves_the_waiver_less_to_do(customer):
    """It counts from its own day: penalty that it prevents was never there to be waived."""
    loan = late_loan(customer, days=1)
    asked = repayments.ask(customer=customer, loan_serial=loan.serial, amount=standing.owed_on(loan, clock.today()).due)
    loan = close_until(loan, clock.today() + 5 * DAY)
    penalty = standing.fold_of(loan, clock.today()).due.penalty
    loan = waived(loan, penalty=penalty)
    assert loan.penalty_waived == penalty
    tell(asked.order, "succeeded")
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.penalty_waived, loan.overpaid) == ("active", ZERO, ZERO)
    assert_books_agree(loan)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"interest": "-1"}, "amount_invalid"),
        ({"penalty": "0"}, "amount_invalid"),
        ({"penalty": "1.005"}, "amount_invalid"),
        ({"penalty": "1000"}, "more_than_owed"),
    ],
)
def test_a_waiver_that_cannot_be_is_refused(customer, given, code):
    loan = late_loan(customer)
    with pytest.raises(Problem, match=code):
        waived(loan, **given)
    assert not LoanChange.objects.exists()


def test_a_closed_loan_is_changed_no_more(customer):
    loan = running_loan(customer, amount=Decimal("900"))
    pay(loan, standing.owed_on(loan, clock.today()).payoff)
    for propose in (lambda: waived(loan, "1"), lambda: lowered(loan, "0.01"), lambda: written_off(loan)):
        with pytest.raises(Problem, match="loan_closed"):
            propose()


# Extension.


@pytest.mark.parametrize("partner", [False, True])
def test_more_months_make_each_instalment_lower(customer, partner):
    loan = late_loan(customer, partner=partner)
    before = list(loan.instalments.all())
    loan = changed(changes.propose_extension, loan, months=6)
    after = list(loan.instalments.all())
    assert (len(before), len(after)) == (12, 18)
    assert after[0].total == before[0].total
    assert after[1].total < before[1].total
    assert loan.maturity_date == after[-1].due_date > before[-1].due_date
    assert_books_agree(loan)
    loan = close_until(loan, after[2].due_date + 2 * DAY)
    assert_books_agree(loan)
    assert told(loan, "loan_extension") == 1
    pay(loan, standing.owed_on(loan, clock.today()).payoff)
    assert Loan.objects.get(pk=loan.pk).status == "cleared"
    assert_books_agree(loan)


@pytest.mark.parametrize(("months", "code"), [(0, "term_invalid"), (-3, "term_invalid"), (49, "term_invalid")])
def test_an_extension_that_cannot_be_is_refused(customer, months, code):
    loan = running_loan(customer, amount=Decimal("5000"))
    with pytest.raises(Problem, match=code):
        changed(changes.propose_extension, loan, months=months)


def test_a_loan_whose_instalments_are_all_due_is_not_extended(customer):
    loan = running_loan(customer, amount=Decimal("5000"), term_months=3)
    loan = close_until(loan, loan.maturity_date)
    with pytest.raises(Problem, match="nothing_left_to_spread"):
        changed(changes.propose_extension, loan, months=3)


# Lower rate.


@pytest.mark.parametrize("partner", [False, True])
def test_a_lower_rate_counts_from_its_day_and_lowers_the_penalty_too(customer, partner):
    loan = running_loan(customer, amount=Decimal("10000"), partner=partner)
    go_to(loan.value_date + 10 * DAY)
    loan = lowered(loan, "0.06")
    row = loan.instalments.first()
    days = (row.due_date - loan.value_date).days
    exact = Decimal("10000") * (Decimal("0.1224") * 10 + Decimal("0.06") * (days - 10)) / 365
    assert row.interest == round_money(exact)
    loan = close_until(loan, row.due_date + 7 * DAY)
    row.refresh_from_db()
    assert row.penalty == round_money(row.principal * Decimal("0.09") / 365 * 7)
    assert_books_agree(loan)
    assert loan.rate_in_force == Decimal("0.06")
    assert LoanSerializer(loan).data["rate_in_force"] == "0.0600"
    assert told(loan, "loan_rate") == 1


def test_a_backdated_lower_rate_gives_back_what_was_paid_too_much(customer):
    loan = running_loan(customer, amount=Decimal("10000"), partner=True)
    row = loan.instalments.first()
    go_to(row.due_date)
    pay(loan, row.total)
    go_to(row.due_date + 3 * DAY)
    loan = lowered(loan, "0.0612", counts_from=loan.value_date)
    now = loan.instalments.first()
    assert now.interest == round_money(Decimal("10000") * Decimal("0.0612") * (row.due_date - row.start).days / 365)
    assert_books_agree(loan)
    assert loan.interest_raised == loan.interest_paid == now.interest
    assert loan.overpaid + loan.principal_paid + loan.interest_paid == row.total


@pytest.mark.parametrize(
    ("rate", "days", "code"),
    [
        ("0.1224", 0, "rate_invalid"),
        ("-0.01", 0, "rate_invalid"),
        ("0.05", 1, "future_date"),
        ("0.05", -1, "before_disbursement"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(customer, rate, days, code):
    loan = running_loan(customer, amount=Decimal("5000"))
    with pytest.raises(Problem, match=code):
        lowered(loan, rate, counts_from=loan.value_date + days * DAY)


# Write-off and recovery.


@pytest.mark.parametrize("partner", [False, True])
def test_a_loan_given_up_leaves_the_books_and_each_funder_bears_its_share(customer, partner):
    loan = late_loan(customer, days=95, partner=partner)
    billed = [loan.outstanding_principal, loan.interest_raised, loan.penalty_raised]
    accrued = standing.owed_on(loan, clock.today())
    loan = changed(changes.propose_write_off, loan, by_decision=False)
    loan.refresh_from_db()
    assert (loan.status, loan.outstanding_principal) == ("written_off", ZERO)
    assert loan.principal_lost == billed[0]
    assert loan.interest_lost == loan.interest_raised
    assert loan.penalty_lost == loan.penalty_raised
    assert loan.claim == accrued.payoff
    for kind in ("loan_principal", "interest_receivable", "penalty_receivable"):
        assert set(on_the_books(loan, kind).values()) == {ZERO}
    assert_books_agree(loan)
    lost = loan.principal_lost + loan.interest_lost + loan.penalty_lost
    if partner:
        assert abs(on_the_books(loan, "credit_loss")["demo-bank"] - lost * Decimal("0.7")) <= Decimal("0.03")
    assert CreditLine.objects.get(customer=customer).status == "frozen"
    closed = close_until(loan, clock.today() + 3 * DAY)
    assert (closed.claim, closed.dpd) == (loan.claim, loan.dpd)  # nothing runs on


@pytest.mark.parametrize("partner", [False, True])
def test_what_comes_in_after_the_write_off_is_recovered_and_shared(customer, partner):
    loan = late_loan(customer, days=95, partner=partner)
    settlement = on_the_books(loan, "partner_settlement")
    loan = written_off(loan)
    claim = loan.claim
    repaid = pay(loan, Decimal("100.01"))
    loan.refresh_from_db()
    assert (loan.recovered, loan.claim) == (Decimal("100.01"), claim - Decimal("100.01"))
    assert_books_agree(loan)
    own = shares.of_principal(shares.of(loan), Decimal("100.01"), split_before=ZERO)
    assert on_the_books(loan, "recoveries") == {"own": -own[0][1]}
    if partner:
        now = on_the_books(loan, "partner_settlement")["demo-bank"]
        assert settlement["demo-bank"] - now == own[1][1]
    assert loan.events.last().kind == "recovery"
    tell(repaid.order, "returned", reason="BOUNCED")
    loan.refresh_from_db()
    assert (loan.recovered, loan.claim) == (ZERO, claim)
    assert_books_agree(loan)
    with pytest.raises(Problem, match="amount_more_than_owed"):
        pay(loan, claim + 1)
    pay(loan, claim)
    loan.refresh_from_db()
    assert (loan.claim, loan.recovered, loan.dpd) == (ZERO, claim, 0)
    assert_books_agree(loan)
    with pytest.raises(Problem, match="loan_closed"):
        pay(loan, Decimal("1"))


def test_a_payment_from_before_the_write_off_that_bounces_makes_the_loss_larger(customer):
    loan = running_loan(customer, amount=Decimal("10000"), partner=True)
    row = loan.instalments.first()
    go_to(row.due_date)
    paid = pay(loan, row.total)
    loan = close_until(loan, due_dates(loan)[1] + 95 * DAY)
    loan = written_off(loan)
    before = loan.principal_lost
    tell(paid.order, "returned", reason="BOUNCED")
    loan.refresh_from_db()
    assert loan.principal_lost == before + row.principal
    assert_books_agree(loan)


def test_a_loan_that_is_not_late_enough_is_given_up_only_by_a_decision(customer):
    loan = late_loan(customer, days=89)  # closed; today is the 90th day
    with pytest.raises(Problem, match="not_late_enough"):
        changed(changes.propose_write_off, loan, by_decision=False)
    assert written_off(loan).status == "written_off"


# Refund of an overpayment.


def crossed(customer, partner=False):
    """A loan that a payment settles while a waiver has made it smaller."""
    loan = late_loan(customer, partner=partner)
    asked = repayments.ask(
        customer=customer, loan_serial=loan.serial, amount=standing.owed_on(loan, clock.today()).payoff
    )
    loan = waived(loan, penalty="1.23")
    tell(asked.order, "succeeded")
    return Loan.objects.get(pk=loan.pk)


def refunded(loan):
    changed(changes.propose_refund, loan)
    return PaymentOrder.objects.get(purpose="loan_refund", reference=loan.changes.last().serial)


@pytest.mark.parametrize("partner", [False, True])
def test_money_beyond_what_is_owed_is_kept_for_the_customer_and_paid_back(customer, partner):
    loan = crossed(customer, partner)
    assert (loan.status, loan.credit) == ("cleared", Decimal("1.23"))
    assert on_the_books(loan, "customer_credit") == {"": Decimal("-1.23")}
    assert_books_agree(loan)
    order = refunded(loan)
    assert (order.kind, order.amount) == ("payout", Decimal("1.23"))
    loan.refresh_from_db()
    assert loan.credit == ZERO
    assert_books_agree(loan)
    with pytest.raises(Problem, match="nothing_to_refund"):
        refunded(loan)
    tell(order.serial, "succeeded")
    assert told(loan, "loan_refund") == 1
    assert_books_agree(loan)


@pytest.mark.parametrize("status", ["failed", "returned"])
def test_a_refund_that_does_not_arrive_is_kept_for_the_customer_again(customer, status):
    loan = crossed(customer)
    order = refunded(loan)
    if status == "returned":
        tell(order.serial, "succeeded")
    tell(order.serial, status, reason="PAYEE_REJECTED")
    loan.refresh_from_db()
    assert loan.credit == Decimal("1.23")
    assert_books_agree(loan)
    assert refunded(loan).amount == Decimal("1.23")


def test_a_loan_that_holds_nothing_refunds_nothing(customer):
    loan = running_loan(customer, amount=Decimal("900"))
    with pytest.raises(Problem, match="nothing_to_refund"):
        changed(changes.propose_refund, loan)


def test_the_queue_of_refunds_shows_who_waits_and_the_button_proposes(customer):
    quiet, loan = running_loan(people.verified_customer(), amount=Decimal("900")), crossed(customer)
    finance = desk("first", Role.FINANCE_OFFICER)
    queue = finance.get(reverse("admin:lending_loan_changelist"), {"credit": "held"}).content.decode()
    assert loan.serial in queue
    assert quiet.serial not in queue
    press(finance, loan, "refund")
    assert LoanChange.objects.get(status="proposed").kind == "refund"


# In the admin.


def desk(name, role):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(officer(name, role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def press(client, row, button, **given):
    page = client.get(reverse(f"admin:lending_{row._meta.model_name}_change", args=[row.pk])).content.decode()
    links = [part.split('"')[0] for part in page.split('href="')]
    link = next(link for link in links if link.rstrip("/").endswith(f"/{button}"))
    assert client.get(link).status_code == 200
    return client.post(link, {"sent": "1", "why": "a hard time", **given}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("button", "given", "kind"),
    [
        ("waive", {"interest": "0", "penalty": "1.00"}, "waiver"),
        ("extend", {"months": "2"}, "extension"),
        ("lower-rate", {"percent": "6", "counts_from": "2099-01-01"}, "rate"),
        ("write-off", {"by_decision": "on"}, "write_off"),
    ],
)
def test_one_officer_proposes_on_the_loans_page_and_another_makes_it_happen(customer, button, given, kind):
    loan = late_loan(customer)
    finance, risk = desk("first", Role.FINANCE_OFFICER), desk("second", Role.RISK_OFFICER)
    if kind == "rate":
        assert "from today or from a past day" in press(finance, loan, button, **given)
        given["counts_from"] = loan.value_date.isoformat()
    assert "waits for a second person" in press(finance, loan, button, **given)
    change = LoanChange.objects.get(kind=kind)
    assert "somebody else must decide" in press(finance, change, "make")
    assert "Done" in press(risk, change, "make")
    assert loan.events.filter(kind=kind, reference=change.serial).exists()
    page = risk.get(reverse("admin:lending_loan_change", args=[loan.pk])).content.decode()
    assert change.serial in page
    assert str(Loan.Status(Loan.objects.get(pk=loan.pk).status).label) in page


def test_the_administrator_sees_no_buttons(customer):
    loan = late_loan(customer)
    page = desk("root", Role.ADMINISTRATOR).get(reverse("admin:lending_loan_change", args=[loan.pk])).content.decode()
    assert "/waive" not in page
