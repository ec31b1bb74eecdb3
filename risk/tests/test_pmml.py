"""An exported model, read by a program that is not ours (PMML4S by way of pypmml), scores as we do."""

import csv
import json
import os

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from risk import model_versions, scoring
from risk.tests.pmml_judge import differing
from risk.tests.test_model_turns import forest as small_forest
from risk.tests.test_model_turns import stricter
from risk.tests.test_rule_sets import desk
from risk.training import credit_data

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


def credit_rows():
    frame = credit_data.load().frame
    rows = [{k: None if v != v else v for k, v in row.items()} for row in frame.to_dict("records")]
    assert len(rows) == 4454
    return rows


def test_every_training_row_has_the_scorecards_score_pd_and_reasons():
    document = json.loads((scoring.SCORECARDS / "application-1.json").read_text())
    assert differing(document, credit_rows()[:: 1 if NIGHTLY else 40]) == []


def test_a_forests_numbers_words_and_gaps_are_read_as_ours():
    among = {"feature": 2, "among": [0, 2], "value": 0.0, "left": {"value": 0.3}, "right": {"value": -0.4}}
    trained = small_forest()
    columns = [*trained["columns"], {"feature": "job", "categories": ['a "quoted" word', "poet", "smith & son"]}]
    document = scoring.signed(
        {**trained, "name": "x", "version": 1, "columns": columns, "trees": [*trained["trees"], among]}
    )
    rows = [
        {"term_months": term, "amount_to_income": amount, "job": job}
        for term in (None, 6.0, 18.5, 18.6)
        for amount in (None, 0.5, 1.0, 7.0)
        for job in (None, 'a "quoted" word', "poet", "smith & son", "never seen")
    ]
    assert differing(document, rows) == []


def test_a_version_is_exported_by_the_command_and_in_the_admin(db, officer, tmp_path, capsys):
    version = model_versions.register(name="later", kind="scorecard", trained=stricter())
    call_command("export_model", model=version.label, out=tmp_path / "later.pmml")
    written = (tmp_path / "later.pmml").read_text()
    assert 'version="4.4"' in written and version.digest in written
    assert json.loads(capsys.readouterr().out)["version"] == "later-1"
    answer = desk(officer).get(reverse("admin:risk_modelversion_download", args=[version.pk]))
    assert answer.content.decode() == written and "later-1.pmml" in answer["Content-Disposition"]
    call_command("export_model", model="application-1", out=tmp_path / "application.pmml")
    assert "SCORE_HOUSING" in (tmp_path / "application.pmml").read_text()
    with pytest.raises(CommandError, match="no model version"):
        call_command("export_model", model="later-9", out=tmp_path / "none.pmml")
    assert not (tmp_path / "none.pmml").exists()


def test_the_coded_table_holds_every_reason_in_both_languages(db, tmp_path):
    call_command("export_reasons", out=tmp_path / "reasons.csv")
    with (tmp_path / "reasons.csv").open(encoding="utf-8") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    assert rows["DEVICE_FARM"]["staff_en"] == "Very many customers applied from the same device"
    assert "device" not in rows["DEVICE_FARM"]["customer_en"]  # no customer is told which layer spoke
    assert "UNDER_AGE" in rows  # said by a rule
    assert all(all(row.values()) for row in rows.values())
