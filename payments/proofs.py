"""Proofs that a transfer stands in the sealed ledger, for whoever it concerns; `proofs/check_proof.py` checks them.

A proof tells nothing of other transfers but hashes over forms that nobody can guess.
"""

from typing import Any, NoReturn

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils.translation import gettext as _

from core.problems import Problem
from payments import canonical, seal_keys
from payments.merkle import audit_path, leaf_hash
from payments.models import SealedTransfer, Transfer

VERSION = 1


def prove(serial: str) -> dict[str, Any]:
    """The proof for the transfer with this serial number, ready to be written as JSON.

    Raises Problem `unknown_transfer` (404), or `not_sealed` (409) while its half hour is not sealed yet.
    """
    leaf = SealedTransfer.objects.select_related("seal").filter(transfer__serial=serial).first()
    if leaf is None:
        _refuse(serial)
    seal = leaf.seal
    forms = SealedTransfer.objects.filter(seal=seal).order_by("place").values_list("form", flat=True)
    leaves = [leaf_hash(form.encode()) for form in forms.iterator()]
    key = seal_keys.trusted_keys()[seal.key]
    return {
        "version": VERSION,
        "transfer": leaf.form,
        "place": leaf.place,
        "path": [step.hex() for step in audit_path(leaves, leaf.place)],
        "seal": canonical.seal_text(seal),
        "signature": seal.signature,
        "public_key": key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    }


def _refuse(serial: str) -> NoReturn:
    if Transfer.objects.filter(serial=serial).exists():
        message = _("This transfer is not sealed yet; ask again when its half hour is over.")
        raise Problem("not_sealed", message, status=409)
    message = _("There is no transfer with the serial number %(serial)s.") % {"serial": serial}
    raise Problem("unknown_transfer", message, status=404)
