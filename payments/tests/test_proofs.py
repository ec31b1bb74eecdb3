"""Proofs, and the script with which others check them: it accepts true ones and refuses every false one."""

import base64
import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from core.problems import Problem
from payments import merkle, proofs
from payments.models import SealedTransfer
from payments.tests.books import post, seal_all, soon
from tests.support.session import ROOT

SCRIPT = ROOT / "proofs" / "check_proof.py"
spec = spec_from_file_location("check_proof", SCRIPT)
assert spec and spec.loader
check_proof = module_from_spec(spec)
spec.loader.exec_module(check_proof)

pytestmark = pytest.mark.usefixtures("in_english")


@pytest.fixture
def key_file():
    return settings.SEAL_PUBLIC_KEY_FILES[0]


@pytest.fixture
def transfers(empty_ledger):
    posted = [post(f"t{number}", f"{number + 1}.00") for number in range(5)]
    seal_all(soon(posted[-1]))
    return posted


def run(proof, key, tmp_path):
    """The script as a stranger runs it: elsewhere, without the platform."""
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof) if isinstance(proof, dict) else proof)
    command = [sys.executable, "-I", str(SCRIPT), str(file), str(key)]
    return subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, encoding="utf-8")


def test_a_true_proof_is_accepted(transfers, key_file, tmp_path):
    out = tmp_path / "out.json"
    call_command("prove_transfer", transfers[3].serial, out=out, stdout=open("/dev/null", "w"))  # noqa: SIM115
    done = run(out.read_text(), key_file, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "The proof holds. 证明成立。" in done.stdout
    assert transfers[3].serial in done.stdout and "4.00 CNY" in done.stdout


def test_each_transfer_of_a_seal_can_be_proved(transfers, key_file):
    key = serialization.load_pem_public_key(key_file.read_bytes())
    for transfer in transfers:
        proved, seal = check_proof.check(proofs.prove(transfer.serial), key)
        assert (proved["serial"], proved["id"]) == (transfer.serial, transfer.pk)
        assert seal["transfers"] == 5


def altered(text, name, value):
    return json.dumps({**json.loads(text), name: value}, ensure_ascii=False, separators=(",", ":"))


def resigned(proof):
    """Signed by somebody else, whose key is enclosed."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signature = base64.b64encode(key.sign(proof["seal"].encode())).decode()
    return {**proof, "signature": signature, "public_key": public.decode()}


FALSE = {
    "amount": (lambda p: {**p, "transfer": p["transfer"].replace("4.00", "9.00")}, "does not hold this transfer"),
    "serial": (lambda p: {**p, "transfer": altered(p["transfer"], "serial", "S")}, "does not hold this transfer"),
    "path": (lambda p: {**p, "path": ["00" * 32, *p["path"][1:]]}, "does not hold this transfer"),
    "short path": (lambda p: {**p, "path": p["path"][:-1]}, "does not hold this transfer"),
    "long path": (lambda p: {**p, "path": [*p["path"], "00" * 32]}, "does not hold this transfer"),
    "place": (lambda p: {**p, "place": 0}, "does not hold this transfer"),
    "no such place": (lambda p: {**p, "place": 5}, "does not hold this transfer"),
    "root": (lambda p: {**p, "seal": altered(p["seal"], "root", "00" * 32)}, "has not signed this seal"),
    "size": (lambda p: {**p, "seal": altered(p["seal"], "transfers", 4)}, "has not signed this seal"),
    "chain": (lambda p: {**p, "seal": altered(p["seal"], "previous", "11" * 32)}, "has not signed this seal"),
    "signature": (lambda p: {**p, "signature": base64.b64encode(bytes(64)).decode()}, "has not signed this seal"),
    "key": (resigned, "another key than the platform's"),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_proof_is_refused_with_a_sentence(transfers, key_file, tmp_path, name):
    falsify, sentence = FALSE[name]
    done = run(falsify(proofs.prove(transfers[3].serial)), key_file, tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert sentence in done.stdout and "。" in done.stdout


def test_an_inner_node_is_not_taken_for_a_transfer(transfers, key_file):
    """The attack that the two prefixes forbid."""
    forms = SealedTransfer.objects.order_by("place").values_list("form", flat=True)
    one, two, *_others = [merkle.leaf_hash(form.encode()) for form in forms]
    tree = merkle.Tree()
    tree.add(one)
    tree.add(two)
    assert check_proof.root_from(one + two, 0, 1, []) != tree.root


@pytest.mark.parametrize(
    "nonsense",
    ["", "[]", "{}", '{"version": 1, "transfer": 3}', '{"version": 1, "path": ["x"]}'],
)
def test_what_is_no_proof_is_called_unreadable(key_file, tmp_path, nonsense):
    done = run(nonsense, key_file, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Cannot be read" in done.stderr and "Traceback" not in done.stderr


def test_so_is_another_version(transfers, key_file, tmp_path):
    assert run({**proofs.prove(transfers[0].serial), "version": 2}, key_file, tmp_path).returncode == 2


@pytest.mark.parametrize("key", ["none.pem", settings.PLATFORM_KEY_FILE.with_name("platform.pub.pem")])
def test_so_is_what_is_no_key_of_seals(transfers, tmp_path, key):
    assert run(proofs.prove(transfers[0].serial), key, tmp_path).returncode == 2


def test_without_arguments_the_script_says_how_it_is_used():
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 2
    assert "Usage" in done.stderr


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=40), st.data())
def test_the_script_reckons_as_pymerkle_does(contents, data):
    judge = InmemoryTree(algorithm="sha256")
    for content in contents:
        judge.append_entry(content)
    place = data.draw(st.integers(0, len(contents) - 1))
    path = judge.prove_inclusion(place + 1).path[1:]
    assert check_proof.root_from(contents[place], place, len(contents), path) == judge.get_root()


class TestRefusals:
    def test_not_sealed_yet(self, empty_ledger):
        with pytest.raises(Problem) as problem:
            proofs.prove(post("a").serial)
        assert (problem.value.code, problem.value.status) == ("not_sealed", 409)

    def test_unknown(self, empty_ledger, tmp_path):
        with pytest.raises(CommandError, match="no transfer with the serial number X"):
            call_command("prove_transfer", "X", out=tmp_path / "proof.json")
        assert not (tmp_path / "proof.json").exists()

    def test_a_file_that_cannot_be_written(self, transfers, tmp_path):
        with pytest.raises(CommandError, match="cannot be written"):
            call_command("prove_transfer", transfers[0].serial, out=Path(tmp_path / "no" / "proof.json"))
