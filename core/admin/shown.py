"""How pages of the admin show things: tables below a row, links to other rows, moments and durations."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core.admin.base import ReadOnlyAdmin
from core.models import Approval, TransitionLog
from core.transitions import StatefulModel

Reader = PermissionsMixin | AnonymousUser


@dataclass(frozen=True)
class Table:
    """A titled table, as unfold's component takes it."""

    title: str
    headers: list[str]
    rows: list[list[Any]]


class TablesAdmin(ReadOnlyAdmin):
    """Shows a row with tables below it."""

    change_form_outer_after_template = "admin/tables.html"

    def tables(self, row: Any, reader: Reader) -> Iterable[Table]:
        """What stands below the row, for whoever reads it."""
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = self.get_object(request, object_id) if object_id else None
        extra = dict(extra_context or {})
        if row:
            extra["tables"] = list(self.tables(row, request.user))
        return super().changeform_view(request, object_id, form_url, extra)


def approvals(row: models.Model) -> Table:
    """Who proposed what about a row, and who decided."""
    rows = [
        [each.get_status_display(), each.proposed_by, each.why, each.decided_by, each.decision_why]
        for each in Approval.of(row)
    ]
    headers = [_("status"), _("proposed by"), _("reason"), _("decided by"), _("reason of the decision")]
    return Table(_("Four-eyes approval"), headers, rows)


def history(row: StatefulModel) -> Table:
    """The changes of a row's state, oldest first, in real time."""
    label = dict(type(row).Status.choices)  # type: ignore[attr-defined]
    rows = [
        [when(log.at), label.get(log.from_status, ""), label.get(log.to_status, ""), log.actor, log.reason]
        for log in TransitionLog.of(row)
    ]
    return Table(_("Changes of state"), [_("time"), _("from"), _("to"), _("by"), _("reason")], rows)


def link(row: models.Model, reader: Reader) -> str:
    """The row's name, linked to its page for whoever may open it."""
    opts = row._meta
    if not reader.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
        return str(row)
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', address, row)


def when(moment: dt.datetime | None) -> str:
    """A moment in local time."""
    return localize(localtime(moment)) if moment else "–"


def duration(took: dt.timedelta | None) -> str:
    """Hours, minutes and seconds: `1:02:03`."""
    return "–" if took is None else str(dt.timedelta(seconds=round(took.total_seconds())))
