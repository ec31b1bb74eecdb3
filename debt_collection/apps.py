from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

SEEN = ("collectioncase", "contactattempt", "helpoffer", "helprule", "strategystep")
VIEW = [f"debt_collection.view_{model}" for model in SEEN]
EDIT_STRATEGY = [
    *("debt_collection.add_strategystep", "debt_collection.change_strategystep"),
    "debt_collection.add_helprule",
]


class DebtCollectionConfig(AppConfig):
    name = "debt_collection"
    verbose_name = _("Collections")

    def ready(self) -> None:
        from accounts import message_templates, roles
        from core import work
        from core.registry import loan_aged
        from debt_collection import early_help, forecasts, reminders
        from debt_collection.cases import LoanAgedHandler
        from debt_collection.message_templates import TEMPLATES

        work.register(reminders.SEND_REMINDER, reminders.send)
        work.register(forecasts.FORETELL, forecasts.foretell)
        work.register(early_help.TELL, early_help.tell)
        loan_aged.register("collections", LoanAgedHandler())
        message_templates.register(*TEMPLATES)
        roles.grant(roles.Role.RISK_OFFICER, VIEW)
        roles.grant(roles.Role.FINANCE_OFFICER, VIEW)
        roles.grant(roles.Role.ADMINISTRATOR, [*VIEW, *EDIT_STRATEGY])
