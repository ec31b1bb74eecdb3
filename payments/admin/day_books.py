"""The page of a settled day by channel, product and funding partner, with its CSV and PDF."""

import datetime as dt
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from core.admin.shown import Table
from core.money import format_yuan
from payments import day_books

FILES = {"csv": ("text/csv; charset=utf-8", day_books.as_csv), "pdf": ("application/pdf", day_books.as_pdf)}


def urls() -> list[URLPattern]:
    """Addresses under the admin's settlement reports."""
    view = admin.site.admin_view
    return [
        path("days/<str:day>/", view(page), name="payments_day_books"),
        path("days/<str:day>.<str:kind>", view(file), name="payments_day_books_file"),
    ]


def page(request: HttpRequest, day: str) -> HttpResponse:
    """The day's tables; each product, channel and partner leads to what its figures are made of."""
    date = _date(request, day)
    tables = [
        Table(
            str(table.title),
            [str(column) for column in table.columns],
            [
                [_link(place, date, row[0]), *(format_yuan(cast(Decimal, amount)) for amount in row[1:])]
                for row in table.rows
            ],
        )
        for place, table in enumerate(day_books.tables(date))
    ]
    title = _("Settlement of %(date)s") % {"date": date}
    context: dict[str, Any] = {**admin.site.each_context(request), "title": title, "tables": tables, "day": day}
    return TemplateResponse(request, "admin/payments/day_books.html", context)


def file(request: HttpRequest, day: str, kind: str) -> HttpResponse:
    """The same as a file: csv or pdf."""
    date = _date(request, day)
    if kind not in FILES:
        raise Http404
    content_type, make = FILES[kind]
    response = HttpResponse(make(date), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="settlement-{date}.{kind}"'
    return response


def _date(request: HttpRequest, day: str) -> dt.date:
    if not request.user.has_perm("payments.view_settlementreport"):
        raise PermissionDenied
    try:
        return dt.date.fromisoformat(day)
    except ValueError:
        raise Http404 from None


def _link(place: int, date: dt.date, name: object) -> Any:
    """Where the rows behind a line stand: a channel's or a partner's entries, a product's orders."""
    ledger, orders = (reverse(f"admin:payments_{model}_changelist") for model in ("transfer", "paymentorder"))
    targets = [
        (ledger, {"entries__account": f"channel_cash:{name}", "business_date": date}),
        (orders, {"product": "" if name == "–" else name, "settled_on": date}),
        (ledger, {"entries__account": f"partner_settlement:{name}", "business_date": date}),
    ]
    address, wanted = targets[place]
    return format_html('<a class="text-primary-600" href="{}?{}">{}</a>', address, urlencode(wanted), name)
