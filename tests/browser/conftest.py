"""Browser tests walk through a house of real processes, one a module."""

from tests.journeys.conftest import stage

__all__ = ["stage"]
