"""Lives of loans: whatever is paid when, the ledger, the loan and the sum of the funders say the same."""

import contextlib
import datetime as dt
import os
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.origin import Channel
from accounts.tests import factories as people
from core import clock
from core.money import ZERO
from core.problems import Problem
from lending import changes, day_close, repayments, shares, standing
from lending.models import AgreementShare, CreditLine, Loan, Repayment
from lending.tests.factories import offered, officer, running_loan, tell
from payments import ledger
from payments.chart import Side
from payments.models import Entry, PaymentOrder

pytestmark = pytest.mark.django_db
TEN = dt.timedelta(hours=10)
EXAMPLES = 500 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 4


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


def go_to(date):
    moment = clock.start_of_day(date) + TEN
    if moment > clock.now():
        clock.move_to(moment, by="test")


def close_until(loan, date):
    """The day close of `date`, run the morning after."""
    go_to(date + dt.timedelta(days=1))
    day_close.close_day(date.isoformat())
    return Loan.objects.get(pk=loan.pk)


def pay(loan, amount, status="succeeded", strategy=""):
    repayment = repayments.ask(customer=loan.customer, loan_serial=loan.serial, amount=amount, strategy=strategy)
    tell(repayment.order, status, reason="CARD_BALANCE_NOT_ENOUGH" if status == "failed" else "")
    return Repayment.objects.get(pk=repayment.pk)


def due_dates(loan):
    return list(loan.instalments.values_list("due_date", flat=True))


def owed_in_all(loan):
    """Principal, billed interest and penalties not yet paid, as the loan's own totals have it."""
    billed = loan.interest_raised - loan.interest_paid + loan.penalty_raised - loan.penalty_paid
    return loan.outstanding_principal + billed


def on_the_books(loan, kind):
    """Debits less credits on the accounts of a kind, over everything booked on the loan, by funder."""
    found: dict[str, Decimal] = {}
    for entry in Entry.objects.filter(transfer__reference=loan.serial, account__kind=kind).select_related("account"):
        signed = entry.amount if entry.side == Side.DEBIT else -entry.amount
        found[entry.account.owner] = found.get(entry.account.owner, ZERO) + signed
    return found


def assert_books_agree(loan):
    loan = Loan.objects.get(pk=loan.pk)
    wholes = {
        "loan_principal": loan.outstanding_principal,
        "interest_receivable": loan.interest_raised - loan.interest_paid - loan.interest_waived - loan.interest_lost,
        "penalty_receivable": loan.penalty_raised - loan.penalty_paid - loan.penalty_waived - loan.penalty_lost,
        "waivers": loan.interest_waived + loan.penalty_waived,
        "credit_loss": loan.principal_lost + loan.interest_lost + loan.penalty_lost,
        "customer_credit": loan.refunded - loan.overpaid,
    }
    for kind, whole in wholes.items():
        assert sum(on_the_books(loan, kind).values(), ZERO) == whole, kind
    rows = list(loan.instalments.all())
    if loan.status != "written_off":
        assert sum(row.principal - row.paid_principal for row in rows) == loan.outstanding_principal
    assert sum(row.interest for row in rows if row.raised) == loan.interest_raised
    assert sum(row.penalty for row in rows) == loan.penalty_raised
    if loan.status != "cancelled":
        folded = standing.fold_of(loan, max(loan.last_closed_date, loan.events.last().business_date))
        assert folded.principal == loan.outstanding_principal or loan.status == "written_off"
        assert sum((debt.row.interest for debt in folded.debts), ZERO) == loan.interest_raised
        assert (folded.claim, folded.overpaid) == (loan.claim, loan.overpaid)
        assert folded.recovered.total == loan.recovered
        if loan.status != "written_off":
            assert folded.due.interest == wholes["interest_receivable"]
            assert folded.due.penalty == wholes["penalty_receivable"]
    if loan.outstanding_principal == ZERO:
        assert set(on_the_books(loan, "loan_principal").values()) <= {ZERO}
    for share in loan.funding.all():
        exact = loan.outstanding_principal * share.share
        assert abs(on_the_books(loan, "loan_principal").get(share.funder.code, ZERO) - exact) <= Decimal("0.01")
    income = loan.interest_paid + loan.penalty_paid
    fees = sum((income * share.income_share * share.servicing_fee for share in loan.funding.all()), ZERO)
    assert abs(on_the_books(loan, "fee_income").get("own", ZERO) + fees) <= Decimal("0.005")
    line = CreditLine.objects.get(customer=loan.customer)
    owed = Loan.objects.filter(customer=loan.customer, status__in=["active", "overdue"])
    assert line.used == sum((item.outstanding_principal for item in owed), ZERO)
    rows = ledger.trial_balance(clock.today())
    assert sum(row.debits for row in rows) == sum(row.credits for row in rows)


