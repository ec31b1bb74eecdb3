"""Whether the ledger is what was sealed: everything is made anew from its rows, and the first fault is named.

Read in one snapshot, a few thousand transfers at a time, in the order of the seals; then what is not sealed yet, then
the accounts. What was sealed lies beside the ledger in its canonical form, so a row that differs can be named, and the
root tells which of the two is the one that was altered.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from core.money import ZERO
from core.transactions import forbid_transaction
from payments import canonical, seal_keys
from payments.canonical import Form
from payments.chart import Side
from payments.merkle import Tree, leaf_hash
from payments.models import Account, Entry, Seal, SealedTransfer, SealKind, Transfer
from payments.sealing import CHUNK, NOTHING_BEFORE, bounds_after

TRANSFER, ENTRY, ACCOUNT = "payments_transfer", "payments_entry", "payments_account"
SEAL, LEAF = "payments_seal", "payments_sealedtransfer"
LOWEST_ID = -(2**63)  # a row slipped in may have any


@dataclass(frozen=True)
class Fault:
    """A row that is not as it was: its table and key, its transfer's serial number, what is wrong, and the seal."""

    table: str
    row: int | str
    what: str
    serial: str = ""
    seal: int | None = None

    def __str__(self) -> str:
        transfer = _(", transfer %(serial)s") % {"serial": self.serial} if self.serial else ""
        sealed = _(", seal %(number)s") % {"number": self.seal} if self.seal else ""
        return f"{self.table} {self.row}{transfer}{sealed}: {self.what}"


@dataclass
class Report:
    """What was verified, and the first fault if there is one."""

    seals: int = 0
    sealed: int = 0
    unsealed: int = 0
    fault: Fault | None = None


def verify() -> Report:
    """Make everything anew up to the first fault. Raises FileNotFoundError or ValueError without the public keys."""
    forbid_transaction("verifying the ledger")
    report = Report()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        report.fault = next(_faults(report), None)
    return report


def _faults(report: Report) -> Iterator[Fault]:
    yield from _faults_of_seals(report)
    yield from _leaves_without_seal()
    yield from _faults_of_tail(report)
    yield from _faults_of_accounts()


def _faults_of_seals(report: Report) -> Iterator[Fault]:
    keys = seal_keys.trusted_keys()
    previous, day = NOTHING_BEFORE, Tree()
    for number, seal in enumerate(Seal.objects.order_by("number").iterator(), 1):
        if wrong := _wrong_with(seal, number, previous, keys):
            yield Fault(SEAL, number, wrong)
        if seal.kind == SealKind.HALF_HOUR:
            yield from _faults_of_half_hour(seal, day)
            report.sealed += seal.transfers
        else:
            if (seal.transfers, seal.root) != (day.size, day.root.hex()):
                yield Fault(SEAL, number, _("its root is not that of the day's transfers"))
            day = Tree()
        previous = canonical.seal_hash(seal)
        report.seals += 1


def _wrong_with(seal: Seal, number: int, previous: str, keys: Mapping[str, Ed25519PublicKey]) -> str:
    """What is wrong with the seal in place `number` of the chain; empty when it is whole."""
    if seal.number != number:
        return _("deleted")
    if seal.key not in keys:
        return _("signed with an unknown key")
    if not seal_keys.is_signed(keys[seal.key], seal.signature, canonical.seal_text(seal)):
        return _("altered: it is not what was signed")
    if seal.previous != previous:
        return _("it does not follow the seal before it")
    return ""


@dataclass
class _Walk:
    """Two trees over one half hour, as it was sealed and as the ledger has it; where they part; what is wrong in it."""

    sealed: Tree = field(default_factory=Tree)
    live: Tree = field(default_factory=Tree)
    parting: tuple[int, str, Form | None] | None = None
    own_fault: Fault | None = None


def _faults_of_half_hour(seal: Seal, day: Tree) -> Iterator[Fault]:
    walk = _Walk()
    for place, transfer, form, live in _leaves(seal):
        if place != walk.sealed.size:
            break
        leaf = leaf_hash(form.encode())
        walk.sealed.add(leaf)
        day.add(leaf)
        now = canonical.written(live) if live else ""
        walk.live.add(leaf if now == form else leaf_hash(now.encode()))
        if now != form and walk.parting is None:
            walk.parting = (transfer, form, live)
        if live and walk.own_fault is None:
            walk.own_fault = _own_fault(live, seal.number)
    if walk.sealed.size != seal.transfers:
        what = _("inserted or deleted: the seal is over %(count)s transfers") % {"count": seal.transfers}
        yield Fault(LEAF, f"{seal.number}/{walk.sealed.size}", what, seal=seal.number)
    yield from _judged(seal, walk)


def _leaves(seal: Seal) -> Iterator[tuple[int, int, str, Form | None]]:
    """Place, transfer's id and canonical form of each leaf of a seal, and the transfer as the ledger has it now."""
    leaves = SealedTransfer.objects.filter(seal=seal).order_by("place").values_list("place", "transfer_id", "form")
    place = -1
    while chunk := list(leaves.filter(place__gt=place)[:CHUNK]):
        live = {form["id"]: form for form in canonical.read_transfers([transfer for _place, transfer, _form in chunk])}
        for place, transfer, form in chunk:
            yield place, transfer, form, live.get(transfer)


