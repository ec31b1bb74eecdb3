import pytest

from accounts import consents, reference_data
from accounts.models import Consent, ConsentText, Purpose
from accounts.tests import factories
from core.problems import Problem

pytestmark = pytest.mark.django_db


def refusal(function, *args, **kwargs):
    with pytest.raises(Problem) as caught:
        function(*args, **kwargs)
    return caught.value


def text_of(purpose):
    return consents.current_texts().get(purpose=purpose)


def test_every_purpose_has_a_text_in_both_languages():
    assert {text.purpose for text in consents.current_texts()} == set(Purpose)
    assert all(text.title_zh and text.title_en and text.body_zh and text.body_en for text in consents.current_texts())


def test_what_the_service_does_not_need_is_not_essential():
    assert set(ConsentText.objects.filter(essential=False).values_list("purpose", flat=True)) == {
        "funder_sharing",
        "lender_sharing",
        "deduction",
        "marketing",
    }


def test_a_consent_is_given_once_however_often_it_is_sent(sandbox):
    customer = factories.registered_customer()
    text = text_of(Purpose.PRIVACY_POLICY)
    first = consents.give(customer=customer, text_ids=[text.pk], origin=factories.HOME)
    second = consents.give(customer=customer, text_ids=[text.pk], origin=factories.HOME)
    assert first == second
    record = Consent.objects.get()
    assert (record.given_channel, record.text, record.withdrawn_at) == ("api", text, None)
    assert record.given_device is not None


def test_what_is_missing_is_named(sandbox):
    customer = factories.registered_customer()
    consents.give(customer=customer, text_ids=[text_of(Purpose.PRIVACY_POLICY).pk], origin=factories.HOME)
    problem = refusal(consents.require_consents, customer, consents.FOR_IDENTITY)
    assert (problem.code, problem.status) == ("consent_missing", 403)
    assert problem.details["purposes"] == ["sensitive_data", "identity_check"]


def test_a_withdrawn_consent_no_longer_counts_and_can_be_given_again(customer):
    given = consents.active(customer).get(text__purpose=Purpose.CREDIT_REPORT)
    withdrawn = consents.withdraw(customer=customer, consent_id=given.pk, origin=factories.HOME)
    assert (withdrawn.withdrawn_channel, withdrawn.withdrawn_at is None) == ("api", False)
    assert not consents.has_consent(customer, Purpose.CREDIT_REPORT)
    consents.give(customer=customer, text_ids=[given.text_id], origin=factories.HOME)
    assert consents.has_consent(customer, Purpose.CREDIT_REPORT)
    assert customer.consents.filter(text__purpose=Purpose.CREDIT_REPORT).count() == 2


def test_withdrawing_twice_keeps_the_first_time(customer):
    given = consents.active(customer)[0]
    first = consents.withdraw(customer=customer, consent_id=given.pk, origin=factories.HOME)
    second = consents.withdraw(customer=customer, consent_id=given.pk, origin=factories.HOME)
    assert first.withdrawn_at == second.withdrawn_at


def test_nobody_withdraws_for_somebody_else(customer):
    other = factories.registered_customer()
    given = consents.active(customer)[0]
    assert refusal(consents.withdraw, customer=other, consent_id=given.pk, origin=factories.HOME).status == 404
    assert consents.active(customer).filter(pk=given.pk).exists()


def test_a_new_version_asks_again_and_the_old_one_can_no_longer_be_agreed_to(customer):
    old = text_of(Purpose.MARKETING)
    ConsentText.objects.create(
        purpose=Purpose.MARKETING,
        version=2,
        essential=False,
        title_zh="二",
        title_en="2",
        body_zh="二",
        body_en="2",
    )
    assert not consents.has_consent(customer, Purpose.MARKETING)
    problem = refusal(consents.give, customer=customer, text_ids=[old.pk], origin=factories.HOME)
    assert (problem.code, problem.status) == ("consent_text_outdated", 409)


def test_an_edited_text_without_a_new_version_is_refused():
    ConsentText.objects.filter(purpose=Purpose.MARKETING).update(body_en="quietly changed")
    with pytest.raises(ValueError, match="give it a new version"):
        reference_data.load()
