from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import Customer, User


class IsCustomer(BasePermission):
    """Only a signed-in customer, who then reaches only what is the customer's own."""

    def has_permission(self, request: Request, view: object) -> bool:
        return bool(request.user and hasattr(request.user, "customer"))


def customer_of(request: Request) -> Customer:
    """The signed-in customer of a request that IsCustomer let through."""
    assert isinstance(request.user, User)
    return request.user.customer
