"""What is true of every loan whatever its terms and its life, through the calculator (1,000 examples each at night)."""

import datetime as dt
import itertools
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from lending.calculator import answer

START = dt.date(2026, 1, 20)
METHODS = ["equal_instalment", "equal_principal", "interest_only", "bullet", "flat"]
CONVENTIONS = st.fixed_dictionaries(
    {},
    optional={
        "day_count": st.sampled_from(["actual/365", "actual/360", "actual/364", "actual/actual", "30/360"]),
        "rounding": st.sampled_from(["half_up", "half_even", "up", "down"]),
        "round_to": st.sampled_from(["0.01", "0.1", "1"]),
        "instalment_rounding": st.sampled_from(["half_up", "up", "down"]),
        "instalment_round_to": st.sampled_from(["0.01", "1", "10"]),
        "residue": st.sampled_from(["last", "first", "spread"]),
        "month_end": st.sampled_from(["clamp", "roll"]),
        "parts": st.sampled_from(["each", "sum"]),
        "interest_on": st.sampled_from(["scheduled", "outstanding"]),
    },
)
FEN = Decimal("0.01")


def yuan(fen):
    return str(Decimal(fen) / 100)


@st.composite
def schedules(draw, methods=METHODS, conventions=CONVENTIONS, least=1):
    start = draw(st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31)))
    request = {
        "kind": "schedule",
        "principal": yuan(draw(st.integers(1_000, 20_000_000))),
        "annual_rate": str(draw(st.decimals(0, "0.36", places=4))),
        "method": draw(st.sampled_from(methods)),
        "start": start.isoformat(),
        "every": draw(st.sampled_from(["1 month", "7 days", "14 days", "3 months"])),
        "count": draw(st.integers(least, 24)),
        **draw(conventions),
    }
    if draw(st.booleans()):
        request["first_due"] = (start + dt.timedelta(draw(st.integers(5, 60)))).isoformat()
    return request


@st.composite
def rich_schedules(draw):
    """Schedules with a grace, fees, a later draw or a change of the rate."""
    request = draw(schedules(least=3))
    due = [row["due"] for row in answer(request)["rows"]]
    inside = st.dates(dt.date.fromisoformat(request["start"]), dt.date.fromisoformat(due[-1]) - dt.timedelta(1))
    if draw(st.booleans()):
        request["grace"] = {name: draw(st.integers(0, 2)) for name in ("principal", "interest", "interest_free")}
    if draw(st.booleans()):
        request["fees"] = [{"date": draw(st.sampled_from(["each", *due])), "amount": yuan(draw(st.integers(0, 9_000)))}]
    if draw(st.booleans()):
        change = {"date": draw(inside).isoformat(), "annual_rate": str(draw(st.decimals(0, "0.36", places=4)))}
        request["rate_changes"] = [change]
    if draw(st.booleans()):
        first = {"date": request["start"], "amount": request.pop("principal")}
        later = {"date": draw(inside).isoformat(), "amount": yuan(draw(st.integers(100, 5_000_000)))}
        request["disbursements"] = [first, later]
    return request


def principal_of(request):
    return sum((Decimal(draw["amount"]) for draw in request.get("disbursements", [])), Decimal(0)) or Decimal(
        request["principal"]
    )


def total(found, name):
    return sum((Decimal(row[name]) for row in found["rows"]), Decimal(0))


@given(rich_schedules())
def test_principal_adds_up_to_what_was_lent_and_the_balance_ends_at_zero(request):
    found = answer(request)
    assert total(found, "principal") == principal_of(request)
    assert Decimal(found["rows"][-1]["balance"]) == 0


@given(rich_schedules())
def test_no_part_is_ever_negative(request):
    for row in answer(request)["rows"]:
        assert min(Decimal(row[name]) for name in ("principal", "interest", "fee", "total", "balance")) >= 0


@given(rich_schedules())
def test_every_row_and_the_totals_add_up(request):
    found = answer(request)
    for row in found["rows"]:
        assert Decimal(row["total"]) == Decimal(row["principal"]) + Decimal(row["interest"]) + Decimal(row["fee"])
    assert Decimal(found["total"]) == total(found, "total")
    assert Decimal(found["total_interest"]) == total(found, "interest")


