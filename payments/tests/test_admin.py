"""The admin shows money and explains it; it moves none except by use cases that a permission guards."""

import datetime as dt
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pypdfium2 import PdfDocument

from accounts import roles, staff
from accounts.roles import Role
from core import clock
from core.models import Work
from payments import settlement
from payments.channels import CHANNELS
from payments.models import Difference, PaymentOrder, SettlementReport, StatementFile, Transfer
from payments.tests.books import seal_all, tomorrow
from payments.tests.driving import finish, work_until
from payments.tests.orderer import CARD, NAME, order
from payments.tests.test_days import file, next_morning, take_in

PAGES = [
    *(
        "paymentorder",
        "channelnotice",
        "transfer",
        "account",
        "statementfile",
        "difference",
        "settlementreport",
        "reconciledday",
        "seal",
    ),
]


def hire(role):
    roles.load()
    user = staff.hire(username=f"{role.name.lower()}", password="correct horse battery", role=role)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def officer(committed_db):
    return hire(Role.FINANCE_OFFICER)


@pytest.fixture
def paid(committed_db, sandbox, orderer):
    done = work_until(order("1000.00"), "succeeded")
    finish()
    return done


def page(client, name, *args, status=200):
    response = client.get(reverse(f"admin:payments_{name}", args=args))
    assert response.status_code == status
    return response.content.decode()


def test_every_list_and_row_can_be_opened_and_shows_no_personal_data(officer, paid, sandbox):
    day = next_morning(sandbox)
    take_in(day, *file(total="0,0.00,0.00,0.00"))
    settlement.settle_day(day)
    seen = "".join(page(officer, f"{name}_changelist") for name in PAGES)
    for model in (PaymentOrder, Transfer, StatementFile, Difference, SettlementReport):
        seen += page(officer, f"{model._meta.model_name}_change", model.objects.first().pk)
    assert paid.serial in seen
    assert NAME not in seen and CARD not in seen
    assert f"**** {CARD[-4:]}" in seen


def test_an_order_tells_its_story(officer, paid):
    story = page(officer, "paymentorder_change", paid.pk)
    for word in ("attempt 1", "/payment/v1/payouts", "accepted by the institution", "channel_fee", "system:sender"):
        assert word in story, word


def test_the_trial_balance_adds_up(officer, paid):
    shown = page(officer, "account_trial_balance")
    assert shown.count("cash with a payment institution") == len(CHANNELS)
    assert "¥1,000.00" in shown
    address = reverse("admin:payments_account_trial_balance")
    earlier = officer.get(address, {"date": "2020-01-01"}).content.decode()
    assert "¥1,000.00" not in earlier
    assert officer.get(address, {"date": "2020-02-31"}).status_code == 200


def test_nothing_can_be_changed_added_or_deleted(officer, paid):
    for name in PAGES:
        page(officer, f"{name}_add", status=403)
    url = reverse("admin:payments_paymentorder_change", args=[paid.pk])
    assert officer.post(url, {"amount": "1.00"}).status_code == 403
    assert (
        officer.post(reverse("admin:payments_paymentorder_delete", args=[paid.pk]), {"post": "yes"}).status_code == 403
    )
    assert PaymentOrder.objects.get().amount == Decimal("1000.00")


def test_the_seals_are_shown_with_their_transfers(officer, paid):
    transfer = Transfer.objects.order_by("id").last()
    address = ("transfer_change", transfer.pk)
    assert "not sealed yet" in page(officer, *address)
    [*_earlier, seal] = seal_all(tomorrow(transfer))
    assert f"{seal.root[:16]}…" in page(officer, "seal_changelist")
    shown = page(officer, "seal_change", seal.pk)
    assert all(value in shown for value in (seal.root, seal.previous, seal.signature, seal.key, "business day"))
    assert "half hour" in page(officer, *address)


class TestSettling:
    """A day is settled by a button, when it is over."""

    def settle(self, client, date):
        url = reverse("admin:payments_settlementreport_settle")
        return client.post(url, {"date": date.isoformat(), "_form_submitted": "1"})

    def test_a_day_that_is_over(self, officer, sandbox):
        yesterday = clock.today() - dt.timedelta(days=2)
        assert "HX-Redirect" in self.settle(officer, yesterday).headers
        assert Work.objects.get(kind="settle_day").key == yesterday.isoformat()

    def test_a_day_that_is_not(self, officer):
        self.settle(officer, clock.today())
        assert not Work.objects.filter(kind="settle_day").exists()

    def test_others_may_not(self, committed_db):
        assert self.settle(hire(Role.RISK_OFFICER), clock.today()).status_code == 403

    def test_the_report_can_be_downloaded(self, officer, sandbox, orderer):
        day = next_morning(sandbox)
        [report] = settlement.settle_day(day)
        response = officer.get(reverse("admin:payments_settlementreport_csv", args=[report.pk]))
        assert response["Content-Disposition"] == f'attachment; filename="settlement-payment-{day}.csv"'
        assert response.content.decode().splitlines()[1] == f"business date,{day}"

    @pytest.mark.parametrize(("language", "title"), [("en", "Settlement of"), ("zh-hans", "结算")])
    def test_the_whole_day_is_a_page_a_file_and_a_paper(self, officer, paid, sandbox, language, title):
        day = next_morning(sandbox)
        [report] = settlement.settle_day(day)
        officer.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        address = reverse("admin:payments_settlementreport_whole_day", args=[report.pk])
        shown = officer.get(address, follow=True).content.decode()
        assert title in shown and "1,000.00" in shown
        links = [
            unescape(part.split('"')[0])
            for part in shown.split('href="')[1:]
            if "settled_on" in part or "entries__" in part
        ]
        assert len(links) == 2 and all(officer.get(link).status_code == 200 for link in links)
        assert paid.serial in officer.get(links[1]).content.decode()
        [csv, pdf] = [
            officer.get(reverse("admin:payments_day_books_file", args=[day, kind])) for kind in ("csv", "pdf")
        ]
        assert "payment,0.00,1000.00," in csv.content.decode()
        text = "".join(each.get_textpage().get_text_range() for each in PdfDocument(pdf.content))
        assert title in text and "1000.00" in text

    @pytest.mark.parametrize("day", ["2026-13-01", "x"])
    def test_a_day_that_is_none_is_not_found(self, officer, day):
        assert officer.get(reverse("admin:payments_day_books", args=[day])).status_code == 404


def test_the_trial_balance_is_known_for_any_moment(officer, paid):
    address = reverse("admin:payments_account_trial_balance")
    assert "1,000.00" in officer.get(address).content.decode()
    assert "1,000.00" not in officer.get(address, {"moment": "2026-01-01T00:00:00"}).content.decode()
    assert "1,000.00" in officer.get(address, {"moment": "2126-01-01T00:00"}).content.decode()
    assert officer.get(address, {"moment": "nonsense"}).status_code == 200


def test_officers_of_risk_see_no_money(committed_db):
    client = hire(Role.RISK_OFFICER)
    for name in PAGES:
        page(client, f"{name}_changelist", status=403)
