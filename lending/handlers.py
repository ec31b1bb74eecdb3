"""What lending registers with the rooms below: outcomes it waits for, work it does, words it says, rights it grants."""

from accounts import message_templates, roles
from core import work
from core.registry import decision_finalised, order_settled
from lending import applications, changes, day_close, disbursement, funding, product_drafts, refunds, repayments
from lending.message_templates import TEMPLATES

SEEN_BY_ALL = [
    f"lending.view_{model}"
    for model in (
        *("allowancerate", "closedday", "creditline", "dayaccrual", "funder", "fundingagreement", "instalment"),
        *("limithold", "loan", "loanapplication", "loanchange", "loancontract", "loanevent", "loanfunding"),
        *("participation", "product", "repayment"),
    )
]


def register() -> None:
    """Called once, when the app is ready."""
    decision_finalised.register(applications.SUBJECT, applications.DecisionHandler())
    order_settled.register(disbursement.PURPOSE, disbursement.PayoutHandler())
    order_settled.register(repayments.PURPOSE, repayments.CollectionHandler())
    order_settled.register(refunds.PURPOSE, refunds.RefundHandler())
    work.register(applications.DECIDE, applications.decide)
    work.register(funding.ASK, funding.ask)
    work.register(day_close.CLOSE_DAY, day_close.close_day)
    work.register(day_close.HELP_CLOSE_DAY, day_close.help_close_day)
    work.register(day_close.CLOSE_LOAN, day_close.close_one)
    message_templates.register(*TEMPLATES)
    for role in roles.Role:
        roles.grant(role, SEEN_BY_ALL)
    roles.grant(roles.Role.RISK_OFFICER, [product_drafts.DRAFT, product_drafts.PUBLISH])
    for role in (roles.Role.RISK_OFFICER, roles.Role.FINANCE_OFFICER):
        roles.grant(role, [changes.PROPOSE, changes.MAKE])
    roles.grant(roles.Role.ADMINISTRATOR, [product_drafts.PUBLISH])
