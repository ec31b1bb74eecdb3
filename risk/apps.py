from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RiskConfig(AppConfig):
    name = "risk"
    verbose_name = _("Risk")

    def ready(self) -> None:
        from accounts.roles import Role, grant
        from risk import escalation, profiles
        from risk.watching import days, models

        profiles.register()
        days.register()
        models.register()
        escalation.register()
        shown = (
            *("decision", "modelversion", "profile", "qualitysample", "repaymentforecast", "reviewcase"),
            *("ruleset", "sharingquery", "watchedday", "watchlistentry"),
        )
        seen = [f"risk.view_{model}" for model in shown]
        grant(
            Role.RISK_OFFICER,
            [
                *seen,
                *("risk.decide_reviewcase", "risk.add_watchlistentry", "risk.change_watchlistentry"),
                *("risk.propose_modelversion", "risk.approve_modelversion"),
                *("risk.draft_ruleset", "risk.publish_ruleset", "risk.judge_qualitysample"),
            ],
        )
        grant(Role.ADMINISTRATOR, [*seen, "risk.view_officer_statistics"])