@given(rich_schedules())
def test_periods_follow_each_other_without_a_gap(request):
    rows = answer(request)["rows"]
    assert rows[0]["from"] == request["start"]
    assert [row["from"] for row in rows[1:]] == [row["due"] for row in rows[:-1]]
    assert all(row["from"] < row["due"] for row in rows)


@given(schedules())
def test_interest_is_a_multiple_of_the_unit_it_is_rounded_to(request):
    unit = Decimal(request.get("round_to", "0.01"))
    assert all(Decimal(row["interest"]) % unit == 0 for row in answer(request)["rows"])


@given(schedules(methods=["equal_instalment"], conventions=st.just({}), least=2))
def test_all_instalments_but_the_last_are_level(request):
    totals = [row["total"] for row in answer(request)["rows"]]
    assert len(set(totals[:-1])) == 1
    # What rounding leaves over grows with interest until the last instalment takes it.
    growth = (1 + Decimal(request["annual_rate"]) / 3) ** len(totals)
    assert abs(Decimal(totals[-1]) - Decimal(totals[0])) <= FEN * len(totals) * growth


@given(schedules(), st.decimals(0, "0.05", places=4))
def test_a_higher_rate_never_costs_less(request, more):
    assume(request.get("round_to", "0.01") == "0.01" and "instalment_round_to" not in request)
    dearer = {**request, "annual_rate": str(Decimal(request["annual_rate"]) + more)}
    slack = FEN * 2 * request["count"] ** 2
    assert Decimal(answer(dearer)["total_interest"]) >= Decimal(answer(request)["total_interest"]) - slack


@given(schedules(conventions=st.just({})))
def test_flows_discounted_at_the_effective_rate_are_worth_the_principal(request):
    found = answer(request)
    assume(found["apr"] is not None and "first_due" not in request and request["every"] == "1 month")
    assume(request["start"][-2:] <= "28")
    growth = 1 + float(found["apr"]["effective"])
    worth = sum(float(row["total"]) / growth ** (row["no"] / 12) for row in found["rows"] if row["no"])
    if request["method"] == "bullet":
        worth = float(found["total"]) / growth ** (request["count"] / 12)
    assert abs(worth / float(request["principal"]) - 1) < 1e-6


@given(
    st.dates(dt.date(1900, 1, 1), dt.date(2290, 1, 1)),
    st.integers(1, 400),
    st.integers(1, 400),
    st.sampled_from(["actual/365", "actual/360", "actual/actual"]),
)
def test_days_counted_in_two_parts_are_the_days_counted_at_once(start, first, then, day_count):
    middle, end = start + dt.timedelta(first), start + dt.timedelta(first + then)

    def factors(*dates):
        periods = [[a.isoformat(), b.isoformat()] for a, b in itertools.pairwise(dates)]
        request = {"kind": "day_count", "periods": periods, "annual_rate": "0.1", "day_count": day_count}
        return sum(Decimal(factor) for factor in answer(request)["factors"])

    assert abs(factors(start, middle, end) - factors(start, end)) <= Decimal("0.000000000002")


# Lives of loans.

STRATEGIES = ["shorten", "lower", "next"]


@st.composite
def lives(draw, strategies=(None, *STRATEGIES), conventions=CONVENTIONS):
    """A loan with a penalty and payments, early, late, short or over, from its first to beyond its last due date."""
    request = draw(schedules(conventions=conventions, methods=METHODS[:4]))
    start = dt.date.fromisoformat(request["start"])
    end = dt.date.fromisoformat(answer(request)["rows"][-1]["due"]) + dt.timedelta(90)
    days = st.dates(start, end)
    events = []
    for day in draw(st.lists(days, max_size=6)):
        event = {"date": day.isoformat(), "type": "payment", "amount": yuan(draw(st.integers(1, 3_000_000)))}
        strategy = draw(st.sampled_from(strategies))
        events.append({**event, "strategy": strategy} if strategy else event)
    penalty = {
        "rate_factor": draw(st.sampled_from(["1", "1.5"])),
        "on": draw(st.sampled_from(["principal", "principal_and_interest", "outstanding_principal"])),
        "grace_days": draw(st.integers(0, 5)),
        "count_due_date": draw(st.booleans()),
    }
    as_of = draw(days).isoformat()
    return {**request, "kind": "events", "events": events, "penalty": penalty, "as_of": as_of}


