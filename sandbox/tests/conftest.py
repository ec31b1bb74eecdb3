import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tests.driver import Partner, Receiver, SandboxProcess


@pytest.fixture(scope="module")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    sandbox = SandboxProcess(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    assert sandbox.stop() in (0, -signal.SIGTERM)


@pytest.fixture
def sandbox(shared_sandbox: SandboxProcess) -> SandboxProcess:
    """A module's sandbox, without faults and with the real time."""
    shared_sandbox.http.delete("/control/faults")
    shared_sandbox.http.post("/control/clock", json={"offset_seconds": 0})
    return shared_sandbox


@pytest.fixture
def own_sandbox(tmp_path: Path) -> Iterator[SandboxProcess]:
    """A sandbox of the test's own, to be killed."""
    sandbox = SandboxProcess(tmp_path, SANDBOX_OPENING_BALANCE="1000.00")
    yield sandbox
    sandbox.kill()


@pytest.fixture
def partner(sandbox: SandboxProcess) -> Partner:
    return Partner(sandbox)


@pytest.fixture
def receiver(sandbox: SandboxProcess) -> Iterator[Receiver]:
    receiver = Receiver(sandbox)
    yield receiver
    receiver.close()