def test_a_loan_paid_on_its_days_ends_settled_and_leaves_nothing_owed(customer):
    loan = running_loan(customer, amount=Decimal("10000"), term_months=3, partner=True)
    for row in loan.instalments.all():
        go_to(row.due_date)
        pay(loan, row.total)
        assert_books_agree(loan)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, owed_in_all(loan)) == ("cleared", ZERO)
    assert on_the_books(loan, "loan_principal") == {"own": ZERO, "demo-bank": ZERO}
    assert CreditLine.objects.get(customer=customer).used == ZERO
    with pytest.raises(Problem, match="loan_closed"):
        pay(loan, Decimal("1"))


def test_the_partner_is_owed_its_part_of_what_was_collected_less_what_we_advanced(customer):
    loan = running_loan(customer, amount=Decimal("10000"), partner=True)
    assert on_the_books(loan, "partner_settlement") == {"demo-bank": Decimal("7000.00")}
    first = loan.instalments.first()
    go_to(first.due_date)
    pay(loan, first.total)
    funded = shares.of(loan)
    partners = {f.code: p for f, p in shares.of_principal(funded, first.principal, split_before=ZERO)}["demo-bank"]
    interest = {f.code: p for f, p in shares.of_income(funded, first.interest, split_before=ZERO)}["demo-bank"]
    assert on_the_books(loan, "partner_settlement") == {"demo-bank": Decimal("7000.00") - partners - interest}


