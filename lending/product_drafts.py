"""A product's way to the customer: one officer drafts a version, another publishes it."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from core import approvals, clock
from core.problems import Problem
from lending import product_rules
from lending.models import Product

DRAFT = "lending.draft_product"
PUBLISH = "lending.publish_product"
VERB = "publish"
# What one version hands on to the next.
COPIED = (
    *("name_zh", "name_en", "minimum_amount", "maximum_amount", "terms_months", "methods", "minimum_rate"),
    *("maximum_rate", "conventions", "penalty_factor", "cost_cap", "grace_days", "allocation_order", "late_orders"),
    *("offer_days", "reading_seconds", "cooling_off_days", "cooling_off_interest"),
)


@transaction.atomic
def draft(*, officer: User, code: str, terms: dict[str, Any]) -> Product:
    """A new draft of product `code`: the next version. `terms` are the fields of Product.

    Raises Problem: not_permitted (403), product_contradicts.
    """
    actor = roles.actor(officer, DRAFT)
    last = Product.objects.filter(code=code).aggregate(last=Max("version"))["last"] or 0
    product = Product(code=code, version=last + 1, authors=[actor], **terms)
    product_rules.check(product, today=clock.today())
    try:
        with transaction.atomic():
            product.save()
    except IntegrityError as rival:
        message = _("Somebody else has just drafted a version of this product: try again.")
        raise Problem("version_taken", message, status=409) from rival
    return product


def draft_next(*, officer: User, product: Product) -> Product:
    """A draft with the terms of a version, to begin tomorrow. Raises Problem: not_permitted (403)."""
    terms = {name: getattr(product, name) for name in COPIED}
    tomorrow = clock.today() + dt.timedelta(days=1)
    return draft(officer=officer, code=product.code, terms={**terms, "effective_from": tomorrow})


@transaction.atomic
def edit(*, officer: User, product: Product, terms: dict[str, Any]) -> Product:
    """Change fields of a draft; the officer becomes one of its authors.

    Raises Problem: not_permitted (403), wrong_state (409), product_contradicts.
    """
    actor = roles.actor(officer, DRAFT)
    product = Product.objects.get(pk=product.pk)
    product.edit(by=actor, why="edited", terms=terms)
    product_rules.check(product, today=clock.today())
    return product


def propose(*, officer: User, product: Product, why: str) -> Product:
    """Lay a draft before a second person.

    Raises Problem: not_permitted (403), wrong_state (409), product_contradicts.
    """
    actor = roles.actor(officer, DRAFT)
    with transaction.atomic(durable=True):
        product = Product.objects.get(pk=product.pk)
        product.propose(by=actor, why=why)
        product_rules.check(product, today=clock.today())
        approvals.propose(product, VERB, by=actor, why=why, authors=product.authors)
    return product


def publish(*, officer: User, product: Product, why: str) -> Product:
    """The second person's yes: the version is in force from its first day on, and nothing changes it any more.

    Raises Problem: not_permitted, same_person (both 403), wrong_state, date_taken (both 409), product_contradicts.
    """
    actor = roles.actor(officer, PUBLISH)
    try:
        with transaction.atomic(durable=True):
            product = Product.objects.get(pk=product.pk)
            product.lock()
            approvals.approve(product, VERB, by=actor, why=why)
            product_rules.check(product, today=clock.today())
            product.publish(by=actor, why=why)
    except IntegrityError as taken:
        message = _("Another version of this product begins on the same day: choose another first day.")
        raise Problem("date_taken", message, status=409, field="effective_from") from taken
    return product


def send_back(*, officer: User, product: Product, why: str) -> Product:
    """The second person's no, or an author's second thought: it is a draft again.

    Raises Problem: not_permitted (403), wrong_state (409).
    """
    actor = roles.actor(officer, DRAFT, PUBLISH)
    with transaction.atomic(durable=True):
        product = Product.objects.get(pk=product.pk)
        product.send_back(by=actor, why=why)
        approvals.refuse(product, VERB, by=actor, why=why)
    return product
