"""The short road of a plain quote and the whole plan lead to the same rows."""

from hypothesis import given

from lending.calculator.request import Asked
from lending.calculator.terms import read_terms
from lending.schedule import planned_rows
from lending.straight import is_straight, straight_rows
from lending.tests.test_properties import schedules


@given(schedules(methods=["equal_instalment", "equal_principal"]))
def test_both_roads_lead_to_the_same_rows(request):
    terms = read_terms(Asked(request))
    assert is_straight(terms)
    assert straight_rows(terms) == planned_rows(terms)
