import io
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.admin import shown
from core.admin.shown import Reader, Table, TablesAdmin
from lending.day_files import rewriting, sending
from lending.models import DayFileSet, RejectedRow
from risk.admin.forms import WhyForm
from risk.admin.pages import form_page, officer_of

COLOURS = {"written": "warning", "sent": "info", "accepted": "success", "rejected": "danger", "settled": "success"}
ROW_COLOURS = {"open": "danger", "resolved": "success"}


@admin.register(DayFileSet)
class DayFileSetAdmin(TablesAdmin):
    """What each partner was told of each business date, and what it answered."""

    list_display = [
        "business_date",
        "partner",
        "version",
        "shown_status",
        "open_rows",
        "serial",
        "written_at",
        "answered_at",
    ]
    list_filter = ["status", "partner", "business_date"]
    search_fields = ["serial", "funder_serial"]
    search_help_text = _("serial number of the set, or the partner's own")
    list_select_related = ["partner"]
    ordering = ["-business_date", "partner", "-version"]
    fields = ["serial", "partner", "business_date", "version", "status", "written_at", "funder_serial", "answered_at"]
    actions_detail = ["download", "write_anew", "check_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DayFileSet]:
        is_open = Q(rejected__status=RejectedRow.Status.OPEN)
        return super().get_queryset(request).annotate(open_rows=Count("rejected", filter=is_open))

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, made: DayFileSet) -> tuple[str, str]:
        return made.status, made.get_status_display()

    @admin.display(description=_("rows to resolve"))
    def open_rows(self, made: Any) -> int:
        return int(made.open_rows)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Write anew only a set that was refused; check again only one that our checker did."""
        made = self.get_object(request, str(object_id))
        offered: tuple[str, ...] = ("_download",)
        if made is not None and rewriting.is_refused(made):
            offered += ("_write_anew",)
        if made is not None and sending.found_wrong(made):
            offered += ("_check_again",)
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if button.action_name.endswith(offered)]

    def has_rewrite_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(rewriting.REWRITE)

    @action(description=_("Write anew"), permissions=["rewrite"], url_path="write-anew")
    def write_anew(self, request: HttpRequest, object_id: int) -> HttpResponse:
        done = _("A new version is being written and will be sent.")
        return self._asking_why(request, object_id, _("Write anew"), rewriting.write_anew, done)

    @action(description=_("Check again"), permissions=["rewrite"], url_path="check-again")
    def check_again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        done = _("The set is being checked and will be sent if it is right.")
        return self._asking_why(request, object_id, _("Check again"), rewriting.check_again, done)

    def _asking_why(
        self, request: HttpRequest, object_id: int, title: Promise, use_case: Callable[..., object], done: Promise
    ) -> HttpResponse:
        made = DayFileSet.objects.select_related("partner").get(pk=object_id)
        return form_page(
            self,
            request,
            obj=made,
            title=title,
            form=WhyForm(request.POST or None),
            act=lambda given: use_case(officer=officer_of(request), made=made, **given),
            done=done,
        )

    def has_download_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(sending.DOWNLOAD)

    @action(description=_("Download the files"), permissions=["download"], url_path="files")
    def download(self, request: HttpRequest, object_id: int) -> HttpResponse:
        made = DayFileSet.objects.select_related("partner").get(pk=object_id)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sending.contents(made).items():
                archive.writestr(f"{name}.csv", content)
        response = HttpResponse(packed.getvalue(), content_type="application/zip")
        name = f"day-files-{made.partner.code}-{made.business_date}.zip"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def tables(self, row: DayFileSet, reader: Reader) -> Iterable[Table]:
        headers = [_("file"), _("rows"), _("SHA-256")]
        files = [[each.name, each.rows, each.sha256] for each in row.files.all()]
        yield Table(str(_("Files")), [str(each) for each in headers], files)
        rejected = [
            [shown.link(each, reader), each.reason, each.get_status_display()]
            for each in row.rejected.select_related("set__partner")
        ]
        headers = [_("row"), _("the partner's reason"), _("status")]
        yield Table(str(_("Rejected rows")), [str(each) for each in headers], rejected)
        yield shown.history(row)


@admin.register(RejectedRow)
class RejectedRowAdmin(TablesAdmin):
    """Rows that partners do not agree to: the queue of what is to be found out."""

    list_display = ["set", "file", "line", "reason", "shown_status"]
    list_filter = ["status", "set__partner", "file"]
    search_fields = ["set__serial", "reason"]
    list_select_related = ["set__partner"]
    ordering = ["-id"]
    fields = ["set", "file", "line", "reason", "status"]
    actions_detail = ["resolve"]

    @display(description=_("status"), label=ROW_COLOURS, ordering="status")
    def shown_status(self, row: RejectedRow) -> tuple[str, str]:
        return row.status, row.get_status_display()

    def has_resolve_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(sending.RESOLVE)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The button only while it is open."""
        row = self.get_object(request, str(object_id))
        is_open = row is not None and row.status == RejectedRow.Status.OPEN
        return super().get_actions_detail(request, object_id) if is_open else []

    @action(description=_("Resolve"), permissions=["resolve"], url_path="resolve", variant=ActionVariant.SUCCESS)
    def resolve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = RejectedRow.objects.select_related("set__partner").get(pk=object_id)
        return form_page(
            self,
            request,
            obj=row,
            title=_("Resolve"),
            form=WhyForm(request.POST or None),
            act=lambda given: sending.resolve(officer=officer_of(request), row=row, **given),
            done=_("The row is resolved."),
        )

    def tables(self, row: RejectedRow, reader: Reader) -> list[Table]:
        return [Table(str(_("What was told")), *sending.told(row)), shown.history(row)]
