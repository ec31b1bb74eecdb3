from django.contrib import admin

from core.admin.base import ReadOnlyAdmin
from core.models import Approval, ExternalMessage, TransitionLog, Unmasking


@admin.register(TransitionLog)
class TransitionLogAdmin(ReadOnlyAdmin):
    list_display = ["at", "model", "object_id", "verb", "from_status", "to_status", "actor", "reason"]
    list_filter = ["model", "verb"]
    search_fields = ["object_id", "actor"]
    ordering = ["-id"]


@admin.register(Unmasking)
class UnmaskingAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "model", "object_id", "field", "reason"]
    list_filter = ["model", "field"]
    search_fields = ["object_id", "actor"]
    ordering = ["-id"]


@admin.register(ExternalMessage)
class ExternalMessageAdmin(ReadOnlyAdmin):
    list_display = [
        "at",
        "institution",
        "direction",
        "serial",
        "path",
        "outcome",
        "answer_status",
        "signature",
    ]
    list_filter = ["institution", "direction", "outcome", "signature"]
    search_fields = ["serial"]
    ordering = ["-id"]


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_display = ["proposed_at", "model", "object_id", "verb", "status", "proposed_by", "decided_by", "why"]
    list_filter = ["status", "model", "verb"]
    search_fields = ["object_id", "proposed_by", "decided_by"]
    ordering = ["-id"]
