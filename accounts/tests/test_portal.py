"""The customer's own pages, over the test client: what they let in, what they say, in which language."""

import pytest
from django.test import Client
from django.utils import translation

from accounts import consents, customers
from accounts.models import Customer, SignIn
from accounts.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser():
    return Client(headers={"Accept-Language": "en"})


def enter(browser, customer):
    browser.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.mark.parametrize("address", ["/consents/", "/identity/", "/documents/", "/messages/", "/profile/"])
def test_a_stranger_is_sent_to_sign_in_and_comes_back(browser, address):
    response = browser.get(address)
    assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next=%2F{address.strip('/')}%2F")


def test_staff_are_no_customers(browser, admin_user):
    browser.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/profile/").status_code == 302


def test_signing_in_registers_and_remembers_the_device(browser, sandbox):
    number = factories.mobile()
    browser.get("/sign-in/")
    sent = browser.post("/sign-in/", {"mobile": number, "send": "1"})
    assert sent.context["sent"]
    entered = browser.post("/sign-in/", {"mobile": number, "code": factories.last_code(number), "next": "/profile/"})
    assert (entered.status_code, entered["Location"]) == (302, "/profile/")
    customer = Customer.objects.get()
    assert customer.language == "en"
    assert SignIn.objects.get().device is not None
    assert b"Sign out" in browser.get("/profile/").content


def test_a_wrong_code_is_said_beside_its_field(browser, sandbox):
    number = factories.mobile()
    browser.post("/sign-in/", {"mobile": number, "send": "1"})
    wrong = "000000" if factories.last_code(number) != "000000" else "000001"
    response = browser.post("/sign-in/", {"mobile": number, "code": wrong})
    assert response.status_code == 422
    assert response.context["form"].errors == {"code": ["This code is not right. Check the last SMS we sent."]}


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(browser, sandbox, address):
    customer = factories.registered_customer()
    response = enter(browser, customer).get("/sign-in/", {"next": address})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_pages_of_a_customer_are_not_kept_by_the_browser(browser, customer):
    response = enter(browser, customer).get("/profile/")
    assert "no-store" in response["Cache-Control"]


def test_no_box_is_ticked_beforehand_and_what_is_missing_is_asked_again(browser, sandbox):
    customer = factories.registered_customer()
    page = enter(browser, customer).get("/consents/")
    assert b"checked" not in page.content
    first = consents.current_texts().get(purpose="privacy_policy")
    response = browser.post("/consents/", {"texts": [first.pk]})
    assert response.status_code == 422
    assert consents.has_consent(customer, "privacy_policy")
    assert first not in list(response.context["texts"])


def test_the_choice_of_language_is_kept_with_the_account(browser, customer):
    customers.choose_language(customer=customer, language="en")
    response = enter(browser, customer).post("/language/", {"language": "zh-hans", "next": "/profile/"})
    customer.refresh_from_db()
    assert customer.language == "zh-hans"
    assert response.cookies["django_language"].value == "zh-hans"
    assert "退出登录" in browser.get("/profile/").content.decode()


def test_withdrawing_is_one_press(browser, customer):
    consent = consents.active(customer).get(text__purpose="marketing")
    enter(browser, customer).post(f"/consents/{consent.pk}/withdraw/")
    assert not consents.has_consent(customer, "marketing")


def test_another_customers_message_does_not_exist(browser, verified, customer):
    letter = verified.messages.get()
    assert enter(browser, customer).get(f"/messages/{letter.serial}/").status_code == 404
    assert enter(Client(), verified).get(f"/messages/{letter.serial}/").status_code == 200
    letter.refresh_from_db()
    assert letter.read_at is not None


def test_the_profile_shows_nothing_in_clear(browser, verified):
    page = enter(browser, verified).get("/profile/").content.decode()
    for secret in (verified.name, verified.id_number, verified.mobile):
        assert secret not in page
    assert verified.masked_id_number in page


@pytest.mark.parametrize(("language", "words"), [("en", "This ID number is not right"), ("zh-hans", "身份证号有误")])
def test_a_wrong_id_number_is_refused_in_the_customers_language(customer, language, words):
    browser = enter(Client(), customer)
    browser.cookies["django_language"] = language
    elements = {**factories.Person().elements, "id_number": "110101199003070000"}
    response = browser.post("/identity/", elements)
    assert response.status_code == 422
    with translation.override(language):
        assert words in response.context["form"].errors["id_number"][0]


def test_a_text_file_is_no_id_card(browser, verified):
    upload = factories.upload(b"hello", "card.jpg")
    response = enter(browser, verified).post("/documents/", {"kind": "id_card", "file": upload})
    assert response.status_code == 422
    assert "This is not a JPEG or PNG picture" in response.content.decode()
    assert verified.documents.count() == 0
