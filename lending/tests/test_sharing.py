"""Asking and answering other lenders about multiple borrowing: over real HTTP, through the sandbox's exchange."""

import datetime as dt
import hashlib
import json
import threading
import time
from dataclasses import asdict
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from django.conf import settings as house
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import Purpose
from accounts.tests import factories as people
from core.models import ExternalMessage
from lending.models import LoanApplication
from lending.tests import factories
from lending.tests.factories import decided, running_loan, withdraw_consent
from risk import decisions, stored_inputs
from risk.facts import Elsewhere
from risk.models import Decision, SharedCustomer, SharingAnswer, SharingQuery
from risk.sharing import answering, asking, book, oprf
from tests.journeys import traces


class Wire:
    """What goes to the exchange and comes back, byte by byte, on its way to the sandbox."""

    def __init__(self, target: str) -> None:
        self.seen: list[bytes] = []
        self.stuck = False  # whether every question gets the last answer again
        self.last = httpx.Response(500)
        wire = self

        class Passing(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = wire.last if wire.stuck else wire.pass_on(self.path, dict(self.headers), body)
                wire.seen += [
                    f"{self.path}\n{self.headers}".encode(),
                    body,
                    f"{answer.headers}".encode(),
                    answer.content,
                ]
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *args: object) -> None:
                pass

        self.target = target
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def pass_on(self, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        self.last = httpx.post(self.target + path, content=body, headers=headers, trust_env=False)
        return self.last


@pytest.fixture(autouse=True)
def patient(settings):
    """A machine that does many things at once may take its time, but where a test is about time."""
    settings.SHARING_BUDGET_MS = 10_000


@pytest.fixture
def wire(sandbox, settings):
    wire = Wire(sandbox.url)
    sharing = {**house.INSTITUTIONS["sharing"], "url": wire.url}
    settings.INSTITUTIONS = {**house.INSTITUTIONS, "sharing": sharing}
    yield wire
    wire.server.shutdown()
    wire.server.server_close()


def plant(sandbox, customer, lender, *, owes=True, applications=0):
    known = {"id_number": customer.id_number, "lender": lender, "owes": owes, "applications": applications}
    httpx.post(f"{sandbox.url}/control/borrowers", json=known, trust_env=False).raise_for_status()


def ask_us(sandbox, address, customer, **details):
    question = {"id_number": customer.id_number, "url": f"{address}/sharing/queries/", **details}
    answer = httpx.post(f"{sandbox.url}/control/sharing-queries", json=question, trust_env=False, timeout=60)
    return answer.raise_for_status().json()


def traces_of(customer, content: bytes) -> list[str]:
    """The forms in which the customer, or a hash of the ID number that anybody could guess, stands in `content`."""
    personal = [customer.id_number, customer.name, customer.mobile, customer.serial, customer.id_number_index]
    guessable = [hashlib.sha256(f"{prefix}{customer.id_number}".encode()).hexdigest() for prefix in ("", "bucket:")]
    return [form for value in (*personal, *guessable) for form in traces.occurrences(value, content)]


@pytest.mark.django_db
class TestAsking:
    def test_what_others_say_is_part_of_the_decision_and_stays_so(self, applicant, sandbox):
        plant(sandbox, applicant, "east", applications=2)
        plant(sandbox, applicant, "west", applications=1)
        plant(sandbox, applicant, "north", owes=False)
        application = decided(applicant)
        decision = Decision.objects.get(serial=application.decision_serial)
        query = SharingQuery.objects.get()
        said = {"query": query.serial, "lenders": 3, "owed": 2, "applications": 3}
        assert decision.inputs["elsewhere"] == said
        assert (decision.features["lenders_elsewhere"], decision.features["applications_elsewhere"]) == (2.0, 3.0)
        assert asdict(stored_inputs.load(decision.inputs).elsewhere) == said
        plant(sandbox, applicant, "east", owes=False)
        assert decisions.replay(decision).identical

    def test_the_record_says_who_when_why_and_under_which_consent(self, applicant, sandbox):
        application = decided(applicant)
        query = SharingQuery.objects.get()
        assert (query.by, query.purpose, query.reference) == (asking.ASKER, "credit_application", application.serial)
        assert (query.direction, query.consent.customer) == ("ours", applicant)
        assert query.consent.text.purpose == Purpose.LENDER_SHARING
        answer = query.answer
        assert (answer.outcome, answer.lenders, answer.owed, answer.applications) == ("answered", 3, 0, 0)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            SharingQuery.objects.update(reference="other")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM risk_sharinganswer")

    def test_officers_read_the_record(self, applicant, sandbox, client):
        plant(sandbox, applicant, "west", applications=2)
        asking.about(applicant, reference="20261130AP1")
        english = {"Accept-Language": "en"}
        client.force_login(factories.officer("reader"), backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(reverse("admin:risk_sharingquery_changelist"), headers=english).content.decode()
        assert "3 answered, 1 of them owed, 2 applications in 30 days" in page
        query = SharingQuery.objects.get()
        page = client.get(reverse("admin:risk_sharingquery_change", args=[query.pk]), headers=english).content.decode()
        assert query.element in page
        assert not [each for each in (applicant.id_number, applicant.name, applicant.mobile) if each in page]

    def test_nobody_on_the_way_and_nothing_kept_says_who_it_is(self, applicant, sandbox, wire):
        plant(sandbox, applicant, "east", applications=1)
        application = decided(applicant)
        assert Decision.objects.get(serial=application.decision_serial).inputs["elsewhere"]["owed"] == 1
        assert len(wire.seen) == 4
        asked = json.loads(wire.seen[1])
        assert set(asked) == {"serial", "purpose", "element", "bucket", "consent"}
        assert traces_of(applicant, b"\n".join(wire.seen)) == []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT row_to_json(q)::text || row_to_json(a)::text FROM risk_sharingquery q, risk_sharinganswer a"
            )
            kept = [row for (row,) in cursor.fetchall()]
        messages = ExternalMessage.objects.filter(institution="sharing").values_list("body", "answer_body", "path")
        assert traces_of(applicant, json.dumps([kept, list(messages)]).encode()) == []
        [seen] = sandbox.book("sharing", serial=asked["serial"])["queries"]
        assert traces_of(applicant, json.dumps(seen).encode()) == []
        assert "tokens" in messages[0][1] and "***" in messages[0][1]  # whom they stand for is nobody's to find out

    def test_two_questions_about_one_person_have_nothing_in_common(self, applicant, sandbox, wire):
        first, second = (asking.about(applicant, reference=f"asked {number}") for number in (1, 2))
        assert first.query != second.query
        one, other = (json.loads(body) for body in wire.seen[1::4])
        assert one["element"] != other["element"]
        answers = [json.loads(body)["answers"] for body in wire.seen[3::4]]
        evaluated = [{each["element"] for each in answer} for answer in answers]
        assert len(evaluated[0] | evaluated[1]) == 6

    def test_the_answer_about_one_is_not_that_about_another(self, sandbox):
        debtor, other = people.verified_customer(), people.verified_customer()
        plant(sandbox, debtor, "north", applications=4)
        assert _figures(asking.about(debtor, reference="a")) == (3, 1, 4)
        assert _figures(asking.about(other, reference="b")) == (3, 0, 0)

    def test_an_answer_to_another_question_is_none(self, applicant, wire):
        """Signed by the exchange just now, but about something else."""
        assert asking.about(applicant, reference="first").lenders == 3
        wire.stuck = True
        assert asking.about(applicant, reference="second").lenders is None
        assert ExternalMessage.objects.filter(institution="sharing").latest("pk").signature == "good"

    def test_asked_again_the_application_keeps_its_answer(self, applicant, sandbox):
        first = asking.about(applicant, reference="same")
        plant(sandbox, applicant, "east")
        assert asking.about(applicant, reference="same") == first
        assert SharingQuery.objects.count() == 1

    def test_only_the_agreed_crowd_is_shown_and_only_it_answers(self, applicant, sandbox, wire, settings):
        settings.SHARING_BUCKET_DIGITS = 1
        plant(sandbox, applicant, "east")
        assert asking.about(applicant, reference="a").owed == 1
        crowd = json.loads(wire.seen[1])["bucket"]
        assert len(crowd) == 1
        assert traces_of(applicant, b"\n".join(wire.seen)) == []


def _figures(said: Elsewhere):
    return said.lenders, said.owed, said.applications


@pytest.mark.django_db
class TestWithoutConsent:
    @pytest.fixture
    def unwilling(self, applicant):
        withdraw_consent(applicant, Purpose.LENDER_SHARING)
        return applicant

    def test_nobody_is_asked_and_the_decision_is_made(self, unwilling, sandbox):
        plant(sandbox, unwilling, "east")
        application = decided(unwilling)
        assert application.status == LoanApplication.Status.APPROVED
        decision = Decision.objects.get(serial=application.decision_serial)
        assert decision.inputs["elsewhere"] is None
        assert "lenders_elsewhere" not in decision.features
        assert not SharingQuery.objects.exists()
        assert not ExternalMessage.objects.filter(institution="sharing").exists()

    def test_it_costs_one_look_at_the_consents(self, unwilling, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert asking.about(unwilling, reference="a") is None


@pytest.mark.django_db
class TestWhenNobodyAnswers:
    @pytest.mark.parametrize("trouble", ["lose", "lose_answer", "bad_signature", "error_after_accepting", "refuse"])
    def test_the_decision_is_made_without_and_says_so(self, applicant, sandbox, fault, trouble):
        fault("sharing", trouble, count=1)
        application = decided(applicant)
        assert application.status == LoanApplication.Status.APPROVED
        decision = Decision.objects.get(serial=application.decision_serial)
        query = SharingQuery.objects.get()
        assert decision.inputs["elsewhere"] == asdict(Elsewhere(query.serial))
        assert {"code": "LENDERS_SILENT", "severity": "note", "seen": ""} in decision.hits
        assert query.answer.outcome == SharingAnswer.Outcome.UNKNOWN
        assert decisions.replay(decision).identical

    @pytest.mark.parametrize("slowness", ["delay", "trickle"])
    def test_the_decision_waits_no_longer_than_the_budget(self, applicant, sandbox, fault, settings, slowness):
        """A trickle is never silent for longer than 0.4 s: no single step of the call is late."""
        settings.SHARING_BUDGET_MS = 900
        fault("sharing", slowness, count=1, seconds=20)
        begun = time.monotonic()
        application = decided(applicant)
        assert time.monotonic() - begun < 10  # a busy machine's second
        assert application.status == LoanApplication.Status.APPROVED
        answer = SharingAnswer.objects.get()
        assert (answer.outcome, answer.reason) == ("unknown", "unknown") and 900 <= answer.elapsed_ms < 10_000
        assert "not answered within 0.9 s" in ExternalMessage.objects.get(institution="sharing").error
        assert Decision.objects.get().inputs["elsewhere"]["lenders"] is None

    def test_after_that_nobody_is_asked_for_a_while(self, applicant, sandbox, fault, monkeypatch):
        fault("sharing", "lose", count=1)
        asking.about(applicant, reference="a")
        assert asking.about(applicant, reference="b") == Elsewhere("")
        assert SharingQuery.objects.count() == 1
        monkeypatch.setattr(asking, "PAUSE", dt.timedelta(0))
        assert asking.about(applicant, reference="b").lenders == 3

    def test_no_exchange_at_all_is_known_at_once(self, applicant, settings):
        nowhere = {**house.INSTITUTIONS["sharing"], "url": "http://127.0.0.1:9"}
        settings.INSTITUTIONS = {**house.INSTITUTIONS, "sharing": nowhere}
        assert asking.about(applicant, reference="a").lenders is None
        assert SharingAnswer.objects.get().reason == "never sent"


class TestAnswering:
    """Another lender asks us, by way of the exchange."""

    def test_it_reads_what_it_may_know_and_we_do_not_learn_of_whom(self, callback_address, sandbox):
        debtor, stranger = factories.applicant(), people.verified_customer()
        running_loan(debtor, amount=Decimal(10000))
        book.keep()
        told = ask_us(sandbox, callback_address, debtor)
        assert (told["status"], told["is_signed"], told["owes"], told["applications"]) == (200, True, True, 1)
        other = ask_us(sandbox, callback_address, stranger)
        assert (other["owes"], other["applications"], other["tokens"]) == (False, 0, told["tokens"])
        query = SharingQuery.objects.get(serial=json.loads(told["sent"])["serial"])
        assert (query.direction, query.by, query.purpose) == ("theirs", answering.EXCHANGE, "credit_application")
        assert (query.answer.outcome, query.answer.tokens) == ("answered", 2)
        message = ExternalMessage.objects.get(serial=query.serial)
        words = [told["sent"], told["answer"], message.body, str(vars(query)), str(vars(query.answer))]
        assert traces_of(debtor, "\n".join(words).encode()) == []
        withdraw_consent(debtor, Purpose.LENDER_SHARING)
        told = ask_us(sandbox, callback_address, debtor)
        assert (told["status"], told["owes"], told["tokens"]) == (200, False, 0)
        book.keep()
        assert set(SharedCustomer.objects.values_list("customer_serial", flat=True)) == {stranger.serial}

    def test_what_is_not_agreed_is_refused_and_recorded(self, callback_address, sandbox, monkeypatch):
        somebody = people.verified_customer()
        wrong = {
            "consent_missing": {"consent": False},
            "purpose_not_agreed": {"purpose": "marketing"},
            "bucket_not_agreed": {"bucket_digits": 2},
            "element_invalid": {"element": "02" + "ff" * 32},
        }
        for code, details in wrong.items():
            told = ask_us(sandbox, callback_address, somebody, **details)
            assert (told["status"], told["is_signed"], json.loads(told["answer"])["code"]) == (422, True, code)
            assert SharingAnswer.objects.latest("pk").reason == code
        told = ask_us(sandbox, callback_address, somebody, element="0" * 67)
        assert (told["status"], json.loads(told["answer"])["code"]) == (400, "query_unreadable")
        element = oprf.blind(b"somebody").element.hex()
        again = [ask_us(sandbox, callback_address, somebody, serial="SQ1", element=element) for _ in range(2)]
        assert [told["status"] for told in again] == [200, 200]
        assert ask_us(sandbox, callback_address, somebody, serial="SQ1")["status"] == 409
        assert SharingQuery.objects.filter(serial="SQ1").count() == 1
        unsigned = httpx.post(f"{callback_address}/sharing/queries/", json={"serial": "1"}, trust_env=False)
        assert (unsigned.status_code, unsigned.json()["code"]) == (401, "bad_signature")
        monkeypatch.setattr(answering, "MOST_A_MINUTE", SharingQuery.objects.count())
        assert ask_us(sandbox, callback_address, somebody)["status"] == 429
        assert SharingAnswer.objects.latest("pk").reason == "too_many_queries"
