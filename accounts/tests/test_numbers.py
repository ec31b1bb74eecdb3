"""ID numbers, card numbers, mobiles and names: what is taken, what is refused, and in which words."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from accounts import card_number, identity_number, mobile_number, real_name
from core.problems import Problem

TODAY = dt.date(2026, 11, 23)


def refusal(function, *args, **kwargs):
    with pytest.raises(Problem) as caught:
        function(*args, **kwargs)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002X",
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
    ],
)
def test_an_id_number_is_taken_in_every_way_people_write_it(text):
    assert identity_number.clean_id_number(text, on=TODAY) == "11010519491231002X"


@pytest.mark.parametrize("text", ["110105194912310021", "11010519491231002", "", "11010519491331002X", "abc"])
def test_a_wrong_id_number_is_refused(text):
    problem = refusal(identity_number.clean_id_number, text, on=TODAY)
    assert (problem.code, problem.field) == ("id_number_invalid", "id_number")


@given(
    st.dates(dt.date(1930, 1, 1), dt.date(2008, 1, 1)),
    st.integers(0, 999),
    st.integers(0, 17),
    st.integers(1, 9),
)
def test_one_wrong_digit_never_passes(born, order, place, shift):
    body = f"110101{born:%Y%m%d}{order:03d}"
    number = body + ric.calc_check_digit(body + "0")
    assert identity_number.has_check_digit(number)
    if number[place] == "X":
        return
    other = str((int(number[place]) + shift) % 10)
    assert not identity_number.has_check_digit(number[:place] + other + number[place + 1 :])


def test_a_birth_date_in_the_future_is_refused():
    body = "11010120270101001"
    number = body + ric.calc_check_digit(body + "0")
    assert refusal(identity_number.clean_id_number, number, on=TODAY).code == "id_number_invalid"


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("20081123", dt.date(2026, 11, 22), 17),
        ("20081123", dt.date(2026, 11, 23), 18),
        ("20080229", dt.date(2026, 2, 28), 17),
        ("20080229", dt.date(2026, 3, 1), 18),
    ],
)
def test_age_turns_on_the_birthday(born, on, age):
    assert identity_number.age_on(f"110101{born}0010", on) == age


def test_under_eighteen_is_refused_until_the_birthday():
    assert refusal(identity_number.require_adult, "110101200811240010", on=TODAY).code == "under_age"
    identity_number.require_adult("110101200811230010", on=TODAY)


@pytest.mark.parametrize("text", ["6222 0202 0011 2233 446", "6222020200112233446"])
def test_a_card_number_is_taken_with_and_without_spaces(text):
    assert card_number.clean_card_number(text) == "6222020200112233446"


@pytest.mark.parametrize("text", ["6222020200112233445", "622202020011", "6222a20200112233446", "", "0" * 20])
def test_a_card_that_fails_luhn_or_length_is_refused(text):
    problem = refusal(card_number.clean_card_number, text)
    assert (problem.code, problem.field) == ("card_number_invalid", "card_number")


def test_the_bin_names_the_bank():
    assert card_number.debit_card_issuer("6222020200112233446").bank == "ICBC"


def test_a_credit_card_is_never_paid_to():
    assert refusal(card_number.debit_card_issuer, "6225750200112236").code == "card_is_credit"


def test_an_unknown_bank_is_refused():
    assert refusal(card_number.debit_card_issuer, "9999990200112236").code == "card_not_supported"


def test_no_bin_is_listed_twice():
    listed = [bin for _name, debit, credit in card_number.BANKS.values() for bin in f"{debit} {credit}".split()]
    assert len(listed) == len(set(listed))
    assert all(len(bin) == 6 and bin.isdigit() for bin in listed)


@pytest.mark.parametrize("text", ["13812345678", "+86 138 1234 5678", "138-1234-5678"])
def test_a_mobile_is_taken(text):
    assert mobile_number.clean_mobile(text) == "13812345678"


@pytest.mark.parametrize("text", ["12812345678", "1381234567", "138123456789", "", "1381234567a"])
def test_a_wrong_mobile_is_refused(text):
    assert refusal(mobile_number.clean_mobile, text).code == "mobile_invalid"


@pytest.mark.parametrize(
    ("text", "name"),
    [("林晓月", "林晓月"), (" 林 晓月", "林晓月"), ("阿依古丽•买买提", "阿依古丽·买买提"), ("𠮷田", "𠮷田")],
)
def test_a_name_is_taken(text, name):
    assert real_name.clean_name(text) == name


@pytest.mark.parametrize("text", ["林", "Lin", "林晓月1", "", "·林", "林" * 31])
def test_a_wrong_name_is_refused(text):
    assert refusal(real_name.clean_name, text).code == "name_invalid"
