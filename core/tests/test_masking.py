import pytest

from core.masking import mask_payload, mask_text


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        ("11010519491231002X", "110***********002X"),
        ("13812345678", "138****5678"),
        ("+8613812345678", "138****5678"),
        ("6222020200112233445", "**** 3445"),
        ("id=11010519491231002X,", "id=110***********002X,"),
        ("电话13812345678已登记", "电话138****5678已登记"),
    ],
)
def test_personal_numbers_in_free_text_are_masked(clear, masked):
    assert mask_text(clear) == masked


@pytest.mark.parametrize(
    "kept", ["20261123LN0000000018", "2026-11-23T06:21:49.479328", "amount 200000.00", "1234567890"]
)
def test_serials_times_and_amounts_are_left_alone(kept):
    assert mask_text(kept) == kept


def test_a_payload_is_masked_by_key_and_by_look_at_any_depth():
    payload = {
        "name": "张三丰",
        "nested": [{"card_number": "6222020200112233445", "note": "call 13812345678"}],
        "token": "secret",
        "amount": "10.00",
    }
    assert mask_payload(payload) == {
        "name": "张**",
        "nested": [{"card_number": "**** 3445", "note": "call 138****5678"}],
        "token": "***",
        "amount": "10.00",
    }
