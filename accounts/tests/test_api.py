"""The REST endpoints, as a client meets them."""

import json

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import ApiToken, IdentityCheck, SmsCode
from accounts.tests import factories
from accounts.tests.factories import Person
from core import clock
from core.models import IdempotencyRecord

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


def test_the_whole_way_in(sandbox):
    client, person = APIClient(headers={"Accept-Language": "en", "X-Device-Fingerprint": "phone 1"}), Person()
    assert client.post(f"{V1}/sign-in/codes/", {"mobile": person.reserved_mobile}, "json").status_code == 204
    code = factories.last_code(person.reserved_mobile)
    answer = client.post(f"{V1}/sign-in/", {"mobile": person.reserved_mobile, "code": code}, "json")
    assert (answer.status_code, answer.json()["registered"]) == (201, True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['token']}")
    texts = client.get(f"{V1}/consent-texts/").json()
    assert [text["consent"] for text in texts] == [None] * 8
    given = client.post(f"{V1}/consents/", {"texts": [text["id"] for text in texts]}, "json")
    assert (given.status_code, len(given.json())) == (201, 8)
    check = client.post(f"{V1}/identity/verify/", person.elements, "json")
    assert (check.status_code, check.json()["status"]) == (200, "agreed")
    me = client.get(f"{V1}/me/").json()
    assert (me["name"], me["verified"], me["language"]) == ("林**", True, "en")
    assert me["id_number"] == f"{person.id_number[:3]}{'*' * 11}{person.id_number[-4:]}"
    (card,) = client.get(f"{V1}/cards/").json()
    assert (card["bank"], card["last_four"]) == ("ICBC", person.card_number[-4:])
    document = client.post(
        f"{V1}/documents/", {"kind": "id_card", "file": factories.upload(factories.picture("x"))}, "multipart"
    )
    assert (document.status_code, document.json()["status"]) == (201, "stored")
    assert client.get(f"{V1}/documents/{document.json()['serial']}/").json() == document.json()
    (message,) = client.get(f"{V1}/messages/").json()
    assert message["title"] == "Identity verified"
    assert client.post(f"{V1}/messages/{message['serial']}/read/").json()["read_at"] is not None
    assert client.delete(f"{V1}/sign-in/token/").status_code == 204
    assert client.get(f"{V1}/me/").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "me/"),
        ("put", "me/"),
        ("get", "consent-texts/"),
        ("post", "consents/"),
        ("delete", "consents/1/"),
        ("post", "identity/verify/"),
        ("get", "cards/"),
        ("get", "documents/"),
        ("post", "documents/"),
        ("get", "documents/X/"),
        ("get", "messages/"),
        ("post", "messages/X/read/"),
        ("delete", "sign-in/token/"),
    ],
)
def test_nothing_without_a_token(method, path):
    answer = getattr(APIClient(), method)(f"{V1}/{path}")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Bearer"


def test_staff_are_not_customers(django_user_model):
    staff = django_user_model.objects.create_user("clerk", "a long password 1", is_staff=True)
    text, _row = tokens.issue(user=staff)
    assert APIClient(headers={"Authorization": f"Bearer {text}"}).get(f"{V1}/me/").status_code == 403


def test_a_token_is_stored_hashed_and_ends(sandbox):
    customer = factories.registered_customer()
    text, row = tokens.issue(user=customer.user)
    client = APIClient(headers={"Authorization": f"Bearer {text}"})
    assert text not in str(ApiToken.objects.values())
    assert client.get(f"{V1}/me/").status_code == 200
    ApiToken.objects.filter(pk=row.pk).update(expires_at=clock.real_now())
    assert client.get(f"{V1}/me/").status_code == 401


def test_each_customer_reaches_only_what_is_theirs(customer, api):
    other = factories.consenting_customer()
    document = factories.id_card_of(other, shown="x")
    consent = other.consents.all()[0]
    client = api(customer)
    assert client.get(f"{V1}/documents/{document.serial}/").status_code == 404
    assert client.get(f"{V1}/documents/").json() == []
    assert client.delete(f"{V1}/consents/{consent.pk}/").status_code == 404
    assert client.get(f"{V1}/messages/").json() == []


def test_a_refusal_is_a_problem_document_in_the_persons_language(customer, api):
    client = api(customer)
    wrong = {**Person().elements, "id_number": "110101199003070012"}
    answer = client.post(f"{V1}/identity/verify/", wrong, "json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json() == {
        "type": "/problems/id_number_invalid",
        "title": "This ID number is not right. Check its 18 characters against your ID card.",
        "status": 400,
        "code": "id_number_invalid",
        "field": "id_number",
    }


def test_a_missing_field_is_a_problem_document_too(customer, api):
    answer = api(customer).post(f"{V1}/identity/verify/", {"name": "林晓月"}, "json")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        400,
        "invalid",
        "id_number",
    )


def test_a_repeated_verification_is_answered_from_the_record(customer, api):
    client, person = api(customer), Person()
    key = {"Idempotency-Key": "once-1"}
    first = client.post(f"{V1}/identity/verify/", person.elements, "json", headers=key)
    second = client.post(f"{V1}/identity/verify/", person.elements, "json", headers=key)
    assert (first.json(), first.status_code) == (second.json(), second.status_code)
    assert second["Idempotency-Replayed"] == "true"
    assert IdentityCheck.objects.count() == 1
    other = client.post(f"{V1}/identity/verify/", Person().elements, "json", headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert person.id_number not in str(IdempotencyRecord.objects.values())


def test_the_language_is_the_customers_to_choose(customer, api):
    client = api(customer)
    assert client.put(f"{V1}/me/", {"language": "en"}, "json").json()["language"] == "en"
    assert client.put(f"{V1}/me/", {"language": "fr"}, "json").json()["code"] == "invalid"


def test_a_withdrawal_by_api(customer, api):
    client = api(customer)
    consent = customer.consents.get(text__purpose="marketing")
    answer = client.delete(f"{V1}/consents/{consent.pk}/")
    assert (answer.status_code, answer.json()["withdrawn_at"] is None) == (200, False)
    texts = {text["purpose"]: text["consent"] for text in client.get(f"{V1}/consent-texts/").json()}
    assert texts["marketing"] is None


def test_asking_for_codes_too_often(sandbox):
    client, number = APIClient(headers={"Accept-Language": "en"}), factories.mobile()
    client.post(f"{V1}/sign-in/codes/", {"mobile": number}, "json")
    again = client.post(f"{V1}/sign-in/codes/", {"mobile": number}, "json")
    assert (again.status_code, again.json()["code"]) == (429, "too_many_codes")
    assert SmsCode.objects.count() == 1


def test_a_file_over_ten_megabytes(customer, api):
    big = factories.upload(factories.picture("x") + b"\0" * 10 * 1024 * 1024)
    answer = api(customer).post(f"{V1}/documents/", {"kind": "id_card", "file": big}, "multipart")
    assert (answer.status_code, answer.json()["code"]) == (413, "document_too_large")


def test_a_browser_session_is_no_api_token(customer):
    client = Client()
    client.force_login(customer.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"{V1}/me/").status_code == 401


def test_the_schema_describes_every_path(tmp_path):
    target = tmp_path / "schema.json"
    call_command("spectacular", "--format", "openapi-json", "--file", str(target), "--fail-on-warn")
    schema = json.loads(target.read_text())
    assert {f"{V1}/sign-in/", f"{V1}/identity/verify/", f"{V1}/documents/"} <= set(schema["paths"])
    assert schema["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
