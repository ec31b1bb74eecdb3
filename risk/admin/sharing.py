from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.base import ReadOnlyAdmin
from risk.models import SharingQuery

COLOURS = {"answered": "success", "unknown": "warning", "refused": "danger"}
ANSWER = ["outcome", "said", "took"]


@admin.register(SharingQuery)
class SharingQueryAdmin(ReadOnlyAdmin):
    """Who asked about multiple borrowing, when, what for and with what answer: ours and other lenders' queries."""

    list_display = ["serial", "at", "direction", "by", "purpose", "reference", "outcome", "said"]
    list_filter = ["direction", "purpose", "answer__outcome"]
    search_fields = ["serial", "reference"]
    ordering = ["-id"]
    list_select_related = ["answer"]
    fields = ["serial", "direction", "at", "by", "purpose", "reference", "consent", "element", "bucket", *ANSWER]
    readonly_fields = ANSWER

    @display(description=_("outcome"), label=COLOURS)
    def outcome(self, query: SharingQuery) -> tuple[str, str]:
        answer = getattr(query, "answer", None)
        return (answer.outcome, answer.get_outcome_display()) if answer else ("", "–")

    @admin.display(description=_("answer"))
    def said(self, query: SharingQuery) -> str:
        answer = getattr(query, "answer", None)
        if answer is None:
            return "–"
        if answer.lenders is not None:
            figures = _("%(lenders)s answered, %(owed)s of them owed, %(applications)s applications in 30 days")
            return figures % vars(answer)
        return _("%(tokens)s tokens") % vars(answer) if answer.tokens is not None else answer.reason

    @admin.display(description=_("milliseconds"))
    def took(self, query: SharingQuery) -> int | str:
        answer = getattr(query, "answer", None)
        return answer.elapsed_ms if answer else "–"
