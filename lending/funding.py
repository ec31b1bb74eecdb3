"""Who funds a loan: ourselves, or jointly with a partner that gives its own yes or no before the payout."""

import datetime as dt

from django.db import transaction
from django.db.models import Q

from accounts import consents, customers
from accounts.models import Purpose
from core import actors, clock, work
from core.institutions import institution
from core.outbound import Answer, Outcome, SignedClient
from core.serials import Serial, next_serial
from lending import credit_lines, disbursement, releases
from lending.models import FundingAgreement, Loan, Participation
from lending.split import split

ASK = "ask_partner"
# A partner that has not answered by then is left out: the two-hour promise is the customer's.
PARTNER_PATIENCE = dt.timedelta(seconds=30)
PAUSE = dt.timedelta(seconds=1)
Status = Participation.Status


def ask_partner(loan: Loan) -> bool:
    """Ask the partner of the agreement in force to take its share, after the transaction. False when there is none.

    The customer must have agreed that this partner is told; without that, or without an agreement, we fund alone.
    """
    agreement = _agreement_for(loan)
    if agreement is None or not consents.has_consent(loan.customer, Purpose.FUNDER_SHARING):
        return False
    Participation.objects.create(
        serial=next_serial(Serial.PARTICIPATION),
        loan=loan,
        partner=agreement.partner,
        share=agreement.partner_share,
        amount=split(loan.principal, [1 - agreement.partner_share, agreement.partner_share])[-1],
        asked_at=clock.real_now(),
    )
    work.enqueue(ASK, loan.serial)
    return True


def ask(loan_serial: str) -> work.Again | None:
    """Work handler: get the partner's yes or no, then freeze the shares and order the payout. Harmless to repeat."""
    participation = Participation.objects.select_related("loan", "partner").get(loan__serial=loan_serial)
    if participation.status == Status.ASKING:
        answer = _partners_answer(participation)
        said = str(answer.body.get("answer", "")) if answer.ok else ""
        in_time = clock.real_now() - participation.asked_at < PARTNER_PATIENCE
        if said not in {"approved", "refused"} and in_time:
            return work.Again(after=PAUSE)
        settle(loan_serial, said, answer)
    return None


def _agreement_for(loan: Loan) -> FundingAgreement | None:
    today = clock.today()
    return (
        FundingAgreement.objects.filter(
            Q(effective_to__isnull=True) | Q(effective_to__gte=today),
            product_code=loan.frozen_terms["product"],
            partner__whitelisted=True,
            minimum_amount__lte=loan.principal,
            effective_from__lte=today,
        )
        .select_related("partner")
        .first()
    )


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
        "loan_reference": loan.serial,
        "principal": f"{loan.principal:.2f}",
        "share_amount": f"{participation.amount:.2f}",
        "share_ratio": f"{participation.share:.6f}",
        "annual_rate": f"{loan.annual_rate:.6f}",
        "term_months": loan.term_months,
        "region": loan.customer.id_number[:2],
    }


@transaction.atomic(durable=True)
def settle(loan_serial: str, said: str, answer: Answer) -> None:
    """Record what the partner `said` (approved, refused, anything else: nothing in time) and order the payout, once."""
    loan = Loan.objects.select_related("customer").get(serial=loan_serial)
    customer = customers.lock(loan.customer.serial)
    credit_lines.lock_of(customer)
    loan.lock()
    participation = loan.participation
    by = actors.system(f"funder {participation.partner.code}")
    participation.lock()
    if participation.status != Status.ASKING:
        return
    funder_serial = str(answer.body.get("funder_serial", ""))[:64]
    if said == "approved":
        participation.approve(by=by, why="approved by the partner", funder_serial=funder_serial)
    elif said == "refused":
        reason = str(answer.body.get("reason", "") or "refused")[:200]
        participation.refuse(by=by, why=reason, funder_serial=funder_serial)
    else:
        participation.give_up(by=by, why=f"no answer in time ({answer.outcome})")
        releases.order(loan)
    disbursement.order_payout(loan, participation)
