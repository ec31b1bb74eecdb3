"""Papers that are made from the code, or name it, tell of the code as it is."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
PAPERS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_state_diagrams_are_those_of_the_code():
    call_command("state_diagrams", check=True)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_between_papers_leads_somewhere(paper):
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", paper.read_text())
    assert [target for target in targets if not (paper.parent / target).exists()] == []


def test_every_dependency_has_its_line():
    lines = (ROOT / "docs" / "dependencies.md").read_text().lower()
    for listed in sorted(ROOT.glob("requirements*.in")):
        for line in listed.read_text().splitlines():
            name = re.match(r"[A-Za-z0-9_.-]+", line)
            if name and not line.startswith("-"):
                assert name[0].lower() in lines, f"{name[0]} of {listed.name} has no line in docs/dependencies.md"