def test_lateness_costs_by_the_day_and_a_payment_pays_it_first(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    first = loan.instalments.first()
    loan = close_until(loan, first.due_date + dt.timedelta(days=9))
    first.refresh_from_db()
    daily = Decimal("0.1224") * Decimal("1.5") / 365
    assert (loan.status, loan.dpd) == ("overdue", 9)
    assert first.penalty == round(first.principal * daily * 9, 2)
    pay(loan, Decimal("100.00"))
    first.refresh_from_db()
    # Paid on the tenth day: one more day of penalty, then interest, then principal.
    assert first.paid_penalty == first.penalty == round(first.principal * daily * 10, 2)
    assert first.paid_penalty + first.paid_interest + first.paid_principal == Decimal("100.00")
    assert_books_agree(loan)


def test_paying_the_arrears_cures_the_loan(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    loan = close_until(loan, due_dates(loan)[0] + dt.timedelta(days=3))
    assert loan.status == "overdue"
    go_to(clock.today())
    with pytest.raises(Problem, match="strategy_needed") as refused:
        pay(loan, Decimal("9000"))
    pay(loan, Decimal(refused.value.details["due"]))
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, loan.dpd) == ("active", 0)
    assert_books_agree(loan)


def test_many_days_closed_at_once_are_the_same_as_day_by_day(customer):
    by_day = running_loan(customer, amount=Decimal("5000"))
    at_once = running_loan(customer, amount=Decimal("5000"))
    last = due_dates(by_day)[1] + dt.timedelta(days=5)
    day = due_dates(by_day)[0] - dt.timedelta(days=1)
    go_to(last + dt.timedelta(days=1))
    while day <= last:
        day_close.close_loan(by_day.serial, day)
        day += dt.timedelta(days=1)
    day_close.close_loan(at_once.serial, last)
    figures = ["status", "dpd", "interest_raised", "penalty_raised", "last_closed_date"]
    first, second = (Loan.objects.filter(pk=loan.pk).values(*figures).get() for loan in (by_day, at_once))
    assert first == second
    assert first["penalty_raised"] > ZERO


def test_closing_a_day_again_changes_nothing_and_a_day_that_is_not_over_is_refused(customer):
    loan = running_loan(customer, amount=Decimal("5000"))
    late = due_dates(loan)[0] + dt.timedelta(days=2)
    close_until(loan, late)
    before = Loan.objects.filter(pk=loan.pk).values().get(), loan.events.count()
    day_close.close_day(late.isoformat())
    assert (Loan.objects.filter(pk=loan.pk).values().get(), loan.events.count()) == before
    with pytest.raises(ValueError, match="is not over"):
        day_close.close_day(clock.today().isoformat())


def test_a_payment_that_comes_back_is_owed_again(customer):
    loan = running_loan(customer, amount=Decimal("10000"), term_months=3, partner=True)
    for row in loan.instalments.all():
        go_to(row.due_date)
        last = pay(loan, row.total)
    assert Loan.objects.get(pk=loan.pk).status == "cleared"
    tell(last.order, "returned", reason="BOUNCED")
    loan = Loan.objects.get(pk=loan.pk)
    assert loan.status == "active"
    assert owed_in_all(loan) == last.amount
    assert Repayment.objects.get(pk=last.pk).status == "returned"
    assert_books_agree(loan)


def test_a_card_that_does_not_pay_changes_nothing_and_the_customer_may_try_again(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    first = loan.instalments.first()
    go_to(first.due_date)
    assert pay(loan, first.total, "failed").status == "failed"
    assert_books_agree(loan)
    assert pay(loan, first.total).status == "succeeded"


@pytest.mark.parametrize("status", ["failed", "returned"])
def test_a_payout_that_ends_badly_frees_the_limit_and_leaves_no_debt(customer, status):
    from lending import confirmations, funding

    application = offered(customer, amount=Decimal("900"))
    loan = confirmations.confirm(customer=customer, serial=application.serial, channel=Channel.PORTAL)
    assert not funding.Participation.objects.filter(loan=loan).exists()  # too small for the partner's agreement
    if status == "returned":
        tell(Loan.objects.get(pk=loan.pk).payout_order, "succeeded")
    tell(Loan.objects.get(pk=loan.pk).payout_order, status, reason="PAYEE_REJECTED")
    loan, line = Loan.objects.get(pk=loan.pk), CreditLine.objects.get(customer=customer)
    assert (loan.status, loan.outstanding_principal) == ("cancelled", ZERO)
    assert (line.used, line.held) == (ZERO, ZERO)
    assert sum(on_the_books(loan, "loan_principal").values(), ZERO) == ZERO


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0", "amount_invalid"),
        ("-5", "amount_invalid"),
        ("1.005", "amount_invalid"),
        ("due + 0.01", "strategy_needed"),
        ("payoff + 0.01", "amount_more_than_owed"),
    ],
)
def test_amounts_that_cannot_be_paid_are_refused(customer, amount, code):
    loan = running_loan(customer, amount=Decimal("10000"))
    go_to(due_dates(loan)[0])
    base = {"due": standing.owed_on(loan, clock.today()).due, "payoff": standing.owed_on(loan, clock.today()).payoff}
    name, _, more = amount.partition(" + ")
    amount = str(base[name] + Decimal(more)) if more else amount
    with pytest.raises(Problem, match=code):
        repayments.ask(customer=customer, loan_serial=loan.serial, amount=Decimal(amount))
    assert not Repayment.objects.exists()


