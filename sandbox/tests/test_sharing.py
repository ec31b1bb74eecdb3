"""The exchange of lenders, asked by a partner who does its own blinding."""

import hashlib
import hmac
from typing import Any

import pytest

from sandbox import oprf
from sandbox.tests.driver import Partner, SandboxProcess, id_number

# RFC 9497, A.3.1, first vector.
KEY = 0x159749D750713AFE245D2D39CCFAAE8381C53CE92D098A9375EE70739C7AC0BF
BLIND = 0x3338FA65EC36E0290022B48EB562889D89DBFA691D1CDE91517FA222ED7AD364
BLINDED = "03723a1e5c09b8b9c18d1dcbca29e8007e95f14f4732d9346d490ffc195110368d"
EVALUATED = "030de02ffec47a1fd53efcdd1c6faf5bdc270912b8749e783c7ca75bb412958832"
OUTPUT = "a0b34de5fa4c5b6da07e72af73cc507cceeb48981b97b7285fc375345fe495dd"


def question(partner: Partner, **changes: Any) -> dict[str, Any]:
    asked = {"serial": partner.next_serial(), "purpose": "credit_application", "element": BLINDED, "bucket": ""}
    return {**asked, "consent": True, **changes}


def plant(sandbox: SandboxProcess, **changes: Any) -> int:
    borrower = {"lender": "east", "id_number": id_number(7), "owes": True, "applications": 2, **changes}
    return sandbox.http.post("/control/borrowers", json=borrower).status_code


def test_the_function_is_that_of_the_rfc() -> None:
    assert oprf.encode(oprf.times(BLIND, oprf.hash_to_curve(b"\0"))).hex() == BLINDED
    assert oprf.evaluate(KEY, bytes.fromhex(BLINDED)).hex() == EVALUATED
    assert oprf.finalize(b"\0", BLIND, bytes.fromhex(EVALUATED)).hex() == OUTPUT
    assert oprf.value_of(KEY, b"\0").hex() == OUTPUT


def test_whoever_asks_reads_what_is_about_the_one_asked_about(sandbox: SandboxProcess, partner: Partner) -> None:
    assert [plant(sandbox), plant(sandbox, lender="west", id_number=id_number(8), applications=0)] == [200, 200]
    by, element = oprf.blind(id_number(7).encode())
    response = partner.post("/sharing/v1/queries", question(partner, element=element.hex()))
    assert partner.believes(response)
    assert response.json()["element"] == element.hex()
    found = []
    for said in response.json()["answers"]:
        value = oprf.finalize(id_number(7).encode(), by, bytes.fromhex(said["element"]))
        words = ("debt", "application-1", "application-2", "application-3")
        tokens = {hmac.digest(value, word.encode(), hashlib.sha256).hex()[:32]: word for word in words}
        sent = [said["tokens"][place : place + 32] for place in range(0, len(said["tokens"]), 32)]
        found.append((len(sent), {tokens[each] for each in sent if each in tokens}))
    assert sorted(found, key=lambda one: -one[0])[0] == (3, {"debt", "application-1", "application-2"})
    assert sorted(count for count, _ in found) == [0, 1, 3]


def test_a_query_is_put_once_a_serial(sandbox: SandboxProcess, partner: Partner) -> None:
    asked = question(partner)
    first = partner.post("/sharing/v1/queries", asked)
    assert partner.post("/sharing/v1/queries", asked).json() == first.json()
    assert partner.post("/sharing/v1/queries", {**asked, "element": EVALUATED}).status_code == 409
    [kept] = sandbox.read("/books/sharing", serial=asked["serial"])["queries"]
    assert kept["element"] == BLINDED


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"element": "02" + "ff" * 32}, 400),
        ({"element": "no point"}, 400),
        ({"bucket": "xyz"}, 400),
        ({"purpose": "marketing"}, 422),
        ({"consent": False}, 422),
    ],
)
def test_what_is_malformed_or_not_agreed_is_refused(partner: Partner, changes: dict[str, Any], status: int) -> None:
    assert partner.post("/sharing/v1/queries", question(partner, **changes)).status_code == status


@pytest.mark.parametrize("changes", [{"lender": "south"}, {"id_number": "1"}, {"applications": 21}])
def test_a_malformed_borrower_is_refused(sandbox: SandboxProcess, changes: dict[str, Any]) -> None:
    assert plant(sandbox, **changes) == 400
