"""`manage.py prove_transfer SERIAL --out FILE`: a proof that a transfer stands in the sealed ledger."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.problems import Problem
from payments import proofs


class Command(BaseCommand):
    """Write the proof as JSON."""

    help = "Writes a proof that a transfer stands in the sealed ledger; proofs/check_proof.py checks it anywhere."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("serial")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")

    def handle(self, *args: Any, serial: str, out: Path, **options: Any) -> None:
        try:
            proof = proofs.prove(serial)
            out.write_text(json.dumps(proof, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        except Problem as problem:
            raise CommandError(problem.message) from None
        except OSError as error:
            raise CommandError(_("The proof cannot be written: %(error)s") % {"error": error}) from None
        self.stdout.write(_("Proof of %(serial)s written to %(file)s.") % {"serial": serial, "file": out})
