from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.reveal import reveal_page
from accounts.models import Document
from core import actors, audit
from core.admin.base import ReadOnlyAdmin


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """Documents without their content, which is opened only for a stated reason."""

    list_display = ["serial", "customer", "kind", "status", "content_type", "size", "uploaded_at"]
    list_filter = ["kind", "status"]
    search_fields = ["serial", "customer__serial"]
    ordering = ["-id"]
    list_select_related = ["customer"]
    fields = [
        "serial",
        "customer",
        "kind",
        "status",
        "content_type",
        "size",
        "sha256",
        "uploaded_at",
        "read_at",
    ]
    actions_detail = ["reveal"]

    def has_reveal_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("accounts.reveal_document")

    @action(description=_("Open the document"), permissions=["reveal"], url_path="reveal", icon="visibility")
    def reveal(self, request: HttpRequest, object_id: int) -> HttpResponse:
        document = Document.objects.get(pk=object_id)
        by = actors.staff(request.user.get_username())

        def show(field: str, why: str) -> HttpResponse:
            audit.reveal(document, field, by=by, why=why)
            return _as_response(document)

        return reveal_page(self, request, document, [("file", _("document"))], show)


def _as_response(document: Document) -> HttpResponse:
    """The clear content, never cached and never run by the browser."""
    response = HttpResponse(document.file.open().read(), content_type=document.content_type)
    response["Content-Disposition"] = f'inline; filename="{document.serial}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
