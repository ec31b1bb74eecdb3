"""What is kept about a debt that is not repaid."""

from debt_collection.models.case import CollectionCase
from debt_collection.models.contact import ContactAttempt
from debt_collection.models.strategy import StrategyStep

__all__ = ["CollectionCase", "ContactAttempt", "StrategyStep"]
