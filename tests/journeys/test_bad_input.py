"""Bad input over real HTTP: refused in the person's language, with nothing half-done behind it."""

import datetime as dt
import json
from dataclasses import replace

import httpx
import pytest
from stdnum.iso7064 import mod_11_2

from config.journey import pictures
from core import clock
from core.models import Work
from lending.models import ClosedDay
from payments.tests.institution import headers
from tests.journeys.customers import consenting, newcomer, offered, with_papers
from tests.journeys.refusals import LANGUAGES, added, require_refusal, rows
from tests.support.processes import wait_until

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


def quiet():
    """Nothing happens by itself any more: yesterday is closed, all work is done."""
    yesterday = clock.today() - dt.timedelta(days=1)
    wait_until(ClosedDay.objects.filter(business_date=yesterday).exists, "yesterday closed")
    wait_until(lambda: not Work.objects.filter(state__in=Work.OPEN).exclude(kind="settle_day").exists(), "quiet")


@pytest.fixture(scope="module", autouse=True)
def _quiet_at_first(stage):
    """Rows are counted from the first test on: what a platform does when it starts is done by then."""
    quiet()


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


@pytest.fixture(scope="module")
def applicant(stage):
    """Somebody who may apply."""
    return with_papers(stage)


class TestApplying:
    """What is asked for."""

    @pytest.mark.parametrize(
        ("amount", "code"),
        [
            ("9.99", "amount_out_of_range"),
            ("200000.01", "amount_out_of_range"),
            ("0", "amount_out_of_range"),
            ("-100.00", "amount_out_of_range"),
            ("100.001", "invalid"),
            ("a lot", "invalid"),
        ],
    )
    def test_an_amount_outside_10_to_200000(self, applicant, language, amount, code):
        quiet()
        before = rows()
        answer = post(applicant, language, "/applications/", applicant.facts(amount=amount))
        require_refusal(answer, language, status=400, code=code, field="amount")
        assert added(before) == {}
        assert applicant.api.get("/applications/") == []

    def test_a_second_submission_while_one_is_open(self, stage, language):
        applicant = with_papers(stage)
        applicant.apply()
        quiet()
        before = rows()
        for key in ({}, {"Idempotency-Key": "another"}):
            answer = post(applicant, language, "/applications/", applicant.facts(), **key)
            require_refusal(answer, language, status=409, code="application_open")
        assert added(before) == {}
        assert [one["serial"] for one in applicant.api.get("/applications/")] == [applicant.application]

    def test_the_same_submission_sent_twice_is_one(self, stage, language):
        applicant = with_papers(stage)
        key = {"Idempotency-Key": "the same"}
        first, second = (post(applicant, language, "/applications/", applicant.facts(), **key) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        answer = post(applicant, language, "/applications/", applicant.facts(amount="20000.00"), **key)
        require_refusal(answer, language, status=409, code="idempotency_key_reused")
        assert len(applicant.api.get("/applications/")) == 1


@pytest.fixture(scope="module")
def paid(stage):
    """Somebody who has confirmed and has the money."""
    borrower = offered(with_papers(stage))
    borrower.confirm()
    wait_until(lambda: borrower.api.get(f"/loans/{borrower.loan}/")["status"] == "active", "paid")
    return borrower


@pytest.fixture(scope="module")
def expired(stage):
    """Somebody who read an offer and comes back eight days later, before anything else has noticed."""
    borrower = offered(with_papers(stage))
    quiet()
    stage.kill("beat")
    stage.move_to(clock.now() + dt.timedelta(days=8))
    return borrower


@pytest.fixture(scope="module")
def let_go(stage, expired):
    """The same, after the offer was let go."""
    stage.start("beat")
    path = f"/applications/{expired.application}/"
    wait_until(lambda: expired.api.get(path)["status"] == "expired", "the offer let go")
    return expired


class TestConfirming:
    """Taking the offer."""

    def confirmation(self, borrower, language):
        return post(borrower, language, f"/applications/{borrower.application}/confirmation/", {})

    def test_a_repeated_confirmation_is_the_same_loan(self, stage, paid, language):
        quiet()
        before = rows()
        again = self.confirmation(paid, language)
        assert (again.status_code, again.json()["serial"]) == (201, paid.loan)
        assert added(before) == {}
        assert len(stage.sandbox.book("payouts", serial=again.json()["payout_order"])["payouts"]) == 1

    def test_a_confirmation_before_the_costs_were_read(self, stage, language):
        borrower = with_papers(stage)
        borrower.apply()
        quiet()
        before = rows()
        require_refusal(self.confirmation(borrower, language), language, status=409, code="not_read")
        assert added(before) == {}

    def test_an_expired_offer_that_nobody_has_noticed_yet(self, expired, language):
        before = rows()
        require_refusal(self.confirmation(expired, language), language, status=409, code="offer_expired")
        assert added(before) == {}

    def test_an_expired_offer(self, let_go, language):
        require_refusal(self.confirmation(let_go, language), language, status=409, code="offer_expired")
        assert let_go.api.get("/loans/") == []

    def test_after_an_expired_offer_one_may_apply_again(self, let_go, language):
        applied = post(let_go, language, "/applications/", let_go.facts())
        assert applied.status_code == 201
        let_go.api.post(f"/applications/{applied.json()['serial']}/withdrawal/")
