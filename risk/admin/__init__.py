"""Risk in the admin: the review queue, decisions, the watchlist, models, profiles, and the watch over all of it."""

from risk.admin.decisions import DecisionAdmin
from risk.admin.forecasts import RepaymentForecastAdmin
from risk.admin.model_versions import ModelVersionAdmin
from risk.admin.quality import QualitySampleAdmin
from risk.admin.review import ReviewCaseAdmin
from risk.admin.rule_sets import RuleSetAdmin
from risk.admin.sharing import SharingQueryAdmin
from risk.admin.watching import ProfileAdmin, WatchedDayAdmin
from risk.admin.watchlist import WatchlistEntryAdmin

__all__ = [
    "DecisionAdmin",
    "ModelVersionAdmin",
    "ProfileAdmin",
    "QualitySampleAdmin",
    "RepaymentForecastAdmin",
    "ReviewCaseAdmin",
    "RuleSetAdmin",
    "SharingQueryAdmin",
    "WatchedDayAdmin",
    "WatchlistEntryAdmin",
]
