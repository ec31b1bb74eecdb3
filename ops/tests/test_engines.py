"""The embedded engines start, start again, and start after whatever a killed run left."""

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest

from ops.engines import SOCKET_PATH_LIMIT, Postgres, Valkey, socket_directory


@pytest.fixture
def postgres(tmp_path):
    engine = Postgres(tmp_path / "pg", throwaway=True)
    engine.start()
    yield engine
    engine.remove()


@pytest.fixture
def valkey(tmp_path):
    engine = Valkey(tmp_path / "valkey")
    engine.start()
    yield engine
    engine.remove()


def connect(engine, database="postgres"):
    return psycopg.connect(host=str(engine.sockets), user="lending", dbname=database)


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)


def test_a_second_start_changes_nothing(postgres, valkey):
    before = postgres._pid(), valkey._pid()
    postgres.start()
    valkey.start()
    assert (postgres._pid(), valkey._pid()) == before


def test_committed_rows_survive_a_kill(tmp_path):
    postgres = Postgres(tmp_path / "pg")
    postgres.start()
    postgres.create_database("kept")
    with connect(postgres, "kept") as connection:
        connection.execute("CREATE TABLE fact AS SELECT 1 AS id")
    kill(postgres._pid())
    assert not postgres.is_ready()
    postgres.start()
    with connect(postgres, "kept") as connection:
        assert connection.execute("SELECT id FROM fact").fetchall() == [(1,)]
    postgres.remove()


def test_a_process_id_of_a_stranger_is_not_believed(postgres, valkey):
    postgres.stop()
    valkey.stop()
    (postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.data}\n")
    (valkey.data / "valkey.pid").write_text(str(os.getpid()))
    assert not postgres.is_ready()
    assert not valkey.is_ready()
    postgres.start()
    valkey.start()
    assert postgres.is_ready()
    assert valkey.is_ready()


def test_a_first_start_that_was_cut_off_is_made_good(tmp_path):
    engine = Postgres(tmp_path / "pg", throwaway=True)
    (tmp_path / "pg" / "unfinished").mkdir(parents=True)
    (tmp_path / "pg" / "unfinished" / "PG_VERSION").write_text("18\n")
    engine.start()
    assert engine.is_ready()
    engine.remove()


def test_only_private_sockets_are_opened(postgres, valkey):
    assert postgres.sockets.stat().st_mode & 0o777 == 0o700
    assert valkey.socket.parent.stat().st_mode & 0o777 == 0o700
    with connect(postgres) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW server_version_num").fetchone()[0] >= "180000"


def test_a_long_path_gets_a_short_socket(tmp_path):
    data = tmp_path / ("x" * 100) / "pg"
    directory = socket_directory(data)
    assert len(os.fsencode(directory / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT
    assert socket_directory(data) == directory
    assert socket_directory(tmp_path / ("y" * 100) / "pg") != directory
    Path(directory).rmdir()
    socket_directory(tmp_path / ("y" * 100) / "pg").rmdir()
