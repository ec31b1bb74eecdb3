"""UnionPay (acp 5.1.0), which pays out to bank cards, and collects from a card by an agreement with its holder.

Transactions are told apart by txnType: 12 pays out, 11 collects, 72 signs an agreement and 74 ends it, 00 asks, 76
gives a day's file, and 04 tells that money came back. 00 in an answer means accepted, in a notice or as what became of
an order, success.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from core import clock
from core.institutions import institution
from core.money import ZERO
from core.outbound import Answer, Outcome, receive_callback
from core.serials import Serial, next_serial
from payments import agreements
from payments.channels import unionpay_file
from payments.channels.base import (
    Channel,
    DayFile,
    Finding,
    Notice,
    State,
    Totals,
    notice_unreadable,
    required_text,
    statement_broken,
)
from payments.channels.unionpay_file import yuan
from payments.channels.unionpay_wire import TIME_FORMAT, UnionPayClient, open_notice
from payments.models import DeductionAgreement, OrderKind, PayeeKind, PaymentOrder, StatementLine

TRANSACTIONS, QUERIES, FILES = "/gateway/api/backTransReq.do", "/gateway/api/queryTrans.do", "/"
PAY = {"txnType": "12", "txnSubType": "00", "bizType": "000401", "channelType": "08", "accType": "01"}
COLLECT = {"txnType": "11", "txnSubType": "00", "bizType": "000501", "channelType": "07"}
SIGN = {"txnType": "72", "txnSubType": "11", "bizType": "000501", "channelType": "07"}
REVOKE = {"txnType": "74", "txnSubType": "04", "bizType": "000501", "channelType": "07"}
QUERY = {"txnType": "00", "txnSubType": "00", "bizType": "000000", "channelType": "07"}
FETCH = {"txnType": "76", "txnSubType": "01", "bizType": "000000", "channelType": "07", "fileType": "00"}

OK, NOT_FOUND, NO_AGREEMENT, CAME_BACK = "00", "34", "40", "04 00"
# Our own word: there are no four elements to sign with. Another institution may ask for none.
NOT_VERIFIED = "CARD_NOT_VERIFIED"
# The merchant's standing or rights, its limits, the hour: nothing is wrong with the card.
_OWN_REFUSALS = frozenset({"31", "32", "33", "39", "43"})
# Any code that is not listed, "system busy" and "duplicate" among them, is to be asked about.
_STATES = {
    OK: State.SUCCEEDED,
    "05": State.ACCEPTED,
    CAME_BACK: State.RETURNED,
    **dict.fromkeys(_OWN_REFUSALS, State.FAILED),
    **dict.fromkeys(("01", "30", "38", NO_AGREEMENT, "44"), State.FAILED),
    **dict.fromkeys(("60", "61", "62", "63", "64", "65", "66", "67", "68"), State.FAILED),
    **dict.fromkeys(("72", "73", "77", "78", "81"), State.FAILED),
}


# After these it is open whether an agreement has ended: no answer, closed for now, timed out, not known, taken, busy.
_END_IN_DOUBT = frozenset({"", "02", "03", "04", "05", "06"})


class UnionPay(Channel):
    """The protocol of UnionPay."""

    @property
    def _client(self) -> UnionPayClient:
        return UnionPayClient(institution(self.code))

    def instruct(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Pay out to the card, or deduct from it by an agreement, which is signed when there is none. One that UnionPay
        knows no more is signed anew, once.
        """
        if order.kind == OrderKind.PAYOUT:
            return self._pay(order, out_trade_no)
        finding = self._deduct(order, out_trade_no)
        return self._deduct(order, out_trade_no) if finding.code == NO_AGREEMENT else finding

    def ask(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        """Ask for the order. Only a signed 34 means that it is not there."""
        params = {**QUERY, "orderId": out_trade_no, "txnTime": _first_sent(order, out_trade_no)}
        answer = self._client.ask(QUERIES, params, serial=out_trade_no)
        code = _code(answer, out_trade_no)
        if code == NOT_FOUND:
            return Finding(State.NOT_FOUND, "query", code=code)
        if code == OK:
            word = _word(answer.body, "origRespCode")
            return _read(answer, self.state_of(word), source="query", code=word)
        never_sent = answer.outcome is Outcome.NEVER_SENT
        return Finding(State.NEVER_SENT if never_sent else State.UNKNOWN, "query", code=code)

    def end_agreement(self, number: str) -> Finding:
        """End the agreement. Each try is a transaction of its own; 40 says that there is nothing left to end. Any other
        definite code is a refusal: no money is at stake, and a person is to see it.
        """
        serial = next_serial(Serial.AGREEMENT)
        params = {**REVOKE, "orderId": serial, "txnTime": _now(), "bindId": number}
        code = _code(self._client.ask(TRANSACTIONS, params, serial=serial), serial)
        if code in _END_IN_DOUBT:
            return Finding(State.UNKNOWN, "answer", code=code)
        return Finding(State.SUCCEEDED if code in (OK, NO_AGREEMENT) else State.FAILED, "answer", code=code)

    def state_of(self, status: Any) -> State:
        """What a code means for an order that is asked about or told of."""
        return _STATES.get(str(status), State.UNKNOWN)

    def receive(self, request: HttpRequest, take_in: Callable[[Notice], None]) -> None:
        """Take in a back notice."""
        receive_callback(institution(self.code), request, lambda said: take_in(_notice(said)), open_notice)

    def acknowledgement(self) -> HttpResponse:
        """Any answer 200 ends the deliveries."""
        return HttpResponse("ok", content_type="text/plain")

    def fetch_statement(self, date: dt.date, *, serial: str) -> DayFile | None:
        """The day's file of transactions, within a signed answer."""
        elsewhere = UnionPayClient(replace(institution(self.code), url=settings.UNIONPAY_FILE_URL))
        params = {**FETCH, "orderId": serial, "txnTime": _now(), "settleDate": f"{date:%m%d}"}
        answer = elsewhere.ask(FILES, params, serial=serial)
        if _code(answer, serial) != OK:
            return None
        try:
            text = unionpay_file.unpacked(answer.body["fileContent"])
        except (KeyError, ValueError):
            raise statement_broken(_("The statement cannot be read.")) from None
        if unionpay_file.day_of(text) != date:
            raise statement_broken(_("The statement is for another day."))
        return DayFile(content=text, sha256=hashlib.sha256(text.encode()).hexdigest())

    def parse_statement(self, content: str) -> tuple[list[StatementLine], Totals]:
        """The movements of the file."""
        return unionpay_file.parse(content)

    def _pay(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        params = {**PAY, **self._instruction(order, out_trade_no)}
        holder = {"customerNm": order.payee_name}
        answer = self._client.ask(TRANSACTIONS, params, serial=out_trade_no, card=order.account_number, holder=holder)
        return self._taken(answer, out_trade_no)

    def _deduct(self, order: PaymentOrder, out_trade_no: str) -> Finding:
        agreement = agreements.standing(self.code, order.account_number) or self._sign(order)
        if isinstance(agreement, Finding):
            return agreement
        params = {**COLLECT, **self._instruction(order, out_trade_no), "bindId": agreement.number}
        finding = self._taken(self._client.ask(TRANSACTIONS, params, serial=out_trade_no), out_trade_no)
        if finding.code == NO_AGREEMENT:
            agreements.note_ended(agreement)
        return finding

    def _sign(self, order: PaymentOrder) -> DeductionAgreement | Finding:
        """Sign an agreement with the holder of a card; or what is known of the order without one: where it is not clear
        whether there is one, nothing of the order was sent.
        """
        card = agreements.verified_card(order)
        if card is None:
            return Finding(State.FAILED, "agreement", code=NOT_VERIFIED)
        serial = next_serial(Serial.AGREEMENT)
        holder = {
            "certifTp": "01",
            "certifId": card.customer.id_number,
            "customerNm": card.customer.name,
            "phoneNo": card.reserved_mobile,
        }
        params = {**SIGN, "orderId": serial, "txnTime": _now()}
        answer = self._client.ask(TRANSACTIONS, params, serial=serial, card=card.number, holder=holder)
        code, number = _code(answer, serial), answer.body.get("bindId", "")
        if code == OK and number:
            return agreements.keep(serial=serial, channel=self.code, card_number=card.number, number=number)
        refused = self.state_of(code) is State.FAILED
        return Finding(State.FAILED if refused else State.NEVER_SENT, "agreement", code=code)

    def _instruction(self, order: PaymentOrder, out_trade_no: str) -> dict[str, str]:
        return {
            "orderId": out_trade_no,
            "txnTime": _first_sent(order, out_trade_no),
            "txnAmt": str(int(order.amount * 100)),
            "currencyCode": "156",
            "backUrl": f"{settings.PLATFORM_URL}/callbacks/{self.code}/",
        }

    def _taken(self, answer: Answer, out_trade_no: str) -> Finding:
        if answer.outcome is Outcome.NEVER_SENT:
            return Finding(State.NEVER_SENT, "answer")
        code = _code(answer, out_trade_no)
        state = State.ACCEPTED if code == OK else self.state_of(code)
        return _read(answer, state, source="answer", code=code)


UNIONPAY = UnionPay(
    code="unionpay",
    takes=frozenset({(OrderKind.PAYOUT, PayeeKind.CARD), (OrderKind.COLLECTION, PayeeKind.CARD)}),
    most_sends=5,
    not_found_window=dt.timedelta(minutes=30),
    statement_delay=dt.timedelta(hours=10),
    own_refusals=_OWN_REFUSALS | {NOT_VERIFIED},
)


def _code(answer: Answer, number: str) -> str:
    """What was answered about our `number`; nothing where that is not known."""
    known = answer.ok and answer.body.get("orderId") == number
    return str(answer.body.get("respCode") or "")[:60] if known else ""


def _word(said: dict[str, Any], name: str) -> str:
    """The code under `name`; of what tells that money came back, with the type of that transaction."""
    code = str(said.get(name) or "")[:20]
    return f"04 {code}" if said.get("txnType") == "04" else code


def _read(answer: Answer, state: State, *, source: str, code: str) -> Finding:
    """Of what UnionPay charges, only the day's file speaks."""
    try:
        amount = yuan(answer.body["txnAmt"]) if "txnAmt" in answer.body else None
    except ValueError:
        return Finding(State.UNKNOWN, source, code="UNREADABLE")
    number = str(answer.body.get("queryId") or "")[:64]
    return Finding(state, source, channel_trade_no=number, amount=amount, code="" if code == OK else code)


def _notice(said: dict[str, Any]) -> Notice:
    """Raises Problem when it lacks what every such notice has."""
    try:
        word = _word(said, "respCode")
        trade_no = required_text(said, "queryId", 30)
        return Notice(
            notification_id=f"{trade_no} {required_text(said, 'txnType', 2)} {required_text(said, 'respCode', 2)}",
            out_trade_no=required_text(said, "orderId", 32),
            channel_trade_no=trade_no,
            status=word,
            amount=yuan(said["txnAmt"]),
            fee=ZERO,
            code="" if word == OK else word,
            finished_at=None,
        )
    except (KeyError, ValueError):
        raise notice_unreadable() from None


def _first_sent(order: PaymentOrder, out_trade_no: str) -> str:
    """Number and time together are what an order is known by: the time is that of the first sending, for ever."""
    first = order.attempts.filter(out_trade_no=out_trade_no).earliest("no")
    return first.sent_at.astimezone(clock.BUSINESS_ZONE).strftime(TIME_FORMAT)


def _now() -> str:
    return clock.real_now().astimezone(clock.BUSINESS_ZONE).strftime(TIME_FORMAT)
