"""The reports' pages in the admin, each with its CSV."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from core import clock
from core.admin.shown import Table
from lending.reports import REPORTS, Report


def urls() -> list[URLPattern]:
    """Addresses under the admin's page of loans."""
    view = admin.site.admin_view
    return [
        path("reports/", view(all_reports), name="lending_reports"),
        path("reports/<slug:name>.csv", view(as_csv), name="lending_report_csv"),
    ]


def all_reports(request: HttpRequest) -> HttpResponse:
    """All reports as they stand today."""
    _require(request)
    made = [(name, make(clock.today())) for name, make in REPORTS.items()]
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Reports"),
        "reports": [(name, _table(report)) for name, report in made],
    }
    return TemplateResponse(request, "admin/lending/reports.html", context)


def as_csv(request: HttpRequest, name: str) -> HttpResponse:
    """One report as a file."""
    _require(request)
    if name not in REPORTS:
        raise Http404
    on = clock.today()
    # The mark lets spreadsheets see that it is UTF-8.
    response = HttpResponse("\ufeff" + REPORTS[name](on).as_csv(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{on}.csv"'
    return response


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm("lending.view_loan"):
        raise PermissionDenied


def _table(report: Report) -> Table:
    return Table(str(report.title), [str(header) for header in report.headers], report.rows)
