"""Programs get problem+json, people get a page, whatever happens."""

import pytest
from django.test import Client, RequestFactory

from config import errors


@pytest.mark.parametrize("address", ["/api/v1/nothing/", "/api/nothing"])
def test_an_unknown_address_of_the_api_is_a_problem(db, address):
    answer = Client().get(address, headers={"accept-language": "en"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["title"] == "There is nothing at this address."


def test_an_unknown_address_of_the_portal_is_a_page(db):
    answer = Client().get("/nothing/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_what_breaks_under_the_api_is_a_problem_too():
    answer = errors.server_error(RequestFactory().get("/api/v1/loans/"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")


def test_what_breaks_in_the_portal_is_a_page():
    answer = errors.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
