"""Money: Decimal yuan with two places, rounded by one helper. Needs no Django."""

from decimal import ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")
ZERO = Decimal("0.00")


def round_money(value: Decimal, unit: Decimal = FEN, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Round `value` (yuan) to a multiple of `unit` (yuan); half-up to the fen unless a convention says otherwise."""
    if unit == FEN:
        return value.quantize(FEN, rounding=rounding)
    return (value / unit).quantize(Decimal(1), rounding=rounding) * unit


def format_yuan(value: Decimal) -> str:
    """`1234.5` yuan as people read it: `¥1,234.50`."""
    sign = "-" if value < 0 else ""
    return f"{sign}¥{abs(value):,.2f}"


def to_fen(value: Decimal) -> int:
    """Yuan to a whole number of fen. Raises ValueError when a fraction of a fen would be lost."""
    fen = value * 100
    if fen != fen.to_integral_value():
        raise ValueError(f"{value} yuan is not a whole number of fen")
    return int(fen)
