"""What accounts needs in the database before its first customer."""

from django.db import transaction

from accounts import roles
from accounts.consent_texts import TEXTS
from accounts.models import ConsentText


@transaction.atomic
def load() -> None:
    """Load groups and consent texts. Again and again is harmless.

    Raises ValueError when a text was edited without a new version: what customers agreed to must stay what
    they saw.
    """
    roles.load()
    for text in TEXTS:
        stored, _new = ConsentText.objects.get_or_create(
            purpose=text["purpose"], version=text["version"], defaults=text
        )
        if any(getattr(stored, field) != value for field, value in text.items()):
            raise ValueError(f"consent text {stored.purpose} v{stored.version} was edited: give it a new version")