def test_while_one_payment_is_running_another_is_refused(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    go_to(due_dates(loan)[0])
    repayments.ask(customer=customer, loan_serial=loan.serial, amount=Decimal("10"))
    with pytest.raises(Problem, match="repayment_running"):
        pay(loan, Decimal("10"))


def test_nobody_repays_or_sees_anothers_loan(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    stranger = people.verified_customer()
    with pytest.raises(Problem, match="not_found"):
        repayments.ask(customer=stranger, loan_serial=loan.serial, amount=Decimal("10"))


def test_paying_off_early_costs_the_days_used_and_settles_the_loan(customer):
    loan = running_loan(customer, amount=Decimal("10000"), partner=True)
    go_to(loan.value_date + dt.timedelta(days=10))
    payoff = standing.owed_on(loan, clock.today()).payoff
    assert payoff == Decimal("10000") + round(Decimal("10000") * Decimal("0.1224") * 10 / 365, 2)
    pay(loan, payoff)
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.status, owed_in_all(loan), loan.interest_paid) == ("cleared", ZERO, payoff - 10000)
    assert loan.instalments.count() == 1
    assert_books_agree(loan)


@pytest.mark.parametrize("strategy", ["shorten", "lower", "next"])
def test_paying_early_changes_the_schedule_as_was_shown(customer, strategy):
    loan = running_loan(customer, amount=Decimal("10000"))
    go_to(loan.value_date + dt.timedelta(days=10))
    shown = repayments.preview(loan=loan, amount=Decimal("3000"), strategy=strategy)
    pay(loan, Decimal("3000"), strategy=strategy)
    assert_books_agree(loan)
    rows = list(loan.instalments.all())
    assert [(row.due_date, row.unpaid().total) for row in rows] == [(row.due, row.total) for row in shown.after]
    assert (len(shown.after) < len(shown.before)) == (strategy == "shorten")
    assert shown.saved > ZERO
    assert Loan.objects.get(pk=loan.pk).outstanding_principal == Decimal("7000.00")


def test_a_payment_counts_from_the_day_it_was_asked_even_if_it_arrives_later(customer):
    loan = running_loan(customer, amount=Decimal("10000"))
    first = loan.instalments.first()
    go_to(first.due_date)
    repayment = repayments.ask(customer=customer, loan_serial=loan.serial, amount=first.total)
    loan = close_until(loan, first.due_date + dt.timedelta(days=2))
    assert (loan.dpd, loan.penalty_raised > ZERO) == (2, True)
    tell(repayment.order, "succeeded")
    loan = Loan.objects.get(pk=loan.pk)
    assert (loan.dpd, loan.status, loan.penalty_raised) == (0, "active", ZERO)
    assert_books_agree(loan)


def test_an_early_payment_that_comes_back_never_was(customer):
    quiet = running_loan(customer, amount=Decimal("4000"))
    stirred = running_loan(people.verified_customer(), amount=Decimal("4000"))
    go_to(stirred.value_date + dt.timedelta(days=10))
    paid = pay(stirred, Decimal("3000"), strategy="shorten")
    first = quiet.instalments.first()
    go_to(first.due_date + dt.timedelta(days=3))
    for loan in (quiet, stirred):
        pay(loan, Decimal("50"))
    tell(paid.order, "returned", reason="BOUNCED")
    for loan in (quiet, stirred):
        close_until(loan, first.due_date + dt.timedelta(days=9))
    figures = ["status", "dpd", "outstanding_principal", "interest_raised", "interest_paid", "penalty_raised"]
    same = [Loan.objects.filter(pk=loan.pk).values(*figures, "penalty_paid").get() for loan in (quiet, stirred)]
    assert same[0] == same[1]
    rows = ["no", "due_date", "principal", "interest", "balance", "paid_principal", "paid_interest", "penalty"]
    assert list(quiet.instalments.values(*rows)) == list(stirred.instalments.values(*rows))
    assert_books_agree(stirred)


def waiver(share, today, due):
    """A share of what is due of interest and penalty."""
    forgiven = {name: (getattr(due, name) * share / 100).quantize(Decimal("0.01")) for name in ("interest", "penalty")}
    return changes.propose_waiver, forgiven


def lower_rate(share, today, due, days_back=0):
    rate = Decimal(share) / 1000  # up to 10 %
    return changes.propose_lower_rate, {"annual_rate": rate, "counts_from": today - dt.timedelta(days=days_back)}


CHANGES = {
    "waiver": waiver,
    "extension": lambda share, today, due: (changes.propose_extension, {"months": 1 + share // 25}),
    "rate": lower_rate,
    "past rate": lambda share, today, due: lower_rate(share, today, due, days_back=share // 2),
    "write-off": lambda share, today, due: (changes.propose_write_off, {"by_decision": True}),
    "refund": lambda share, today, due: (changes.propose_refund, {}),
}
# Where a loan stands so that the change makes no sense, it is refused for one of these, and nothing is booked.
SENSELESS = {
    *("amount_invalid", "nothing_left_to_spread", "rate_invalid", "before_disbursement", "loan_closed"),
    "nothing_to_refund",
}


def change(loan, kind, share):
    """Two officers change the loan as `kind` says, by `share` of a hundred, if that makes sense."""
    loan, today = Loan.objects.get(pk=loan.pk), clock.today()
    propose, given = CHANGES[kind](share, today, standing.fold_of(loan, today).due)
    try:
        proposed = propose(officer=officer("first"), loan=loan, why="a hard time", **given)
    except Problem as problem:
        assert problem.code in SENSELESS, problem
        return
    changes.make(officer=officer("second"), change=proposed, why="agreed")
    if kind == "refund":
        order = PaymentOrder.objects.get(reference=proposed.serial)
        tell(order.serial, "succeeded" if share % 2 else "failed", reason="" if share % 2 else "PAYEE_REJECTED")


STEP = st.fixed_dictionaries(
    {
        "days": st.integers(0, 40),
        "percent": st.integers(1, 100),
        "of": st.sampled_from(["due", "payoff"]),
        "strategy": st.sampled_from(["shorten", "lower", "next"]),
        "arrives_after": st.sampled_from([0, 0, 1, 5]),
        "bounces": st.one_of(st.none(), st.integers(0, 5)),
        # Before the payment is asked, or while it is on its way.
        "change": st.one_of(st.none(), st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(1, 100), st.booleans())),
    }
)


@contextlib.contextmanager
def a_world_of_its_own() -> Iterator[None]:
    """Whatever happens inside is checked by the database's deferred rules too, and never was."""
    block = transaction.atomic()
    # As around every test, so that durable blocks may stand inside.
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        connection.check_constraints()
        transaction.set_rollback(True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=EXAMPLES)
@given(
    fen=st.integers(100_000, 2_000_000),
    partner=st.sampled_from([None, {}, {"partner_rate": Decimal("0.071"), "servicing_fee": Decimal("0.03")}]),
    method=st.sampled_from(["equal_instalment", "equal_instalment", "any_day"]),
    steps=st.lists(STEP, min_size=1, max_size=6),
)
def test_any_life_keeps_the_books(sandbox, fen, partner, method, steps):
    """Pay a share of what is due or of the payoff, early, late or short; have any payment bounce at any later time;
    waive, extend, lower the rate, write off and refund, also while a payment is on its way; after each step the
    ledger, the loan, the fold and the funders agree, and a payoff settles exactly."""
    with a_world_of_its_own():
        live(fen, partner, method, steps)


def live(fen, partner, method, steps):
    customer = people.verified_customer()
    if partner:
        AgreementShare.objects.update(**partner)
    loan = running_loan(customer, amount=Decimal(fen) / 100, term_months=6, method=method, partner=partner is not None)
    paid: list[Repayment] = []
    for step in steps:
        loan = close_until(loan, clock.today() + dt.timedelta(days=step["days"]))
        kind, share, crossing = step["change"] or ("", 0, False)
        if kind and not crossing:
            change(loan, kind, share)
            assert_books_agree(loan)
        loan, today = Loan.objects.get(pk=loan.pk), clock.today()
        owed = standing.owed_on(loan, today)
        base = owed.due if step["of"] == "due" else owed.payoff
        amount = (base * step["percent"] / 100).quantize(Decimal("0.01"))
        asked = None
        if loan.is_owed and amount > 0:
            asked = repayments.ask(customer=customer, loan_serial=loan.serial, amount=amount, strategy=step["strategy"])
        if kind and crossing:
            change(loan, kind, share)
            assert_books_agree(loan)
        if asked:
            if step["arrives_after"]:
                loan = close_until(loan, today + dt.timedelta(days=step["arrives_after"]))
            tell(asked.order, "succeeded")
            paid.append(asked)
            if step["percent"] == 100 and step["of"] == "payoff":
                loan = Loan.objects.get(pk=loan.pk)
                assert loan.status == ("written_off" if loan.principal_lost else "cleared")
                assert not loan.is_owed or (crossing and kind)
        assert_books_agree(loan)
        if step["bounces"] is not None and paid:
            tell(paid.pop(step["bounces"] % len(paid)).order, "returned", reason="BOUNCED")
            assert_books_agree(loan)
