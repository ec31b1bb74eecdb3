from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.admin import shown
from core.admin.shown import Reader, Table, TablesAdmin
from debt_collection import early_help
from debt_collection.models import HelpOffer, HelpRule
from lending import changes
from lending.admin.loan_change_forms import ExtensionForm
from lending.models import Loan
from risk import report
from risk.admin import forecasts
from risk.admin.forms import WhyForm
from risk.admin.pages import form_page, officer_of

COLOURS = {"offered": "info", "accepted": "warning", "proposed": "warning", "refused": "danger"}


@admin.register(HelpRule)
class HelpRuleAdmin(ModelAdmin):
    """Whom to offer help from when on. A line is never changed: a later one takes over."""

    list_display = ["effective_from", "scorecard", "days_before", "pd_from"]

    def has_change_permission(self, *args: object) -> bool:
        return False

    def has_delete_permission(self, *args: object) -> bool:
        return False


@admin.register(HelpOffer)
class HelpOfferAdmin(TablesAdmin):
    """Offers of help; those whose customers ask for it wait for an officer."""

    list_display = [
        *("serial", "loan_serial", "shown_status", "due_date", "amount", "shown_pd", "months_wished", "told_at"),
    ]
    list_filter = ["status"]
    search_fields = ["serial", "loan_serial", "customer_serial"]
    list_select_related = ["forecast"]
    ordering = ["-id"]
    fields = [
        *("serial", "loan_serial", "customer_serial", "status", "due_date", "amount", "shown_pd", "made_at", "told_at"),
        "months_wished",
    ]
    actions_detail = ["propose", "refuse"]

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, offer: HelpOffer) -> tuple[str, str]:
        return offer.status, offer.get_status_display()

    @admin.display(description=_("probability of trouble"), ordering="forecast__pd")
    def shown_pd(self, offer: HelpOffer) -> str:
        return report.percent(offer.forecast.pd)

    def has_answer_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(changes.PROPOSE)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Buttons only while the customer waits."""
        offer = self.get_object(request, str(object_id))
        waits = offer is not None and offer.waits_for_officer
        return super().get_actions_detail(request, object_id) if waits else []

    @action(
        description=_("Propose an extension"),
        permissions=["answer"],
        url_path="propose",
        variant=ActionVariant.SUCCESS,
    )
    def propose(self, request: HttpRequest, object_id: int) -> HttpResponse:
        offer = HelpOffer.objects.get(pk=object_id)
        form = ExtensionForm(request.POST or None, initial={"months": offer.months_wished})
        return self._answer(request, offer, form, early_help.propose_extension, _("Propose an extension"))

    @action(description=_("Say no"), permissions=["answer"], url_path="refuse", variant=ActionVariant.DANGER)
    def refuse(self, request: HttpRequest, object_id: int) -> HttpResponse:
        offer = HelpOffer.objects.get(pk=object_id)
        return self._answer(request, offer, WhyForm(request.POST or None), early_help.refuse, _("Say no"))

    def _answer(self, request: HttpRequest, offer: HelpOffer, form: forms.Form, act: Any, title: Any) -> HttpResponse:
        return form_page(
            self,
            request,
            obj=offer,
            title=title,
            form=form,
            act=lambda given: act(officer=officer_of(request), offer=offer, **given),
            done=_("Done: %s.") % title,
        )

    def tables(self, row: HelpOffer, reader: Reader) -> Iterable[Table]:
        loan, change = Loan.objects.get(serial=row.loan_serial), early_help.change_of(row)
        links = [shown.link(loan, reader), shown.link(change, reader) if change else "–"]
        yield Table(str(_("Loan")), [str(_("loan")), str(_("change of the loan"))], [links])
        yield forecasts.features(row.forecast)
        yield forecasts.why(row.forecast)
        yield shown.history(row)
