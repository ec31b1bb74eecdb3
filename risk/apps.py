from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RiskConfig(AppConfig):
    name = "risk"
    verbose_name = _("Risk")

    def ready(self) -> None:
        from accounts.roles import Role, grant

        seen = [f"risk.view_{model}" for model in ("decision", "reviewcase", "watchlistentry")]
        grant(
            Role.RISK_OFFICER,
            [*seen, "risk.decide_reviewcase", "risk.add_watchlistentry", "risk.change_watchlistentry"],
        )
        grant(Role.ADMINISTRATOR, seen)
