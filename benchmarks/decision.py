"""How long a decision takes: its arithmetic, the same on the database, and over HTTP from the submission to the
decision that the customer can read. `make bench-decision`.

The floor on the database is what the decision itself asks of it: the very same statements, caught once and sent again
by the bare driver in one transaction, with the one commit. Everything is measured round by round.
"""

import io
import json
import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from benchmarks import house, submissions

SEED = 20261123
INPUTS, ROUNDS = 2_000, 5
CUSTOMERS, DECISIONS, SECONDS = 200, 1_000, 5.0
REPLAYED = 1_000
WISH = {"amount": Decimal("10000.00"), "term_months": 12, "purpose": "appliances"}


def main() -> None:
    """Print each part as it is measured."""
    print(f"processors {os.cpu_count()}")
    with house.opened(SANDBOX="false") as session:  # no clock that can be moved: as in production
        evaluation()
        peers()
        with_database()
        submissions.measure(session)
        replayed()


def timed(call: Callable[..., object], *given: object) -> float:
    """Seconds that one call took."""
    began = time.perf_counter()
    call(*given)
    return time.perf_counter() - began


def rate_of(processes: int, work: Callable[[int, float], int]) -> float:
    """How many a second `work(number, until)` gets done in this many processes at once, from one start line."""
    from django.db import connection

    connection.close()
    context = multiprocessing.get_context("fork")
    done, line = context.Array("d", processes), context.Barrier(processes)

    def run(number: int) -> None:
        line.wait()
        began = time.perf_counter()
        count = work(number, began + SECONDS)
        done[number] = count / (time.perf_counter() - began)

    workers = [context.Process(target=run, args=(number,)) for number in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    rates = list(done[:])
    assert all(rates), "a process died"
    return sum(rates)


def evaluation() -> None:
    """The arithmetic alone: features, fraud layers, score, rules, limit, rate and reasons."""
    from benchmarks import applicants
    from risk import policy, reference_data, rules, scoring
    from risk.assessment import assess

    numbers = policy.load("standard-4")
    scorecard = scoring.load(numbers.scorecard)
    tables = rules.compiled(json.loads(reference_data.FIRST_RULES.read_text()), label="rules-1")
    chance = random.Random(SEED)
    people = [applicants.inputs(number, chance) for number in range(INPUTS)]
    for person in people:
        assess(person, numbers, scorecard, tables)
    found = [timed(assess, person, numbers, scorecard, tables) for _ in range(ROUNDS) for person in people]
    print(house.shown("evaluation, without the database", found))

    def work(number: int, until: float) -> int:
        count = 0
        while time.perf_counter() < until:
            assess(people[count % INPUTS], numbers, scorecard, tables)
            count += 1
        return count

    for processes in (1, 2):
        print(f"  {rate_of(processes, work):>9.0f} a second by {processes}", flush=True)


def peers() -> None:
    """The scorecard alone, beside the library that trained it and scikit-learn's Pipeline around the same model."""
    from sklearn.pipeline import make_pipeline

    from risk import scoring
    from risk.training import credit_data
    from risk.training import scorecard as training

    sample = credit_data.load()
    model = training.fit(sample.frame, sample.bad, sample.trends)
    pipeline = make_pipeline(model.binning_process_, model.estimator_)
    ours = scoring.load("application-1")
    plain = sample.frame.astype(object).where(sample.frame.notna(), None).to_dict("records")
    rows = [(row, sample.frame.iloc[[number]]) for number, row in enumerate(plain[:200])]
    assert [ours.evaluate(row).points for row, _ in rows] == [int(model.score(one)[0]) for _, one in rows]
    contenders: dict[str, Callable[[Any, Any], object]] = {
        "points, pd and reasons": lambda row, one: ours.evaluate(row),
        "Pipeline of scikit-learn, pd only": lambda row, one: pipeline.predict_proba(one),
        "optbinning's score, points only": lambda row, one: model.score(one),
    }
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for row, one in rows:
        for name, contender in contenders.items():
            found[name].append(timed(contender, row, one))
    least = statistics.median(next(iter(found.values())))
    for name, seconds in found.items():
        print(f"{house.shown(name, seconds)}   {statistics.median(seconds) / least:>6.0f} ×", flush=True)


class Caught:
    """The statements of one decision, as they went to the database."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, Any]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        assert not many
        self.statements.append((sql, params))
        return execute(sql, params, many, context)


def decided(serial: str, number: int) -> Any:
    """One approval as lending has it made: what is known of the applicant is gathered, decided and committed."""
    from django.db import transaction

    from accounts import customers
    from benchmarks import applicants
    from core.money import ZERO
    from risk import decisions
    from risk.applicants import gather

    with transaction.atomic(durable=True):
        applicant = gather(customer=customers.lock(serial), declared=applicants.STEADY, exposure=ZERO)
        return decisions.decide(applicant=applicant, request=applicants.request(f"B{number}", WISH))


class Floor:
    """Sends the caught statements again by the bare driver, under other keys: one transaction, one commit."""

    def __init__(self, statements: list[tuple[str, Any]], decision: Any) -> None:
        import psycopg
        from django.db import connection

        connection.ensure_connection()
        given = connection.get_connection_params()
        self.connection = psycopg.connect(
            **{name: given[name] for name in ("dbname", "user", "host", "cursor_factory", "prepare_threshold")},
            autocommit=True,
            context=connection.connection,
        )
        self.statements = statements
        self.old = [decision.serial, decision.reference]
        self.decision_id = decision.pk

    def run(self, key: str) -> None:
        """All of it once. `key` is new, of at most 18 characters."""
        with self.connection.transaction(), self.connection.cursor() as cursor:
            new = self.decision_id
            for sql, params in self.statements:
                cursor.execute(sql, self._renewed(params, key, new))
                if cursor.description:
                    rows = cursor.fetchall()
                    if sql.startswith('INSERT INTO "risk_decision"'):
                        new = rows[0][0]

    def _renewed(self, params: Any, key: str, decision_id: int) -> Any:
        if isinstance(params, (list, tuple)):
            return [self._renewed(value, key, decision_id) for value in params]
        if isinstance(params, str) and params in self.old:
            return f"{key}{self.old.index(params)}"
        return decision_id if params == self.decision_id and isinstance(params, int) else params


def with_database() -> None:
    """Decisions on rows, turn by turn with their floor; then as many as one and two processes get done."""
    from django.db import connection

    from benchmarks import applicants

    serials = [applicants.verified(number).serial for number in range(CUSTOMERS)]
    for number in range(CUSTOMERS):  # so that the tables are not empty
        decided(serials[number], -1 - number)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    caught = Caught()
    with connection.execute_wrapper(caught):
        decision = decided(serials[0], 0)
    floor = Floor(caught.statements, decision)
    ours, least = [], []
    for number in range(1, DECISIONS + 1):
        ours.append(timed(decided, serials[number % CUSTOMERS], number))
        least.append(timed(floor.run, f"F{number}."))
    print(f"with the database: {len(caught.statements)} statements")
    print(house.shown("  decision", ours))
    print(house.shown("  floor: the same statements", least))
    ratio = statistics.median(one / other for one, other in zip(ours, least, strict=True))
    print(f"  {ratio:.2f} × the floor", flush=True)
    for processes in (1, 2):
        rates = [rate_of(processes, work) for work in (_decide_until(serials), _floor_until(caught, decision))]
        print(f"  {rates[0]:>6.0f} a second by {processes}, floor {rates[1]:.0f}", flush=True)


def _decide_until(serials: list[str]) -> Callable[[int, float], int]:
    def work(number: int, until: float) -> int:
        count = 0
        while time.perf_counter() < until:
            count += 1
            decided(serials[(2 * count + number) % CUSTOMERS], unused())
        return count

    return work


def _floor_until(caught: Caught, decision: Any) -> Callable[[int, float], int]:
    def work(number: int, until: float) -> int:
        floor, count = Floor(caught.statements, decision), 0
        while time.perf_counter() < until:
            count += 1
            floor.run(f"{unused()}.")
        return count

    return work


def replayed() -> None:
    """The newest decisions, those made over HTTP and some of the others, are made again from what was stored."""
    from django.core.management import call_command

    told = io.StringIO()
    call_command("replay_decision", newest=REPLAYED, stdout=told)
    print(f"replayed: {told.getvalue().splitlines()[-1]}")


def unused() -> int:
    """A number that no other process takes."""
    return time.time_ns() % 10**15


if __name__ == "__main__":
    main()
