"""The month's income in a proof of it, read by the real engine, kept encrypted; the same proof says the same again."""

import io
from decimal import Decimal

import pytest
from django.db import connection

from accounts import documents, income_proof_reading, onboarding
from accounts.income_proof_reading import monthly_income
from accounts.models import Document
from accounts.picture_reading import Box, Line, read_pdf
from accounts.tests import factories, payslips
from core import work
from core.models import TransitionLog


def line(text, left=0, top=0, *, sure=0.99):
    return Line(text, sure, Box(left, top, left + 20 * len(text), top + 30))


@pytest.mark.parametrize(
    ("text", "income"),
    [
        ("实发工资:12,000.00", "12000.00"),
        ("实 发 工 资 ¥ 12，000．00 元", "12000.00"),
        ("本月实发12000元", "12000.00"),
        ("税后月收入为人民币12500元（大写：壹万贰仟伍佰元整）", "12500.00"),
        ("月均收入1.25万元", "12500.00"),
        ("该员工年收入180000元，月收入15000元", "15000.00"),
        ("10月工资（2026年10月）8,800.50", "8800.50"),
        ("实发合计（2026.10）9000", "9000.00"),
        ("Net pay this month: 12000.00", "12000.00"),
        ("2026年11月工资 应发 12000 实发 9000", "9000.00"),
        ("11月工资 9,000.00 编号 123456", "9000.00"),
        ("月收入15000元，到手 9,000.00", "9000.00"),
        ("2026年11月工资单 编号 123456", None),
        ("2026年11月工资单 123456", None),
        ("11月工资 工号 123456", None),
        ("11月工资 应发 12000", None),
        ("到手年薪 180000", None),
        ("年收入180000元", None),
        ("税后年收入180000元", None),
        ("月收入证明 2026.10", None),
        ("实发工资 12.000.00", None),
        ("实发工资 12", None),
        ("实发工资 622202000000000001", None),
        ("应发工资 15,000.00", None),
        ("12,000.00", None),
    ],
)
def test_what_a_line_tells(text, income):
    assert monthly_income([line(text)]) == (income and Decimal(income))


def test_the_amount_stands_beside_its_words_or_beneath_them():
    beside = [line("实发工资"), line("12,000.00", left=300, top=4), line("99,000.00", left=900, top=2)]
    beneath = [line("实发工资"), line("备注", left=300), line("12,000.00", top=60), line("99,000.00", top=120)]
    elsewhere = [
        line("实发工资"),
        line("扣款", left=300),
        line("9,000.00", left=600),
        line("12,000.00", left=300, top=60),
    ]
    assert monthly_income(beside) == monthly_income(beneath) == Decimal("12000.00")
    assert monthly_income(elsewhere) is None
    assert monthly_income([line("11月工资 编号"), line("123456", left=400)]) is None


def test_where_any_page_has_words_for_a_net_income_only_theirs_counts():
    gross, net, unread = [line("月收入 12000")], [line("实发 9000")], [line("实发 9")]
    assert monthly_income(gross) == Decimal(12000)
    assert monthly_income(gross, net) == monthly_income(net, gross) == Decimal(9000)
    assert monthly_income(gross, unread) is None


def test_the_largest_counts_and_what_the_engine_doubts_does_not():
    slips = [line("实发工资 8000.00"), line("实发工资 9000.00", top=100), line("实发工资 99000.00", top=200, sure=0.8)]
    assert monthly_income(slips) == Decimal("9000.00")


def test_a_chinese_slip_a_table_and_a_certificate_are_read():
    font = payslips.chinese_font()
    assert font, "no Chinese font: apt-get install fonts-wqy-zenhei"
    paper = io.BytesIO()
    payslips.drawn(font).save(paper, "PDF")
    [lines] = read_pdf(paper.getvalue())
    lowest = max(each.box.bottom for each in lines)
    thirds = ([each for each in lines if row <= each.box.middle / lowest * 3 < row + 1] for row in range(3))
    assert [monthly_income(third) for third in thirds] == [Decimal(11000), Decimal(12000), Decimal(12500)]


@pytest.mark.django_db
def test_only_the_amount_is_kept_and_encrypted(verified):
    upload = factories.upload(factories.picture("Payslip of October", "Net pay: 9,500.00", format="PNG"))
    document = documents.store(customer=verified, kind="income_proof", upload=upload)
    work.drain()
    income_proof_reading.read_income_proof(document.serial)
    document = Document.objects.get(pk=document.pk)
    assert (document.status, document.proven_income) == ("read", Decimal("9500.00"))
    [log] = TransitionLog.of(document)
    assert log.actor == "system:income proof reader" and "9" not in log.reason
    with connection.cursor() as cursor:
        cursor.execute("SELECT monthly_income FROM accounts_document WHERE id = %s", [document.pk])
        assert "9500" not in cursor.fetchone()[0]


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"%PDF-1.7 no page at all %%EOF", factories.picture("a cat")])
def test_a_proof_without_an_amount_is_unreadable_and_is_not_asked_for_again(verified, content):
    documents.store(customer=verified, kind="income_proof", upload=factories.upload(content))
    work.drain()
    assert documents.check_results(verified) == {"income_proof": "unreadable"}
    assert onboarding.missing_documents(verified) == ["id_card"]
