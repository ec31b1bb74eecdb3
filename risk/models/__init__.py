"""What is kept about decisions, about customers' profiles, and about how both are watched."""

from risk.models.decision import Decision, Trace
from risk.models.forecast import RepaymentForecast
from risk.models.model_turn import ChallengerDecision, ModelTurn
from risk.models.model_version import ModelVersion
from risk.models.profile import Profile, ProfileDue, ProfileRefresh
from risk.models.quality_sample import QualitySample
from risk.models.review_case import ReviewCase
from risk.models.rule_set import Backtest, RuleSet, RuleTurn, ShadowDecision
from risk.models.sharing import SharedCustomer, SharingAnswer, SharingQuery
from risk.models.watching import Figure, Tally, WatchedDay
from risk.models.watchlist import WatchlistEntry

__all__ = [
    "Backtest",
    "ChallengerDecision",
    "Decision",
    "Figure",
    "ModelTurn",
    "ModelVersion",
    "Profile",
    "ProfileDue",
    "ProfileRefresh",
    "QualitySample",
    "RepaymentForecast",
    "ReviewCase",
    "RuleSet",
    "RuleTurn",
    "ShadowDecision",
    "SharedCustomer",
    "SharingAnswer",
    "SharingQuery",
    "Tally",
    "Trace",
    "WatchedDay",
    "WatchlistEntry",
]
