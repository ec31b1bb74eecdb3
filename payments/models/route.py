from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from core.transitions import StatefulModel, status_constraint, status_field, transition
from payments.models.ledger import Unchangeable
from payments.models.order import PaymentOrder


class RoutingRules(StatefulModel):
    """Which channels orders go through, as a version: `lanes` as payments.route_rules writes them. The newest
    published version is in force.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PROPOSED = "proposed", _("proposed")
        PUBLISHED = "published", _("published")

    version = models.PositiveIntegerField(_("version"), unique=True)
    status: Any = status_field(Status, Status.DRAFT)
    lanes = models.JSONField(_("channels"), default=list)
    failed_try_cost = MoneyField(_("cost of a failed try"))
    authors = models.JSONField(_("authors"), default=list)

    class Meta:
        verbose_name = _("routing rules")
        verbose_name_plural = _("routing rules")
        permissions = [
            ("draft_routingrules", _("Can draft routing rules")),
            ("publish_routingrules", _("Can publish routing rules")),
        ]
        constraints = [status_constraint("payments_routingrules_status", "draft", "proposed", "published")]

    def __str__(self) -> str:
        return f"routing-{self.version}"

    @transition(source=Status.DRAFT, target=Status.DRAFT)
    def edit(self, *, by: str, why: str, lanes: list[dict[str, Any]]) -> None:
        """Another set of lanes; whoever does so becomes one of the authors."""
        self.lanes = lanes
        self.authors = sorted({*self.authors, by})

    @transition(source=Status.DRAFT, target=Status.PROPOSED)
    def propose(self, *, by: str, why: str) -> None:
        """The draft is ready for a second person."""

    @transition(source=Status.PROPOSED, target=Status.DRAFT)
    def send_back(self, *, by: str, why: str) -> None:
        """It shall be worked on again."""

    @transition(source=Status.PROPOSED, target=Status.PUBLISHED)
    def publish(self, *, by: str, why: str) -> None:
        """From now on orders go by it."""


class RouteChoice(Unchangeable):
    """Why an order went through a channel, or through none yet: every channel that was looked at, as it stood then."""

    order = models.ForeignKey(PaymentOrder, models.PROTECT, related_name="choices", verbose_name=_("payment order"))
    rules = models.ForeignKey(RoutingRules, models.PROTECT, related_name="+", verbose_name=_("routing rules"))
    channel = models.CharField(_("channel"), max_length=30, blank=True)
    candidates = models.JSONField(_("candidates"))
    at = models.DateTimeField(_("chosen (real time)"))

    class Meta:
        verbose_name = _("choice of a channel")
        verbose_name_plural = _("choices of channels")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.order_id} {self.channel or '-'}"
