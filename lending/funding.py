"""Who funds a loan: ourselves, or jointly with partners that each give their own yes or no before the payout."""

import datetime as dt

from django.db import transaction

from accounts import consents, customers
from accounts.models import Purpose
from core import actors, clock, work
from core.institutions import institution
from core.money import ZERO
from core.outbound import Answer, Outcome, SignedClient
from core.serials import Serial, next_serial
from lending import agreements, credit_lines, disbursement, releases
from lending.models import FundingAgreement, Loan, Participation
from lending.split import split

ASK = "ask_partner"
# A partner that has not answered by then is left out: the two-hour promise is the customer's.
PARTNER_PATIENCE = dt.timedelta(seconds=30)
PAUSE = dt.timedelta(seconds=1)
Status = Participation.Status


def ask_partners(loan: Loan) -> bool:
    """Ask the partners of the first agreement to take their shares, after the transaction. False when there is none.

    The customer must have agreed that partners are told; without that, or without an agreement, we fund alone.
    """
    agreement = agreements.next_for(loan)
    if agreement is None or not consents.has_consent(loan.customer, Purpose.FUNDER_SHARING):
        return False
    shares = list(agreement.shares.all())
    weights = [1 - sum((each.share for each in shares), ZERO), *(each.share for each in shares)]
    for each, amount in zip(shares, split(loan.principal, weights)[1:], strict=True):
        Participation.objects.create(
            serial=next_serial(Serial.PARTICIPATION),
            loan=loan,
            agreement=agreement,
            partner=each.partner,
            share=each.share,
            partner_rate=min(loan.annual_rate, each.partner_rate or loan.annual_rate),
            servicing_fee=each.servicing_fee,
            amount=amount,
            asked_at=clock.real_now(),
        )
    work.enqueue(ASK, loan.serial)
    return True


def ask(loan_serial: str) -> work.Again | None:
    """Work handler: get each partner's yes or no; once all have spoken freeze the shares and order the payout, or ask
    by the next agreement. Harmless to repeat."""
    asking = Participation.objects.filter(loan__serial=loan_serial, status=Status.ASKING)
    for participation in asking.select_related("loan__customer", "partner"):
        answer = _partners_answer(participation)
        said = str(answer.body.get("answer", "")) if answer.ok else ""
        in_time = clock.real_now() - participation.asked_at < PARTNER_PATIENCE
        if said in {"approved", "refused"} or not in_time:
            settle(participation.serial, said, answer)
    return work.Again(after=PAUSE) if asking.exists() else None


def _partners_answer(participation: Participation) -> Answer:
    """Ask; when the answer is lost, the partner's own books say what it decided under our serial number."""
    client = SignedClient(institution("funder"))
    path, loan = "/funder/v1/participations", participation.loan
    answer = client.get(f"{path}/{participation.serial}", serial=participation.serial)
    if answer.outcome is Outcome.ANSWERED and answer.status == 404:
        answer = client.post(path, _request(participation, loan), serial=participation.serial)
    return answer


def _request(participation: Participation, loan: Loan) -> dict[str, object]:
    return {
        "serial": participation.serial,
        "partner": participation.partner.code,
        "loan_reference": loan.serial,
        "principal": f"{loan.principal:.2f}",
        "share_amount": f"{participation.amount:.2f}",
        "share_ratio": f"{participation.share:.6f}",
        "annual_rate": f"{loan.annual_rate:.6f}",
        "partner_rate": f"{participation.partner_rate:.6f}",
        "servicing_fee": f"{participation.servicing_fee:.6f}",
        "term_months": loan.term_months,
        "region": loan.customer.id_number[:2],
    }


@transaction.atomic(durable=True)
def settle(serial: str, said: str, answer: Answer) -> None:
    """Record what the partner of participation `serial` `said` (approved, refused, anything else: nothing in time),
    and after the last partner's word order the payout or ask by the next agreement, once."""
    participation = Participation.objects.select_related("loan__customer", "partner").get(serial=serial)
    loan = participation.loan
    customer = customers.lock(loan.customer.serial)
    credit_lines.lock_of(customer)
    loan.lock()
    participation.lock()
    if participation.status != Status.ASKING:
        return
    _record(participation, said, answer)
    asked = Participation.objects.filter(loan=loan, agreement=participation.agreement)
    if not asked.filter(status=Status.ASKING).exists():
        _conclude(loan, list(asked))


def _record(participation: Participation, said: str, answer: Answer) -> None:
    by = actors.system(f"funder {participation.partner.code}")
    funder_serial = str(answer.body.get("funder_serial", ""))[:64]
    if said == "approved":
        participation.approve(by=by, why="approved by the partner", funder_serial=funder_serial)
    elif said == "refused":
        reason = str(answer.body.get("reason", "") or "refused")[:200]
        participation.refuse(by=by, why=reason, funder_serial=funder_serial)
    else:
        participation.give_up(by=by, why=f"no answer in time ({answer.outcome})")


def _conclude(loan: Loan, asked: list[Participation]) -> None:
    """All partners of an agreement have spoken: only if each takes its share is the loan shared by it."""
    if all(each.status == Status.APPROVED for each in asked):
        disbursement.order_payout(loan, asked)
        return
    releases.order(loan)
    if asked[0].agreement.fallback == FundingAgreement.Fallback.DIRECT or not ask_partners(loan):
        disbursement.order_payout(loan)
