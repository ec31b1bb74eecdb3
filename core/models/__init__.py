"""The rows that every app stands on."""

from core.models.alert import Alert
from core.models.approval import Approval
from core.models.clock import BusinessClock
from core.models.idempotency import IdempotencyRecord
from core.models.message import ExternalMessage
from core.models.transition import TransitionLog
from core.models.unmasking import Unmasking
from core.models.work import Work

__all__ = [
    "Alert",
    "Approval",
    "BusinessClock",
    "ExternalMessage",
    "IdempotencyRecord",
    "TransitionLog",
    "Unmasking",
    "Work",
]
