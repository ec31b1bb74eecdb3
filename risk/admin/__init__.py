"""Risk in the admin: the review queue, decisions, the watchlist."""

from risk.admin.decisions import DecisionAdmin
from risk.admin.review import ReviewCaseAdmin
from risk.admin.watchlist import WatchlistEntryAdmin

__all__ = ["DecisionAdmin", "ReviewCaseAdmin", "WatchlistEntryAdmin"]
