"""Real-name verification against the sandbox's identity authority over signed HTTP."""

import datetime as dt

import pytest
from stdnum import luhn

from accounts import consents, identity
from accounts.models import BankCard, Customer, IdentityCheck, Message, Purpose
from accounts.tests import factories
from accounts.tests.factories import Person
from core import clock
from core.models import ExternalMessage, TransitionLog
from core.problems import Problem

pytestmark = pytest.mark.django_db


def refusal(customer, person, **changes):
    with pytest.raises(Problem) as caught:
        identity.verify(customer=customer, **{**person.elements, **changes})
    return caught.value


def assert_nothing_is_known_of(customer):
    customer.refresh_from_db()
    assert (customer.name, customer.id_number, customer.verified_at) == ("", "", None)
    assert not customer.cards.exists()


def test_the_authority_agrees(customer):
    person = Person()
    check = identity.verify(customer=customer, **person.elements)
    assert (check.status, bool(check.authority_serial)) == ("agreed", True)
    customer.refresh_from_db()
    assert (customer.name, customer.id_number) == (person.name, person.id_number)
    assert customer.is_verified
    card = customer.cards.get()
    assert (card.number, card.bank, card.last_four, card.bin) == (
        person.card_number,
        "ICBC",
        person.card_number[-4:],
        "622202",
    )
    assert [log.to_status for log in TransitionLog.of(check)] == ["agreed"]
    assert Message.objects.get(customer=customer).template == "identity_verified"


def test_the_same_again_asks_nobody_and_answers_the_same(customer):
    person = Person()
    first = identity.verify(customer=customer, **person.elements)
    asked = ExternalMessage.objects.filter(institution="identity").count()
    assert identity.verify(customer=customer, **person.elements) == first
    assert ExternalMessage.objects.filter(institution="identity").count() == asked


def test_a_name_that_the_authority_does_not_know(customer):
    problem = refusal(customer, Person(name="李不符"))
    assert (problem.code, problem.status) == ("identity_disagrees", 422)
    assert_nothing_is_known_of(customer)
    assert IdentityCheck.objects.get().status == "disagreed"


def test_an_authority_that_cannot_say(customer):
    problem = refusal(customer, Person(name="李难查"))
    assert (problem.code, problem.status) == ("identity_cannot_check", 503)
    assert_nothing_is_known_of(customer)
    assert IdentityCheck.objects.get().status == "cannot_check"


@pytest.mark.parametrize("kind", ["lose", "lose_answer", "bad_signature", "error_after_accepting"])
def test_an_answer_that_is_lost_or_forged_never_verifies(customer, fault, kind):
    fault("identity", kind)
    assert refusal(customer, Person()).code == "identity_cannot_check"
    assert_nothing_is_known_of(customer)


def test_who_could_not_be_checked_can_try_again(customer, fault):
    person = Person()
    fault("identity", "lose_answer")
    refusal(customer, person)
    assert identity.verify(customer=customer, **person.elements).status == "agreed"


def test_an_authority_that_cannot_be_reached(customer, settings):
    settings.INSTITUTIONS = {
        **settings.INSTITUTIONS,
        "identity": {**settings.INSTITUTIONS["identity"], "url": "http://127.0.0.1:9"},
    }
    assert refusal(customer, Person()).code == "identity_cannot_check"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id_number": "110101199003070012"}, "id_number_invalid"),
        ({"id_number": factories.id_number(born=dt.date(2020, 1, 1))}, "under_age"),
        ({"card_number": "6222020200112233445"}, "card_number_invalid"),
        ({"card_number": "622575020011223" + luhn.calc_check_digit("622575020011223")}, "card_is_credit"),
        ({"name": "Li Lei"}, "name_invalid"),
        ({"reserved_mobile": "123"}, "mobile_invalid"),
    ],
)
def test_bad_input_is_refused_before_anybody_is_asked(customer, changes, code):
    assert refusal(customer, Person(), **changes).code == code
    assert not IdentityCheck.objects.exists()
    assert not ExternalMessage.objects.filter(institution="identity").exists()


def test_no_consent_no_check(customer):
    given = consents.active(customer).get(text__purpose=Purpose.IDENTITY_CHECK)
    consents.withdraw(customer=customer, consent_id=given.pk, origin=factories.HOME)
    assert refusal(customer, Person()).code == "consent_missing"
    assert not IdentityCheck.objects.exists()


def test_two_wrong_answers_in_a_row_lock_until_tomorrow(customer):
    refusal(customer, Person(name="李不符"))
    refusal(customer, Person(name="李不符"))
    assert refusal(customer, Person()).code == "identity_locked"
    clock.move_to(clock.now() + dt.timedelta(days=1), by="system:test")
    identity.verify(customer=customer, **Person().elements)


def test_two_wrong_answers_lock_the_id_number_for_every_account(customer):
    person = Person(name="李不符")
    refusal(customer, person)
    refusal(factories.consenting_customer(), person)
    assert refusal(factories.consenting_customer(), person).code == "identity_locked"


def test_what_cannot_be_checked_is_no_wrong_answer_but_eight_a_day_are_enough(customer):
    codes = [refusal(customer, Person(name="李难查")).code for _ in range(9)]
    assert codes == ["identity_cannot_check"] * 8 + ["identity_locked"]


def test_one_person_has_one_account(verified):
    other = factories.consenting_customer()
    person = Person(name=verified.name, id_number=verified.id_number)
    problem = refusal(other, person)
    assert (problem.code, problem.status) == ("identity_in_use", 409)
    assert_nothing_is_known_of(other)


def test_when_two_accounts_are_verified_as_one_person_at_once_only_the_first_wins(customer):
    rival, person = factories.consenting_customer(), Person()
    check = identity._begin(rival, identity.clean_elements(**person.elements))
    identity.verify(customer=customer, **person.elements)
    with pytest.raises(Problem) as caught:
        identity._settle(check, identity._ask(check))
    assert caught.value.code == "identity_in_use"
    assert_nothing_is_known_of(rival)
    assert Customer.objects.exclude(verified_at=None).get() == customer


def test_a_verified_identity_cannot_be_changed(verified):
    problem = refusal(verified, Person())
    assert (problem.code, problem.status) == ("identity_fixed", 409)


def test_a_verified_customer_adds_a_card(verified):
    person = Person(name=verified.name, id_number=verified.id_number, card_number=factories.card_number(bin="621700"))
    identity.verify(customer=verified, **person.elements)
    assert [card.bank for card in BankCard.objects.filter(customer=verified).order_by("id")] == [
        "ICBC",
        "CCB",
    ]


def test_a_second_check_waits_for_the_first(customer):
    identity._begin(customer, identity.clean_elements(**Person().elements))
    assert refusal(customer, Person()).code == "identity_check_running"


def test_a_check_cut_off_by_a_crash_is_given_up_later(customer):
    check = identity._begin(customer, identity.clean_elements(**Person().elements))
    clock.move_to(clock.now() + dt.timedelta(minutes=2), by="system:test")
    identity.verify(customer=customer, **Person().elements)
    assert IdentityCheck.objects.get(pk=check.pk).status == "cannot_check"


def test_age_is_known_only_of_the_verified(customer, verified):
    assert verified.age_on(dt.date(2026, 11, 23)) >= 18
    with pytest.raises(ValueError, match="not verified"):
        customer.age_on(dt.date(2026, 11, 23))
