from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.admin import shown
from core.admin.shown import Reader, Table, TablesAdmin
from lending import changes
from lending.models import LoanChange
from risk.admin.forms import WhyForm
from risk.admin.pages import form_page, officer_of

COLOURS = {"proposed": "warning", "made": "success", "refused": "danger"}


@admin.register(LoanChange)
class LoanChangeAdmin(TablesAdmin):
    """What officers propose to change on loans: a second person, who had no hand in it, makes or refuses it."""

    list_display = ["serial", "loan", "kind", "shown_status", "shown_details", "proposed_at"]
    list_filter = ["status", "kind"]
    search_fields = ["serial", "loan__serial"]
    search_help_text = _("serial number of the change or the loan")
    list_select_related = ["loan"]
    ordering = ["-id"]
    fields = ["serial", "shown_loan", "kind", "status", "shown_details", "proposed_at"]
    actions_detail = ["make", "refuse"]

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, change: LoanChange) -> tuple[str, str]:
        return change.status, change.get_status_display()

    @admin.display(description=_("loan"))
    def shown_loan(self, change: LoanChange) -> str:
        return str(change.loan)

    @admin.display(description=_("details"))
    def shown_details(self, change: LoanChange) -> str:
        return details_of(change)

    def has_make_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(changes.MAKE)

    def has_refuse_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(changes.PROPOSE) or request.user.has_perm(changes.MAKE)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Buttons only while it waits."""
        change = self.get_object(request, str(object_id))
        waits = change is not None and change.status == LoanChange.Status.PROPOSED
        return super().get_actions_detail(request, object_id) if waits else []

    @action(description=_("Make it happen"), permissions=["make"], url_path="make", variant=ActionVariant.SUCCESS)
    def make(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, changes.make, _("Make it happen"))

    @action(description=_("Refuse"), permissions=["refuse"], url_path="refuse", variant=ActionVariant.DANGER)
    def refuse(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, changes.refuse, _("Refuse"))

    def _decide(self, request: HttpRequest, object_id: int, act: Any, title: Any) -> HttpResponse:
        change = LoanChange.objects.select_related("loan").get(pk=object_id)
        return form_page(
            self,
            request,
            obj=change,
            title=title,
            form=WhyForm(request.POST or None),
            act=lambda given: act(officer=officer_of(request), change=change, **given),
            done=_("Done: %s.") % title,
        )

    def tables(self, row: LoanChange, reader: Reader) -> Iterable[Table]:
        yield Table(str(_("Loan")), [str(_("loan"))], [[shown.link(row.loan, reader)]])
        yield shown.approvals(row)
        yield shown.history(row)


def details_of(change: LoanChange) -> str:
    """How much, in words."""
    words = {
        "interest": _("interest, yuan"),
        "penalty": _("penalty interest, yuan"),
        "months": _("months longer"),
        "annual_rate": _("new annual rate"),
        "counts_from": _("counts from"),
        "by_decision": _("by decision"),
        "amount": _("amount"),
    }
    yes_no = {True: str(_("yes")), False: str(_("no"))}
    kept = change.details.items()
    return "; ".join(f"{words[name]}: {yes_no[value] if isinstance(value, bool) else value}" for name, value in kept)
