"""Calls and callbacks over real HTTP, with an institution that can misbehave in every way."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import transaction
from django.test import RequestFactory

from core import signing
from core.institutions import Institution
from core.models import ExternalMessage
from core.outbound import Outcome, SignedClient, receive_callback
from core.problems import Problem

pytestmark = pytest.mark.django_db
OUR_SERIAL = "20261123PO000000001X"


def write_key(directory, name):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private, public = directory / f"{name}.pem", directory / f"{name}.pub.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    directory = tmp_path_factory.mktemp("keys")
    return {name: write_key(directory, name) for name in ("platform", "bank", "stranger")}


class Bank(BaseHTTPRequestHandler):
    """Answers as `behaviour` says: honest, forged, unsigned, broken, error, silent, trickling until it is cut off."""

    behaviour = "honest"
    signer = None
    seen: list[dict] = []
    cut_off = threading.Event()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Bank.seen.append({"headers": dict(self.headers), "path": self.path, "body": body})
        if self.behaviour == "silent":
            time.sleep(1)
            return
        status = 503 if self.behaviour == "error" else 200
        answer = "<html>" if self.behaviour == "broken" else json.dumps({"status": "ACCEPTED", "name": "张三丰"})
        stamp = str(int(time.time()) - (3600 if self.behaviour == "stale" else 0))
        self.send_response(status)
        if self.behaviour != "unsigned":
            self.send_header("X-Timestamp", stamp)
            self.send_header("X-Nonce", "n")
            self.send_header("X-Signature", signing.sign(Bank.signer, str(status), stamp, "n", answer))
        self.end_headers()
        if self.behaviour == "trickling":
            self.trickle()
        else:
            self.wfile.write(answer.encode())

    def trickle(self):
        try:
            while True:
                self.wfile.write(b" ")
                time.sleep(0.02)
        except OSError:
            Bank.cut_off.set()

    def log_message(self, *args):
        pass


@pytest.fixture
def bank(keys, settings):
    settings.PLATFORM_KEY_FILE = keys["platform"][0]
    settings.INSTITUTION_TIMEOUT_SECONDS = 0.3
    Bank.behaviour, Bank.seen = "honest", []
    Bank.signer = signing.private_key(keys["bank"][0])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Institution("bank", f"http://127.0.0.1:{server.server_port}", keys["bank"][1])
    server.shutdown()
    server.server_close()


def call(bank):
    payload = {"serial": OUR_SERIAL, "payee_name": "张三丰", "card_number": "6222020200112233445"}
    return SignedClient(bank).post("/pay?x=1", payload, serial=OUR_SERIAL)


def test_a_good_answer_is_taken_and_the_call_was_signed(bank, keys):
    answer = call(bank)
    assert (answer.outcome, answer.status, answer.body["status"]) == (Outcome.ANSWERED, 200, "ACCEPTED")
    (seen,) = Bank.seen
    sent = seen["headers"]
    parts = ("POST", "/pay?x=1", sent["X-Timestamp"], sent["X-Nonce"], seen["body"])
    assert signing.is_signed(signing.public_key(keys["platform"][1]), sent["X-Signature"], *parts)
    assert sent["X-Serial"] == OUR_SERIAL


@pytest.mark.parametrize("behaviour", ["unsigned", "broken", "error", "silent", "stale"])
def test_anything_but_a_signed_fresh_answer_is_unknown(bank, behaviour):
    Bank.behaviour = behaviour
    assert call(bank).outcome is Outcome.UNKNOWN


def test_a_call_with_a_budget_is_answered_within_it(bank):
    answer = SignedClient(bank, budget=10).post("/pay", {}, serial=OUR_SERIAL)
    assert (answer.outcome, answer.body["status"]) == (Outcome.ANSWERED, "ACCEPTED")


def test_an_answer_that_never_ends_is_left_at_the_end_of_the_budget_and_its_connection_closed(bank):
    Bank.behaviour = "trickling"
    Bank.cut_off.clear()
    assert SignedClient(bank, budget=0.2).post("/pay", {}, serial=OUR_SERIAL).outcome is Outcome.UNKNOWN
    assert "not answered within 0.2 s" in ExternalMessage.objects.get().error
    assert Bank.cut_off.wait(10)


def test_an_answer_signed_by_a_stranger_is_unknown(bank, keys):
    Bank.signer = signing.private_key(keys["stranger"][0])
    assert call(bank).outcome is Outcome.UNKNOWN
    assert ExternalMessage.objects.get().signature == "bad"


def test_no_connection_is_never_sent(keys, settings):
    settings.PLATFORM_KEY_FILE = keys["platform"][0]
    assert call(Institution("bank", "http://127.0.0.1:9", keys["bank"][1])).outcome is Outcome.NEVER_SENT


def test_the_record_is_whole_and_masked(bank):
    call(bank)
    message = ExternalMessage.objects.get()
    assert json.loads(message.body) == {
        "serial": OUR_SERIAL,
        "payee_name": "张**",
        "card_number": "**** 3445",
    }
    assert json.loads(message.answer_body) == {"status": "ACCEPTED", "name": "张**"}
    assert (message.outcome, message.signature, message.answer_status) == ("answered", "good", 200)


def test_a_call_inside_a_transaction_is_refused(bank):
    with transaction.atomic(), pytest.raises(RuntimeError, match="must not run inside a transaction"):
        call(bank)
    assert Bank.seen == []


def callback(keys, body='{"serial": "1"}', signer="bank", age=0, nonce="a" * 32, path="/callbacks/bank/"):
    stamp = str(int(time.time()) - age)
    signature = signing.sign(signing.private_key(keys[signer][0]), "POST", path, stamp, nonce, body)
    headers = {"X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signature, "X-Serial": "N1"}
    return RequestFactory().post(path, body, content_type="application/json", headers=headers)


@pytest.fixture
def sender(keys):
    return Institution("bank", "http://127.0.0.1:9", keys["bank"][1])


def test_a_good_callback_is_taken_in_once(keys, sender):
    taken = []
    receive_callback(sender, callback(keys), taken.append)
    with pytest.raises(Problem, match="replayed"):
        receive_callback(sender, callback(keys), taken.append)
    assert taken == [{"serial": "1"}]


@pytest.mark.parametrize("fault", [{"signer": "stranger"}, {"age": 301}, {"nonce": ""}])
def test_a_forged_stale_or_nonceless_callback_is_refused_and_recorded(keys, sender, fault):
    taken = []
    with pytest.raises(Problem, match="bad_signature") as refused:
        receive_callback(sender, callback(keys, **fault), taken.append)
    assert refused.value.status == 401
    assert taken == []
    assert ExternalMessage.objects.get().signature == "bad"


def test_an_altered_body_is_refused(keys, sender):
    request = callback(keys)
    request._body = b'{"serial": "2"}'
    with pytest.raises(Problem, match="bad_signature"):
        receive_callback(sender, request, lambda payload: None)


def test_a_callback_that_cannot_be_taken_in_leaves_room_for_its_repetition(keys, sender):
    def fail(payload):
        raise LookupError("not now")

    with pytest.raises(LookupError):
        receive_callback(sender, callback(keys), fail)
    taken = []
    receive_callback(sender, callback(keys), taken.append)
    assert len(taken) == 1


def test_an_oversized_callback_is_refused_unread(keys, sender):
    with pytest.raises(Problem, match="too_large"):
        receive_callback(sender, callback(keys, body="x" * 70_000), lambda payload: None)
