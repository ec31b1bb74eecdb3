"""What an officer may look at beside the report: the applicant's masked identity, papers, cards, earlier decisions."""

from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import Customer
from risk.models import Decision, ReviewCase
from risk.report import Section, Words


def of(case: ReviewCase) -> list[Section]:
    """Masked evidence, in the active language. Clear values only by risk.review.reveal."""
    customer = Customer.objects.select_related("user").get(serial=case.customer_serial)
    return [_identity(customer), _papers(customer), _earlier(case)]


def _identity(customer: Customer) -> Section:
    rows: list[tuple[Words, ...]] = [
        (_("Customer"), _link(customer, customer.serial)),
        (_("Name"), customer.masked_name),
        (_("ID number"), customer.masked_id_number),
        (_("Mobile"), customer.masked_mobile),
    ]
    cards: list[tuple[Words, ...]] = [(_("Bank card"), str(card)) for card in customer.cards.order_by("id")]
    return Section(_("Identity (masked)"), rows + cards)


def _papers(customer: Customer) -> Section:
    rows: list[tuple[Words, ...]] = [
        (document.get_kind_display(), document.get_status_display(), _link(document, document.serial))
        for document in customer.documents.order_by("-id")
    ]
    return Section(_("Documents"), rows, (_("Kind"), _("Status"), _("Serial number")))


def _earlier(case: ReviewCase) -> Section:
    decisions = Decision.objects.filter(customer_serial=case.customer_serial).exclude(reference=case.reference)
    rows: list[tuple[Words, ...]] = [
        (decision.reference, decision.get_outcome_display(), str(decision.score or ""))
        for decision in decisions.order_by("-id")[:10]
    ]
    return Section(_("Earlier decisions"), rows, (_("Reference"), _("Outcome"), _("Score")))


def _link(row: models.Model, words: str) -> SafeString:
    """A link to the row's own page, where what is masked here can be opened for a stated reason."""
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', address, words)
