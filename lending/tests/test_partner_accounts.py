"""The account that a partner is settled with through: entered by one officer, put in force by another who types it
anew, and never shown in clear.
"""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.roles import Role
from core.models import Approval, TransitionLog
from core.problems import Problem
from lending import partner_accounts
from lending.models import Funder, PartnerAccount, PartnerSettlement
from lending.reference_data import OWN_LENDER, PARTNER_ACCOUNT, PARTNER_BANK
from lending.tests.factories import officer
from lending.tests.test_partner_settlements import next_day, post_due, settled
from payments.models import PaymentOrder
from tests.journeys.rivals import at_once

OLD = PARTNER_ACCOUNT[0]
NUMBER, BANK = "6230580000118877665", "307584007998"
FINANCE = Role.FINANCE_OFFICER


@pytest.fixture
def partner(db):
    return Funder.objects.get(code=PARTNER_BANK)


def proposed(partner, **changes):
    given = {"account_number": NUMBER, "bank_number": BANK, "why": "the partner's letter"} | changes
    return partner_accounts.propose(officer=officer("first", FINANCE), partner=partner, **given)


def approved(account, name="second", number=NUMBER):
    partner_accounts.approve(officer=officer(name, FINANCE), account=account, account_number=number, why="seen")


def test_once_a_second_person_has_typed_it_anew_settlements_go_through_it(partner):
    post_due(100_00)
    before = settled(next_day())
    account = proposed(partner)
    assert partner_accounts.in_force(partner).account_number == OLD
    approved(account, number=" 6230 5800 0011 8877 665 ")
    post_due(50_00)
    after = settled(next_day())
    numbers = [PaymentOrder.objects.get(serial=each.order).account_number for each in (before, after)]
    assert numbers == [OLD, NUMBER]
    assert sorted(partner.accounts.values_list("status", flat=True)) == ["in_force", "replaced"]
    assert [log.actor for log in TransitionLog.of(account)] == ["staff:second"]
    assert Approval.of(account).get().proposed_by == "staff:first"


@pytest.mark.parametrize(
    ("name", "number", "code"),
    [("first", NUMBER, "same_person"), ("second", NUMBER[:-1] + "6", "account_number_differs")],
)
def test_neither_the_same_person_nor_another_number_puts_it_in_force(partner, name, number, code):
    account = proposed(partner)
    with pytest.raises(Problem, match=code):
        approved(account, name, number)
    assert partner_accounts.in_force(partner).account_number == OLD
    assert partner_accounts.approvals.pending(account, partner_accounts.VERB)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"account_number": "1234567"}, "account_number_invalid"),
        ({"account_number": "DE12500105170648489890"}, "account_number_invalid"),
        ({"account_number": "٦٢٣٠٥٨٠٠٠٠١١٨٨٧٧٦٦٥"}, "account_number_invalid"),
        ({"bank_number": "30758400799"}, "bank_number_invalid"),
        ({"why": " "}, "reason_missing"),
    ],
)
def test_what_is_no_account_is_refused(partner, changes, code):
    with pytest.raises(Problem, match=code):
        proposed(partner, **changes)
    assert partner.accounts.count() == 1


def test_full_width_digits_are_kept_as_plain_ones(partner):
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    account = proposed(partner, account_number=NUMBER.translate(wide), bank_number=BANK.translate(wide))
    assert (account.account_number, account.bank_number) == (NUMBER, BANK)
    approved(account, number=NUMBER.translate(wide))


def test_only_partners_have_accounts_here_one_waits_at_a_time_and_only_finance_enters_it(partner):
    with pytest.raises(Problem, match="not_a_partner"):
        proposed(Funder.objects.get(code=OWN_LENDER))
    account = proposed(partner)
    with pytest.raises(Problem, match="already_proposed"):
        proposed(partner)
    partner_accounts.refuse(officer=officer("first", FINANCE), account=account, why="a slip")
    with pytest.raises(Problem, match="nothing_proposed"):
        approved(account)
    for act in (partner_accounts.approve, partner_accounts.propose):
        given = {"account": account} if act is partner_accounts.approve else {"partner": partner, "bank_number": BANK}
        with pytest.raises(Problem, match="not_permitted"):
            act(officer=officer("risk", Role.RISK_OFFICER), account_number=NUMBER, why="no", **given)


def test_rivals_put_it_in_force_once(committed_db):
    partner = Funder.objects.get(code=PARTNER_BANK)
    account = proposed(partner)
    for number in range(4):
        officer(f"rival-{number}", FINANCE)
    done = []

    def one(number):
        try:
            approved(account, f"rival-{number}")
            done.append(number)
        except Problem as problem:
            assert problem.code == "nothing_proposed"

    at_once(*[lambda number=number: one(number) for number in range(4)])
    assert len(done) == 1
    assert partner_accounts.in_force(partner).pk == account.pk


def desk(name):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(officer(name, FINANCE), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page_of(client, row):
    return client.get(reverse(f"admin:lending_{row._meta.model_name}_change", args=[row.pk])).content.decode()


def press(client, row, button, **given):
    links = [part.split('"')[0] for part in page_of(client, row).split('href="')]
    link = next(link for link in links if link.rstrip("/").endswith(f"/{button}"))
    assert client.get(link).status_code == 200
    return client.post(link, {"sent": "1", "why": "their letter", **given}, follow=True).content.decode()


def test_finance_staff_change_it_in_the_admin_and_no_page_nor_the_database_shows_it(partner):
    first, second = desk("first"), desk("second")
    seen = press(first, partner, "propose-account", account_number=NUMBER, bank_number=BANK)
    assert "waits for a second person" in seen
    account = PartnerAccount.objects.latest("pk")
    assert "must decide" in press(first, account, "approve", account_number=NUMBER)
    assert "not the number that was proposed" in press(second, account, "approve", account_number=OLD)
    seen += press(second, account, "approve", account_number=NUMBER)
    seen += page_of(second, partner) + page_of(second, account)
    seen += second.get(reverse("admin:lending_partneraccount_changelist")).content.decode()
    assert "**** 7665" in seen and "**** 9999" in seen and BANK in seen
    assert NUMBER not in seen and OLD not in seen
    own = Funder.objects.get(code=OWN_LENDER)
    assert "in the settings" in page_of(first, own) and "propose-account" not in page_of(first, own)
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_number FROM lending_partneraccount")
        assert not [stored for (stored,) in cursor.fetchall() if NUMBER in stored or OLD in stored]


def test_a_day_without_an_account_is_settled_once_there_is_one(partner):
    partner.accounts.all().delete()
    post_due(100)
    day = next_day()
    with pytest.raises(RuntimeError, match="no account"):
        settled(day)
    assert not PartnerSettlement.objects.exists()
    approved(proposed(partner))
    assert settled(day).status == "ordered"
