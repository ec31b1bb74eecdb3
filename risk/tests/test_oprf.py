"""The oblivious function against the vectors that RFC 9497 publishes, and what it must hide."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from risk.sharing import oprf

# RFC 9497, A.3.1: input, blinded element, evaluated element, output.
KEY = 0x159749D750713AFE245D2D39CCFAAE8381C53CE92D098A9375EE70739C7AC0BF
BLIND = 0x3338FA65EC36E0290022B48EB562889D89DBFA691D1CDE91517FA222ED7AD364
VECTORS = [
    (
        "00",
        "03723a1e5c09b8b9c18d1dcbca29e8007e95f14f4732d9346d490ffc195110368d",
        "030de02ffec47a1fd53efcdd1c6faf5bdc270912b8749e783c7ca75bb412958832",
        "a0b34de5fa4c5b6da07e72af73cc507cceeb48981b97b7285fc375345fe495dd",
    ),
    (
        "5a" * 17,
        "03cc1df781f1c2240a64d1c297b3f3d16262ef5d4cf102734882675c26231b0838",
        "03a0395fe3828f2476ffcd1f4fe540e5a8489322d398be3c4e5a869db7fcb7c52c",
        "c748ca6dd327f0ce85f4ae3a8cd6d4d5390bbb804c9e12dcf94f853fece3dcce",
    ),
]


@pytest.mark.parametrize(("value", "element", "evaluated", "output"), VECTORS)
def test_the_published_vectors(value, element, evaluated, output):
    blinded = oprf.blind(bytes.fromhex(value), by=BLIND)
    assert blinded.element.hex() == element
    assert oprf.evaluate(KEY, blinded.element).hex() == evaluated
    assert oprf.finalize(blinded, bytes.fromhex(evaluated)).hex() == output
    assert oprf.value_of(KEY, bytes.fromhex(value)).hex() == output


@given(st.binary(max_size=40), st.integers(2, oprf.ORDER - 2), st.integers(2, oprf.ORDER - 2))
@hypothesis_settings(max_examples=30)
def test_however_it_is_blinded_the_value_is_the_keys(value, key, by):
    blinded = oprf.blind(value, by=by)
    assert oprf.finalize(blinded, oprf.evaluate(key, blinded.element)) == oprf.value_of(key, value)


def test_two_questions_about_the_same_look_as_different_as_two_about_others():
    asked = [oprf.blind(b"the same").element for _ in range(20)]
    assert len(set(asked)) == 20


@pytest.mark.parametrize("element", [b"", b"\x02" + b"\xff" * 32, b"\x02" + b"\0" * 31 + b"\x01", b"\x00" * 33])
def test_what_is_no_point_is_refused(element):
    with pytest.raises(ValueError):
        oprf.evaluate(KEY, element)
