"""Invented people with valid numbers, new for every run. None of them exists."""

import datetime as dt
import random
from dataclasses import dataclass

from stdnum import luhn
from stdnum.iso7064 import mod_11_2

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
GIVEN = "安博晨丹恩凡功海嘉凯兰明宁鹏清然书涛文晓雅泽"
REGIONS = ["110101", "310101", "440304", "330106", "510104"]
DEBIT_BIN = "622202"


@dataclass(frozen=True)
class Person:
    """Someone who borrows: what an identity authority knows, and a fingerprint of their telephone."""

    name: str
    id_number: str
    mobile: str
    card_number: str
    fingerprint: str


def invent(today: dt.date) -> Person:
    """A new adult of 25 to 45 as of `today`."""
    pick = random.SystemRandom()
    birth = today - dt.timedelta(days=pick.randint(25 * 366, 45 * 365))
    stem = f"{pick.choice(REGIONS)}{birth:%Y%m%d}{pick.randint(0, 999):03d}"
    card = DEBIT_BIN + f"{pick.randrange(10**12):012d}"
    return Person(
        name=pick.choice(SURNAMES) + "".join(pick.sample(GIVEN, 2)),
        id_number=stem + mod_11_2.calc_check_digit(stem),
        mobile=f"1{pick.choice('3589')}{pick.randrange(10**9):09d}",
        card_number=card + luhn.calc_check_digit(card),
        fingerprint=f"{pick.getrandbits(128):032x}",
    )
