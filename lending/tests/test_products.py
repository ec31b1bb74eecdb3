"""Products: one officer drafts, another publishes, what contradicts is refused, what is published stays."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.roles import Role
from core import clock
from core.models import Approval, TransitionLog
from core.problems import Problem
from lending import product_drafts, product_rules, products
from lending.models import Product
from lending.tests.factories import officer, published

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def terms(**changes):
    current = products.find("consumer", on=clock.today())
    copied = {name: getattr(current, name) for name in product_drafts.COPIED}
    return {**copied, "effective_from": clock.today(), **changes}


def draft(**changes):
    return product_drafts.draft(officer=officer("author"), code="consumer", terms=terms(**changes))


def proposed(**changes):
    return product_drafts.propose(officer=officer("author"), product=draft(**changes), why="cheaper")


def test_a_draft_is_not_lent_until_a_second_person_publishes_it():
    product = proposed(maximum_amount=Decimal("50000"))
    assert products.find("consumer", on=clock.today()).version == 1
    product_drafts.publish(officer=officer("publisher"), product=product, why="agreed")
    found = products.find("consumer", on=clock.today())
    assert (found.version, found.maximum_amount) == (2, Decimal("50000"))
    approval = Approval.of(found).get()
    assert (approval.proposed_by, approval.decided_by) == ("staff:author", "staff:publisher")
    assert [log.verb for log in TransitionLog.of(found)] == ["propose", "publish"]


def test_the_author_never_publishes_nor_whoever_edited_the_draft():
    product = draft()
    product_drafts.edit(officer=officer("editor"), product=product, terms={"offer_days": 5})
    product_drafts.propose(officer=officer("author"), product=product, why="cheaper")
    for name in ("author", "editor"):
        with pytest.raises(Problem, match="same_person"):
            product_drafts.publish(officer=officer(name), product=product, why="mine")
    assert Product.objects.get(pk=product.pk).status == "proposed"


def test_each_step_asks_for_its_permission():
    cashier = officer("cashier", Role.FINANCE_OFFICER)
    with pytest.raises(Problem, match="not_permitted"):
        product_drafts.draft(officer=cashier, code="consumer", terms=terms())
    product = proposed()
    for act in (product_drafts.publish, product_drafts.send_back):
        with pytest.raises(Problem, match="not_permitted"):
            act(officer=cashier, product=product, why="please")


def test_what_is_sent_back_is_a_draft_again_and_what_is_not_a_draft_is_not_edited():
    product = proposed()
    with pytest.raises(Problem, match="wrong_state"):
        product_drafts.edit(officer=officer("author"), product=product, terms={"offer_days": 5})
    product_drafts.send_back(officer=officer("publisher"), product=product, why="the grace is too long")
    edited = product_drafts.edit(officer=officer("author"), product=product, terms={"offer_days": 5})
    assert (edited.status, edited.offer_days) == ("draft", 5)


def test_a_published_version_is_read_only_whoever_asks():
    product = published()
    with pytest.raises(Problem, match="wrong_state"):
        product_drafts.edit(officer=officer("author"), product=product, terms={"offer_days": 5})
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(offer_days=5)
    with pytest.raises(IntegrityError), transaction.atomic():
        product.delete()


def test_a_version_begins_on_its_first_day_and_ends_where_the_next_begins():
    today = clock.today()
    later = published(effective_from=today + 10 * DAY)
    last = published(effective_from=today + 20 * DAY)
    begins = {0: 1, 9: 1, 10: later.version, 19: later.version, 20: last.version, 400: last.version}
    assert {day: products.find("consumer", on=today + day * DAY).version for day in begins} == begins
    assert products.in_force(today + 30 * DAY).filter(code="consumer").count() == 1


def test_two_versions_cannot_begin_on_one_day():
    published(effective_from=clock.today() + DAY)
    rival = proposed(effective_from=clock.today() + DAY)
    with pytest.raises(Problem, match="date_taken"):
        product_drafts.publish(officer=officer("publisher"), product=rival, why="well")
    assert (Product.objects.get(pk=rival.pk).status, Approval.of(rival).get().status) == ("proposed", "proposed")


def test_what_became_past_while_it_waited_is_not_published():
    product = proposed()
    clock.move_to(clock.now() + DAY, by="test")
    with pytest.raises(Problem) as refused:
        product_drafts.publish(officer=officer("publisher"), product=product, why="late")
    assert (refused.value.code, refused.value.field) == ("product_contradicts", "effective_from")


OUTSTANDING = {"interest_on": "outstanding"}


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("minimum_amount", {"minimum_amount": Decimal("0")}),
        ("maximum_amount", {"minimum_amount": Decimal("5000"), "maximum_amount": Decimal("4000")}),
        ("maximum_amount", {"maximum_amount": Decimal("200000.01")}),
        ("terms_months", {"terms_months": []}),
        ("terms_months", {"terms_months": [0, 12]}),
        ("terms_months", {"terms_months": [61]}),
        ("terms_months", {"methods": ["bullet"], "terms_months": [12, 13]}),
        ("methods", {"methods": []}),
        ("methods", {"methods": ["flat"]}),
        ("minimum_rate", {"minimum_rate": Decimal("-0.01")}),
        ("maximum_rate", {"minimum_rate": Decimal("0.2"), "maximum_rate": Decimal("0.1")}),
        ("maximum_rate", {"maximum_rate": Decimal("0.2401")}),
        ("maximum_rate", {"maximum_rate": Decimal("0.21"), "cost_cap": Decimal("0.2")}),
        ("penalty_factor", {"penalty_factor": Decimal("-1")}),
        ("cost_cap", {"cost_cap": Decimal("0.25")}),
        ("effective_from", {"effective_from": dt.date(2026, 1, 1)}),
    ],
)
def test_a_draft_that_contradicts_is_refused_naming_the_field(field, changes):
    before = Product.objects.count()
    with pytest.raises(Problem) as refused:
        draft(**changes)
    assert (refused.value.code, refused.value.field) == ("product_contradicts", field)
    assert Product.objects.count() == before


def test_a_year_of_360_days_makes_a_rate_under_the_cap_dearer_than_the_cap():
    conventions = {**terms()["conventions"], "day_count": "actual/360"}
    near = {"maximum_rate": Decimal("0.238"), "terms_months": [12], "minimum_amount": Decimal("1000")}
    assert product_rules.contradictions(Product(code="x", **terms(**near)), today=clock.today()) == []
    with pytest.raises(Problem) as refused:
        draft(**near, conventions=conventions)
    assert refused.value.field == "maximum_rate"


def test_rounding_small_amounts_to_the_yuan_can_make_a_loan_too_dear():
    conventions = {**terms()["conventions"], "rounding": "up", "round_to": "1"}
    with pytest.raises(Problem) as refused:
        draft(conventions=conventions)
    assert refused.value.field == "maximum_rate"


def test_interest_and_penalty_together_stay_within_the_cap():
    conventions = {**terms()["conventions"], **OUTSTANDING}
    with pytest.raises(Problem) as refused:
        draft(conventions=conventions)
    assert refused.value.field == "penalty_factor"
    assert draft(conventions=conventions, penalty_factor=Decimal(0)).pk
