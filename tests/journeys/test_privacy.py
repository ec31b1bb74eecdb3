"""After whole journeys, with mistakes on the way, nothing that the platform keeps shows who its customers are."""

import datetime as dt
import re
import subprocess
import sys
from collections.abc import Collection, Iterator

import httpx
import pytest
from django.core.cache import cache
from django.db import connection

from accounts import staff
from accounts.roles import Role
from config.journey import pictures
from config.journey.partner import Refused
from config.journey.people import Person, invent
from core.models import Unmasking
from risk import review
from risk.models import ReviewCase
from tests.journeys import traces
from tests.journeys.customers import Borrower, consenting, offered
from tests.journeys.stage import Stage
from tests.support.session import ROOT

CODE = re.compile(r"\b\d{6}\b")
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Visitor:
    """Somebody at the portal, with a session."""

    def __init__(self, stage: Stage, person: Person) -> None:
        self.person = person
        self.stage = stage
        self.http = httpx.Client(base_url=stage.platform.url, follow_redirects=True, trust_env=False)
        self.http.headers["Referer"] = stage.platform.url

    def post(self, path: str, **values: str) -> httpx.Response:
        """Fill in the form at an address and send it."""
        token = CSRF.search(self.http.get(path).text)
        assert token, path
        return self.http.post(path, data={**values, "csrfmiddlewaretoken": token[1]})

    def sign_in(self) -> None:
        self.post("/sign-in/", mobile=self.person.mobile, send="send")
        code = self.stage.world.code_sent_to(self.person.mobile)
        self.post("/sign-in/", mobile=self.person.mobile, code="000000")
        answer = self.post("/sign-in/", mobile=self.person.mobile, code=code)
        assert answer.status_code == 200, answer.text
        assert "sessionid" in self.http.cookies

    def mistake_identity(self) -> None:
        """Send a form that comes back with what was filled in."""
        person = self.person
        self.post(
            "/identity/",
            name=person.name,
            id_number=person.id_number[:-1] + "?",
            card_number=person.card_number,
            reserved_mobile=person.mobile,
        )


def mistaken_at_the_api(borrower: Borrower) -> None:
    """Personal data where they do not belong: in refused fields, broken JSON, queries, file names."""
    person, api = borrower.person, borrower.api
    for wrong in (
        {"id_number": person.id_number[::-1]},
        {"name": f"{person.name} {person.mobile}"},
        {"name": "x" * 99},
    ):
        with pytest.raises(Refused):
            api.post("/identity/verify/", {**borrower.elements, **wrong})
    for content in ("{" + person.id_number, person.card_number):
        api.http.post("/identity/verify/", content=content, headers={"Content-Type": "application/json"})
    api.http.get("/me/", params={"name": person.name, "mobile": person.mobile})
    file = (f"{person.name}{person.id_number}.jpg", pictures.income_proof(1), "image/jpeg")
    api.http.post("/documents/", data={"kind": "income_proof"}, files={"file": file})