def _judged(seal: Seal, walk: _Walk) -> Iterator[Fault]:
    """Where copy and ledger part, the root, which the signature holds, tells which of them was altered."""
    if walk.sealed.root.hex() != seal.root:
        yield _fault_of_copy(seal, walk)
    elif walk.parting:
        _transfer, form, live = walk.parting
        yield _difference(json.loads(form), live, seal.number)
    if walk.own_fault:
        yield walk.own_fault


def _fault_of_copy(seal: Seal, walk: _Walk) -> Fault:
    """The sealed copies no longer give the root."""
    if walk.parting:
        transfer, _form, live = walk.parting
        right = walk.live.root.hex() == seal.root
        what = _("altered; the ledger is as it was sealed") if right else _("altered, and the ledger too")
        return Fault(LEAF, transfer, what, live["serial"] if live else "", seal.number)
    alike = Fault(SEAL, seal.number, _("a transfer of it and the sealed copy were altered alike"))
    return walk.own_fault or alike


def _difference(sealed: Form, live: Form | None, seal: int) -> Fault:
    """The first row of a transfer that is not as it was sealed."""
    serial = sealed["serial"]
    if live is None:
        return Fault(TRANSFER, sealed["id"], _("deleted"), serial, seal)
    if changed := _changed(sealed, live, canonical.TRANSFER[:-1]):
        return Fault(TRANSFER, sealed["id"], changed, serial, seal)
    entries = {entry["id"]: entry for entry in live["entries"]}
    for entry in sealed["entries"]:
        now = entries.pop(entry["id"], None)
        if now is None:
            return Fault(ENTRY, entry["id"], _("deleted: it was %(entry)s") % {"entry": _shown(entry)}, serial, seal)
        if changed := _changed(entry, now, canonical.ENTRY):
            return Fault(ENTRY, entry["id"], changed, serial, seal)
    [new, *_others] = entries.values()
    return Fault(ENTRY, new["id"], _("inserted: %(entry)s") % {"entry": _shown(new)}, serial, seal)


def _changed(sealed: Form, live: Form, names: tuple[str, ...]) -> str:
    for name in names:
        if sealed[name] != live[name]:
            return _("%(name)s is %(now)s, sealed was %(then)s") % {
                "name": name,
                "now": live[name],
                "then": sealed[name],
            }
    return ""


def _shown(entry: Form) -> str:
    return f"{entry['account']} {entry['side']} {entry['amount']}"


def _own_fault(form: Form, seal: int | None = None) -> Fault | None:
    """What is wrong with a transfer by itself: it does not balance, or is not what was posted."""
    debits, credits = (_sum(form, side) for side in (Side.DEBIT, Side.CREDIT))
    if not debits == credits == Decimal(form["amount"]):
        what = _("debits %(debits)s, credits %(credits)s and amount %(amount)s are not equal") % {
            "debits": debits,
            "credits": credits,
            "amount": form["amount"],
        }
        return Fault(TRANSFER, form["id"], what, form["serial"], seal)
    if canonical.content_hash(form) != form["content_hash"]:
        return Fault(TRANSFER, form["id"], _("it or its entries are not what was posted"), form["serial"], seal)
    return None


def _sum(form: Form, side: Side) -> Decimal:
    return sum((Decimal(entry["amount"]) for entry in form["entries"] if entry["side"] == side), ZERO)


def _leaves_without_seal() -> Iterator[Fault]:
    leaf = SealedTransfer.objects.filter(~Exists(Seal.objects.filter(number=OuterRef("seal_id")))).order_by("seal")
    if stray := leaf.first():
        yield Fault(SEAL, stray.seal_id, _("deleted"))


def _faults_of_tail(report: Report) -> Iterator[Fault]:
    """What is in no seal yet: each transfer by itself, and that it is not too late for one."""
    bounds = bounds_after(Seal.objects.order_by("number").last())
    tail = Transfer.objects.filter(sealed__isnull=True).order_by("id")
    start = LOWEST_ID
    while ids := list(tail.filter(id__gte=start).values_list("id", flat=True)[:CHUNK]):
        for form in canonical.read_transfers(ids):
            if form["id"] <= bounds.highest_id or form["posted_at"] < canonical.moment(bounds.posted_at):
                yield Fault(TRANSFER, form["id"], _("inserted after its time had been sealed"), form["serial"])
            if fault := _own_fault(form):
                yield fault
        report.unsealed += len(ids)
        start = ids[-1] + 1


def _faults_of_accounts() -> Iterator[Fault]:
    """Entries that hang in the air, and accounts that are not what their code says."""
    entries = Entry.objects.order_by("id")
    if stray := entries.filter(~Exists(Transfer.objects.filter(id=OuterRef("transfer_id")))).first():
        what = _("its transfer %(id)s is not there") % {"id": stray.transfer_id}
        yield Fault(ENTRY, stray.pk, what)
    if stray := entries.filter(~Exists(Account.objects.filter(code=OuterRef("account_id")))).first():
        yield Fault(ENTRY, stray.pk, _("its account %(code)s is not there") % {"code": stray.account_id})
    for account in Account.objects.order_by("code").iterator():
        kind, _colon, owner = account.code.partition(":")
        if (account.kind, account.owner) != (kind, owner):
            yield Fault(ACCOUNT, account.code, _("its kind or owner was altered"))
