"""What a rule set's page shows below it: its rows, what they would change, and how they do."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from core.admin import shown
from core.admin.shown import Reader, Table
from core.money import format_yuan
from risk import backtests, reasons, rule_hits
from risk.admin.rule_forms import HITS, OUTCOMES
from risk.backtests import Comparison
from risk.models import Backtest, Decision, RuleSet
from risk.report import percent
from risk.rule_words import Words


def tables(rule_set: RuleSet, reader: Reader) -> Iterator[Table]:
    """All of them, in the order in which an officer reads."""
    decisions, hits = rule_hits.rates(rule_set)
    for number, table in enumerate(rule_set.document["tables"], start=1):
        yield _rules(rule_set, number, table, decisions, hits)
    if backtest := backtests.of_content(rule_set):
        yield from _compared(_period(backtest), backtests.result_of(backtest))
    elif rule_set.status != RuleSet.Status.PUBLISHED:
        message = _("Not yet: publishing needs a backtest of the draft as it is now.")
        yield Table(_("Backtest"), [_("result")], [[message]])
    if (shadow := rule_hits.in_shadow(rule_set)).decisions:
        yield from _compared(_("In the shadow"), shadow)
    yield _turns(rule_set)
    yield shown.approvals(rule_set)
    yield shown.history(rule_set)


def _rules(rule_set: RuleSet, number: int, table: dict[str, Any], decisions: int, hits: dict[str, int]) -> Table:
    is_draft = rule_set.status == RuleSet.Status.DRAFT
    rows = []
    for place, row in enumerate(table["rules"], start=1):
        conditions = format_html_join("", "<div>{}</div>", ((line,) for line in row["when"]))
        outcome = f"{OUTCOMES[row['outcome']]} {row['cap']}".strip()
        said = [row["code"], conditions or "–", outcome, str(Words(row["en"], row["zh"]))]
        last = _links(rule_set, f"{number}.{place}") if is_draft else _rate(hits.get(row["code"], 0), decisions)
        rows.append([str(place), *said, last])
    headers = ["", _("code"), _("conditions"), _("outcome"), _("reason")]
    last_header = _("change") if is_draft else _("spoke in 30 days")
    return Table(f"{table['name']}: {HITS[table['hits']]}", [*headers, last_header], rows)


def _links(rule_set: RuleSet, place: str) -> str:
    links = [(_("change"), "put_rule"), (_("remove"), "remove_rule")]
    addresses = ((reverse(f"admin:risk_ruleset_{name}", args=[rule_set.pk]), place, word) for word, name in links)
    return format_html_join(" ", '<a class="text-primary-600 underline" href="{}?at={}">{}</a>', addresses)


def _rate(count: int, decisions: int) -> str:
    return f"{count} / {decisions} ({count / decisions:.1%})" if decisions else "–"


def _period(backtest: Backtest) -> str:
    period = {"since": date_format(backtest.since), "until": date_format(backtest.until)}
    return _("Backtest, %(since)s to %(until)s") % period


def _compared(title: str, found: Comparison) -> Iterator[Table]:
    outcome = dict(Decision.Outcome.choices)
    before, after = (_share(found.share("approved", after=late)) for late in (False, True))
    yield Table(
        title,
        [_("decisions compared"), _("other outcome"), _("other limit"), _("other rate"), _("approved before → after")],
        [
            [
                f"{found.decisions} / {found.in_period}",
                _share_of(found.changed, found.decisions),
                str(found.other_limit),
                str(found.other_rate),
                f"{before} → {after}",
            ]
        ],
    )
    moved = [(move.split(">"), count) for move, count in sorted(found.moves.items())]
    changes = [[str(outcome[a]), str(outcome[b]), str(count)] for (a, b), count in moved if a != b]
    if changes:
        yield Table(_("%(title)s: from what to what") % {"title": title}, [_("from"), _("to"), _("how many")], changes)
    codes = sorted(code for code in {*found.hits, *found.hits_before} if found.hits[code] != found.hits_before[code])
    if codes:
        rows = [[reasons.for_staff(code), str(found.hits_before[code]), str(found.hits[code])] for code in codes]
        headers = [_("rule"), _("spoke before"), _("speaks after")]
        yield Table(_("%(title)s: rules that speak more or less often") % {"title": title}, headers, rows)
    if found.examples:
        rows = [[_decision(one["serial"]), _answer(one["before"]), _answer(one["after"])] for one in found.examples]
        headers = [_("credit decision"), _("decided"), _("would be decided")]
        yield Table(_("%(title)s: examples") % {"title": title}, headers, rows)


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _share_of(count: int, whole: int) -> str:
    return f"{count} ({count / whole:.1%})" if whole else str(count)


def _decision(serial: str) -> str:
    address = reverse("admin:risk_decision_changelist")
    return format_html('<a class="text-primary-600 underline" href="{}?q={}">{}</a>', address, serial, serial)


def _answer(answer: list[str]) -> str:
    outcome, limit, rate = answer
    words = str(dict(Decision.Outcome.choices)[outcome])
    if outcome == Decision.Outcome.DECLINED:
        return words
    return f"{words}, {format_yuan(Decimal(limit))}, {percent(Decimal(rate))}"


def _turns(rule_set: RuleSet) -> Table:
    rows = [
        [turn.get_role_display(), shown.when(turn.effective_at), turn.by, turn.why]
        for turn in rule_set.turns.order_by("id")
    ]
    return Table(_("In force"), [_("what it does"), _("from"), _("by"), _("reason")], rows)
