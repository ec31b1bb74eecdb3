"""The risk report: a decision told in words and tables, in the active language, for the officer who looks at it."""

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Document
from core.money import format_yuan
from risk import model_versions, policy, reasons, stored_inputs
from risk.facts import Applicant, Elsewhere, Inputs, Outcome
from risk.forest import Forest
from risk.models import Decision
from risk.words import EMPLOYMENT, FEATURE, HOUSING, PURPOSE, SEVERITY

Words = str | Promise
PROOF_NOT_READ: dict[str, Words] = {
    Document.Status.STORED: gettext_lazy("handed in, not read yet"),
    Document.Status.UNREADABLE: gettext_lazy("handed in, not readable"),
}


@dataclass(frozen=True)
class Section:
    """A table of the report: its title, its columns' titles (none for a list of facts), and its rows."""

    title: str
    rows: list[tuple[Words, ...]]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A decision in words: a summary, then tables."""

    title: str
    summary: list[str]
    sections: list[Section] = field(default_factory=list)


def build(decision: Decision) -> Report:
    """The report of a machine's decision, or of the one that a person's is based on, with the person's answer first."""
    machine = decision.basis or decision
    inputs = stored_inputs.load(machine.inputs)
    summary = [_machine_sentence(machine, inputs), *map(reasons.for_staff, machine.reasons)]
    if decision.basis:
        summary = [_person_sentence(decision), *map(reasons.for_staff, decision.reasons), *summary]
    return Report(
        title=_("Risk report %(serial)s") % {"serial": machine.serial},
        summary=summary,
        sections=[_request(inputs), _applicant(inputs), _score(machine), _hits(machine), _made_by(machine)],
    )


def _machine_sentence(machine: Decision, inputs: Inputs) -> str:
    figures = {
        "amount": format_yuan(inputs.request.amount),
        "months": inputs.request.term_months,
        "score": machine.score,
        "pd": percent(machine.pd),
        "limit": format_yuan(machine.limit),
        "rate": percent(machine.annual_rate),
    }
    asked = _("%(amount)s were asked for over %(months)s months. The score is %(score)s (default expected: %(pd)s).")
    answer = {
        Outcome.APPROVED: _("The machine approves up to %(limit)s at %(rate)s a year."),
        Outcome.REVIEW: _("The machine leaves it to a person, and would propose %(limit)s at %(rate)s a year."),
        Outcome.DECLINED: _("The machine declines."),
    }[Outcome(machine.outcome)]
    return f"{asked} {answer}" % figures


def _person_sentence(decision: Decision) -> str:
    figures = {
        "who": decision.decided_by.removeprefix("staff:"),
        "limit": format_yuan(decision.limit),
        "rate": percent(decision.annual_rate),
    }
    if decision.outcome == Outcome.APPROVED:
        return _("%(who)s approved up to %(limit)s at %(rate)s a year.") % figures
    return _("%(who)s declined.") % figures


def _request(inputs: Inputs) -> Section:
    request = inputs.request
    rows: list[tuple[Words, ...]] = [
        (_("Amount"), format_yuan(request.amount)),
        (_("Months"), str(request.term_months)),
        (_("Purpose"), PURPOSE.get(request.purpose, request.purpose)),
        (_("Annual rates of the product"), f"{percent(request.minimum_rate)} – {percent(request.maximum_rate)}"),
    ]
    return Section(_("Request"), rows)


def _applicant(inputs: Inputs) -> Section:
    person = inputs.applicant
    checks: dict[str, Words] = {**dict(Document.Status.choices), "missing": _("not handed in")}
    rows: list[tuple[Words, ...]] = [
        (_("Work"), EMPLOYMENT.get(person.employment, person.employment)),
        (_("Years in this work"), str(person.employment_years)),
        (_("Housing"), HOUSING.get(person.housing, person.housing)),
        (_("Monthly income"), format_yuan(person.monthly_income)),
        (_("Monthly expenses"), format_yuan(person.monthly_expenses)),
        (_("Monthly repayments elsewhere"), format_yuan(person.monthly_debt)),
        (_("Owed to us or held"), format_yuan(person.exposure)),
        (_("ID card picture"), checks.get(person.id_card_check, person.id_card_check)),
        (_("Proof of income"), _proof(person)),
        *_elsewhere(inputs.elsewhere),
    ]
    return Section(_("Applicant, as declared and checked"), rows)


def _proof(person: Applicant) -> Words:
    """What was read in the proof of income, or why nothing was."""
    if not person.income_proof:
        return _("not handed in")
    if person.proven_income is None:
        return PROOF_NOT_READ.get(person.income_proof_check, _("handed in"))
    shown = {"amount": format_yuan(person.proven_income)}
    if person.income_proof_check != Document.Status.READ:
        return _("the newest not read, one before it shows %(amount)s a month") % shown
    return _("shows %(amount)s a month") % shown


def _elsewhere(said: Elsewhere | None) -> list[tuple[Words, ...]]:
    """What other lenders said, if they were asked."""
    if said is None:
        return []
    if said.lenders is None:
        return [(_("Other lenders"), _("no answer in time"))]
    figures = _("%(lenders)s answered, %(owed)s of them owed, %(applications)s applications in 30 days")
    return [(_("Other lenders"), figures % asdict(said))]


def _score(machine: Decision) -> Section:
    model = model_versions.load(machine.scorecard)
    points = model.points(machine.features)
    rows: list[tuple[Words, ...]] = [
        (FEATURE.get(name, name), _value(machine.features[name]), str(given)) for name, given in points.items()
    ]
    if isinstance(model, Forest):
        title = _("Score: %(score)s") % {"score": machine.score}
        return Section(title, rows, (_("Feature"), _("Value"), _("Points against the average applicant")))
    rows = [(*row, str(column.mean_points)) for row, column in zip(rows, model.characteristics, strict=True)]
    columns = (_("Feature"), _("Value"), _("Points"), _("Points on average"))
    return Section(_("Score"), [*rows, (_("Together"), "", str(machine.score), "")], columns)


def _value(value: Any) -> Words:
    if isinstance(value, float):
        return f"{value:g}"
    return EMPLOYMENT.get(value) or HOUSING.get(value) or (value or "–")


def _hits(machine: Decision) -> Section:
    rows: list[tuple[Words, ...]] = [
        (reasons.for_staff(hit["code"]), SEVERITY[hit["severity"]], hit["seen"]) for hit in machine.hits
    ]
    columns = (_("Rule or fraud layer"), _("Effect"), _("Seen"))
    return Section(_("Rules and fraud layers that spoke"), rows, columns)


def _made_by(machine: Decision) -> Section:
    effective = policy.load(machine.policy).effective_from
    rows: list[tuple[Words, ...]] = [
        (_("Decided"), date_format(localtime(machine.decided_at), "DATETIME_FORMAT")),
        (_("Scorecard"), machine.scorecard),
        (_("Policy"), f"{machine.policy} ({effective})"),
        (_("Risk band"), machine.band),
    ]
    return Section(_("When and by which versions"), rows)


def percent(rate: Decimal | None) -> str:
    """A fraction as people read it: `0.1224` → `12.24%`."""
    return "–" if rate is None else f"{rate:.2%}"
