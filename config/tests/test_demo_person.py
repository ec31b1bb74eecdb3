"""A newcomer can be a customer by hand: the invented person's numbers are valid and the papers can be uploaded."""

import re
from io import StringIO

from django.core.management import call_command
from PIL import Image

from accounts.card_number import clean_card_number
from accounts.identity_number import has_check_digit
from config.management.commands import demo_person


def test_a_demo_person_has_valid_numbers_and_papers(tmp_path, monkeypatch):
    monkeypatch.setattr(demo_person, "PAPERS", tmp_path)
    out = StringIO()
    call_command("demo_person", stdout=out)
    told = dict(re.split(r"  +", line, maxsplit=1) for line in out.getvalue().splitlines())
    assert has_check_digit(told["ID number"])
    assert clean_card_number(told["bank card"]) == told["bank card"]
    assert told["mobile"].isdigit() and len(told["mobile"]) == 11
    assert [Image.open(tmp_path / name).format for name in ("id-card.jpg", "payslip.jpg")] == ["JPEG", "JPEG"]
