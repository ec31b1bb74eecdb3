"""What is kept about decisions."""

from risk.models.decision import Decision, Trace
from risk.models.review_case import ReviewCase
from risk.models.watchlist import WatchlistEntry

__all__ = ["Decision", "ReviewCase", "Trace", "WatchlistEntry"]
