"""How long a quote takes: a 12-instalment schedule by real days with both annual rates, beside the bare Decimal
operations it cannot avoid and beside the packages people would use instead. `make bench-schedule`."""

import datetime as dt
import math
import os
import statistics
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from lending.interest import Rate, RateKind
from lending.periods import Calendar, Every
from lending.schedule import make_schedule
from lending.terms import Draw, Method, Terms

START, COUNT = dt.date(2026, 1, 20), 12
PRINCIPAL, DAILY_RATE = Decimal("10000.00"), Decimal("0.0004")
FEN = Decimal("0.01")
ROUNDS, TIMES = 15, 300


def quote() -> tuple[Decimal, Decimal]:
    """The quote as the product makes it, from agreed terms. → total interest, nominal rate."""
    calendar = Calendar(START, Every(months=1))
    schedule = make_schedule(
        Terms(
            draws=(Draw(START, PRINCIPAL),),
            rate=Rate(RateKind.DAILY, DAILY_RATE),
            method=Method.EQUAL_INSTALMENT,
            periods=calendar.periods(COUNT),
            calendar=calendar,
        )
    )
    assert schedule.apr
    return schedule.total_interest, schedule.apr.nominal


DAYS = [period.days for period in Calendar(START, Every(months=1)).periods(COUNT)]


def floor() -> tuple[Decimal, Decimal]:
    """The same figures by a bare loop: no dates, no conventions, no rows kept beyond their figures."""
    factors = [DAILY_RATE * days for days in DAYS]
    grown, count = PRINCIPAL * (1 + factors[0]), Decimal(1)
    for factor in factors[1:]:
        growth = 1 + factor
        grown *= growth
        count = 1 + count * growth
    level = (grown / count).quantize(FEN, ROUND_HALF_UP)
    balance, interest_total, total, payments = PRINCIPAL, Decimal(0), Decimal(0), []
    for number, factor in enumerate(factors, 1):
        interest = (balance * factor).quantize(FEN, ROUND_HALF_UP)
        principal = balance if number == COUNT else level - interest
        balance -= principal
        payment = principal + interest
        interest_total += interest
        total += payment
        payments.append(payment)
    discount = Decimal(_rough_discount([float(payment) for payment in payments]))
    for _ in range(2):
        value = slope = Decimal(0)
        for payment in reversed(payments):
            slope = slope * discount + value
            value = value * discount + payment
        slope = slope * discount + value
        value = value * discount - PRINCIPAL
        discount -= value / slope
    growth = 1 / discount
    effective = growth**12 - 1
    assert effective and total
    return interest_total, (growth - 1) * 12


def _rough_discount(payments: list[float]) -> float:
    """Newton's method on the force of interest, in floating point: the start that Decimal then polishes."""
    force = 0.0
    while True:
        terms = [payment * math.exp(-force * month) for month, payment in enumerate(payments, 1)]
        value = sum(terms) - float(PRINCIPAL)
        step = value / sum(month * term for month, term in enumerate(terms, 1))
        force += step
        if abs(step) < 1e-13:
            return math.exp(-force)


def loan_calculator() -> object:
    """PyPI `loan-calculator`: schedule by dates in floats, and its internal rate of return."""
    from loan_calculator.irr import approximate_irr
    from loan_calculator.loan import Loan

    days = [sum(DAYS[: number + 1]) for number in range(COUNT)]
    loan = Loan(10000.0, 0.146, START, [START + dt.timedelta(day) for day in days])
    schedule = loan.amortization_schedule
    return approximate_irr(10000.0, [float(due) for due in schedule.due_payments], days, loan.daily_interest_rate)


def mortgage() -> object:
    """PyPI `mortgage`: schedule in Decimal, unrounded, and its two rates."""
    from mortgage import Loan

    loan = Loan(principal=10000, interest=0.146, term=COUNT // 12)
    return [loan.schedule(number) for number in range(1, COUNT + 1)], loan.apr, loan.apy


def amortization() -> object:
    """PyPI `amortization`: schedule in floats, no annual rate."""
    from amortization.schedule import amortization_schedule

    return list(amortization_schedule(10000.0, 0.146, COUNT))


def main() -> None:
    contenders: dict[str, Callable[[], object]] = {
        "floor": floor,
        "quote": quote,
        "loan-calculator": loan_calculator,
        "mortgage": mortgage,
        "amortization": amortization,
    }
    assert quote() == floor(), "the floor computes other figures"
    for contender in contenders.values():
        _time(contender)
    # Round by round, so that a busy moment of the machine meets all alike.
    rounds = [{name: _time(contender) for name, contender in contenders.items()} for _ in range(ROUNDS)]
    print(f"{COUNT} instalments with both annual rates, microseconds, median of {ROUNDS} rounds of {TIMES}")
    print(f"processors {os.cpu_count()}")
    for name in contenders:
        median = statistics.median(found[name] for found in rounds)
        ratio = statistics.median(found[name] / found["floor"] for found in rounds)
        print(f"{name:<16} {median * 1e6:>8.1f}   {ratio:>5.2f} × floor")


def _time(contender: Callable[[], object]) -> float:
    """Seconds of processor time each: nothing here waits, and other work on the machine does not count."""
    start = time.process_time()
    for _ in range(TIMES):
        contender()
    return (time.process_time() - start) / TIMES


if __name__ == "__main__":
    main()
