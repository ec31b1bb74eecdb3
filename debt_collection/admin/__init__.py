"""Collections in the admin: cases with their contacts, the strategy table, and help before anything is late."""

from debt_collection.admin.cases import CollectionCaseAdmin, StrategyStepAdmin
from debt_collection.admin.help import HelpOfferAdmin, HelpRuleAdmin

__all__ = ["CollectionCaseAdmin", "HelpOfferAdmin", "HelpRuleAdmin", "StrategyStepAdmin"]
