"""The kinds of orders and of payees: words only, for rooms that need no database."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrderKind(TextChoices):
    """Which way an order moves money."""

    PAYOUT = "payout", _("payout")
    COLLECTION = "collection", _("collection")


class PayeeKind(TextChoices):
    """By what a payee or payer is known to an institution."""

    CARD = "card", _("bank card")
    WECHAT = "wechat", _("WeChat account")
    COMPANY = "company", _("company account")
