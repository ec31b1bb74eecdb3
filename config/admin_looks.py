"""How the admin looks and how its rooms are found: settings for django-unfold. Holds no models."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

TEAL = {
    "50": "240 249 249",
    "100": "217 239 239",
    "200": "182 222 223",
    "300": "134 198 201",
    "400": "76 164 169",
    "500": "36 131 137",
    "600": "11 104 111",
    "700": "11 92 99",
    "800": "8 71 77",
    "900": "8 58 63",
    "950": "3 38 42",
}


# Section → icon and model (`app.model`) of each of its pages.
LENDING = _("Lending")
SECTIONS: list[tuple[Any, list[tuple[str, str]]]] = [
    (
        _("Risk"),
        [
            ("fact_check", "risk.reviewcase"),
            ("visibility_off", "risk.qualitysample"),
            ("gavel", "risk.decision"),
            ("block", "risk.watchlistentry"),
            ("monitoring", "risk.watchedday"),
            ("contact_page", "risk.profile"),
            ("online_prediction", "risk.repaymentforecast"),
            ("model_training", "risk.modelversion"),
            ("table_rows", "risk.ruleset"),
            ("hub", "risk.sharingquery"),
        ],
    ),
    (
        LENDING,
        [
            ("assignment", "lending.loanapplication"),
            ("account_balance_wallet", "lending.creditline"),
            ("receipt_long", "lending.loan"),
            ("description", "lending.loancontract"),
            ("event_note", "lending.instalment"),
            ("timeline", "lending.loanevent"),
            ("payments", "lending.repayment"),
            ("published_with_changes", "lending.loanchange"),
            ("handshake", "lending.participation"),
            ("account_balance", "lending.funder"),
            ("credit_card", "lending.partneraccount"),
            ("currency_exchange", "lending.partnersettlement"),
            ("contract", "lending.fundingagreement"),
            ("category", "lending.product"),
            ("event_available", "lending.closedday"),
            ("trending_up", "lending.dayaccrual"),
            ("folder_zip", "lending.dayfileset"),
            ("report", "lending.rejectedrow"),
            ("savings", "lending.allowancerate"),
        ],
    ),
    (
        _("Payments and accounts"),
        [
            ("sync_alt", "payments.paymentorder"),
            ("alt_route", "payments.routingrules"),
            ("call_split", "payments.routechoice"),
            ("contract", "payments.deductionagreement"),
            ("rule", "payments.difference"),
            ("upload_file", "payments.statementfile"),
            ("summarize", "payments.settlementreport"),
            ("lock", "payments.reconciledday"),
            ("notifications", "payments.channelnotice"),
            ("menu_book", "payments.transfer"),
            ("hourglass_top", "payments.pendingtransfer"),
            ("verified", "payments.seal"),
            ("account_tree", "payments.account"),
        ],
    ),
    (
        _("Collections"),
        [
            ("phone_in_talk", "debt_collection.collectioncase"),
            ("volunteer_activism", "debt_collection.helpoffer"),
            ("timeline", "debt_collection.strategystep"),
            ("tune", "debt_collection.helprule"),
        ],
    ),
    (
        _("Customers"),
        [
            ("person", "accounts.customer"),
            ("badge", "accounts.identitycheck"),
            ("credit_card", "accounts.bankcard"),
            ("folder_shared", "accounts.document"),
            ("task_alt", "accounts.consent"),
            ("article", "accounts.consenttext"),
            ("mail", "accounts.message"),
            ("login", "accounts.signin"),
            ("devices", "accounts.device"),
        ],
    ),
    (
        _("Operations"),
        [
            ("notification_important", "core.alert"),
            ("pending_actions", "core.work"),
            ("swap_calls", "core.externalmessage"),
            ("supervisor_account", "core.approval"),
            ("history", "core.transitionlog"),
            ("visibility", "core.unmasking"),
        ],
    ),
    (_("Staff"), [("manage_accounts", "accounts.user"), ("groups", "auth.group")]),
]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar: what the signed-in member of staff may see, room by room. Called by unfold for each page."""
    from django.contrib import admin

    shown = {model._meta.label_lower: each for model, each in admin.site._registry.items()}
    first = {"title": _("First page"), "icon": "home", "link": reverse("admin:index")}
    sections: list[dict[str, Any]] = [{"items": [first]}]
    for title, pages in SECTIONS:
        items = [
            _page(icon, shown[label].model)
            for icon, label in pages
            if label in shown and shown[label].has_view_permission(request)
        ]
        if title == LENDING and request.user.has_perm("lending.view_loan"):
            items.append({"title": _("Reports"), "icon": "monitoring", "link": reverse("admin:lending_reports")})
        if items:
            sections.append({"title": title, "separator": True, "items": items})
    return sections


def environment(request: HttpRequest) -> list[Any] | None:
    """The badge on every page of a sandbox. Called by unfold."""
    return [_("Sandbox"), "warning"] if settings.SANDBOX else None


def _page(icon: str, model: Any) -> dict[str, Any]:
    title = model._meta.verbose_name_plural
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return {"title": f"{title[:1].upper()}{title[1:]}", "icon": icon, "link": address}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Open Lending: back office"),
    "SITE_HEADER": _("Open Lending"),
    "SITE_SUBHEADER": _("Back office"),
    "SITE_ICON": lambda request: static("portal/mark.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("portal/mark.svg")}],
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {"primary": TEAL},
    "ENVIRONMENT": "config.admin_looks.environment",
    "STYLES": [lambda request: static("portal/admin.css")],
    "DASHBOARD_CALLBACK": "config.admin_home.first_page",
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "config.admin_looks.navigation"},
}
