from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DebtCollectionConfig(AppConfig):
    name = "debt_collection"
    verbose_name = _("Collections")

    def ready(self) -> None:
        from core import work
        from core.registry import loan_aged
        from debt_collection import reminders
        from debt_collection.cases import LoanAgedHandler

        work.register(reminders.SEND_REMINDER, reminders.send)
        loan_aged.register("collections", LoanAgedHandler())
