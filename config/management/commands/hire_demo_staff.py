import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import staff
from accounts.models import User
from accounts.roles import Role

PASSWORDS = Path(settings.VAR_DIR) / "demo-staff.txt"
STAFF = {"risk": Role.RISK_OFFICER, "finance": Role.FINANCE_OFFICER, "admin": Role.ADMINISTRATOR}


class Command(BaseCommand):
    help = "In a sandbox, hire a risk officer, a finance officer and an administrator, with passwords kept in var/."

    def handle(self, *args: Any, **options: Any) -> None:
        """Hire whoever is missing. Passwords are generated here and never in the repository."""
        if not settings.SANDBOX:
            raise CommandError("Demo staff are hired only in a sandbox (SANDBOX=true).")
        for username, role in STAFF.items():
            if not User.objects.filter(username=username).exists():
                password = secrets.token_urlsafe(12)
                staff.hire(username=username, password=password, role=role)
                self._note(username, role, password)

    def _note(self, username: str, role: Role, password: str) -> None:
        PASSWORDS.parent.mkdir(exist_ok=True)
        PASSWORDS.touch(mode=0o600)
        kept = [line for line in PASSWORDS.read_text().splitlines() if line.split("\t")[0] != username]
        PASSWORDS.write_text("\n".join([*kept, f"{username}\t{password}\t{role}"]) + "\n")
