from collections.abc import Iterable

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin.shown import Reader, Table, TablesAdmin
from risk import reasons, report, scoring
from risk.models import RepaymentForecast
from risk.words import FEATURE


@admin.register(RepaymentForecast)
class RepaymentForecastAdmin(TablesAdmin):
    """Who will probably not pay what falls due soon, and by which features."""

    list_display = ["reference", "customer_serial", "due_date", "shown_pd", "score", "scorecard", "made_on"]
    list_filter = ["scorecard"]
    search_fields = ["reference", "customer_serial"]
    ordering = ["-id"]
    fields = ["reference", "customer_serial", "due_date", "made_on", "shown_pd", "score", "scorecard"]

    @admin.display(description=gettext_lazy("probability of trouble"), ordering="pd")
    def shown_pd(self, forecast: RepaymentForecast) -> str:
        return report.percent(forecast.pd)

    def tables(self, row: RepaymentForecast, reader: Reader) -> Iterable[Table]:
        yield features(row)
        yield why(row)


def features(forecast: RepaymentForecast) -> Table:
    """What the scorecard saw, and what it gave for it."""
    model = scoring.load(forecast.scorecard)
    points = model.points(forecast.features)
    rows = [
        [FEATURE[column.feature], _value(forecast, column.feature), points[column.feature], column.mean_points]
        for column in model.characteristics
    ]
    return Table(_("Score"), [_("Feature"), _("Value"), _("Points"), _("Points on average")], rows)


def why(forecast: RepaymentForecast) -> Table:
    """What cost most points."""
    return Table(_("Reasons"), [_("reason")], [[reasons.for_staff(code)] for code in forecast.reasons])


def _value(forecast: RepaymentForecast, feature: str) -> str:
    value = forecast.features[feature]
    return "–" if value is None else f"{value:g}"
