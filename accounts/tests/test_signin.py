"""Sign-in by SMS code, through the sandbox's gateway over real signed HTTP."""

import datetime as dt

import httpx
import pytest
from django.conf import settings
from django.utils import translation

from accounts import signin
from accounts.models import Customer, SignIn, SmsCode, User
from accounts.origin import Channel, Origin
from accounts.tests import factories
from core.problems import Problem

pytestmark = pytest.mark.django_db


def refusal(function, **kwargs):
    with pytest.raises(Problem) as caught:
        function(**kwargs)
    return caught.value


def test_somebody_new_is_registered_by_the_first_sign_in(sandbox):
    number = factories.mobile()
    signin.send_code(mobile=number, origin=factories.HOME)
    with translation.override("en"):
        signed_in = signin.verify_code(mobile=number, code=factories.last_code(number), origin=factories.HOME)
    customer = Customer.objects.get()
    assert (signed_in.customer, signed_in.registered) == (customer, True)
    assert (customer.language, customer.mobile, customer.is_verified) == ("en", number, False)
    assert customer.user.username == customer.serial
    assert not customer.user.has_usable_password()
    record = SignIn.objects.get()
    assert (record.outcome, record.ip, record.channel) == ("registered", "127.0.0.1", "api")


def test_the_second_sign_in_finds_the_same_customer(sandbox):
    customer = factories.registered_customer()
    SmsCode.objects.update(sent_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    signin.send_code(mobile=customer.mobile, origin=factories.HOME)
    again = signin.verify_code(mobile=customer.mobile, code=factories.last_code(customer.mobile), origin=factories.HOME)
    assert (again.customer, again.registered) == (customer, False)
    assert User.objects.count() == 1


def test_a_code_works_once(sandbox):
    number = factories.mobile()
    signin.send_code(mobile=number, origin=factories.HOME)
    code = factories.last_code(number)
    signin.verify_code(mobile=number, code=code, origin=factories.HOME)
    assert refusal(signin.verify_code, mobile=number, code=code, origin=factories.HOME).code == "code_expired"


def test_a_wrong_code_is_refused_and_five_of_them_end_it(sandbox):
    number = factories.mobile()
    signin.send_code(mobile=number, origin=factories.HOME)
    code = factories.last_code(number)
    wrong = "000000" if code != "000000" else "111111"
    codes = [refusal(signin.verify_code, mobile=number, code=wrong, origin=factories.HOME).code for _ in range(6)]
    assert codes == ["code_wrong"] * 5 + ["code_expired"]
    assert refusal(signin.verify_code, mobile=number, code=code, origin=factories.HOME).code == "code_expired"
    assert not User.objects.exists()
    assert SignIn.objects.filter(user=None).count() == 7


def test_a_code_ends_after_five_minutes(sandbox):
    number = factories.mobile()
    signin.send_code(mobile=number, origin=factories.HOME)
    SmsCode.objects.update(expires_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    code = factories.last_code(number)
    assert refusal(signin.verify_code, mobile=number, code=code, origin=factories.HOME).code == "code_expired"


def test_one_mobile_waits_a_minute_between_codes(sandbox):
    number = factories.mobile()
    signin.send_code(mobile=number, origin=factories.HOME)
    problem = refusal(signin.send_code, mobile=number, origin=factories.HOME)
    assert (problem.code, problem.status) == ("too_many_codes", 429)
    assert 55 <= problem.details["retry_after"] <= 60


def test_one_mobile_gets_ten_codes_a_day(sandbox):
    number = factories.mobile()
    signin.send_code(mobile=number, origin=factories.HOME)
    sent = SmsCode.objects.get()
    sent.sent_at -= dt.timedelta(hours=2)
    sent.save()
    for count in range(9):
        SmsCode.objects.create(
            serial=f"x{count}",
            mobile_index=sent.mobile_index,
            ip_index="",
            code_hash="",
            sent_at=sent.sent_at,
            expires_at=sent.sent_at,
        )
    assert refusal(signin.send_code, mobile=number, origin=factories.HOME).details["retry_after"] == 3600


def test_one_address_gets_a_hundred_codes_an_hour(sandbox):
    crowd = Origin(Channel.API, "10.9.8.7")
    signin.send_code(mobile=factories.mobile(), origin=crowd)
    sent = SmsCode.objects.get()
    copies = [
        SmsCode(
            serial=f"x{count}",
            mobile_index=str(count),
            ip_index=sent.ip_index,
            code_hash="",
            sent_at=sent.sent_at,
            expires_at=sent.expires_at,
        )
        for count in range(99)
    ]
    SmsCode.objects.bulk_create(copies)
    assert refusal(signin.send_code, mobile=factories.mobile(), origin=crowd).code == "too_many_codes"


def test_a_lost_answer_is_asked_for_again_and_the_text_goes_out_once(sandbox, fault):
    fault("sms", "lose_answer")
    number = factories.mobile()
    signin.send_code(mobile=number, origin=factories.HOME)
    url = f"{settings.INSTITUTIONS['sms']['url']}/books/sms"
    assert len(httpx.get(url, params={"mobile": number}, trust_env=False).json()["messages"]) == 1


def test_a_gateway_that_refuses_costs_nobody_their_minute(sandbox, fault):
    fault("sms", "refuse")
    number = factories.mobile()
    problem = refusal(signin.send_code, mobile=number, origin=factories.HOME)
    assert (problem.code, problem.status) == ("sms_unavailable", 503)
    signin.send_code(mobile=number, origin=factories.HOME)


def test_a_switched_off_account_stays_outside(sandbox):
    customer = factories.registered_customer()
    User.objects.update(is_active=False)
    SmsCode.objects.update(sent_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    signin.send_code(mobile=customer.mobile, origin=factories.HOME)
    code = factories.last_code(customer.mobile)
    problem = refusal(signin.verify_code, mobile=customer.mobile, code=code, origin=factories.HOME)
    assert (problem.code, problem.status) == ("account_switched_off", 403)


def test_the_text_is_in_the_language_of_the_page(sandbox):
    number = factories.mobile()
    with translation.override("en"):
        signin.send_code(mobile=number, origin=factories.HOME)
    assert factories.last_sms(number)[6:].startswith(" is your sign-in code.")
