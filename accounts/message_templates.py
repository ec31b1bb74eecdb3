"""The words of our messages to customers. Each app registers its own in AppConfig.ready."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class MessageTemplate:
    """A message in all our languages: lazy translations, with `%(name)s` places in the body."""

    code: str
    title: Promise
    body: Promise
    by_sms: bool = True

    def render(self, language: str, context: Mapping[str, object]) -> tuple[str, str]:
        """Title and text in `language`. Raises KeyError when the context lacks a value."""
        with translation.override(language):
            return str(self.title), str(self.body) % context


_templates: dict[str, MessageTemplate] = {}


def register(*templates: MessageTemplate) -> None:
    """Make templates known by their codes. Raises ValueError for a code that is taken."""
    for template in templates:
        if _templates.get(template.code, template) != template:
            raise ValueError(f"there is already a message template {template.code!r}")
        _templates[template.code] = template


def find(code: str) -> MessageTemplate:
    """The template of a code. Raises KeyError."""
    return _templates[code]


register(
    MessageTemplate(
        "identity_verified",
        _("Identity verified"),
        _("Your name and your bank card are verified. You can now apply for a loan."),
        by_sms=False,
    ),
    MessageTemplate(
        "id_card_unreadable",
        _("Send the picture of your ID card again"),
        _("We could not read the picture of your ID card. Take it again in good light, flat and whole."),
        by_sms=False,
    ),
)
