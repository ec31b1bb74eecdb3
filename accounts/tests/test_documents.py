"""Documents: what is taken, how it is kept, what is refused."""

import pathlib
import re

import pytest

from accounts import consents, documents
from accounts.models import Document, Purpose
from accounts.tests import factories
from core.models import Work
from core.problems import Problem

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"


@pytest.fixture
def stored(settings):
    """All files under the documents' directory, as they are on the disk."""
    directory = pathlib.Path(settings.DOCUMENTS_DIR)
    before = set(directory.rglob("*")) if directory.exists() else set()
    return lambda: [path for path in directory.rglob("*") if path.is_file() and path not in before]


def refusal(customer, kind, content, name="picture.jpg"):
    with pytest.raises(Problem) as caught:
        documents.store(customer=customer, kind=kind, upload=factories.upload(content, name))
    return caught.value


@pytest.mark.parametrize(
    ("kind", "content", "content_type"),
    [
        ("id_card", factories.picture("x"), "image/jpeg"),
        ("id_card", factories.picture("x", format="PNG"), "image/png"),
        ("income_proof", factories.picture("x"), "image/jpeg"),
        ("income_proof", PDF, "application/pdf"),
    ],
)
def test_what_is_taken(customer, kind, content, content_type):
    document = documents.store(customer=customer, kind=kind, upload=factories.upload(content, "nothing.exe"))
    assert (document.kind, document.status, document.content_type) == (kind, "stored", content_type)
    assert document.size == len(content)
    assert document.file.open().read() == content


def test_the_disk_never_sees_it_in_clear(customer, stored):
    content = factories.picture("x") + b"a mark to look for"
    documents.store(customer=customer, kind="id_card", upload=factories.upload(content, "林晓月.jpg"))
    (path,) = stored()
    assert b"a mark to look for" not in path.read_bytes()
    assert b"JFIF" not in path.read_bytes()
    assert re.fullmatch("[0-9a-f]{32}", path.name)


@pytest.mark.parametrize(
    ("kind", "content", "code", "status"),
    [
        ("id_card", b"", "document_empty", 400),
        ("id_card", b"GIF89a" + b"x" * 100, "document_type", 415),
        ("id_card", PDF, "document_type", 415),
        ("income_proof", b"<html><script>", "document_type", 415),
        ("income_proof", b"MZ" + b"\0" * 100, "document_type", 415),
        ("id_card", factories.picture("x")[:-5000], "document_damaged", 400),
        ("id_card", b"\xff\xd8\xff" + b"x" * 1000, "document_damaged", 400),
        ("id_card", b"\x89PNG\r\n\x1a\n" + b"x" * 1000, "document_damaged", 400),
        ("income_proof", PDF[:-8], "document_damaged", 400),
        ("id_card", factories.picture("x") + b"\0" * 10 * 1024 * 1024, "document_too_large", 413),
        ("passport", factories.picture("x"), "document_kind", 400),
    ],
)
def test_what_is_refused_leaves_nothing_behind(customer, stored, kind, content, code, status):
    problem = refusal(customer, kind, content)
    assert (problem.code, problem.status) == (code, status)
    assert not Document.objects.exists()
    assert stored() == []


def test_a_picture_that_unpacks_to_too_much_is_refused(customer):
    bomb = factories.picture(format="PNG", size=(9000, 9000))
    assert len(bomb) < 10 * 1024 * 1024
    assert refusal(customer, "id_card", bomb).code == "document_damaged"


def test_the_same_file_again_is_the_same_document(customer, stored):
    content = factories.picture("x")
    first = documents.store(customer=customer, kind="id_card", upload=factories.upload(content))
    second = documents.store(customer=customer, kind="id_card", upload=factories.upload(content))
    assert first == second
    assert len(stored()) == 1


def test_no_consent_no_document(customer, stored):
    given = consents.active(customer).get(text__purpose=Purpose.SENSITIVE_DATA)
    consents.withdraw(customer=customer, consent_id=given.pk, origin=factories.HOME)
    assert refusal(customer, "id_card", factories.picture("x")).code == "consent_missing"
    assert stored() == []


def test_a_row_that_fails_takes_its_file_along(customer, stored, monkeypatch):
    def fail(document):
        raise RuntimeError("the database went away")

    monkeypatch.setattr(documents, "_ask_to_read", fail)
    with pytest.raises(RuntimeError):
        documents.store(customer=customer, kind="id_card", upload=factories.upload(factories.picture("x")))
    assert stored() == []


def test_each_document_is_handed_to_its_reader(customer):
    proof = documents.store(customer=customer, kind="income_proof", upload=factories.upload(PDF))
    card = documents.store(customer=customer, kind="id_card", upload=factories.upload(factories.picture("x")))
    asked = Work.objects.filter(kind__startswith="read_").values_list("kind", "key")
    assert set(asked) == {("read_income_proof", proof.serial), ("read_id_card", card.serial)}


def test_a_document_is_found_only_by_its_owner(customer):
    document = documents.store(customer=customer, kind="income_proof", upload=factories.upload(PDF))
    other = factories.registered_customer()
    assert documents.find(customer, document.serial) == document
    with pytest.raises(Problem) as caught:
        documents.find(other, document.serial)
    assert caught.value.status == 404
    assert documents.check_results(customer) == {"income_proof": "stored"}
    assert documents.latest(customer, "income_proof") == document
