from collections.abc import Callable, Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.models import User
from core.admin import shown
from core.admin.base import go_to
from core.admin.shown import Reader, Table, TablesAdmin
from core.problems import Problem
from payments import day_locks, reconciliation
from payments.admin.dialogs import WhyForm, dialog
from payments.models import ReconciledDay

COLOURS = {"open": "warning", "locked": "success"}


@admin.register(ReconciledDay)
class ReconciledDayAdmin(TablesAdmin):
    """The days compared with institutions' statements: rerun, locked, unlocked by two."""

    list_display = ["date", "channel", "shown_status", "open_differences"]
    list_filter = ["status", "channel", "date"]
    ordering = ["-date", "channel"]
    fields = ["date", "channel", "status", "open_differences"]
    readonly_fields = ["open_differences"]
    actions_detail = ["rerun", "lock", "unlock", "approve", "refuse"]

    @display(description=_("status"), label=COLOURS)
    def shown_status(self, day: ReconciledDay) -> tuple[str, str]:
        return day.status, day.get_status_display()

    @admin.display(description=_("open differences"))
    def open_differences(self, day: ReconciledDay) -> int:
        return reconciliation.open_differences(day.date, day.channel)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what the day's state allows."""
        day = self.get_object(request, str(object_id))
        if day is None:
            return []
        if day.status == ReconciledDay.Status.OPEN:
            allowed = {"rerun", "lock"}
        else:
            allowed = {"approve", "refuse"} if day_locks.pending(day) else {"unlock"}
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if any(button.action_name.endswith(f"_{name}") for name in allowed)]

    def has_rerun_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(day_locks.RERUN)

    def has_lock_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(day_locks.LOCK)

    def has_approve_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(day_locks.UNLOCK)

    @action(
        description=_("Compare again"),
        permissions=["rerun"],
        url_path="rerun",
        dialog=dialog(_("Compare again"), _("The day is compared with its statement once more.")),
    )
    def rerun(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _do(request, form, object_id, day_locks.rerun)

    @action(
        description=_("Lock the day"),
        permissions=["lock"],
        url_path="lock",
        dialog=dialog(_("Lock the day"), _("Unlocking it will need two people.")),
    )
    def lock(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _do(request, form, object_id, day_locks.lock)

    @action(
        description=_("Propose to unlock it"),
        permissions=["lock"],
        url_path="unlock",
        dialog=dialog(_("Propose to unlock it"), _("A second person must agree.")),
    )
    def unlock(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _do(request, form, object_id, day_locks.propose_unlock)

    @action(
        description=_("Agree"),
        permissions=["approve"],
        url_path="approve",
        dialog=dialog(_("Agree"), _("The day is open again.")),
    )
    def approve(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _do(request, form, object_id, day_locks.approve_unlock)

    @action(
        description=_("Refuse"),
        permissions=["lock"],
        url_path="refuse",
        dialog=dialog(_("Refuse"), _("The day stays locked.")),
    )
    def refuse(self, request: HttpRequest, form: WhyForm, object_id: int) -> HttpResponse:
        return _do(request, form, object_id, day_locks.refuse_unlock)

    def tables(self, row: ReconciledDay, reader: Reader) -> Iterable[Table]:
        yield shown.approvals(row)
        yield shown.history(row)


def _do(request: HttpRequest, form: WhyForm, object_id: int, act: Callable[..., None]) -> HttpResponse:
    day = ReconciledDay.objects.get(pk=object_id)
    try:
        act(officer=cast(User, request.user), day=day, why=form.cleaned_data["why"])
    except Problem as problem:
        messages.error(request, str(problem.message))
    return go_to(reverse("admin:payments_reconciledday_change", args=[object_id]))
