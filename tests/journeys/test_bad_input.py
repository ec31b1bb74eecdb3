"""Bad input over real HTTP: refused in the person's language, with nothing half-done behind it."""

import datetime as dt
import json
from dataclasses import replace

import httpx
import pytest
from stdnum.iso7064 import mod_11_2

from config.journey import pictures
from payments.tests.institution import headers
from tests.journeys.customers import consenting, newcomer
from tests.journeys.refusals import LANGUAGES, added, require_refusal, rows

pytestmark = pytest.mark.parametrize("language", LANGUAGES)

PNG = b"\x89PNG\r\n\x1a\n"
PDF = b"%PDF-1.7\n%%EOF\n"
# Records of asking the authority: the check itself, its changes of state, the message with its answer.
ASKED = {"accounts_identitycheck": 1, "core_externalmessage": 1, "core_transitionlog": 1}


def post(borrower, language, path, payload, **headers):
    return borrower.api.http.post(path, json=payload, headers={"Accept-Language": language, **headers})


def spoil(number):
    """The number with another last digit."""
    return number[:-1] + str((int(number[-1].replace("X", "9")) + 1) % 10)


def born(person, date):
    stem = person.id_number[:6] + f"{date:%Y%m%d}" + person.id_number[14:17]
    return replace(person, id_number=stem + mod_11_2.calc_check_digit(stem))


@pytest.fixture(scope="module")
def anybody(stage):
    """Somebody who has agreed to every text and is not yet verified, because every attempt is refused."""
    return consenting(stage)


class TestIdentity:
    """The four elements."""

    def refuse(self, borrower, language, elements, **expected):
        before = rows()
        answer = post(borrower, language, "/identity/verify/", elements)
        require_refusal(answer, language, **expected)
        assert borrower.api.get("/me/")["verified"] is False
        assert borrower.api.get("/cards/") == []
        return added(before)

    def test_a_wrong_check_digit(self, anybody, language):
        elements = {**anybody.elements, "id_number": spoil(anybody.person.id_number)}
        left = self.refuse(anybody, language, elements, status=400, code="id_number_invalid", field="id_number")
        assert left == {}

    def test_under_18(self, anybody, language):
        child = born(anybody.person, dt.date.today() - dt.timedelta(days=17 * 365))
        elements = {**anybody.elements, "id_number": child.id_number}
        assert self.refuse(anybody, language, elements, status=400, code="under_age", field="id_number") == {}

    def test_a_card_that_fails_luhn(self, anybody, language):
        elements = {**anybody.elements, "card_number": spoil(anybody.person.card_number)}
        left = self.refuse(anybody, language, elements, status=400, code="card_number_invalid", field="card_number")
        assert left == {}

    def test_a_name_that_the_authority_disagrees_with(self, stage, language):
        borrower = consenting(stage, name="王安不符")
        left = self.refuse(borrower, language, borrower.elements, status=422, code="identity_disagrees")
        assert left == ASKED

    def test_an_authority_that_cannot_answer(self, stage, language):
        borrower = consenting(stage, name="王安难查")
        left = self.refuse(borrower, language, borrower.elements, status=503, code="identity_cannot_check")
        assert left == ASKED

    def test_an_authority_whose_answer_is_lost(self, stage, language):
        borrower = consenting(stage)
        stage.sandbox.fault("identity", "lose_answer", count=1)
        left = self.refuse(borrower, language, borrower.elements, status=503, code="identity_cannot_check")
        assert left == ASKED
        borrower.verify()
        assert borrower.api.get("/me/")["verified"] is True


class TestDocuments:
    """Files."""

    @pytest.mark.parametrize(
        ("kind", "content", "status", "code"),
        [
            ("id_card", b"GIF89a" + bytes(100), 415, "document_type"),
            ("id_card", PDF, 415, "document_type"),
            ("id_card", b"just words", 415, "document_type"),
            ("income_proof", b"PK\x03\x04" + bytes(100), 415, "document_type"),
            ("id_card", b"", 400, "document_empty"),
            ("id_card", PNG + bytes(100), 400, "document_damaged"),
            ("id_card", PNG + bytes(10 * 1024 * 1024), 413, "document_too_large"),
            ("income_proof", PDF + bytes(10 * 1024 * 1024) + PDF, 413, "document_too_large"),
        ],
    )
    def test_a_file_that_is_refused(self, stage, anybody, language, kind, content, status, code):
        before, files = rows(), stored_files(stage)
        answer = anybody.api.http.post(
            "/documents/",
            data={"kind": kind},
            files={"file": ("picture.jpg", content, "image/jpeg")},
            headers={"Accept-Language": language},
        )
        require_refusal(answer, language, status=status, code=code, field="file")
        assert (added(before), stored_files(stage)) == ({}, files)


def stored_files(stage):
    return sorted(path for path in (stage.session.directory / "documents").rglob("*") if path.is_file())


class TestCallbacks:
    """What pretends to come from the institution."""

    @pytest.mark.parametrize("forgery", ["another key", "another body", "too old", "unsigned"])
    def test_a_bad_signature(self, stage, language, institution_keys, forgery):
        told = {"notification_id": "NT1", "serial": "PO1", "status": "SUCCESS", "amount": "1.00", "fee": "1.00"}
        body = json.dumps(told)
        signer, age = ("sms" if forgery == "another key" else "payment"), (301 if forgery == "too old" else 0)
        signed = headers(institution_keys, body, signer=signer, age=age)
        if forgery == "another body":
            body = body.replace("1.00", "100000.00")
        if forgery == "unsigned":
            signed.pop("X-Signature")
        before = rows()
        url = f"{stage.platform.url}/callbacks/payment/"
        answer = httpx.post(url, content=body, headers={**signed, "Accept-Language": language}, trust_env=False)
        require_refusal(answer, language, status=401, code="bad_signature")
        assert added(before) == {"core_externalmessage": 1}


def test_somebody_elses_document_is_not_there(stage, anybody, language):
    card = anybody.api.upload("/documents/", "id_card", pictures.id_card(anybody.person))
    stranger = newcomer(stage)
    answer = stranger.api.http.get(f"/documents/{card['serial']}/", headers={"Accept-Language": language})
    require_refusal(answer, language, status=404, code="not_found")
