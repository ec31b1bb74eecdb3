from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from core.admin import shown
from core.admin.shown import Reader, Table, TablesAdmin
from lending import partner_accounts
from lending.models import PartnerAccount
from risk.admin.forms import WhyForm
from risk.admin.pages import form_page, officer_of

COLOURS = {"proposed": "warning", "in_force": "success", "replaced": "info", "refused": "danger"}


def _number(label: Any, **options: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, max_length=60, widget=widget, **options)


class AccountForm(WhyForm):
    """A partner's account, from its own paper."""

    account_number = _number(_("account number"))
    bank_number = _number(_("bank's number in the clearing"), help_text=_("12 digits (CNAPS)."))
    field_order = ("account_number", "bank_number", "why")


class SameAccountForm(WhyForm):
    """The number once more, by the second person."""

    account_number = _number(
        _("account number"), help_text=_("Type it anew from the partner's paper: it must be the one that was proposed.")
    )
    field_order = ("account_number", "why")


@admin.register(PartnerAccount)
class PartnerAccountAdmin(TablesAdmin):
    """The accounts that partners are settled with through: a second person puts one in force, or refuses it."""

    list_display = ["partner", "shown_number", "bank_number", "shown_status"]
    list_filter = ["status", "partner"]
    list_select_related = ["partner"]
    ordering = ["-id"]
    fields = ["partner", "shown_number", "bank_number", "status"]
    actions_detail = ["approve", "refuse"]

    @admin.display(description=_("account number"))
    def shown_number(self, account: PartnerAccount) -> str:
        return account.masked_number

    @display(description=_("status"), label=COLOURS, ordering="status")
    def shown_status(self, account: PartnerAccount) -> tuple[str, str]:
        return account.status, account.get_status_display()

    def has_approve_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(partner_accounts.APPROVE)

    def has_refuse_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(partner_accounts.PROPOSE) or self.has_approve_permission(request)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Buttons only while it waits."""
        account = self.get_object(request, str(object_id))
        waits = account is not None and account.status == PartnerAccount.Status.PROPOSED
        return super().get_actions_detail(request, object_id) if waits else []

    @action(description=_("Put in force"), permissions=["approve"], url_path="approve", variant=ActionVariant.SUCCESS)
    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, SameAccountForm, partner_accounts.approve, _("Put in force"))

    @action(description=_("Refuse"), permissions=["refuse"], url_path="refuse", variant=ActionVariant.DANGER)
    def refuse(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, WhyForm, partner_accounts.refuse, _("Refuse"))

    def _decide(self, request: HttpRequest, object_id: int, form: type[WhyForm], act: Any, title: Any) -> HttpResponse:
        account = PartnerAccount.objects.select_related("partner").get(pk=object_id)
        return form_page(
            self,
            request,
            obj=account,
            title=title,
            form=form(request.POST or None),
            act=lambda given: act(officer=officer_of(request), account=account, **given),
            done=_("Done: %s.") % title,
        )

    def tables(self, row: PartnerAccount, reader: Reader) -> Iterable[Table]:
        yield shown.approvals(row)
        yield shown.history(row)
