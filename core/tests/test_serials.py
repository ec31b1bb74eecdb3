import pytest

from core.masking import mask_text
from core.serials import SERIAL_LENGTH, Serial, is_valid_serial, next_serial

pytestmark = pytest.mark.django_db


def test_serials_are_dated_checked_and_unique():
    serials = [next_serial(Serial.LOAN) for _ in range(100)]
    assert len(set(serials)) == 100
    for serial in serials:
        assert len(serial) == SERIAL_LENGTH
        assert serial[8:10] == "LN"
        assert is_valid_serial(serial)
        assert mask_text(serial) == serial


def test_a_mistyped_serial_is_noticed():
    serial = next_serial(Serial.ORDER)
    for place in range(SERIAL_LENGTH):
        other = "7" if serial[place] != "7" else "3"
        assert not is_valid_serial(serial[:place] + other + serial[place + 1 :])