def summed(parts):
    return sum((Decimal(value) for value in parts.values()), Decimal(0))


@given(lives())
def test_every_fen_paid_is_somewhere(life):
    found = answer(life)
    for event, allocation in zip(life["events"], found["allocations"], strict=True):
        happened = event["date"] <= life["as_of"]
        assert summed(allocation) == (Decimal(event["amount"]) if happened else 0)


@given(lives())
def test_principal_paid_and_owed_is_the_principal_lent(life):
    found = answer(life)
    paid = sum((Decimal(allocation["principal"]) for allocation in found["allocations"]), Decimal(0))
    assert paid + Decimal(found["balances"]["principal"]) == Decimal(life["principal"])
    assert total(found, "principal") == Decimal(life["principal"])


@given(lives())
def test_nobody_owes_a_negative_amount(life):
    found = answer(life)
    assert min(Decimal(value) for value in found["balances"].values()) >= 0
    for row in found["rows"]:
        assert min(Decimal(value) for value in row["paid"].values()) >= 0
        assert min(Decimal(row[name]) for name in ("principal", "interest", "balance", "penalty")) >= 0


@given(lives())
def test_what_rows_say_was_paid_is_what_payments_paid(life):
    found = answer(life)
    for component in ("penalty", "fee", "interest", "principal"):
        by_row = sum((Decimal(row["paid"][component]) for row in found["rows"]), Decimal(0))
        assert by_row == sum((Decimal(part[component]) for part in found["allocations"]), Decimal(0))


@given(lives(), st.data())
def test_the_order_in_which_events_are_given_does_not_matter(life, data):
    dates = [event["date"] for event in life["events"]]
    assume(len(set(dates)) == len(dates))
    shuffled = data.draw(st.permutations(life["events"]))
    one, other = answer(life), answer({**life, "events": shuffled})
    assert (one["rows"], one["balances"], one["dpd"]) == (other["rows"], other["balances"], other["dpd"])


@given(lives(), st.data())
def test_a_reversal_equals_never_having_had_it(life, data):
    assume(life["events"])
    index = data.draw(st.integers(0, len(life["events"]) - 1))
    last = max([life["as_of"], *(event["date"] for event in life["events"])])
    reversal = {"date": last, "type": "reversal", "of": index}
    without = life["events"][:index] + life["events"][index + 1 :]
    one = answer({**life, "events": [*life["events"], reversal], "as_of": last})
    other = answer({**life, "events": without, "as_of": last})
    assert (one["rows"], one["balances"], one["dpd"]) == (other["rows"], other["balances"], other["dpd"])
    assert summed(one["allocations"][index]) == 0


@given(lives())
def test_what_happens_later_changes_nothing_today(life):
    known = [event for event in life["events"] if event["date"] <= life["as_of"]]
    one, other = answer(life), answer({**life, "events": known})
    assert (one["rows"], one["balances"], one["dpd"]) == (other["rows"], other["balances"], other["dpd"])


