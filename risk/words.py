"""What the declared facts are called, for forms, pages and reports."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from risk.facts import Employment, Housing, Purpose

EMPLOYMENT: dict[str, str | Promise] = {
    Employment.FIXED: _("permanent job"),
    Employment.FREELANCE: _("self-employed"),
    Employment.PART_TIME: _("part-time or temporary job"),
    Employment.STUDENT: _("student"),
    Employment.OTHER: _("other work or none"),
}
HOUSING: dict[str, str | Promise] = {
    Housing.OWNER: _("own home"),
    Housing.RENT: _("rented home"),
    Housing.PARENTS: _("with parents"),
    Housing.OTHER: _("other home"),
}
PURPOSE: dict[str, str | Promise] = {
    Purpose.EVERYDAY: _("everyday spending"),
    Purpose.APPLIANCES: _("household appliances"),
    Purpose.RENOVATION: _("renovation"),
    Purpose.EDUCATION: _("education"),
    Purpose.MEDICAL: _("medical care"),
    Purpose.TRAVEL: _("travel"),
    Purpose.OTHER: _("other consumption"),
    Purpose.HOUSE_PURCHASE: _("buying a home"),
    Purpose.INVESTMENT: _("shares, futures or other investment"),
}
FEATURE: dict[str, str | Promise] = {
    "employment": _("kind of work"),
    "employment_years": _("years in this work"),
    "housing": _("home"),
    "amount_to_income": _("amount asked for, in months of income"),
    "expenses_to_income": _("expenses as a share of income"),
    "term_months": _("term in months"),
    "months_late": _("months late now"),
    "worst_months_late": _("most months late in half a year"),
    "times_late": _("months' ends at which something was late, in half a year"),
    "paid_share": _("share paid of what fell due in three months"),
    "utilisation": _("share of the credit limit in use"),
    "rarity": _("how seldom the answers come together, in bits"),
    "ring_size": _("linked customers, the applicant among them"),
    "ring_density": _("share of pairs among them that are linked"),
    "lenders_elsewhere": _("other lenders that the applicant owes"),
    "applications_elsewhere": _("applications with other lenders in 30 days"),
}
SEVERITY: dict[str, str | Promise] = {
    "note": pgettext_lazy("severity", "note"),
    "review": pgettext_lazy("severity", "for a person"),
    "decline": pgettext_lazy("severity", "decline"),
}
TRACE: dict[str, str | Promise] = {
    "id_number": _("ID number"),
    "mobile": _("mobile"),
    "card": _("bank card"),
    "device": _("device"),
    "ip": _("network address"),
    "address": _("home address"),
    "employer": _("employer"),
    "contact": _("contact's mobile"),
    "picture": _("ID card picture"),
}


def choices(words: dict[str, str | Promise]) -> list[tuple[str, str | Promise]]:
    """Words as a form field's choices."""
    return [(str(value), label) for value, label in words.items()]
