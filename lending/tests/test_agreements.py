"""Several agreements: who is asked in which order, what follows a no, what the limits and a borrower's region allow."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests import factories as people
from core import clock
from core.money import ZERO
from lending import confirmations, funding, releases, shares
from lending.models import Funder, FundingAgreement, Participation
from lending.tests.factories import offered, running_loan, tell
from lending.tests.test_lives import assert_books_agree, go_to, on_the_books, pay
from payments.models import PaymentOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(sandbox):
    return people.verified_customer()


@pytest.fixture
def local_bank(sandbox):
    names = {"name_zh": "本地银行", "name_en": "Local Bank"}
    return Funder.objects.create(code="local-bank", kind=Funder.Kind.PARTNER, whitelisted=True, **names)


def agree(*partners, priority=2, share="0.4", conditions=None, **terms):
    """An agreement by which each partner takes `share`."""
    agreement = FundingAgreement.objects.create(
        product_code="consumer", priority=priority, minimum_amount=1000, effective_from=clock.today(), **terms
    )
    for partner in partners:
        agreement.shares.create(partner=partner, share=Decimal(share), **(conditions or {}))
    return agreement


def first_agreement():
    return FundingAgreement.objects.order_by("priority").first()


def demo_bank():
    return Funder.objects.get(code="demo-bank")


def confirmed(customer, amount="10000"):
    application = offered(customer, amount=Decimal(amount))
    return confirmations.confirm(customer=customer, serial=application.serial, channel="portal")


def asked(loan):
    return list(Participation.objects.filter(loan=loan).values_list("partner__code", "status"))


def shares_of(loan):
    return {row.funder.code: row.share for row in loan.funding.select_related("funder")}


def orders_of(loan):
    return PaymentOrder.objects.filter(reference=loan.serial).count()


def ask_to_the_end(loan):
    while funding.ask(loan.serial):
        pass


def test_a_refusal_goes_to_the_next_agreement(customer, local_bank, fault):
    agree(local_bank)
    loan = confirmed(customer)
    fault("participations", "refuse", count=1)
    assert funding.ask(loan.serial) is not None
    assert (orders_of(loan), asked(loan)) == (0, [("demo-bank", "refused"), ("local-bank", "asking")])
    ask_to_the_end(loan)
    assert asked(loan) == [("demo-bank", "refused"), ("local-bank", "approved")]
    assert (orders_of(loan), shares_of(loan)) == (1, {"own": Decimal("0.6"), "local-bank": Decimal("0.4")})


def test_silence_goes_to_the_next_agreement_too_and_the_silent_one_is_released(customer, local_bank, fault):
    agree(local_bank)
    loan = confirmed(customer)
    fault("participations", "lose_answer", count=1)
    fault("queries", "lose", count=1)
    Participation.objects.filter(loan=loan).update(asked_at=clock.real_now() - funding.PARTNER_PATIENCE)
    ask_to_the_end(loan)
    assert asked(loan) == [("demo-bank", "given_up"), ("local-bank", "approved")]
    releases.tell(Participation.objects.get(loan=loan, status="given_up").serial)
    assert asked(loan) == [("demo-bank", "released"), ("local-bank", "approved")]
    assert (orders_of(loan), shares_of(loan)) == (1, {"own": Decimal("0.6"), "local-bank": Decimal("0.4")})


def test_an_agreement_may_say_that_a_refused_loan_is_ours_alone(customer, local_bank):
    FundingAgreement.objects.update(fallback="direct")
    agree(local_bank)
    loan = confirmed(customer, "10000.95")  # refused by its ending
    ask_to_the_end(loan)
    assert (asked(loan), shares_of(loan), orders_of(loan)) == ([("demo-bank", "refused")], {"own": Decimal(1)}, 1)


def test_when_all_refuse_we_fund_alone(customer, local_bank):
    agree(local_bank)
    loan = confirmed(customer, "10000.95")
    ask_to_the_end(loan)
    assert asked(loan) == [("demo-bank", "refused"), ("local-bank", "refused")]
    assert (shares_of(loan), orders_of(loan)) == ({"own": Decimal(1)}, 1)


def test_three_lenders_share_a_loan_if_both_partners_say_yes(customer, local_bank):
    agree(demo_bank(), local_bank, priority=0, share="0.3333333333")
    loan = confirmed(customer, "10000.01")
    ask_to_the_end(loan)
    tell(PaymentOrder.objects.get(reference=loan.serial).serial, "succeeded")
    principal = on_the_books(loan, "loan_principal")
    assert principal == {"own": Decimal("3333.34"), "demo-bank": Decimal("3333.34"), "local-bank": Decimal("3333.33")}


def test_one_no_undoes_the_others_yes(customer, local_bank, sandbox, fault):
    agree(demo_bank(), local_bank, priority=0, share="0.35", fallback="direct")
    loan = confirmed(customer)
    fault("participations", "refuse", count=1)
    ask_to_the_end(loan)
    assert asked(loan) == [("demo-bank", "refused"), ("local-bank", "approved")]
    assert (shares_of(loan), orders_of(loan)) == ({"own": Decimal(1)}, 1)
    yes = Participation.objects.get(loan=loan, status="approved")
    releases.tell(yes.serial)
    [theirs] = [row for row in sandbox.book("participations")["participations"] if row["serial"] == yes.serial]
    assert (theirs["answer"], theirs["reason"]) == ("released", "ANOTHER_PARTNER_REFUSED")


def test_a_local_bank_is_asked_only_about_borrowers_of_its_region(customer, local_bank):
    here = customer.id_number[:2]
    elsewhere = "11" if here != "11" else "31"
    agree(local_bank, priority=0, regions=[elsewhere])
    assert asked(confirmed(customer)) == [("demo-bank", "asking")]
    FundingAgreement.objects.filter(priority=0).update(regions=[elsewhere, here])
    assert asked(confirmed(people.verified_customer(), "9000")) == [("local-bank", "asking")]


@pytest.mark.parametrize(
    ("capital", "elsewhere", "shared"),
    [
        ("12000", "1000000", True),  # our 3,000 are a quarter of it
        ("11999.99", "1000000", False),
        (None, "1000000", False),
        ("1000000", "3000", True),  # our 3,000 are half of 6,000
        ("1000000", "2999.99", False),
    ],
)
def test_no_more_is_shared_than_the_concentration_limits_allow(customer, capital, elsewhere, shared):
    Funder.objects.filter(code="own").update(tier_1_capital=capital, loans_elsewhere=elsewhere)
    assert bool(asked(confirmed(customer))) == shared


def test_loans_that_stand_count_for_the_limit_and_settled_ones_do_not(customer):
    Funder.objects.filter(code="own").update(tier_1_capital=Decimal(20000))
    first = running_loan(customer, amount=Decimal("10000"), partner=True)
    assert asked(confirmed(people.verified_customer())) == []
    go_to(first.value_date + dt.timedelta(days=1))
    pay(first, Decimal("6000"), strategy="lower")
    assert asked(confirmed(people.verified_customer())) == [("demo-bank", "asking")]


def test_the_partners_of_an_agreement_leave_us_thirty_percent(local_bank):
    with pytest.raises(IntegrityError, match="more than 70 percent"), transaction.atomic():
        agree(demo_bank(), local_bank, share="0.36")


def test_a_partners_own_rate_and_servicing_fee_are_lines_of_their_own(customer):
    """The customer pays 12.24 %, the partner earns 6.12 % on its 70 %, and of what it earns 5 % stay with us."""
    first_agreement().shares.update(partner_rate=Decimal("0.0612"), servicing_fee=Decimal("0.05"))
    loan = running_loan(customer, amount=Decimal("10000"), partner=True)
    row = loan.instalments.first()
    go_to(row.due_date)
    paid = pay(loan, row.total)
    theirs = row.interest - (row.interest * Decimal("0.65")).quantize(Decimal("0.01"))
    fee = (row.interest * Decimal("0.35") * Decimal("0.05")).quantize(Decimal("0.01"))
    ours = {code: amount for code, amount in on_the_books(loan, "interest_income").items() if code == "own"}
    assert ours == {"own": theirs - row.interest}
    assert on_the_books(loan, "fee_income") == {"own": -fee}
    principal = on_the_books(loan, "loan_principal")
    assert on_the_books(loan, "partner_settlement") == {"demo-bank": principal["demo-bank"] - theirs + fee}
    assert_books_agree(loan)
    tell(paid.order, "returned", reason="BOUNCED")
    assert on_the_books(loan, "fee_income") == {"own": ZERO}
    assert on_the_books(loan, "partner_settlement") == {"demo-bank": Decimal("7000.00")}
    assert_books_agree(loan)


RATE = st.integers(0, 10**4).map(lambda parts: Decimal(parts) / 10**4)


@given(payments=st.lists(st.integers(-(10**6), 10**6), min_size=1), income=RATE, fee=RATE)
def test_fees_never_drift_and_what_is_taken_back_takes_its_fee_back(payments, income, fee):
    funded = [shares.Share(Funder(code="own"), ZERO, 1 - income), shares.Share(Funder(code="x"), ZERO, income, fee)]
    total = taken = ZERO
    for fen in payments:
        paid = max(Decimal(fen) / 100, -total)
        taken += sum((part for _, part in shares.servicing_fees(funded, paid, paid_before=total)), ZERO)
        total += paid
        assert abs(taken - total * income * fee) <= Decimal("0.005")
