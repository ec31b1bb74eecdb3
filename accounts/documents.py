"""Documents: taken in, encrypted, handed to a worker to be read."""

import contextlib
import hashlib
import secrets
from collections.abc import Iterator
from decimal import Decimal

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import consents, customers, picture_prints
from accounts.document_content import content_type_of
from accounts.models import Customer, Document
from core import work
from core.problems import Problem
from core.serials import Serial, next_serial
from core.storage import EncryptedStorage

READ_ID_CARD, READ_INCOME_PROOF = "read_id_card", "read_income_proof"
READERS = {Document.Kind.ID_CARD: READ_ID_CARD, Document.Kind.INCOME_PROOF: READ_INCOME_PROOF}


def store(*, customer: Customer, kind: str, upload: File) -> Document:
    """Keep a document of the customer's, encrypted under a name that tells nothing.

    The same file again is the same document.
    Raises Problem: document_kind, consent_missing, and those of document_content.
    """
    if kind not in Document.Kind.values:
        raise Problem("document_kind", _("Say whether this is an ID card or an income proof."), field="kind")
    content = upload.read()
    content_type = content_type_of(content, Document.Kind(kind))
    with _without_orphans() as saved, transaction.atomic(durable=True):
        customer = customers.lock(customer.serial)
        consents.require_consents(customer, consents.FOR_DOCUMENTS)
        digest = hashlib.sha256(content).hexdigest()
        known = customer.documents.filter(kind=kind, sha256=digest).first()
        if known:
            return known
        document = Document(
            customer=customer,
            serial=next_serial(Serial.DOCUMENT),
            kind=kind,
            content_type=content_type,
            size=len(content),
            sha256=digest,
        )
        document.file.save(secrets.token_hex(16), ContentFile(content), save=False)
        saved.append(str(document.file.name))
        document.save()
        if kind == Document.Kind.ID_CARD:
            picture_prints.remember(document, content)
        _ask_to_read(document)
    return document


def latest(customer: Customer, kind: str) -> Document | None:
    """The customer's newest document of a kind."""
    return customer.documents.filter(kind=kind).order_by("-id").first()


def find(customer: Customer, serial: str) -> Document:
    """A document of the customer's own. Raises Problem `not_found` (404) for anybody else's."""
    document = customer.documents.filter(serial=serial).first()
    if document is None:
        raise Problem("not_found", _("There is no such document."), status=404)
    return document


def newest(customer: Customer) -> dict[str, Document]:
    """The customer's newest document of each kind that was handed in."""
    return {document.kind: document for document in customer.documents.order_by("kind", "-id").distinct("kind")}


def check_results(customer: Customer) -> dict[str, str]:
    """How the newest document of each kind stands, e.g. `{"id_card": "agrees", "income_proof": "stored"}`."""
    return {kind: document.status for kind, document in newest(customer).items()}


def proven_income(proof: Document | None) -> Decimal | None:
    """The month's income in yuan that a customer's newest income proof shows, or where it cannot be read the newest
    before that can: one that cannot be read takes nothing back. None where none was read."""
    if proof and proof.status != Document.Status.READ:
        earlier = Document.objects.filter(customer=proof.customer_id, kind=proof.kind, status=Document.Status.READ)
        proof = earlier.order_by("-id").first()
    return proof.proven_income if proof else None


def read_if_waiting(proof: Document) -> None:
    """Have an income proof read if it was not yet, in the open transaction: it may be from before proofs were read, and
    those of all customers at once would keep the workers from all else."""
    if proof.status == Document.Status.STORED:
        _ask_to_read(proof)


def read_waiting(customer: Customer) -> None:
    """Have pictures read that came before the identity was verified, in the verification's transaction."""
    for document in customer.documents.filter(kind=Document.Kind.ID_CARD, status=Document.Status.STORED):
        _ask_to_read(document)


def _ask_to_read(document: Document) -> None:
    work.enqueue(READERS[Document.Kind(document.kind)], document.serial)


@contextlib.contextmanager
def _without_orphans() -> Iterator[list[str]]:
    """Delete the files just written when the transaction around their rows fails."""
    saved: list[str] = []
    try:
        yield saved
    except BaseException:
        for name in saved:
            EncryptedStorage().delete(name)
        raise
