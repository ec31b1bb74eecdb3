"""What a customer still has to do before applying."""

from accounts import consents, documents
from accounts.models import Customer, Document

READABLE = {Document.Status.STORED, Document.Status.AGREES}


def next_step(customer: Customer) -> str | None:
    """The name of the page of the first step not yet done: consents, identity or documents; None when all are."""
    given = set(consents.active(customer).values_list("text__purpose", flat=True))
    if not given.issuperset(consents.FOR_APPLICATION):
        return "consents"
    if not customer.is_verified:
        return "identity"
    if missing_documents(customer):
        return "documents"
    return None


def missing_documents(customer: Customer) -> list[str]:
    """The kinds of document that are still to be given, or to be given again because the picture was of no use."""
    results = documents.check_results(customer)
    return [kind for kind in Document.Kind.values if results.get(kind) not in READABLE]
