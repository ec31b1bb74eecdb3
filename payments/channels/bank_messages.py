"""The bank's messages in ISO 20022: pain.001 pays a company, pain.008 debits one by its standing authority, pain.002
says what became of either. One instruction a message; its MsgId, PmtInfId and EndToEndId are our number there.
"""

import datetime as dt
from typing import Any
from xml.etree.ElementTree import Element

from django.conf import settings

from core import clock
from core.money import ZERO
from payments.channels.iso20022 import CURRENCY, all_at, document, element, opened, said, yuan
from payments.models import OrderKind, PaymentOrder

PAIN_001, PAIN_002, PAIN_008 = "pain.001.001.09", "pain.002.001.10", "pain.008.001.08"
REJECTED = "RJCT"
# Words of ours for two rejections that mean something else than a payment that failed.
RETURNED, REPEATED = "returned", "repeated"
# Reasons that speak of a message that came twice (ISO external code set): the first one may well be under way.
_REPEATED = {"AM05", "DU01", "DU02", "DU03", "DU04", "DU05", "DUPL"}


def instruction(order: PaymentOrder, number: str) -> str:
    """The message that carries out an order under our `number`."""
    if order.kind == OrderKind.PAYOUT:
        return document(PAIN_001, element("CstmrCdtTrfInitn", _head(order, number), _credit_transfer(order, number)))
    return document(PAIN_008, element("CstmrDrctDbtInitn", _head(order, number), _direct_debit(order, number)))


def _head(order: PaymentOrder, number: str) -> Element:
    return element(
        "GrpHdr",
        element("MsgId", number),
        element("CreDtTm", clock.real_now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
        element("NbOfTxs", "1"),
        element("CtrlSum", str(order.amount)),
        element("InitgPty", element("Nm", settings.BANK_ACCOUNT_NAME)),
    )


def _credit_transfer(order: PaymentOrder, number: str) -> Element:
    return element(
        "PmtInf",
        element("PmtInfId", number),
        element("PmtMtd", "TRF"),
        element("ReqdExctnDt", element("Dt", clock.today().isoformat())),
        *_our_side("Dbtr"),
        element(
            "CdtTrfTxInf",
            element("PmtId", element("EndToEndId", number)),
            element("Amt", _amount(order)),
            element("CdtrAgt", _bank(order.bank_number)),
            element("Cdtr", element("Nm", order.payee_name)),
            element("CdtrAcct", _account(order.account_number)),
            element("RmtInf", element("Ustrd", f"{order.purpose} {order.reference}")),
        ),
    )


def _direct_debit(order: PaymentOrder, number: str) -> Element:
    return element(
        "PmtInf",
        element("PmtInfId", number),
        element("PmtMtd", "DD"),
        element("ReqdColltnDt", clock.today().isoformat()),
        *_our_side("Cdtr"),
        element(
            "DrctDbtTxInf",
            element("PmtId", element("EndToEndId", number)),
            _amount(order),
            element("DbtrAgt", _bank(order.bank_number)),
            element("Dbtr", element("Nm", order.payee_name)),
            element("DbtrAcct", _account(order.account_number)),
            element("RmtInf", element("Ustrd", f"{order.purpose} {order.reference}")),
        ),
    )


def _our_side(role: str) -> list[Element]:
    return [
        element(role, element("Nm", settings.BANK_ACCOUNT_NAME)),
        element(f"{role}Acct", _account(settings.BANK_ACCOUNT)),
        element(f"{role}Agt", _bank(settings.BANK_NUMBER)),
    ]


def _amount(order: PaymentOrder) -> Element:
    return element("InstdAmt", str(order.amount), Ccy=CURRENCY)


def _account(number: str) -> Element:
    return element("Id", element("Othr", element("Id", number)))


def _bank(number: str) -> Element:
    """A bank by its number in the Chinese clearing."""
    system = element("ClrSysId", element("Cd", "CNAPS"))
    return element("FinInstnId", element("ClrSysMmbId", system, element("MmbId", number)))


def status_report(text: str) -> dict[str, Any]:
    """What a pain.002 says of one instruction, under names of ours; without a status where it speaks of the message
    only. Raises ValueError for what is no such report.
    """
    report = opened(text, PAIN_002)
    read: dict[str, Any] = {"message_id": said(report, "GrpHdr/MsgId")}
    transactions = all_at(report, "OrgnlPmtInfAndSts/TxInfAndSts")
    if not transactions:
        return read | {"code": said(report, "OrgnlGrpInfAndSts/StsRsnInf/Rsn/Cd")}
    [transaction] = transactions
    amounts = all_at(transaction, "OrgnlTxRef/Amt/InstdAmt")
    return read | {
        "serial": said(transaction, "OrgnlEndToEndId"),
        "channel_serial": said(transaction, "AcctSvcrRef"),
        "status": _status(transaction),
        "code": said(transaction, "StsRsnInf/Rsn/Cd"),
        "fee": str(sum(map(yuan, all_at(transaction, "ChrgsInf/Amt")), ZERO)),
        **({"amount": str(yuan(amounts[0]))} if amounts else {}),
    }


def _status(transaction: Element) -> str:
    """The status, or a word of ours. What was rejected although it had been settled between the banks came back."""
    status = said(transaction, "TxSts")
    if status != REJECTED:
        return status
    if said(transaction, "StsRsnInf/Rsn/Cd") in _REPEATED:
        return REPEATED
    return RETURNED if said(transaction, "OrgnlTxRef/IntrBkSttlmDt") else REJECTED
