import asyncio
import datetime as dt
import sqlite3
from pathlib import Path

import httpx
import pytest

from sandbox.app import create_app
from sandbox.settings import from_environment
from sandbox.tests.driver import Partner, Receiver, SandboxProcess, wait_for


def test_the_clock_moves_and_tells(sandbox: SandboxProcess) -> None:
    moved = sandbox.http.post("/control/clock", json={"offset_seconds": 3600}).json()
    assert moved["offset_seconds"] == 3600
    ahead = dt.datetime.fromisoformat(moved["now"]) - dt.datetime.now(dt.UTC)
    assert abs(ahead.total_seconds() - 3600) < 2
    target = "2031-05-01T09:30:00+08:00"
    moved = sandbox.http.post("/control/clock", json={"now": target}).json()
    distance = dt.datetime.fromisoformat(moved["now"]) - dt.datetime.fromisoformat(target)
    assert abs(distance.total_seconds()) < 2


@pytest.mark.parametrize(
    "body",
    [{}, {"offset_seconds": "3600"}, {"offset_seconds": 1e20}, {"now": "tomorrow"}, {"now": "2031-05-01"}, {"now": 5}],
)
def test_the_clock_refuses_what_is_no_time(sandbox: SandboxProcess, body: dict[str, object]) -> None:
    before = sandbox.read("/control/clock")["offset_seconds"]
    assert sandbox.http.post("/control/clock", json=body).status_code == 400
    assert sandbox.read("/control/clock")["offset_seconds"] == before


def test_signatures_know_no_moved_clock(sandbox: SandboxProcess, partner: Partner) -> None:
    sandbox.http.post("/control/clock", json={"offset_seconds": 40 * 86400})
    response = partner.get("/payment/v1/balance")
    assert response.status_code == 200
    assert partner.believes(response)


def test_the_books_of_a_day(sandbox: SandboxProcess, partner: Partner, receiver: Receiver) -> None:
    sandbox.http.post("/control/clock", json={"now": "2032-03-01T23:00:00+08:00"})
    serial = partner.pay("12.34", receiver.url).json()["serial"]
    receiver.about(serial)
    [row] = sandbox.read("/books/payouts", date="2032-03-01")["payouts"]
    assert (row["serial"], row["amount"], row["fee"], row["party_name"]) == (serial, "12.34", "1.00", "张三")
    told = wait_for(
        lambda: [
            one
            for one in sandbox.read("/books/payouts", serial=serial)["payouts"][0]["notifications"]
            if one["delivered_at"]
        ]
    )
    assert [one["status"] for one in told] == ["SUCCESS"]
    assert sandbox.read("/books/payouts", date="2032-03-02")["payouts"] == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/books/sms"), ("POST", "/control/clock"), ("GET", "/books/payouts")]
)
def test_control_and_books_are_open_to_the_machine_itself_only(tmp_path: Path, method: str, path: str) -> None:
    app = create_app(from_environment({"SANDBOX_DATA": str(tmp_path)}))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 40000))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            return await client.request(method, path)

    response = asyncio.run(ask())
    assert (response.status_code, response.json()["code"]) == (403, "LOOPBACK_ONLY")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE movements SET amount_fen = 1",
        "DELETE FROM movements",
        "INSERT INTO movements VALUES (NULL, 'partner', 'partner', 1, 's', 'r', 't')",
        "INSERT INTO movements VALUES (NULL, 'partner', 'outside', -1, 's', 'r', 't')",
        "INSERT INTO movements VALUES (NULL, 'reserved', 'outside', 1, 's', 'r', 't')",
        "INSERT INTO movements VALUES (NULL, 'outside', 'partner', 1, 'opening', 'opening', 't')",
    ],
)
def test_the_file_itself_keeps_the_ledgers_rules(tmp_path: Path, statement: str) -> None:
    create_app(from_environment({"SANDBOX_DATA": str(tmp_path)}))
    with sqlite3.connect(tmp_path / "books.sqlite3") as file, pytest.raises(sqlite3.IntegrityError):
        file.execute(statement)