@given(lives())
def test_paying_the_payoff_settles_the_loan_to_the_fen(life):
    """The quote is the booking: a payment of it on its day leaves nothing owed and nothing over."""
    first = life["events"][0]["date"] if life["events"] else life["as_of"]
    paid = [[event["date"], event["amount"]] for event in life["events"] if event["date"] <= first]
    plain = {name: value for name, value in life.items() if name != "events"}
    as_of = max(first, life["as_of"])
    assume(not life["penalty"]["count_due_date"])
    quote = answer({**plain, "kind": "payoff", "paid": paid, "as_of": as_of})["payoff"]
    events = [{"type": "payment", "date": day, "amount": amount} for day, amount in paid]
    if Decimal(quote):
        events.append({"type": "payment", "date": as_of, "amount": quote, "strategy": "lower"})
    found = answer({**plain, "kind": "events", "events": events, "as_of": as_of})
    assert summed(found["balances"]) == 0
    assert found["dpd"] == 0
    if Decimal(quote):
        assert Decimal(found["allocations"][-1]["left_over"]) == 0
    assert summed({name: total(found, name) for name in ("principal", "interest", "fee", "penalty")}) == sum(
        (summed(part) - Decimal(part["left_over"]) for part in found["allocations"]), Decimal(0)
    )


def test_principal_repaid_early_leaves_its_interest_to_the_due_date():
    request = {
        "kind": "events",
        "principal": "1000",
        "annual_rate": "0.12",
        "method": "interest_only",
        "start": "2026-01-20",
        "every": "1 month",
        "count": 12,
        "as_of": "2026-02-05",
        "events": [{"type": "prepayment", "date": "2026-02-05", "amount": "1000", "strategy": "shorten"}],
    }
    assert summed(answer(request)["balances"]) == 0
    on_the_day = answer({**request, "as_of": "2026-02-20"})
    assert on_the_day["balances"]["interest"] == str(round(Decimal("1000") * Decimal("0.12") * 16 / 365, 2))
    assert len(on_the_day["rows"]) == 1


@given(lives(strategies=STRATEGIES), st.integers(1, 1_000_000))
def test_paying_more_early_never_costs_more(life, more):
    assume(life["events"])
    plain = {**life, "day_count": "actual/365", "as_of": "2040-01-01", "round_to": "0.01"}
    del plain["penalty"]
    first = min(life["events"], key=lambda event: event["date"])
    rows = answer({**plain, "events": []})["rows"]
    on_time = [
        {"type": "payment", "date": row["due"], "amount": row["total"], "strategy": "shorten"}
        for row in rows
        if Decimal(row["total"])
    ]
    early = {"type": "payment", "date": first["date"], "amount": first["amount"], "strategy": "shorten"}
    dearer = answer({**plain, "events": [early, *on_time]})
    larger = {**early, "amount": str(Decimal(early["amount"]) + Decimal(more) / 100)}
    cheaper = answer({**plain, "events": [larger, *on_time]})
    assert total(cheaper, "interest") <= total(dearer, "interest") + FEN * len(rows)


@given(lives(), st.integers(0, 30))
def test_a_longer_grace_never_costs_more_penalty(life, days):
    longer = {**life["penalty"], "grace_days": life["penalty"]["grace_days"] + days}
    one, other = answer({**life, "events": []}), answer({**life, "events": [], "penalty": longer})
    assert total(other, "penalty") <= total(one, "penalty")


@given(schedules(methods=METHODS[:4]))
def test_paid_on_its_days_a_loan_is_repaid_by_its_schedule(request):
    rows = answer(request)["rows"]
    paid = [{"type": "payment", "date": row["due"], "amount": row["total"]} for row in rows if Decimal(row["total"])]
    found = answer(
        {**request, "kind": "events", "events": paid, "as_of": rows[-1]["due"], "penalty": {"rate_factor": "1.5"}}
    )
    assert summed(found["balances"]) == 0
    assert all(Decimal(part["left_over"]) == 0 for part in found["allocations"])
    assert [{name: row[name] for name in rows[0]} for row in found["rows"]] == rows


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.integers(0, 100), min_size=1, max_size=6).filter(any),
    st.sampled_from(["largest_remainder", "last_takes_rest"]),
    st.lists(st.integers(0, 10**6), max_size=4),
)
def test_the_parts_of_a_split_equal_the_whole(fen, weights, rule, history):
    request = {"kind": "split", "total": yuan(fen), "weights": [str(w) for w in weights], "rule": rule, "unit": "0.01"}
    found = answer({**request, "history": [yuan(before) for before in history]})
    assert sum(Decimal(part) for part in found["parts"]) == Decimal(fen) / 100
