"""What is kept about a debt that is not repaid, and about help before that."""

from debt_collection.models.case import CollectionCase
from debt_collection.models.contact import ContactAttempt
from debt_collection.models.help_offer import HelpOffer
from debt_collection.models.help_rule import HelpRule
from debt_collection.models.strategy import StrategyStep

__all__ = ["CollectionCase", "ContactAttempt", "HelpOffer", "HelpRule", "StrategyStep"]
