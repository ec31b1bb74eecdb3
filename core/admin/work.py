from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import work
from core.admin.base import ReadOnlyAdmin
from core.models import Work
from core.problems import Problem


@admin.register(Work)
class WorkAdmin(ReadOnlyAdmin):
    list_display = ["kind", "key", "state", "due_at", "attempts", "failures", "last_error"]
    list_filter = ["state", "kind"]
    search_fields = ["key"]
    ordering = ["-id"]
    actions = ["rerun"]

    def has_rerun_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.change_work")

    @admin.action(description=_("Run again"), permissions=["rerun"])
    def rerun(self, request: HttpRequest, queryset: QuerySet[Work]) -> None:
        for item in queryset:
            try:
                work.rerun(item)
            except Problem as problem:
                self.message_user(request, f"{item}: {problem.message}", messages.ERROR)
