"""Reads the month's income in a proof of income: a payslip, or an employer's or a bank's certificate.

Runs in a worker, never in the web process. Of what is read only the amount is kept, encrypted; what it means beside the
income that an applicant declares is for a decision to say.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from django.db import transaction

from accounts.document_content import PDF
from accounts.models import Document
from accounts.picture_reading import SURE, Line, read_lines, read_pdf
from core import actors
from core.money import round_money

READER = actors.system("income proof reader")
# What else has digits (a day, a staff number, an account) is no month's income in yuan.
LEAST, MOST = Decimal(100), Decimal(1_000_000)

# What goes before the amount of one month; an amount of a year has other words (年收入, 年薪). What is said to be net
# goes before what may be gross; 月工资单 and its like are titles.
_NET = re.compile(
    r"(?:实发|到手)(?:工资|收入|金额|薪资|薪酬|合计)?(?!年)"
    r"|税后(?:月(?:均|平均)?总?)?(?:工资|收入|薪资|薪酬|薪金|薪|所得)|net pay|take-home pay",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"(?<!年)月(?:均|平均)?总?(?:收入|工资|薪资|薪酬|薪金|薪)(?![资酬金]?(?:单|条|表|明细))|monthly income",
    re.IGNORECASE,
)
# What comes after these words is theirs.
_OTHER_WORDS = re.compile(r"编号|工号|应发")
_AMOUNT = re.compile(
    r"(?<![\d.,])(?P<yuan>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?)(?P<myriad>万)?(?![.,]?\d|[年月日天%号/-])"
)
_DATE = re.compile(r"20\d\d(?:\.(?:0?[1-9]|1[0-2]))?")
_BEGINS_WITH_AMOUNT = re.compile(r"[^\w]*(?:人民币|RMB|CNY)?[^\w]*\d")


def read_income_proof(serial: str) -> None:
    """Work handler: read document `serial`. Again changes nothing."""
    document = Document.objects.get(serial=serial)
    if document.status != Document.Status.STORED:
        return
    income = monthly_income(*_pages(document))
    with transaction.atomic(durable=True):
        if income is None:
            document.find_unreadable(by=READER, why="no month's income could be read")
        else:
            document.find_income(by=READER, why="a month's income was read", income=income)


def _pages(document: Document) -> list[list[Line]]:
    content = document.file.open().read()
    return read_pdf(content) if document.content_type == PDF else [read_lines(content)]


def monthly_income(*pages: list[Line]) -> Decimal | None:
    """The month's income in yuan that the lines of the pages tell, the largest if several; None when none is told.

    An amount counts that follows the words for it, in their line or the next one to the right, or stands right beneath
    them, as in a table; where any page has words for a net income, theirs alone. What the engine is unsure of does not.
    """
    sure = [[_simplified(line) for line in page if line.confidence >= SURE] for page in pages]
    words = _NET if any(_NET.search(line.text) for page in sure for line in page) else _PLAIN
    return max((amount for page in sure for line in page for amount in _amounts_at(line, page, words)), default=None)


def _amounts_at(line: Line, lines: list[Line], words: re.Pattern[str]) -> Iterator[Decimal]:
    for label in words.finditer(line.text):
        own, *others = _OTHER_WORDS.split(line.text[label.end() :], maxsplit=1)
        near = () if others else (_right_of(line, lines), _beneath(line, lines))
        told = (_first_amount(own), *map(_amount_that_begins, near))
        yield from [amount for amount in told if amount is not None][:1]


def _right_of(line: Line, lines: list[Line]) -> Line | None:
    """The next line of the same row."""
    box = line.box
    row = [each for each in lines if each.box.left >= box.right and box.top < each.box.middle < box.bottom]
    return min(row, key=lambda each: each.box.left, default=None)


def _beneath(line: Line, lines: list[Line]) -> Line | None:
    """The next line of the same column."""
    box = line.box
    column = [
        each
        for each in lines
        if each.box.middle > box.bottom and each.box.left < box.right and each.box.right > box.left
    ]
    return min(column, key=lambda each: each.box.top, default=None)


def _amount_that_begins(line: Line | None) -> Decimal | None:
    return _first_amount(line.text) if line and _BEGINS_WITH_AMOUNT.match(line.text) else None


def _first_amount(text: str) -> Decimal | None:
    for found in _AMOUNT.finditer(text):
        if _DATE.fullmatch(found["yuan"]):
            continue
        amount = Decimal(found["yuan"].replace(",", "")) * (10_000 if found["myriad"] else 1)
        if LEAST <= amount <= MOST:
            return round_money(amount)
    return None


def _simplified(line: Line) -> Line:
    """Without the many ways to write the same: full-width digits and signs, spaces between Chinese words."""
    narrow = unicodedata.normalize("NFKC", line.text)
    return replace(line, text=re.sub(r"(?<=[\u3400-\u9fff]) +| +(?=[\u3400-\u9fff])", "", narrow))
