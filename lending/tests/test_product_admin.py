"""A product in the admin: one officer drafts and tries it out, another publishes."""

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from lending.admin.product_form import TERMS, USUAL
from lending.models import Product
from lending.tests.factories import officer

pytestmark = pytest.mark.django_db


def desk(name):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(officer(name), backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(name, *args):
    return reverse(f"admin:lending_product_{name}", args=args)


def filled(**changes):
    source = Product.objects.get(code="consumer", version=1)
    given = {name: getattr(source, name) for name in TERMS}
    given |= {"terms_months": "3, 6, 12", "methods": ["interest_only", "bullet"], "effective_from": clock.today()}
    given["allocation_order"] = " ".join(source.allocation_order)
    return given | USUAL | {"code": "spring"} | changes


def press(client, product, button):
    page = client.get(address("change", product.pk)).content.decode()
    assert f"/{button}" in page
    link = next(part.split('"')[0] for part in page.split('href="') if part.split('"')[0].rstrip("/").endswith(button))
    return client.post(link, {"why": "agreed", "sent": "1"}, follow=True).content.decode()


def test_one_drafts_and_tries_it_out_and_another_publishes(db):
    author, publisher = desk("author"), desk("publisher")
    late = {"order_from_day_91": "principal interest penalty fee"}
    assert author.post(address("add"), filled(**late)).status_code == 302
    product = Product.objects.get(code="spring")
    assert product.late_orders == {"M4": ["principal", "interest", "penalty", "fee"]}
    tried = {"amount": "6000", "term_months": "6", "method": "interest_only", "percent": "12"}
    seen = author.get(address("change", product.pk), tried).content.decode()
    assert "¥6,000.00" in seen or "6,000.00" in seen
    assert 'lang="zh-hans"' in seen and "Cost disclosure sheet" in seen
    assert author.post(address("change", product.pk), filled(offer_days=5)).status_code == 302
    press(author, product, "propose")
    assert "somebody else must decide" in press(author, product, "publish")
    press(publisher, product, "publish")
    product = Product.objects.get(pk=product.pk)
    assert (product.status, product.offer_days, product.authors) == ("published", 5, ["staff:author"])
    assert author.post(address("change", product.pk), filled()).status_code == 403
    assert author.get(address("change", product.pk)).status_code == 200


def test_a_draft_that_contradicts_says_so_at_its_field():
    response = desk("author").post(address("add"), filled(terms_months="12, 24"))
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["terms_months"]
    assert not Product.objects.filter(code="spring").exists()
