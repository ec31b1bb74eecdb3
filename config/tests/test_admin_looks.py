"""The admin's first page and its navigation."""

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.utils import translation

from accounts import staff
from accounts.roles import Role
from config import admin_home, admin_looks

pytestmark = pytest.mark.django_db
PASSWORD = "a long password of somebody's"


@pytest.fixture(autouse=True)
def chinese():
    with translation.override("zh-hans"):
        yield


def request_of(user):
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def test_every_page_of_the_admin_is_in_the_navigation_once():
    listed = [label for _title, pages in admin_looks.SECTIONS for _icon, label in pages]
    registered = {model._meta.label_lower for model in admin.site._registry}
    hidden = {label for label in registered if label.startswith("axes.")}
    assert len(listed) == len(set(listed))
    assert registered - hidden == set(listed)


def test_staff_see_the_sections_of_their_role(db):
    officer = staff.hire(username="mei", password=PASSWORD, role=Role.RISK_OFFICER)
    titles = [str(section.get("title", "")) for section in admin_looks.navigation(request_of(officer))]
    assert "风控" in titles and "催收" in titles
    assert "员工" not in titles


def test_the_first_page_shows_each_role_what_it_may_see(db):
    officer = staff.hire(username="mei", password=PASSWORD, role=Role.RISK_OFFICER)
    finance = staff.hire(username="lan", password=PASSWORD, role=Role.FINANCE_OFFICER)
    seen = admin_home.first_page(request_of(officer), {})
    assert [str(tile.title) for tile in seen["waiting"]] == ["预警", "审核队列", "客户画像"]
    seen = admin_home.first_page(request_of(finance), {})
    assert [str(tile.title) for tile in seen["waiting"]] == [
        "预警",
        "可能超过两小时的放款",
        "未处理的对账差异",
        "搁置的作业",
    ]
