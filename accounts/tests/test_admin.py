"""What staff see and may do: masked, read-only, and in clear only for a recorded reason."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts import roles, staff
from accounts.models import SignIn, User
from accounts.roles import Role
from accounts.tests import factories
from core.models import Unmasking

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
PAGES = [
    "bankcard",
    "consent",
    "consenttext",
    "customer",
    "document",
    "identitycheck",
    "message",
]


@pytest.fixture
def browser():
    """A signed-in member of staff: `browser(Role.…)`."""

    def client(role):
        user = staff.hire(username=role.name.lower(), password=PASSWORD, role=role)
        signed_in = Client(headers={"Accept-Language": "en"})
        signed_in.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return signed_in

    return client


def address(model, page="changelist", *args):
    return reverse(f"admin:accounts_{model}_{page}", args=args)


def test_staff_sign_in_by_name_and_password_and_customers_cannot(sandbox):
    staff.hire(username="lin", password=PASSWORD, role=Role.RISK_OFFICER)
    customer = factories.registered_customer()
    client = Client()
    client.post("/admin/login/", {"username": customer.serial, "password": ""})
    client.post("/admin/login/", {"username": customer.serial, "password": "!"})
    assert client.get("/admin/").status_code == 302
    client.post("/admin/login/", {"username": "lin", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("model", PAGES)
def test_every_list_opens_and_shows_nothing_in_clear(verified, browser, role, model):
    factories.id_card_of(verified)
    page = browser(role).get(address(model))
    assert page.status_code == 200
    for secret in (verified.name, verified.id_number, verified.mobile, verified.cards.get().number):
        assert secret not in page.text


@pytest.mark.parametrize("model", PAGES)
def test_every_record_opens_masked_and_cannot_be_changed(verified, browser, model):
    factories.id_card_of(verified)
    client = browser(Role.RISK_OFFICER)
    row = apps.get_model("accounts", model).objects.order_by("id").first()
    page = client.get(address(model, "change", row.pk))
    assert page.status_code == 200
    for secret in (verified.name, verified.id_number, verified.mobile, verified.cards.get().number):
        assert secret not in page.text
    assert client.post(address(model, "change", row.pk), {}).status_code == 403
    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_a_customer_is_found_by_a_whole_number(verified, browser):
    client = browser(Role.RISK_OFFICER)
    for term in (verified.serial, verified.mobile, verified.id_number):
        assert verified.serial in client.get(address("customer"), {"q": term}).text
    assert verified.serial not in client.get(address("customer"), {"q": verified.mobile[:6]}).text


def test_the_clear_value_is_shown_once_for_a_reason_and_recorded(verified, browser):
    client = browser(Role.RISK_OFFICER)
    page = reverse("admin:accounts_customer_reveal", args=[verified.pk])
    assert verified.id_number not in client.get(page).text
    refused = client.post(page, {"field": "id_number", "why": " "})
    assert verified.id_number not in refused.text
    assert not Unmasking.objects.exists()
    shown = client.post(page, {"field": "id_number", "why": "checking a complaint"})
    assert verified.id_number in shown.text
    assert "no-store" in shown["Cache-Control"]
    seen = Unmasking.objects.get()
    assert (seen.actor, seen.field, seen.reason) == (
        "staff:risk_officer",
        "id_number",
        "checking a complaint",
    )


def test_who_may_not_see_in_clear_does_not(verified, browser):
    client = browser(Role.FINANCE_OFFICER)
    page = reverse("admin:accounts_customer_reveal", args=[verified.pk])
    assert client.post(page, {"field": "name", "why": "curious"}).status_code == 403
    assert not Unmasking.objects.exists()


def test_a_document_opens_for_a_reason(verified, browser):
    document = factories.id_card_of(verified)
    client = browser(Role.RISK_OFFICER)
    page = reverse("admin:accounts_document_reveal", args=[document.pk])
    opened = client.post(page, {"field": "file", "why": "case 7"})
    assert opened.content == document.file.open().read()
    assert opened["Content-Type"] == "image/jpeg"
    assert "no-store" in opened["Cache-Control"]
    assert "sandbox" in opened["Content-Security-Policy"]
    assert Unmasking.objects.get().model == "accounts.Document"


def test_an_administrator_hires_staff_but_makes_no_superuser(browser):
    client = browser(Role.ADMINISTRATOR)
    form = {"username": "new", "display_name": "New", "password1": PASSWORD, "password2": PASSWORD}
    client.post(address("user", "add"), form)
    hired = User.objects.get(username="new")
    assert (hired.is_staff, hired.is_superuser) == (True, False)
    change = {
        "username": "new",
        "display_name": "New",
        "is_active": "on",
        "is_superuser": "on",
        "user_permissions": "1",
    }
    client.post(address("user", "change", hired.pk), change)
    hired.refresh_from_db()
    assert (hired.is_superuser, hired.user_permissions.count()) == (False, 0)
    assert client.post(address("user", "delete", hired.pk), {"post": "yes"}).status_code == 403


def test_only_an_administrator_sees_staff(browser):
    assert browser(Role.RISK_OFFICER).get(address("user")).status_code == 403


def test_customers_are_not_among_staff(verified, browser):
    client = browser(Role.ADMINISTRATOR)
    assert verified.serial not in client.get(address("user")).text
    assert client.get(address("user", "change", verified.user.pk)).status_code == 302


def test_roles_hold_what_was_granted():
    held = {role: set(Group.objects.get(name=role).permissions.values_list("codename", flat=True)) for role in Role}
    assert "reveal_customer" in held[Role.RISK_OFFICER]
    assert "reveal_customer" not in held[Role.FINANCE_OFFICER] | held[Role.ADMINISTRATOR]
    assert "add_user" in held[Role.ADMINISTRATOR]


def test_a_role_cannot_be_given_what_does_not_exist(monkeypatch):
    monkeypatch.setitem(roles._granted, Role.RISK_OFFICER, {"accounts.fly"})
    with pytest.raises(LookupError, match=r"accounts\.fly"):
        roles.load()


def test_the_database_itself_keeps_sign_ins(sandbox):
    factories.registered_customer()
    for statement in ("UPDATE accounts_signin SET outcome = 'x'", "DELETE FROM accounts_signin"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert SignIn.objects.count() == 1


def test_nobody_gives_rights_to_themselves_and_an_administrator_holds_no_other_role(db):
    administrator = staff.hire(username="keeper", password="A-long-word-1!", role=Role.ADMINISTRATOR)
    officer = staff.hire(username="judge", password="A-long-word-1!", role=Role.RISK_OFFICER)
    browser, every = Client(), list(Group.objects.values_list("pk", flat=True))
    browser.force_login(administrator)

    def save(user, groups):
        page = reverse("admin:accounts_user_change", args=[user.pk])
        form = {"username": user.username, "display_name": "", "is_active": "on", "groups": groups}
        return browser.post(page, form, headers={"accept-language": "en"})

    save(administrator, every)
    assert [group.name for group in administrator.groups.all()] == [Role.ADMINISTRATOR]
    refused = save(officer, every)
    assert "holds no other role" in refused.content.decode()
    assert [group.name for group in officer.groups.all()] == [Role.RISK_OFFICER]
    finance = Group.objects.get(name=Role.FINANCE_OFFICER)
    assert save(officer, [finance.pk]).status_code == 302
    assert list(officer.groups.all()) == [finance]
