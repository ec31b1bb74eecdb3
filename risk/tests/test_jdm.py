"""An exported rule set, evaluated by a program that is not ours (the ZEN engine), has the hits that ours has."""

import json
from decimal import Decimal
from functools import cache

import pytest
import zen
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from risk import jdm, reference_data, rules
from risk.facts import Elsewhere, Employment, Housing, Purpose, Ring
from risk.models import RuleSet
from risk.rule_inputs import INPUTS, METHODS
from risk.scoring import Score
from risk.tests import factories
from risk.tests.test_rule_sets import desk
from risk.tests.test_rules import row

# One row at least for every comparison, every kind of value, known or not.
EVERYTHING = {
    "tables": [
        {
            "name": "All that speak",
            "hits": "collect",
            "rules": [
                row("BETWEEN", ["amount >= 5000", "amount < 10000.01", "term_months <= 12"], show="amount"),
                row("EXACTLY", ["employment_years == 6"], outcome="review"),
                row("WORDS", ['purpose in ["travel", "medical"]', 'housing != "rent"'], outcome="note"),
                row("OTHER_WORDS", ['method not in ["equal_instalment", "bullet"]']),
                row("A_WORD", ['employment == "fixed"', "income_proof == true"], outcome="cap_rate", cap="0.18"),
                row("NO_PROOF", ["income_proof == false"], outcome="cap_limit", cap="5000"),
                row("UNKNOWN", ["ring_size == null", "device_age_hours == null"]),
                row("KNOWN", ["ring_density != null", "ring_density >= 0.3333"], show="ring_density"),
                row("MANY_LENDERS", ["lenders_elsewhere >= 4"], outcome="review", show="lenders_elsewhere"),
                row("SHOPPING", ["applications_elsewhere > 6", "lenders_elsewhere != null"], outcome="note"),
            ],
        },
        {
            "name": "The first that speaks",
            "hits": "first",
            "rules": [
                row("HIGH_DEBT", ["debt_to_income > 0.40", "pd > 0.05"], en='"No" \\ it\'s', zh='说"不"。'),
                row("SOME_DEBT", ["debt_to_income > 0.2"], outcome="review"),
                row("NO_INCOME", ["amount_to_income == null"]),
                row("ELSE", [], outcome="note"),
            ],
        },
    ]
}
INCOMES = [Decimal(value) for value in ("0", "3000", "4000.00", "12345.67")]
DEBTS = [Decimal(value) for value in ("0", "800", "1600", "1600.01", "5000")]


@st.composite
def asked(draw):
    """Somebody's inputs and score: values on the rules' edges, beside them, and unknown."""
    among = lambda *values: draw(st.sampled_from(values))  # noqa: E731
    ring = among(None, Ring(("a", "b"), 1, 1, 0, ()), Ring(("a", "b", "c"), 1, 2, 1, ("card",)))
    figures = among((0, 0, 0), (3, 3, 6), (3, 4, 7), (None, None, None))
    made = factories.inputs(
        ring=ring,
        amount=among(*map(Decimal, ("9.99", "10", "5000", "10000", "10000.01", "200000", "200000.01"))),
        term_months=among(3, 12, 24),
        purpose=str(among(*Purpose)),
        age=among(17, 18, 40),
        employment=str(among(*Employment)),
        employment_years=among(0, 6, 7),
        housing=str(among(*Housing)),
        monthly_income=among(*INCOMES),
        monthly_debt=among(*DEBTS),
        income_proof=draw(st.booleans()),
        device_age_hours=among(None, 0, 48),
    )
    object.__setattr__(made.request, "method", among(*METHODS))
    object.__setattr__(made, "elsewhere", among(None, Elsewhere("q", *figures)))
    return made, Score(among(400, 499, 500, 549, 550, 700), Decimal(among("0.05", "0.050001", "0.3")), ())


@cache
def judge(text):
    return zen.ZenEngine().create_decision(text)


def as_ours(document, found):
    """The judge's answer as codes, table by table."""
    tables = [found.get(jdm.key_of(number)) for number in range(1, len(document["tables"]) + 1)]
    return [said for table in tables for said in (table if isinstance(table, list) else [table] if table else [])]


def plain(value):
    return float(value) if isinstance(value, Decimal) else value


@pytest.mark.parametrize("document", [factories.FIRST_RULES, EVERYTHING], ids=["rules-1", "everything"])
@given(asked=asked())
@hypothesis_settings(max_examples=60)
def test_the_judge_has_the_same_hits(document, asked):
    made, score = asked
    by = rules.compiled(document, label="rules-9")
    hits, caps = by.check(made, score)
    values = {name: plain(INPUTS[name].value(made, score)) for name in INPUTS}
    theirs = as_ours(document, judge(jdm.written(document, label="rules-9", digest="0")).evaluate(values)["result"])
    assert [said["code"] for said in theirs] == [hit.code for hit in hits]
    named = {each["code"]: each for table in document["tables"] for each in table["rules"]}
    for said in theirs:
        assert (said["en"], said["zh"], said["outcome"]) == tuple(
            named[said["code"]][k] for k in ("en", "zh", "outcome")
        )
    limits = [Decimal(str(said["cap"])) for said in theirs if said["outcome"] == "cap_limit"]
    assert (min(limits) if limits else None) == caps.limit


def test_a_version_is_exported_by_the_command_and_in_the_admin(db, officer, tmp_path, capsys):
    reference_data.load()
    call_command("export_rules", rules="rules-1", out=tmp_path / "rules.json")
    written = (tmp_path / "rules.json").read_text()
    assert json.loads(capsys.readouterr().out) == {
        "version": "rules-1",
        "format": "JDM",
        "out": str(tmp_path / "rules.json"),
    }
    rule_set = RuleSet.objects.get(version=1)
    assert rule_set.digest in written
    answer = desk(officer).get(reverse("admin:risk_ruleset_download", args=[rule_set.pk]))
    assert answer.content.decode() == written
    assert "rules-1.json" in answer["Content-Disposition"]
    with pytest.raises(CommandError, match="There is no rule set rules-7"):
        call_command("export_rules", rules="rules-7", out=tmp_path / "none.json")
    assert not (tmp_path / "none.json").exists()
