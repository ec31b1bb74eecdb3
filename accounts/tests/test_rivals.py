"""Two real connections at the same time: one effect, no deadlock, a clear answer for the other."""

import threading

import pytest
from django.db import connections, transaction

from accounts import consents, documents, identity, messages, signin
from accounts.models import BankCard, Consent, Customer, IdentityCheck, Message, SmsCode
from accounts.tests import factories
from accounts.tests.factories import Person
from core.problems import Problem


def at_once(*actions):
    """Run the actions on connections of their own, started together; their results or their problems' codes, sorted."""
    start, results = threading.Barrier(len(actions)), []

    def run(action):
        start.wait()
        try:
            results.append(str(action()))
        except Problem as problem:
            results.append(problem.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(results) == len(actions)
    return sorted(results)


@pytest.fixture(autouse=True)
def _committed(committed_db):
    """Rows that rivals see."""


def test_one_code_signs_in_once(sandbox):
    number = factories.mobile()
    signin.send_code(mobile=number, origin=factories.HOME)
    code = factories.last_code(number)

    def sign_in():
        return signin.verify_code(mobile=number, code=code, origin=factories.HOME).registered

    assert at_once(sign_in, sign_in) == ["True", "code_expired"]
    assert Customer.objects.count() == 1


def test_two_requests_for_a_code_send_one(sandbox):
    number = factories.mobile()

    def ask():
        return signin.send_code(mobile=number, origin=factories.HOME)

    assert at_once(ask, ask) == ["None", "too_many_codes"]
    assert SmsCode.objects.count() == 1


def test_a_double_click_on_verify_asks_the_authority_once(sandbox):
    customer, person = factories.consenting_customer(), Person()

    def verify():
        return identity.verify(customer=customer, **person.elements).status

    assert at_once(verify, verify) in (["agreed", "agreed"], ["agreed", "identity_check_running"])
    assert (IdentityCheck.objects.count(), BankCard.objects.count()) == (1, 1)


def test_two_accounts_for_one_person_leave_one_verified(sandbox):
    person = Person()
    first, second = factories.consenting_customer(), factories.consenting_customer()

    def verify(customer):
        return lambda: identity.verify(customer=customer, **person.elements).status

    assert at_once(verify(first), verify(second)) == ["agreed", "identity_in_use"]
    assert Customer.objects.exclude(verified_at=None).count() == 1
    assert BankCard.objects.count() == 1


def test_a_consent_sent_twice_is_one(sandbox):
    customer = factories.registered_customer()
    text = consents.current_texts()[0]

    def agree():
        return len(consents.give(customer=customer, text_ids=[text.pk], origin=factories.HOME))

    assert at_once(agree, agree) == ["1", "1"]
    assert Consent.objects.count() == 1


def test_a_file_sent_twice_is_one(sandbox):
    customer, content = factories.consenting_customer(), factories.picture("x")

    def store():
        return documents.store(customer=customer, kind="id_card", upload=factories.upload(content)).serial

    first, second = at_once(store, store)
    assert first == second


def test_what_is_told_once_is_told_once_by_two(sandbox):
    customer = factories.registered_customer()

    def tell():
        with transaction.atomic():
            return messages.send(customer, "identity_verified", key="once").serial

    first, second = at_once(tell, tell)
    assert first == second
    assert Message.objects.count() == 1
