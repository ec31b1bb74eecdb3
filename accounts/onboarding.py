"""What a customer still has to do before applying."""

from accounts import consents, documents
from accounts.models import Customer, Document

# An ID card picture must be of use; of a proof of income that no machine can read a person can make something.
OF_NO_USE = {(Document.Kind.ID_CARD, Document.Status.DIFFERS), (Document.Kind.ID_CARD, Document.Status.UNREADABLE)}


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
    return [kind for kind in Document.Kind.values if kind not in results or (kind, results[kind]) in OF_NO_USE]
