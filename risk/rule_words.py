"""What the codes of published rules mean: each in both languages, fixed once published."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.utils.translation import get_language

from risk.models import RuleSet


@dataclass(frozen=True)
class Words:
    """A reason in both languages."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.zh if (get_language() or "").startswith("zh") else self.en


def published() -> Mapping[str, Words]:
    """Code → words, of all that was ever published."""
    published = RuleSet.objects.filter(status=RuleSet.Status.PUBLISHED)
    return _of(tuple(published.order_by("id").values_list("digest", flat=True)))


@cache
def _of(digests: tuple[str, ...]) -> Mapping[str, Words]:
    documents = RuleSet.objects.filter(digest__in=digests).values_list("document", flat=True)
    tables = [table for document in documents for table in document["tables"]]
    return {row["code"]: Words(row["en"], row["zh"]) for table in tables for row in table["rules"]}
