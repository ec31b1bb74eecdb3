"""How figures are written in an answer: strings, with every digit that was computed and none that was not."""

from decimal import ROUND_DOWN, Decimal

from lending.allocation import Amounts, Component
from lending.apr import PLACES, Apr
from lending.conventions import Conventions
from lending.plan import Instalment

FACTOR_PLACES = Decimal("0.000000000001")


def amount(value: Decimal, conventions: Conventions) -> str:
    """Yuan with two places, or with as many as the smallest unit or the figure itself has."""
    places = max(2, _places(conventions.round_to), _places(value))
    return f"{value:.{places}f}"


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def rate(value: Decimal) -> str:
    """An annual rate as a fraction with eight places."""
    return f"{value:.8f}"


def rate_down(value: Decimal) -> str:
    """A rate with eight places that never exceeds the exact one."""
    return str(value.quantize(PLACES, rounding=ROUND_DOWN))


def both_rates(apr: Apr | None) -> dict[str, str] | None:
    """Nominal and effective rate; null where the flows have none."""
    return {"nominal": rate(apr.nominal), "effective": rate(apr.effective)} if apr else None


def by_component(amounts: Amounts, conventions: Conventions) -> dict[str, str]:
    """Penalty, fee, interest and principal."""
    return {component.value: amount(amounts[component], conventions) for component in Component}


def row(instalment: Instalment, conventions: Conventions) -> dict[str, object]:
    """One row of a schedule."""
    figures = ("principal", "interest", "fee", "total", "balance")
    return {
        "no": instalment.no,
        "from": instalment.start.isoformat(),
        "due": instalment.due.isoformat(),
        **{name: amount(getattr(instalment, name), conventions) for name in figures},
    }
