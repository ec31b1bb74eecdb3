from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import action

from core import clock
from core.admin.base import ReadOnlyAdmin
from core.money import ZERO, format_yuan
from payments import ledger, pending
from payments.models import Account, Entry, PendingTransfer, Seal, SealedTransfer, Transfer


class EntryInline(TabularInline):
    """The entries of a transfer."""

    model = Entry
    fields = ["account", "side", "amount"]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """Postings with their entries."""

    list_display = ["serial", "business_date", "purpose", "reference", "amount", "posted_at"]
    list_filter = ["business_date", "purpose"]
    search_fields = ["serial", "reference", "key"]
    ordering = ["-id"]
    fields = ["serial", "business_date", "purpose", "reference", "amount", "key", "posted_at", "seal"]
    readonly_fields = ["seal"]
    inlines = [EntryInline]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # From a figure of a settled day to the entries of its account.
        return lookup == "entries__account" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("seal"))
    def seal(self, transfer: Transfer) -> str:
        leaf = SealedTransfer.objects.select_related("seal").filter(transfer=transfer).first()
        return str(leaf.seal) if leaf else _("not sealed yet")


@admin.register(PendingTransfer)
class PendingTransferAdmin(ReadOnlyAdmin):
    """Money in flight, and what became of it."""

    list_display = ["key", "debit_account", "credit_account", "amount", "pended_at", "outcome"]
    list_filter = ["purpose", "pended_at"]
    list_select_related = ["resolution__transfer"]
    search_fields = ["key", "reference"]
    ordering = ["-id"]
    fields = ["key", "purpose", "reference", "debit_account", "credit_account", "amount", "pended_at", "outcome"]
    readonly_fields = ["outcome"]

    @admin.display(description=gettext_lazy("outcome"))
    def outcome(self, held: PendingTransfer) -> str:
        resolution = getattr(held, "resolution", None)
        if resolution is None:
            return _("pending")
        return str(resolution.transfer) if resolution.transfer else _("voided")


@admin.register(Seal)
class SealAdmin(ReadOnlyAdmin):
    """The chain of seals, the newest first."""

    list_display = ["number", "kind", "business_date", "until", "transfers", "short_root", "sealed_at"]
    list_filter = ["kind", "business_date"]
    search_fields = ["=number", "root"]
    ordering = ["-number"]
    fields = [
        *("number", "kind", "business_date", "until", "transfers", "root", "previous", "sealed_at", "key", "signature"),
    ]

    @admin.display(description=gettext_lazy("Merkle root"))
    def short_root(self, seal: Seal) -> str:
        return f"{seal.root[:16]}…"


class MomentForm(forms.Form):
    """Up to when: the end of a business date, or a moment (in the lender's time) until which was posted."""

    date = forms.DateField(required=False)
    moment = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """The accounts with their balances, and the trial balance."""

    list_display = ["code", "kind", "owner", "balance", "available", "opened_at"]
    list_filter = ["kind", "owner"]
    search_fields = ["code"]
    ordering = ["code"]
    actions_list = ["trial_balance"]

    @admin.display(description=gettext_lazy("balance"))
    def balance(self, account: Account) -> str:
        return format_yuan(ledger.balance(account.code))

    @admin.display(description=gettext_lazy("available"))
    def available(self, account: Account) -> str:
        return format_yuan(pending.available(account.code))

    def has_trial_balance_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.view_account")

    @action(description=gettext_lazy("Trial balance"), permissions=["trial_balance"], url_path="trial-balance")
    def trial_balance(self, request: HttpRequest) -> HttpResponse:
        form = MomentForm(request.GET)
        asked = form.cleaned_data if form.is_valid() else {}
        date, moment = asked.get("date") or clock.today(), asked.get("moment")
        rows = ledger.trial_balance_at(moment) if moment else ledger.trial_balance(date)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Trial balance"),
            "opts": self.opts,
            "date": date,
            "moment": moment,
            "table": _table(rows),
        }
        return TemplateResponse(request, "admin/payments/trial_balance.html", context)


def _table(rows: list[ledger.TrialBalanceRow]) -> dict[str, Any]:
    """The trial balance as unfold's table component takes it, with the sums below."""
    names = {account.code: str(account) for account in Account.objects.all()}
    lines = [
        [names[row.account], *map(_shown, (row.debits, row.credits, row.debit_balance, row.credit_balance))]
        for row in rows
    ]
    sums = [
        sum((getattr(row, column) for row in rows), ZERO)
        for column in ("debits", "credits", "debit_balance", "credit_balance")
    ]
    headers = [_("account"), _("debits"), _("credits"), _("debit balance"), _("credit balance")]
    return {"headers": headers, "rows": [*lines, [_("sum"), *map(format_yuan, sums)]]}


def _shown(amount: Decimal) -> str:
    return format_yuan(amount) if amount else ""
