"""The house keeps its own rules: names, places, arrows and sizes."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps

from tests.support.snapshots import PARTS

ROOT = Path(__file__).resolve().parent.parent
OURS = {"config", "core", "accounts", "risk", "payments", "lending", "debt_collection", "sandbox", "ops", "tests"}
LONGEST_FILE, LONGEST_FUNCTION = 500, 70


def sources() -> list[Path]:
    """Our Python files, without generated migrations."""
    found = [path for name in OURS for path in (ROOT / name).rglob("*.py") if "migrations" not in path.parts]
    return sorted([*found, ROOT / "conftest.py", ROOT / "manage.py"])


def test_no_top_level_name_hides_one_of_pythons():
    here = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert here & sys.stdlib_module_names == set()
    assert here >= OURS


def test_every_local_app_lies_under_the_project():
    local = [config for config in apps.get_app_configs() if config.name.split(".")[0] in OURS]
    assert {config.name for config in local} == OURS - {"sandbox", "ops", "tests"}
    assert all(Path(config.path).parent == ROOT for config in local)


def test_imports_follow_the_arrows():
    command = "from importlinter.cli import lint_imports_command as check; check()"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_grows_too_long(path):
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    too_long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION]
    assert too_long == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_clock_asks_the_time(path):
    """Outside core/clock.py nobody reads the machine's clock; the sandbox has its own, ops and tests tell real time."""
    product = path.relative_to(ROOT).parts[0] in OURS - {"sandbox", "ops", "tests"}
    if not product or path == ROOT / "core" / "clock.py" or "tests" in path.parts:
        return
    asked = {"date.today(", "datetime.now(", "timezone.now", "localdate(", "localtime()", "datetime.utcnow("}
    assert [call for call in asked if call in path.read_text()] == []


def test_snapshots_of_the_test_database_know_all_that_migrations_are_made_of():
    known = {path for part in PARTS for path in ROOT.glob(part)}
    ours = re.compile(rf"^(?:from|import) ((?:{'|'.join(OURS)})[.\w]*)(?: import (\w+))?", re.MULTILINE)
    for migration in ROOT.glob("*/migrations/*.py"):
        for package, name in ours.findall(migration.read_text()):
            module = package.replace(".", "/")
            assert {ROOT / f"{module}.py", ROOT / f"{module}/{name}.py"} & known, f"{migration} imports {package}"
