"""What accounts does in the background."""

from accounts import documents, id_card_reading, income_proof_reading, messages
from core import work


def register() -> None:
    """Name the handlers of our kinds of work. Called from AppConfig.ready."""
    work.register(documents.READ_ID_CARD, id_card_reading.read_id_card)
    work.register(documents.READ_INCOME_PROOF, income_proof_reading.read_income_proof)
    work.register(messages.SEND_SMS, messages.send_sms)
