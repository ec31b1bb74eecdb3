import csv
import datetime as dt
import hashlib
import io
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.tests.driver import Partner, SandboxProcess, wait_for

NOWHERE = "http://127.0.0.1:9/"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def move_to(sandbox: SandboxProcess, moment: dt.datetime) -> None:
    assert sandbox.http.post("/control/clock", json={"now": moment.isoformat()}).status_code == 200


def noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=SHANGHAI)


def statement(partner: Partner, day: dt.date) -> dict[str, Any]:
    response = partner.get(f"/payment/v1/statements/{day}")
    assert response.status_code == 200, response.text
    assert partner.believes(response)
    return dict(response.json())


def parsed(content: str) -> tuple[list[dict[str, str]], list[str]]:
    head, *lines, total = list(csv.reader(io.StringIO(content)))
    return [dict(zip(head, line, strict=True)) for line in lines], total


def available(sandbox: SandboxProcess) -> Decimal:
    return Decimal(sandbox.read("/books/balances")["accounts"]["partner"])


def test_a_statement_is_ready_at_ten_the_next_day(sandbox: SandboxProcess, partner: Partner) -> None:
    day = dt.date(2030, 1, 10)
    move_to(sandbox, noon(day))
    serial = partner.pay("10.00", NOWHERE).json()["serial"]
    partner.ended(serial, "SUCCESS")
    ready = dt.datetime(2030, 1, 11, 10, 0, tzinfo=SHANGHAI)
    move_to(sandbox, ready - dt.timedelta(seconds=30))
    early = partner.get(f"/payment/v1/statements/{day}")
    assert (early.status_code, early.json()["code"]) == (409, "NOT_READY")
    move_to(sandbox, ready)
    lines, total = parsed(statement(partner, day)["content"])
    assert [line["serial"] for line in lines] == [serial]
    assert total == ["#total", "1", "10.00", "0.00", "1.00"]


def test_a_statement_holds_what_moved_that_day_and_nothing_else(sandbox: SandboxProcess, partner: Partner) -> None:
    day = dt.date(2030, 2, 10)
    move_to(sandbox, noon(day))
    paid = partner.pay("100.00", NOWHERE).json()
    partner.pay("200.91", NOWHERE)
    failed = partner.pay("300.92", NOWHERE).json()
    returned = partner.pay("400.93", NOWHERE).json()
    silent = partner.pay("500.94", NOWHERE).json()
    collected = partner.pay("50.00", NOWHERE, kind="collection").json()
    partner.ended(paid["serial"], "SUCCESS")
    partner.ended(failed["serial"], "FAILED")
    partner.ended(returned["serial"], "RETURNED")
    partner.ended(silent["serial"], "SUCCESS")
    partner.ended(collected["serial"], "SUCCESS", kind="collection")
    move_to(sandbox, noon(day + dt.timedelta(days=1)))
    given = statement(partner, day)
    assert given["sha256"] == hashlib.sha256(given["content"].encode()).hexdigest()
    lines, total = parsed(given["content"])
    told = {(line["channel_serial"], line["kind"], line["amount"], line["fee"], line["status"]) for line in lines}
    assert told == {
        (paid["channel_serial"], "payout", "100.00", "1.00", "SUCCESS"),
        (returned["channel_serial"], "payout", "400.93", "1.00", "SUCCESS"),
        (returned["channel_serial"], "payout", "400.93", "0.00", "RETURNED"),
        (silent["channel_serial"], "payout", "500.94", "1.00", "SUCCESS"),
        (collected["channel_serial"], "collection", "50.00", "0.50", "SUCCESS"),
    }
    assert given["rows"] == len(lines) == 5
    assert total == ["#total", "5", "1001.87", "450.93", "3.50"]


def test_a_day_without_movements_has_a_statement(sandbox: SandboxProcess, partner: Partner) -> None:
    given = statement(partner, dt.date(2020, 1, 1))
    assert given["rows"] == 0
    assert given["content"].splitlines()[1:] == ["#total,0,0.00,0.00,0.00"]


@pytest.mark.parametrize("day", ["yesterday", "2030-02-30", "9999-12-31"])
def test_what_is_no_day_has_no_statement(sandbox: SandboxProcess, partner: Partner, day: str) -> None:
    assert partner.get(f"/payment/v1/statements/{day}").status_code == 400


transfers_of_a_day = st.lists(
    st.tuples(
        st.sampled_from(["payout", "collection"]),
        st.integers(min_value=1, max_value=500_000),
        st.sampled_from([None, 91, 92, 93, 94]),
    ),
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(transfers=transfers_of_a_day)
def test_the_statements_explain_every_fen_of_the_balance(
    shared_sandbox: SandboxProcess, transfers: list[tuple[str, int, int | None]]
) -> None:
    """The balance changes by what the day's statement says; the books sum to zero; the statement stays."""
    sandbox, partner = shared_sandbox, Partner(shared_sandbox)
    offset = max(float(sandbox.read("/control/clock")["offset_seconds"]), 6 * 366 * 86400)
    today = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=offset)
    day = (today + dt.timedelta(days=2)).astimezone(SHANGHAI).date()
    move_to(sandbox, noon(day))
    before = available(sandbox)
    for kind, fen, ending in transfers:
        fen = fen if ending is None else fen // 100 * 100 + ending
        partner.pay(f"{fen // 100}.{fen % 100:02d}", NOWHERE, kind=kind)
    wait_for(sandbox.has_settled_all)
    move_to(sandbox, noon(day + dt.timedelta(days=1)))
    given = statement(partner, day)
    lines, total = parsed(given["content"])
    count, out, into, fees = int(total[1]), *(Decimal(amount) for amount in total[2:])
    assert count == len(lines)
    assert fees == sum(Decimal(line["fee"]) for line in lines)
    assert available(sandbox) - before == into - out - fees
    books = sandbox.read("/books/balances")
    assert (books["sum"], books["accounts"]["reserved"]) == ("0.00", "0.00")
    assert books["accounts"] == books["accounts_from_movements"]
    partner.pay("1.00", NOWHERE)
    wait_for(sandbox.has_settled_all)
    assert statement(partner, day) == given
