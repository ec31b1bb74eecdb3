from django.apps import AppConfig
from django.urls import register_converter
from django.utils.translation import gettext_lazy as _

from core.converters import SerialConverter
from core.logs import configure_structlog


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Operations")

    def ready(self) -> None:
        from core import alert_webhook, alerts, work

        configure_structlog()
        work.register(alerts.MAIL, alerts.mail, most_failures=alerts.TRIES)
        work.register(alerts.CALL, alert_webhook.call, most_failures=alerts.TRIES)
        register_converter(SerialConverter, "serial")
