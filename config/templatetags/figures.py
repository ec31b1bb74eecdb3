"""How pages write figures: `{{ amount|yuan }}` ¥1,234.56, `{{ rate|percent }}` 12.60%."""

from decimal import ROUND_HALF_UP, Decimal

from django import template

from core.money import format_yuan

register = template.Library()


@register.filter
def yuan(value: Decimal | None) -> str:
    """Yuan as people read it; a dash for nothing."""
    return "–" if value is None else format_yuan(value)


@register.filter
def percent(value: Decimal | None) -> str:
    """A fraction in per cent with two places; a dash for nothing."""
    if value is None:
        return "–"
    return f"{(value * 100).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP)}%"
