"""What lending registers with the rooms below: outcomes it waits for, work it does, words it says, rights it grants."""

from accounts import message_templates, roles
from core import work
from core.registry import (
    credit_outcomes,
    credit_standings,
    day_settled,
    decision_finalised,
    order_settled,
    profile_sources,
)
from lending import (
    applications,
    changes,
    day_close,
    deductions,
    disbursement,
    funding,
    partner_accounts,
    partner_settlements,
    product_drafts,
    refunds,
    releases,
    repayments,
)
from lending.customer_facts import CustomerFacts
from lending.day_files import rewriting, sending, writing
from lending.message_templates import TEMPLATES
from lending.outcomes import Outcomes
from lending.standings import Standings

SEEN_BY_ALL = [
    f"lending.view_{model}"
    for model in (
        *("allowancerate", "closedday", "creditline", "dayaccrual", "dayfileset", "funder", "fundingagreement"),
        *("instalment", "limithold", "loan", "loanapplication", "loanchange", "loancontract", "loanevent"),
        *("loanfunding", "participation", "partneraccount", "partnersettlement", "product", "rejectedrow", "repayment"),
    )
]


def register() -> None:
    """Called once, when the app is ready."""
    decision_finalised.register(applications.SUBJECT, applications.DecisionHandler())
    order_settled.register(disbursement.PURPOSE, disbursement.PayoutHandler())
    disbursement.register()
    order_settled.register(repayments.PURPOSE, repayments.CollectionHandler())
    order_settled.register(refunds.PURPOSE, refunds.RefundHandler())
    order_settled.register(partner_settlements.PURPOSE, partner_settlements.SettlementHandler())
    partner_settlements.register()
    day_settled.register("settlement with partners", partner_settlements.schedule)
    profile_sources.register("lending", CustomerFacts())
    credit_outcomes.register(applications.SUBJECT, Outcomes())
    credit_standings.register(applications.SUBJECT, Standings())
    work.register(applications.DECIDE, applications.decide)
    work.register(funding.ASK, funding.ask)
    work.register(releases.RELEASE, releases.tell)
    work.register(partner_settlements.SETTLE, partner_settlements.settle)
    work.register(day_close.CLOSE_DAY, day_close.close_day)
    work.register(day_close.HELP_CLOSE_DAY, day_close.help_close_day)
    work.register(day_close.CLOSE_LOAN, day_close.close_one)
    work.register(writing.WRITE, writing.work_off)
    work.register(writing.SEND, sending.send)
    work.register(sending.FETCH_ANSWER, sending.fetch_answer)
    sending.register()
    work.register(deductions.PLAN, deductions.plan)
    work.register(deductions.DEDUCT, deductions.deduct)
    message_templates.register(*TEMPLATES)
    for role in roles.Role:
        roles.grant(role, SEEN_BY_ALL)
    roles.grant(roles.Role.RISK_OFFICER, [product_drafts.DRAFT, product_drafts.PUBLISH])
    for role in (roles.Role.RISK_OFFICER, roles.Role.FINANCE_OFFICER):
        roles.grant(role, [changes.PROPOSE, changes.MAKE])
    roles.grant(roles.Role.FINANCE_OFFICER, [partner_accounts.PROPOSE, partner_accounts.APPROVE])
    roles.grant(roles.Role.FINANCE_OFFICER, [sending.DOWNLOAD, sending.RESOLVE, rewriting.REWRITE])
    roles.grant(roles.Role.ADMINISTRATOR, [product_drafts.PUBLISH])
