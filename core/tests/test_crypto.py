import base64

import pytest
from cryptography.exceptions import InvalidTag

from core.crypto import blind_index, decrypt_text, encrypt_text


def test_the_same_text_is_never_encrypted_the_same_way_twice():
    first, second = (encrypt_text("13812345678", context="a.b") for _ in range(2))
    assert first != second
    assert decrypt_text(first, context="a.b") == decrypt_text(second, context="a.b") == "13812345678"


def test_a_value_moved_to_another_column_does_not_decrypt():
    with pytest.raises(InvalidTag):
        decrypt_text(encrypt_text("张三", context="accounts.customer.name"), context="accounts.customer.other")


def test_an_old_key_still_reads_and_the_newest_writes(settings):
    settings.FIELD_KEYS = {"1": b"1" * 32}
    old = encrypt_text("x", context="c")
    settings.FIELD_KEYS = {"1": b"1" * 32, "2": b"2" * 32}
    assert decrypt_text(old, context="c") == "x"
    assert encrypt_text("x", context="c").startswith("2:")


def test_a_blind_index_is_keyed_normalised_and_bound_to_its_purpose(settings):
    assert blind_index("id_number", " 11010519491231002x") == blind_index("id_number", "11010519491231002X")
    assert blind_index("id_number", "1") != blind_index("mobile", "1")
    before = blind_index("mobile", "1")
    settings.BLIND_INDEX_KEY = base64.b64encode(b"another")
    assert blind_index("mobile", "1") != before
