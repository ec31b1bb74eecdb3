from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.reveal import reveal_page
from accounts.models import BankCard, Customer, IdentityCheck
from core import actors, audit
from core.admin.base import ReadOnlyAdmin
from core.crypto import blind_index
from core.masking import mask_card, mask_id_number, mask_mobile, mask_name


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """Customers, masked. Found by serial number, or by a whole mobile or ID number."""

    list_display = ["serial", "masked_name", "masked_mobile", "language", "verified_at", "created_at"]
    list_filter = ["language", ("verified_at", admin.EmptyFieldListFilter)]
    search_fields = ["serial"]
    search_help_text = _("customer number, or a whole mobile or ID number")
    ordering = ["-id"]
    list_select_related = ["user"]
    fields = [
        "serial",
        "masked_name",
        "masked_id_number",
        "masked_mobile",
        "language",
        "verified_at",
        "created_at",
    ]
    actions_detail = ["reveal"]

    masked_name = admin.display(description=_("name"))(lambda self, customer: customer.masked_name)
    masked_id_number = admin.display(description=_("ID number"))(lambda self, customer: customer.masked_id_number)
    masked_mobile = admin.display(description=_("mobile"))(lambda self, customer: customer.masked_mobile)

    def get_search_results(self, request, queryset, search_term):  # type: ignore[no-untyped-def]
        """Personal data are encrypted: only a whole number can be found, by its keyed hash."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if search_term:
            found |= queryset.filter(user__mobile_index=blind_index("mobile", search_term))
            found |= queryset.filter(id_number_index=blind_index("id_number", search_term))
        return found, may_repeat

    def has_reveal_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("accounts.reveal_customer")

    @action(description=_("Show in clear"), permissions=["reveal"], url_path="reveal", icon="visibility")
    def reveal(self, request: HttpRequest, object_id: int) -> HttpResponse:
        customer = Customer.objects.select_related("user").get(pk=object_id)
        choices = [("name", _("name")), ("id_number", _("ID number")), ("mobile", _("mobile"))]
        by = actors.staff(request.user.get_username())

        def show(field: str, why: str) -> str:
            owner = customer.user if field == "mobile" else customer
            return audit.reveal(owner, field, by=by, why=why)

        return reveal_page(self, request, customer, choices, show)


@admin.register(IdentityCheck)
class IdentityCheckAdmin(ReadOnlyAdmin):
    list_display = ["serial", "customer", "status", "asked_at", "answered_at", "authority_serial"]
    list_filter = ["status"]
    search_fields = ["serial", "customer__serial", "authority_serial"]
    ordering = ["-id"]
    list_select_related = ["customer"]
    fields = [
        "serial",
        "customer",
        "status",
        "masked_name",
        "masked_id_number",
        "masked_card",
        "masked_mobile",
        "authority_serial",
        "asked_at",
        "answered_at",
    ]

    masked_name = admin.display(description=_("name"))(lambda self, check: mask_name(check.name))
    masked_id_number = admin.display(description=_("ID number"))(lambda self, check: mask_id_number(check.id_number))
    masked_card = admin.display(description=_("card number"))(lambda self, check: mask_card(check.card_number))
    masked_mobile = admin.display(description=_("mobile"))(lambda self, check: mask_mobile(check.reserved_mobile))


@admin.register(BankCard)
class BankCardAdmin(ReadOnlyAdmin):
    list_display = ["customer", "bank_name", "masked_number", "verified_at"]
    list_filter = ["bank"]
    search_fields = ["customer__serial"]
    ordering = ["-id"]
    list_select_related = ["customer"]
    fields = ["customer", "bank_name", "bin", "masked_number", "identity_check", "verified_at"]

    bank_name = admin.display(description=_("bank"))(lambda self, card: card.bank_name)
    masked_number = admin.display(description=_("card number"))(lambda self, card: card.masked_number)
