"""A decision's inputs as JSON and back: decimals as strings, so that nothing is lost."""

import datetime as dt
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from risk.facts import Applicant, CreditRequest, Elsewhere, Inputs, Ring, WatchlistMatch

_APPLICANT_AMOUNTS = ("monthly_income", "monthly_expenses", "monthly_debt", "exposure", "proven_income")
_REQUEST_AMOUNTS = ("amount", "minimum_rate", "maximum_rate", "maximum_amount")


def dump(inputs: Inputs) -> dict[str, Any]:
    """Plain JSON values."""
    return {
        "applicant": _plain(asdict(inputs.applicant)),
        "request": _plain(asdict(inputs.request)),
        "asked_on": inputs.asked_on.isoformat(),
        "watchlist": [asdict(match) for match in inputs.watchlist],
        "velocity": dict(inputs.velocity),
        "ring": asdict(inputs.ring) if inputs.ring else None,
        "elsewhere": asdict(inputs.elsewhere) if inputs.elsewhere else None,
    }


def load(document: dict[str, Any]) -> Inputs:
    """The inputs again, equal to those dumped."""
    applicant = _with_decimals(document["applicant"], _APPLICANT_AMOUNTS)
    applicant["traces"] = tuple((kind, index) for kind, index in applicant["traces"])
    applicant["device_signs"] = tuple(applicant.get("device_signs", ()))
    return Inputs(
        applicant=Applicant(**applicant),
        request=CreditRequest(**_with_decimals(document["request"], _REQUEST_AMOUNTS)),
        asked_on=dt.date.fromisoformat(document["asked_on"]),
        watchlist=tuple(WatchlistMatch(**match) for match in document["watchlist"]),
        velocity=dict(document["velocity"]),
        ring=_ring(document.get("ring")),
        elsewhere=Elsewhere(**document["elsewhere"]) if document.get("elsewhere") else None,
    )


def _ring(document: dict[str, Any] | None) -> Ring | None:
    if document is None:
        return None
    return Ring(**{**document, "members": tuple(document["members"]), "kinds": tuple(document["kinds"])})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Decimal) else value for key, value in values.items()}


def _with_decimals(values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: Decimal(value) if key in names and value is not None else value for key, value in values.items()}
