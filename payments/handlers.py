"""What payments does when woken, and what staff may do in it."""

from accounts.roles import Role, grant
from core import work
from core.registry import consent_withdrawn
from payments import (
    agreements,
    callbacks,
    day_locks,
    ending_agreements,
    lateness,
    orders,
    querying,
    sealing,
    sending,
    settlement,
)

_SEEN = (
    "account",
    "transfer",
    "entry",
    "pendingtransfer",
    "paymentorder",
    "paymentattempt",
    "channelnotice",
    "deductionagreement",
    "statementfile",
    "statementline",
    "difference",
    "settlementreport",
    "reconciledday",
    "routingrules",
    "routechoice",
    "seal",
)


def register() -> None:
    """Name the handlers of our work, and grant finance officers and administrators their permissions."""
    work.register(orders.SEND, sending.send)
    work.register(sending.QUERY, querying.query)
    work.register(orders.RECHECK, querying.recheck)
    work.register(callbacks.APPLY, callbacks.apply)
    work.register(callbacks.CHANGED, callbacks.report_change)
    work.register(settlement.SETTLE, settlement.work_off)
    work.register(day_locks.WORK, day_locks.work_off)
    work.register(sealing.SEAL, sealing.work_off)
    work.register(agreements.END, ending_agreements.work_off)
    consent_withdrawn.register("deduction agreements", agreements.consent_withdrawn)
    lateness.register()
    seen = [f"payments.view_{model}" for model in _SEEN]
    may = ["payments.resolve_difference", "payments.approve_difference", "payments.settle_day", "core.change_work"]
    may += ["payments.draft_routingrules", "payments.publish_routingrules"]
    may += [day_locks.LOCK, day_locks.UNLOCK]
    grant(Role.FINANCE_OFFICER, [*seen, *may])
    grant(Role.ADMINISTRATOR, seen)
