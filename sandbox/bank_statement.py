"""The bank's statement of a day, camt.053: what was booked at its ends, and every entry in between. A charge is an
entry of its own. The opening of the account counts as having been there before.
"""

import datetime as dt
from typing import Any

from sandbox.clock import iso
from sandbox.iso20022 import Tree, Yuan, document
from sandbox.ledger import yuan
from sandbox.statements import Line, lines_of, ready_at
from sandbox.world import World

CAMT_053 = "camt.053.001.08"
ACCOUNT, BANK_NUMBER = "11001018800059600001", "105100000017"
RETURN_REASONS = {"RETURNED_BY_PAYEE_BANK": "AC06", "DISPUTED_BY_PAYER": "MD06"}
# Domain, family and sub-family of ISO's bank transaction codes, by kind and status.
CODES = {
    ("payout", "SUCCESS"): ("PMNT", "ICDT", "DMCT"),
    ("payout", "RETURNED"): ("PMNT", "ICDT", "RRTN"),
    ("collection", "SUCCESS"): ("PMNT", "IDDT", "PMDD"),
    ("collection", "RETURNED"): ("PMNT", "IDDT", "PRDD"),
}


def statement(world: World, day: dt.date) -> str:
    """The statement of `day`."""
    lines = lines_of(world, day)
    rows = [world.books.row("SELECT purpose, code FROM transfers WHERE serial = ?", line.serial) for line in lines]
    return written(day, _opening(world, day), list(zip(lines, rows, strict=True)))


def written(day: dt.date, opening: int, lines: list[tuple[Line, Any]]) -> str:
    """The statement of lines, each with its transfer's purpose and reason, after an `opening` balance in fen."""
    entries = [one for line, row in lines for one in _entries(line, row)]
    closing = opening + sum(fen for fen, _entry in entries)
    content: Tree = [
        ("Id", f"{day:%Y%m%d}"),
        ("CreDtTm", iso(ready_at(day).astimezone(dt.UTC))),
        ("Acct", [("Id", [("Othr", [("Id", ACCOUNT)])]), ("Ccy", "CNY")]),
        _balance("OPBD", opening, day),
        _balance("CLBD", closing, day),
        ("TxsSummry", _summary([fen for fen, _entry in entries])),
        *(("Ntry", entry) for _fen, entry in entries),
    ]
    head = [("MsgId", f"CAMT{day:%Y%m%d}"), ("CreDtTm", iso(ready_at(day).astimezone(dt.UTC)))]
    return document(CAMT_053, ("BkToCstmrStmt", [("GrpHdr", head), ("Stmt", content)]))


def _opening(world: World, day: dt.date) -> int:
    """What was booked before `day`, in fen."""
    row = world.books.row("SELECT coalesce(sum(amount_fen), 0) AS fen FROM movements WHERE reason = 'opening'")
    assert row is not None
    earlier = world.books.rows(
        "SELECT DISTINCT settled_day AS day FROM transfers WHERE settled_day < ?1"
        " UNION SELECT DISTINCT returned_day FROM transfers WHERE returned_day < ?1",
        day.isoformat(),
    )
    days = [dt.date.fromisoformat(one["day"]) for one in earlier]
    return int(row["fen"]) + sum(line.effect_fen for one in days for line in lines_of(world, one))


def _entries(line: Line, row: Any) -> list[tuple[int, Tree]]:
    """A line's entries with their effect on the balance: the money, then its charge."""
    amount = -line.amount_fen if line.goes_out else line.amount_fen
    entries = [(amount, _entry(line, row, amount, CODES[line.kind, line.status]))]
    if line.fee_fen:
        code = (*CODES[line.kind, line.status][:2], "CHRG")
        entries.append((-line.fee_fen, _entry(line, row, -line.fee_fen, code)))
    return entries


def _entry(line: Line, row: Any, fen: int, code: tuple[str, str, str]) -> Tree:
    domain, family, sub_family = code
    is_return = line.status == "RETURNED"
    why = [("RtrInf", [("Rsn", [("Cd", RETURN_REASONS[row["code"]])])])] if is_return else []
    return [
        *_amount(fen),
        ("Sts", [("Cd", "BOOK")]),
        ("BookgDt", [("DtTm", line.finished_at)]),
        ("AcctSvcrRef", line.channel_serial),
        ("BkTxCd", [("Domn", [("Cd", domain), ("Fmly", [("Cd", family), ("SubFmlyCd", sub_family)])])]),
        (
            "NtryDtls",
            [("TxDtls", [("Refs", [("EndToEndId", line.serial)]), ("RmtInf", [("Ustrd", row["purpose"])]), *why])],
        ),
    ]


def _balance(code: str, fen: int, day: dt.date) -> tuple[str, Tree]:
    return "Bal", [
        ("Tp", [("CdOrPrtry", [("Cd", code)])]),
        *_amount(fen),
        ("Dt", [("Dt", day.isoformat())]),
    ]


def _amount(fen: int) -> Tree:
    return [("Amt", Yuan(yuan(abs(fen)))), ("CdtDbtInd", "DBIT" if fen < 0 else "CRDT")]


def _summary(effects: list[int]) -> Tree:
    sides = {"TtlCdtNtries": [fen for fen in effects if fen > 0], "TtlDbtNtries": [-fen for fen in effects if fen < 0]}
    return [(name, [("NbOfNtries", str(len(each))), ("Sum", yuan(sum(each)))]) for name, each in sides.items()]
