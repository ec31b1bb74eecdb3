"""Credit lines: limit = used + held + available. A draw in flight is held; paid out, used; repaid, restored."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from core.money import ZERO
from core.problems import Problem
from core.serials import Serial, next_serial
from lending.models import CreditLine, LimitHold

State = LimitHold.State


def lock_of(customer: Customer) -> CreditLine | None:
    """The customer's credit line, locked; None when there is none yet. The customer is locked already."""
    line = CreditLine.objects.filter(customer=customer).first()
    if line:
        line.lock()
    return line


def exposure(customer: Customer) -> Decimal:
    """Principal that the customer owes or has held, yuan."""
    line = CreditLine.objects.filter(customer=customer).first()
    return line.used + line.held if line else ZERO


def grant_more(customer: Customer, limit: Decimal) -> CreditLine:
    """Open the customer's line with `limit` yuan, or raise it so that these can be drawn beyond what is owed or held;
    it is never cut without a word."""
    line = lock_of(customer)
    if line is None:
        return CreditLine.objects.create(serial=next_serial(Serial.CREDIT_LINE), customer=customer, limit=limit)
    line.limit = max(line.limit, line.used + line.held + limit)
    line.save(update_fields=["limit"])
    return line


def hold(line: CreditLine, *, loan_serial: str, amount: Decimal) -> None:
    """Reserve `amount` yuan for a draw. Raises Problem `limit_exceeded` (409)."""
    if amount > line.available or line.status != CreditLine.Status.ACTIVE:
        raise Problem("limit_exceeded", _("The amount is more than your available limit."), status=409)
    LimitHold.objects.create(credit_line=line, loan_serial=loan_serial, amount=amount)
    _move(line, held=amount)


def use(line: CreditLine, *, loan_serial: str) -> None:
    """The draw was paid out: what was held is used."""
    amount = _end_hold(loan_serial, State.USED)
    _move(line, held=-amount, used=amount)


def hold_again(line: CreditLine, *, loan_serial: str) -> None:
    """The draw that failed did not: what was freed is held again, whatever was granted meanwhile (see `restore`)."""
    reserved = LimitHold.objects.select_for_update().get(loan_serial=loan_serial, state=State.RELEASED)
    reserved.state = State.HELD
    reserved.save(update_fields=["state"])
    line.limit = max(line.limit, line.used + line.held + reserved.amount)
    _move(line, held=reserved.amount)


def release(line: CreditLine, *, loan_serial: str) -> None:
    """The draw failed: what was held is free again."""
    _move(line, held=-_end_hold(loan_serial, State.RELEASED))


def restore(line: CreditLine, amount: Decimal) -> None:
    """Principal of `amount` yuan was repaid (negative: the payment came back).

    What came back is owed whatever was granted meanwhile: a line that is used again already stretches to hold it.
    """
    line.limit = max(line.limit, line.used + line.held - amount)
    _move(line, used=-amount)


def _end_hold(loan_serial: str, state: LimitHold.State) -> Decimal:
    reserved = LimitHold.objects.select_for_update().get(loan_serial=loan_serial, state=State.HELD)
    reserved.state = state
    reserved.save(update_fields=["state"])
    return reserved.amount


def _move(line: CreditLine, *, held: Decimal = ZERO, used: Decimal = ZERO) -> None:
    line.held += held
    line.used += used
    line.save(update_fields=["held", "used", "limit"])
