"""What a customer may know of the decisions about them (PIPL 24: an automated decision is explained on request)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.permissions import IsCustomer, customer_of
from risk import decisions
from risk.api.serializers import DecisionSerializer


class Decisions(generics.ListAPIView):
    """The customer's own decisions, newest first, each with its reasons."""

    permission_classes = (IsCustomer,)
    serializer_class = DecisionSerializer

    @extend_schema(tags=["decisions"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        return decisions.of_customer(customer_of(self.request).serial)
