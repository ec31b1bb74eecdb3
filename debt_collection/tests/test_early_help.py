"""Trouble foretold some days before the due date, help offered once, asked for, and answered by two officers."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.models import Message
from accounts.tests import factories as people
from core import clock, work
from core.models import TransitionLog, Work
from core.problems import Problem
from debt_collection import early_help, forecasts, reference_data, tasks
from debt_collection.models import HelpOffer
from lending import changes, repayment_behaviour
from lending.models import Loan
from lending.tests.factories import officer, running_loan
from lending.tests.test_lives import close_until, go_to, pay
from risk.behaviour import Behaviour, months_late
from risk.models import RepaymentForecast

pytestmark = pytest.mark.django_db
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def rules(db):
    reference_data.load()


def due(loan, no):
    return loan.instalments.get(no=no)


def five_days_before(loan, no):
    """Business time moved to the fifth day before an instalment is due, the day before closed, forecasts made."""
    close_until(loan, due(loan, no).due_date - 6 * ONE_DAY)
    tasks.start_what_is_due()
    for waiting in Work.objects.filter(kind=forecasts.FORETELL, state="waiting"):
        work.run_next(waiting.pk)


@pytest.fixture
def steady(sandbox):
    """A loan with its first instalment due soon, of somebody who owes nothing else."""
    loan = running_loan(people.verified_customer(), amount=Decimal("6000"))
    five_days_before(loan, 1)
    return loan


@pytest.fixture
def doubtful(sandbox):
    """A loan whose first instalment is due soon, of somebody who has not paid another for more than two months."""
    customer = people.verified_customer()
    earlier = running_loan(customer, amount=Decimal("3000"))
    close_until(earlier, due(earlier, 1).due_date + 40 * ONE_DAY)
    loan = running_loan(customer, amount=Decimal("6000"))
    five_days_before(loan, 1)
    return loan


@pytest.fixture
def offer(doubtful):
    return HelpOffer.objects.get(loan_serial=doubtful.serial)


def at(hour):
    """Business time moved to this hour of the next day in Shanghai."""
    clock.move_to(clock.start_of_day(clock.today() + ONE_DAY) + dt.timedelta(hours=hour), by="test")


def values_of(offer):
    return {field.attname: getattr(offer, field.attname) for field in offer._meta.fields if not field.primary_key}


def told(offer):
    return Message.objects.filter(customer__serial=offer.customer_serial, template="help_offered")


def test_who_has_always_paid_is_foretold_once_and_left_alone(steady):
    forecast = RepaymentForecast.objects.get(reference=f"{steady.serial}/1")
    assert forecast.pd < Decimal("0.25")
    assert forecast.due_date == due(steady, 1).due_date
    assert not HelpOffer.objects.exists()
    forecasts.foretell(clock.today().isoformat())
    tasks.start_what_is_due()
    assert RepaymentForecast.objects.count() == 1
    assert not Work.objects.filter(kind=forecasts.FORETELL, state="waiting").exists()


def test_nothing_is_foretold_before_the_day_is_closed_nor_for_another_day(sandbox):
    loan = running_loan(people.verified_customer(), amount=Decimal("6000"))
    go_to(due(loan, 1).due_date - 5 * ONE_DAY)
    tasks.start_what_is_due()
    forecasts.foretell((clock.today() - ONE_DAY).isoformat())
    assert not Work.objects.filter(kind=forecasts.FORETELL).exists()
    assert not RepaymentForecast.objects.exists()


def test_trouble_foretold_becomes_one_offer_which_is_told_once_by_day(doubtful, offer):
    late = Loan.objects.get(customer=doubtful.customer, status="overdue")
    forecast = RepaymentForecast.objects.get()  # none of the other loan, which is overdue
    assert (forecast.reference, forecast.features["months_late"]) == (f"{doubtful.serial}/1", 3)
    assert late.dpd > 60
    assert forecast.pd >= Decimal("0.25")
    assert forecast.reasons[0] == "SCORE_MONTHS_LATE"
    assert (offer.status, offer.forecast, offer.amount) == ("offered", forecast, due(doubtful, 1).total)
    forecasts.foretell(clock.today().isoformat())
    assert HelpOffer.objects.count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():  # nor does the database take a second one
        HelpOffer(**{**values_of(offer), "serial": "20270102HO000000002X"}).save()

    at(23)
    again = early_help.tell(offer.serial)
    assert again is not None
    assert dt.timedelta(hours=9) - again.after < dt.timedelta(seconds=60)
    assert not told(offer).exists()
    at(10)
    assert early_help.tell(offer.serial) is None
    assert early_help.tell(offer.serial) is None
    message = told(offer).get()
    assert message.by_sms
    assert offer.loan_serial in message.text
    assert HelpOffer.objects.get().told_at is not None


def test_an_offer_is_withdrawn_once_the_instalment_is_paid(doubtful, offer):
    go_to(offer.due_date)
    pay(doubtful, due(doubtful, 1).total)
    assert early_help.tell(offer.serial) is None
    early_help.close_what_is_over()
    assert HelpOffer.objects.get().status == "withdrawn"
    assert not told(offer).exists()


def test_an_offer_without_an_answer_lapses_after_the_due_date(doubtful, offer):
    go_to(offer.due_date)
    early_help.close_what_is_over()
    assert HelpOffer.objects.get().status == "offered"
    go_to(offer.due_date + ONE_DAY)
    early_help.close_what_is_over()
    early_help.close_what_is_over()
    offer = HelpOffer.objects.get()
    assert offer.status == "lapsed"
    assert TransitionLog.of(offer).get().reason == "the due date has passed"
    with pytest.raises(Problem, match="over"):
        early_help.accept(customer=doubtful.customer, serial=offer.serial, months=None)


def test_help_is_asked_for_proposed_by_one_officer_and_made_by_another(doubtful, offer):
    before = due(doubtful, 1).total
    months, promised = early_help.options(offer)[0]
    assert months == 3
    assert promised < before
    early_help.accept(customer=doubtful.customer, serial=offer.serial, months=3)
    with pytest.raises(Problem) as refused:
        early_help.decline(customer=doubtful.customer, serial=offer.serial)
    assert refused.value.code == "offer_over"
    first, second = officer("smith"), officer("chen")
    change = early_help.propose_extension(officer=first, offer=offer, months=3, why="two months of short work")
    with pytest.raises(Problem) as refused:
        early_help.refuse(officer=second, offer=offer, why="no")
    assert refused.value.code == "already_proposed"
    with pytest.raises(Problem) as refused:
        changes.make(officer=first, change=change, why="well")
    assert refused.value.code == "same_person"
    changes.make(officer=second, change=change, why="well")
    assert due(doubtful, 1).total == promised
    assert HelpOffer.objects.get().change == change.serial
    assert [log.actor for log in TransitionLog.of(offer)] == [f"customer:{offer.customer_serial}", "staff:smith"]


def test_a_proposal_that_the_second_officer_refuses_can_be_followed_by_another(doubtful, offer):
    early_help.accept(customer=doubtful.customer, serial=offer.serial, months=None)
    first, second = officer("smith"), officer("chen")
    change = early_help.propose_extension(officer=first, offer=offer, months=12, why="as wished")
    changes.refuse(officer=second, change=change, why="too long")
    again = early_help.propose_extension(officer=first, offer=offer, months=6, why="shorter")
    assert HelpOffer.objects.get().change == again.serial


def test_an_officer_says_no_and_the_customer_hears_it(doubtful, offer):
    with pytest.raises(Problem) as refused:
        early_help.refuse(officer=officer("smith"), offer=offer, why="nobody asked")
    assert refused.value.code == "wrong_state"
    early_help.accept(customer=doubtful.customer, serial=offer.serial, months=6)
    early_help.refuse(officer=officer("smith"), offer=offer, why="extended twice before")
    assert HelpOffer.objects.get().status == "refused"
    assert Message.objects.filter(customer=doubtful.customer, template="help_refused").count() == 1


def test_only_its_customer_answers_an_offer_and_only_by_what_was_offered(doubtful, offer):
    for months in (1, 5, 600):
        with pytest.raises(Problem) as refused:
            early_help.accept(customer=doubtful.customer, serial=offer.serial, months=months)
        assert refused.value.code == "months_invalid"
    stranger = people.verified_customer()
    for act, wish in ((early_help.accept, {"months": 3}), (early_help.decline, {})):
        with pytest.raises(Problem) as refused:
            act(customer=stranger, serial=offer.serial, **wish)
        assert refused.value.status == 404
    assert list(early_help.open_of(stranger)) == []
    assert list(early_help.open_of(doubtful.customer)) == [offer]
    early_help.decline(customer=doubtful.customer, serial=offer.serial)
    assert HelpOffer.objects.get().status == "declined"


def test_the_page_shows_what_is_due_and_takes_the_answer(client, doubtful, offer, in_english):
    client.force_login(doubtful.customer.user)
    address = reverse("help-offer", args=[offer.serial])
    assert address in client.get(reverse("home")).content.decode()
    assert client.post(address, {"months": ""}).status_code == 422
    text = client.get(address).content.decode()
    for months, _amount in early_help.options(offer):
        assert f'value="{months}"' in text
    assert client.post(address, {"months": "6"}).status_code == 302
    offer = HelpOffer.objects.get()
    assert (offer.status, offer.months_wished) == ("accepted", 6)
    assert 'name="months"' not in client.get(address).content.decode()
    assert address not in client.get(reverse("home")).content.decode()


def test_behaviour_is_told_as_it_was_lived(sandbox):
    customer = people.verified_customer()
    loan = running_loan(customer, amount=Decimal("6000"))
    first = due(loan, 1)
    later = (first.due_date + 32 * ONE_DAY).replace(day=28) + 4 * ONE_DAY
    month_end = later.replace(day=1) - ONE_DAY
    late = close_until(loan, month_end).dpd
    pay(loan, (first.total / 2).quantize(Decimal("0.01")))
    loan.refresh_from_db()
    [behaviour] = repayment_behaviour.of_customers([customer.pk], clock.today()).values()
    fallen = loan.instalments.filter(raised=True)
    assert late > 30
    assert behaviour == Behaviour(
        months_late=months_late(loan.dpd),
        month_ends=(months_late(late),),
        fell_due=sum(each.total for each in fallen),
        paid_of_it=sum(each.paid_principal + each.paid_interest for each in fallen),
        limit=customer.credit_line.limit,
        used=loan.outstanding_principal,
    )
