"""What belongs to one loan, each as a table of its page."""

import datetime as dt
from decimal import Decimal

from django.utils.formats import localize
from django.utils.translation import gettext as _

from core.admin import shown
from core.admin.shown import Reader, Table
from core.money import format_yuan
from lending import contracts
from lending.explanation import explain
from lending.models import Loan, LoanContract
from payments import ledger
from payments.chart import Side
from risk.report import percent


def funding(loan: Loan) -> Table:
    """Who funds it, by frozen shares."""
    rows = [
        [each.funder.name, percent(each.share), percent(each.income_share), percent(each.servicing_fee)]
        for each in loan.funding.select_related("funder")
    ]
    return Table(_("Funding"), [_("funder"), _("share"), _("share of the income"), _("servicing fee")], rows)


def contract(loan: Loan, reader: Reader) -> Table:
    """The sealed contract, and whether it is still what was accepted."""
    rows = [
        [shown.link(sealed, reader), shown.when(sealed.accepted_at), seal_mark(sealed)]
        for sealed in LoanContract.objects.filter(loan=loan)
    ]
    return Table(_("Contract"), [_("contract number"), _("accepted (real time)"), _("contract seal")], rows)


def seal_mark(sealed: LoanContract) -> str:
    """Whether the stored text has the hash that was written when it was accepted."""
    return _("intact") if contracts.is_intact(sealed) else _("CHANGED since it was accepted")


def schedule(loan: Loan) -> Table:
    """The instalments and what is paid of them."""
    rows = [
        [
            row.no,
            localize(row.due_date),
            *map(format_yuan, (row.principal, row.interest, row.penalty)),
            format_yuan(row.paid_principal + row.paid_interest + row.paid_penalty),
            format_yuan(row.unpaid().total),
        ]
        for row in loan.instalments.all()
    ]
    headers = [
        *(_("instalment"), _("due date"), _("principal"), _("interest"), _("penalty interest")),
        *(_("paid"), _("unpaid")),
    ]
    return Table(_("Schedule"), headers, rows)


def explanation(loan: Loan, on: dt.date, known_at: dt.datetime | None = None) -> Table:
    """Where every figure comes from, up to a day; as it was known at a moment (real time), where one is given."""
    rows = [
        [localize(line.since), localize(line.until), line.what, line.reckoning, line.amount.normalize(), line.transfer]
        for line in explain(loan, on, known_at)
    ]
    headers = [_("from"), _("to"), _("what"), _("reckoned as"), _("yuan"), _("transfer")]
    return Table(_("Where every figure comes from"), headers, rows)


def repayments(loan: Loan, reader: Reader) -> Table:
    """What was collected from the card, or was to be."""
    rows = [
        [
            shown.link(each, reader),
            shown.when(each.asked_at),
            format_yuan(each.amount),
            each.get_status_display(),
            each.order,
        ]
        for each in loan.repayments.order_by("id")
    ]
    headers = [_("serial number"), _("asked"), _("amount"), _("status"), _("collection order")]
    return Table(_("Repayments"), headers, rows)


def changes(loan: Loan, reader: Reader) -> Table:
    """What officers proposed to change, and what became of it."""
    rows = [
        [shown.link(each, reader), shown.when(each.proposed_at), each.get_kind_display(), each.get_status_display()]
        for each in loan.changes.order_by("id")
    ]
    headers = [_("serial number"), _("proposed (real time)"), _("what"), _("status")]
    return Table(_("Changes proposed"), headers, rows)


def events(loan: Loan) -> Table:
    """What happened to it, in order."""
    rows = [
        [each.no, localize(each.business_date), each.get_kind_display(), format_yuan(each.amount), each.reference]
        for each in loan.events.all()
    ]
    headers = [_("number"), _("business date"), _("event"), _("amount"), _("reference")]
    return Table(_("Events"), headers, rows)


def ledger_entries(loan: Loan, reader: Reader) -> Table:
    """Its entries in the ledger, debits and credits side by side."""
    rows = [
        [
            localize(entry.transfer.business_date),
            shown.link(entry.transfer, reader),
            str(entry.account),
            _amount_if(entry.amount, entry.side == Side.DEBIT),
            _amount_if(entry.amount, entry.side == Side.CREDIT),
        ]
        for entry in ledger.entries_for(loan.serial).select_related("account")
    ]
    headers = [_("business date"), _("transfer"), _("account"), _("debit"), _("credit")]
    return Table(_("Ledger entries"), headers, rows)


def _amount_if(amount: Decimal, applies: bool) -> str:
    return format_yuan(amount) if applies else ""
