"""The calculator over REST: open to everybody, so that any figure can be recomputed by whom it concerns."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from core.problems import Problem
from lending.calculator import answer

MOST_ITEMS = 400
EXAMPLE = OpenApiExample(
    "schedule",
    request_only=True,
    value={
        "kind": "schedule",
        "principal": "10000",
        "daily_rate": "0.0004",
        "method": "equal_instalment",
        "start": "2026-01-20",
        "every": "1 month",
        "count": 12,
    },
)


class Calculations(APIView):
    """One calculation: schedule, day_count, apr, payoff, events, allocation, split or cap; see docs/calculator.md."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "calculations"

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT, examples=[EXAMPLE], tags=["calculator"])
    def post(self, request: Request) -> Response:
        if not isinstance(request.data, dict):
            raise ParseError
        _require_small(request.data)
        return Response(answer(request.data))


def _require_small(asked: dict[str, Any]) -> None:
    """Strangers may ask what takes a second or two; the command has no such limit."""
    listed = max((len(value) for value in asked.values() if isinstance(value, list)), default=0)
    count = str(asked.get("count", ""))
    if listed > MOST_ITEMS or (count.isdecimal() and int(count[:9]) > MOST_ITEMS):
        raise Problem("too_many", _("Give at most %(most)s items.") % {"most": MOST_ITEMS})
