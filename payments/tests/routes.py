"""Routing rules put into force for a test."""

from decimal import Decimal

from django.db import transaction

from core import actors
from payments import route_rules
from payments.models import RoutingRules

TESTER = actors.system("tester")


def rule(*lanes):
    """Put these lanes into force."""
    version = RoutingRules.objects.count() + 1
    rules = RoutingRules(version=version, lanes=[route_rules.written(lane) for lane in lanes])
    rules.failed_try_cost = Decimal("0.50")
    with transaction.atomic(durable=True):
        rules.save()
        rules.propose(by=TESTER, why="test")
        rules.publish(by=TESTER, why="test")
