"""Days of decisions and years of loans, drawn at random in bulk, calm or with something planted."""

import datetime as dt
import random
from decimal import Decimal

from core import clock
from core.registry import credit_outcomes
from risk import scoring
from risk.features import make_features
from risk.models import Decision
from risk.tests import factories

SUBJECT = "risk_simulation"
SCORECARD = scoring.load("application-1")
ONE_DAY = dt.timedelta(days=1)
HITS = {"DEVICE_SHARED": ("review", 0.02), "INCOME_PROOF_MISSING": ("review", 0.03), "DEVICE_NEW": ("note", 0.6)}


class Simulation:
    """A lender whose applicants, rules and borrowers behave as told; one seed, one history."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.number = 0
        self.milliseconds = 4.0
        self.loans: list[tuple[str, dt.date, float, float]] = []  # reference, paid out, pd, luck

    def day(self, date: dt.date, *, number: int = 150, poorer: bool = False, more_hits: float = 1.0) -> None:
        """Decisions of one business date; `poorer` applicants earn less, in newer work."""
        start = clock.start_of_day(date)
        rows = [self._decision(start, poorer, more_hits) for _ in range(number)]
        Decision.objects.bulk_create(rows)

    def _decision(self, start: dt.datetime, poorer: bool, more_hits: float) -> Decision:
        features = self._features(poorer)
        score = SCORECARD.evaluate(features)
        hits = [
            {"code": code, "severity": severity, "seen": ""}
            for code, (severity, share) in HITS.items()
            if self.chance.random() < share * (more_hits if severity == "review" else 1)
        ]
        doubtful = score.points < 550 or any(hit["severity"] == "review" for hit in hits)
        outcome = "declined" if score.points < 500 else "review" if doubtful else "approved"
        self.number += 1
        second = min(max(self.chance.gauss(14, 4), 0), 23.99) * 3600
        return self._row(start + dt.timedelta(seconds=second), score, outcome, features, hits)

    def _features(self, poorer: bool) -> dict:
        chance = self.chance
        income = max(chance.gauss(9_000, 2_500), 2_000) * (0.6 if poorer else 1)
        return make_features(
            employment=chance.choices(["fixed", "freelance", "part_time"], [6, 3, 1])[0],
            employment_years=int(chance.expovariate(1 / (2 if poorer else 6))),
            housing=chance.choice(["owner", "rent", "parents"]),
            income=Decimal(round(income)),
            expenses=Decimal(round(income * chance.uniform(0.2, 0.6))),
            amount=Decimal(chance.randrange(3_000, 30_000, 500)),
            term_months=chance.choice([6, 12, 24]),
        )

    def _row(self, at: dt.datetime, score, outcome: str, features: dict, hits: list) -> Decision:
        return Decision(
            serial=f"S{self.number}",
            subject=SUBJECT,
            reference=f"R{self.number}",
            customer_serial=f"C{self.number}",
            decided_by="system:simulation",
            decided_at=at,
            outcome=outcome,
            limit=Decimal(0),
            annual_rate=Decimal(0),
            reasons=[],
            score=score.points,
            pd=score.pd,
            band="A",
            features=features,
            hits=hits,
            scorecard=SCORECARD.label,
            policy=factories.POLICY.label,
            timings={"lookups": round(self.chance.gauss(self.milliseconds, 0.5) * 1000), "evaluation": 40},
        )

    def lend(self, date: dt.date, *, number: int = 100) -> None:
        """Loans paid out on a business date, each with a decision and a fate of its own."""
        rows = [self._decision(clock.start_of_day(date), poorer=False, more_hits=1.0) for _ in range(number)]
        Decision.objects.bulk_create(rows)
        self.loans += [(row.reference, date, float(row.pd or 0), self.chance.random()) for row in rows]


class Fates:
    """A core.registry.OutcomeSource: `worse` times as many default as was expected; `early` pay nothing from a date."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.worse = 1.0
        self.early, self.early_from = 0.02, dt.date.max

    def outcomes(self, paid_out_from, paid_out_before, *, late_days, within_days):
        for reference, date, pd, luck in self.simulation.loans:
            if paid_out_from <= date < paid_out_before:
                share = pd * self.worse if late_days == 90 else self.early * (3 if date >= self.early_from else 1)
                yield reference, luck < share


FATES = Fates(Simulation(0))
credit_outcomes.register(SUBJECT, FATES)
