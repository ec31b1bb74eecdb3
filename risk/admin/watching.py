from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core import clock
from core.admin.base import ReadOnlyAdmin
from core.admin.shown import Reader, Table, TablesAdmin
from risk import reasons, words
from risk.admin.plots import Plot, Point, plot
from risk.models import Figure, Profile, WatchedDay
from risk.watching.days import shown
from risk.watching.tallies import ONE_DAY

SHOWN_DAYS = 90
Measure = Figure.Measure


@admin.register(WatchedDay)
class WatchedDayAdmin(TablesAdmin):
    """The watched days, with plots of the last months above them and a day's figures below each."""

    list_display = ["business_date", "decisions", "watched_at"]
    ordering = ["-business_date"]
    fields = ["business_date", "decisions", "watched_at"]
    list_before_template = "admin/risk/plots.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with its plots once the reader is known to be allowed to see them."""
        extra = dict(extra_context or {})
        if self.has_view_permission(request):
            extra["plots"] = plots()
        return super().changelist_view(request, extra)

    def tables(self, row: Any, reader: Reader) -> list[Table]:
        """The day's figures, those that alarm first."""
        figures = Figure.objects.filter(day=row).order_by("-alarming", "measure", "subject", "days")
        rows = [
            [
                title_of(figure),
                figure.days,
                figure.count,
                shown(figure.measure, figure.value),
                shown(figure.measure, figure.expected),
                _("alarming") if figure.alarming else "",
            ]
            for figure in figures
        ]
        headers = [_("measure"), _("days"), _("counted"), _("value"), _("expected or allowed"), ""]
        return [Table(_("Figures"), headers, rows)]


@admin.register(Profile)
class ProfileAdmin(ReadOnlyAdmin):
    """Customers' profiles, the present ones and the earlier ones."""

    list_display = ["customer_serial", "since", "until"]
    list_filter = [("until", admin.EmptyFieldListFilter)]
    search_fields = ["=customer_serial"]
    ordering = ["-id"]
    show_full_result_count = False
    fields = ["customer_serial", "since", "until", "features", "behaviour", "exposure"]


def plots() -> list[Plot]:
    """Each measure of each subject over the last months: by the week where there is a week, those that alarm first."""
    since = clock.today() - SHOWN_DAYS * ONE_DAY
    figures = Figure.objects.filter(day__business_date__gte=since).exclude(days=1).select_related("day")
    found: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures.order_by("day__business_date"):
        found.setdefault((figure.measure, figure.subject), []).append(figure)
    drawn = [_plot(series) for _key, series in sorted(found.items(), key=lambda pair: _place(*pair[0]))]
    return sorted(drawn, key=lambda each: not each.alarming)


def title_of(figure: Figure) -> str:
    """The measure, and of what, for people."""
    measure, subject = figure.get_measure_display(), figure.subject
    if figure.measure == Measure.FEATURE_DRIFT:
        subject = str(words.FEATURE.get(subject, subject))
    elif figure.measure == Measure.HIT_RATE:
        subject = reasons.for_staff(subject)
    elif figure.measure == Measure.EARLY_DEFAULTS:
        subject = ""
    return f"{measure}: {subject}" if subject else measure


def _place(measure: str, subject: str) -> tuple[int, str]:
    return Measure.values.index(measure), subject


def _plot(series: list[Figure]) -> Plot:
    points = [Point(each.day.business_date, each.value, each.expected, each.alarming) for each in series]
    said = [f"{each.day}: {shown(each.measure, each.value)}" for each in series]
    return plot(title_of(series[-1]), points, said)