def play_the_demo(stage: Stage) -> str:
    command = [sys.executable, "manage.py", "demo_journey"]
    done = subprocess.run(command, cwd=ROOT, env=stage.platform.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def look_behind_the_mask() -> None:
    """An officer looks at the doubtful applicant's name and number."""
    officer = staff.hire(username="curious", password="correct horse battery", role=Role.RISK_OFFICER)
    case = ReviewCase.objects.get(status="open")
    review.claim(case=case, officer=officer)
    for field in ("name", "id_number", "mobile"):
        assert review.reveal(case=case, officer=officer, field=field, why="the picture is unclear")
    assert Unmasking.objects.count() == 3


@pytest.fixture(scope="module")
def borrower(stage: Stage) -> Borrower:
    """Somebody who went the whole way with every mistake."""
    borrower = consenting(stage)
    mistaken_at_the_api(borrower)
    borrower.verify()
    borrower.give_documents()
    offered(borrower)
    borrower.confirm()
    return borrower


@pytest.fixture(scope="module")
def printed(stage: Stage, borrower: Borrower) -> str:
    """All that happened; gives what the demo journey printed."""
    visitor = Visitor(stage, invent(dt.date.today()))
    visitor.sign_in()
    visitor.mistake_identity()
    printed = play_the_demo(stage)
    look_behind_the_mask()
    return printed


@pytest.fixture(scope="module")
def secrets(stage: Stage, borrower: Borrower, printed: str) -> dict[str, str]:
    """Every personal datum that the world outside has heard of, and what it is."""
    found = {value: what for what, value in vars(borrower.person).items()}
    for check in stage.sandbox.book("identity")["identity_checks"]:
        found |= {check[what]: what for what in ("name", "id_number", "card_number")}
    for message in stage.sandbox.book("sms")["messages"]:
        found |= {message["mobile"]: "mobile"} | dict.fromkeys(CODE.findall(message["text"]), "code")
    return found


def exposed(secrets: dict[str, str], content: bytes, *, among: Collection[str] = ()) -> list[tuple[str, list[str]]]:
    """What of it can be read in `content`, and in which form; the values themselves are not repeated."""
    found = [(what, traces.occurrences(value, content, among=among)) for value, what in secrets.items()]
    return [(what, forms) for what, forms in found if forms]


def test_there_is_something_to_find(secrets):
    assert {"name", "id_number", "mobile", "card_number", "code", "fingerprint"} <= set(secrets.values())
    assert len(secrets) >= 4 * 4


def test_the_database(secrets):
    assert exposed(secrets, traces.database_dump()) == []


def test_the_sessions(secrets):
    assert exposed(secrets, traces.sessions()) == []


def test_the_broker_and_the_cache(secrets):
    assert exposed(secrets, traces.cache_dump()) == []


def test_what_was_printed(secrets, printed):
    assert exposed(secrets, printed.encode()) == []


def test_every_file_that_the_platform_wrote(stage, secrets):
    engine = stage.session.directory / "pg"
    found = {
        path.name: exposed(secrets, content, among=traces.PLAIN if path.is_relative_to(engine) else ())
        for path, content in written(stage)
    }
    assert {name: what for name, what in found.items() if what} == {}
    assert {"web.log", "worker.log", "server.log"} <= set(found)


def written(stage: Stage) -> Iterator[tuple]:
    return traces.files_below(stage.session.directory, without=stage.session.sandbox_data)


def test_no_document_is_a_picture(stage):
    documents = [path.read_bytes() for path in (stage.session.directory / "documents").rglob("*") if path.is_file()]
    assert len(documents) >= 6
    assert not [content for content in documents if b"JFIF" in content or b"\xff\xd8\xff\xe0" in content]


class TestTheSearchItself:
    """It would find what is there."""

    @pytest.mark.parametrize("what", ["name", "id_number", "mobile", "card_number", "code"])
    @pytest.mark.parametrize("hide", traces.HIDING_PLACES.values(), ids=traces.HIDING_PLACES)
    def test_it_finds_every_form(self, secrets, what, hide):
        value = next(value for value, kind in secrets.items() if kind == what)
        if what == "code" and hide is not traces.HIDING_PLACES["UTF-8"]:
            return
        assert traces.occurrences(value, hide(value))

    def test_it_finds_what_is_planted(self, stage, secrets):
        value = next(iter(secrets))
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE planted (value bytea)")
            cursor.execute("INSERT INTO planted VALUES (convert_to(%s, 'UTF8'))", [value])
        assert traces.occurrences(value, traces.database_dump()) == ["hex"]
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE planted")
        cache.set("planted", {"value": value})
        assert traces.occurrences(value, traces.cache_dump()) == ["UTF-8"]
        (stage.session.directory / "log" / "planted.log").write_text(value)
        assert "planted.log" in [path.name for path, content in written(stage) if value.encode() in content]
