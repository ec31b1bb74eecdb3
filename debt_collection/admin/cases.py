from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from core.admin.base import ReadOnlyAdmin
from debt_collection.models import CollectionCase, ContactAttempt, StrategyStep


class ContactInline(TabularInline):
    model = ContactAttempt
    fields = readonly_fields = ["business_date", "template", "outcome", "finished_at"]
    extra = 0
    can_delete = False


@admin.register(CollectionCase)
class CollectionCaseAdmin(ReadOnlyAdmin):
    list_display = [
        "serial",
        "loan_serial",
        "status",
        "dpd",
        "bucket",
        "arrears",
        "outstanding_principal",
        "opened_at",
    ]
    list_filter = ["status", "bucket"]
    search_fields = ["serial", "loan_serial", "customer_serial"]
    ordering = ["-dpd", "serial"]
    inlines = [ContactInline]


@admin.register(StrategyStep)
class StrategyStepAdmin(ModelAdmin):
    list_display = ["dpd_from", "dpd_to", "every_days", "template", "effective_from", "effective_to"]

    def has_delete_permission(self, *args: object) -> bool:
        return False
