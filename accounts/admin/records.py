from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent, ConsentText, Device, Message, SignIn
from core.admin.base import ReadOnlyAdmin


@admin.register(ConsentText)
class ConsentTextAdmin(ReadOnlyAdmin):
    list_display = ["purpose", "version", "title_zh", "title_en", "essential"]
    list_filter = ["purpose", "essential"]
    ordering = ["id"]


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["customer", "text", "given_at", "given_channel", "withdrawn_at", "withdrawn_channel"]
    list_filter = ["text__purpose", ("withdrawn_at", admin.EmptyFieldListFilter)]
    search_fields = ["customer__serial"]
    ordering = ["-id"]
    list_select_related = ["customer", "text"]


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "first_seen_at"]
    ordering = ["-id"]


@admin.register(SignIn)
class SignInAdmin(ReadOnlyAdmin):
    list_display = ["at", "user", "outcome", "channel", "device", "network", "place", "odd"]
    list_filter = ["outcome", "channel"]
    search_fields = ["user__username", "ip_index"]
    ordering = ["-id"]
    list_select_related = ["user", "device"]
    fields = ["at", "user", "outcome", "channel", "device", "network", "place", "odd"]

    @admin.display(description=_("address (hashed)"))
    def network(self, sign_in: SignIn) -> str:
        return sign_in.ip_index[:12]

    @admin.display(description=_("what is odd"))
    def odd(self, sign_in: SignIn) -> str:
        return " ".join(sign_in.signs)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What we told whom and when; the words themselves are the customer's."""

    list_display = [
        "serial",
        "customer",
        "template",
        "language",
        "title",
        "created_at",
        "sms_accepted_at",
        "read_at",
    ]
    list_filter = ["template", "by_sms", ("sms_accepted_at", admin.EmptyFieldListFilter)]
    search_fields = ["serial", "customer__serial"]
    ordering = ["-id"]
    list_select_related = ["customer"]
    exclude = ["text"]
