from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.journey import people, pictures
from core import clock

PAPERS = Path(settings.VAR_DIR) / "demo-person"


class Command(BaseCommand):
    help = "Invent a person with valid numbers, and write the papers to upload: to be a demo customer by hand."

    def handle(self, *args: Any, **options: Any) -> None:
        person = people.invent(clock.real_now().date())
        PAPERS.mkdir(parents=True, exist_ok=True)
        papers = {"id-card.jpg": pictures.id_card(person), "payslip.jpg": pictures.income_proof(12_000)}
        for name, content in papers.items():
            (PAPERS / name).write_bytes(content)
        self.stdout.write(f"mobile      {person.mobile}")
        self.stdout.write(f"name        {person.name}")
        self.stdout.write(f"ID number   {person.id_number}")
        self.stdout.write(f"bank card   {person.card_number}")
        self.stdout.write(f"papers      {', '.join(str(PAPERS / name) for name in papers)}")
