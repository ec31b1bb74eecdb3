"""The API is thrown at itself: requests made from its own description never break it."""

import re
import subprocess
import sys

from config.journey.partner import Partner
from config.journey.people import invent
from core import clock


def test_no_request_that_the_description_allows_or_nearly_allows_breaks_the_server(stage, tmp_path):
    person = invent(clock.today())
    partner = Partner(stage.platform.url, person)
    partner.post("/sign-in/codes/", {"mobile": person.mobile})
    partner.sign_in(person.mobile, stage.world.code_sent_to(person.mobile))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{stage.platform.url}/api/v1/schema/?format=json"),
        *("--header", f"Authorization: {partner.http.headers['Authorization']}"),
        *("--checks", "not_a_server_error", "--phases", "coverage,fuzzing", "--max-examples", "10"),
        *("--exclude-path", "/api/v1/sign-in/token/"),
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert re.search(r"[1-9]\d\d+ generated", ran.stdout), ran.stdout[-4000:]
