"""The payment institution's addresses: payouts, collections, the balance, the day's statement."""

from collections.abc import Callable

from sandbox import checks, ledger, statements, transfers
from sandbox.exchange import Exchange, Handler, Incoming, Refusal, Reply, once
from sandbox.transfers import Instruction, Kind
from sandbox.world import World

REFUSED = "CHANNEL_REFUSED"
FEE_FEN = {Kind.PAYOUT: 100, Kind.COLLECTION: 50}


def _instruct(kind: Kind, party: str) -> Handler:
    def handler(world: World, incoming: Incoming) -> Reply:
        body = incoming.body
        instruction = Instruction(
            serial=checks.serial(body),
            kind=kind,
            amount_fen=checks.amount_fen(body, "amount"),
            card_number=checks.card_number(body),
            party_name=checks.text(body, party),
            purpose=checks.text(body, "purpose"),
            notify_url=checks.address(body, "notify_url"),
            fee_fen=FEE_FEN[kind],
        )
        objection = REFUSED if incoming.refused else ""
        return once(world, "payment", incoming, instruction.content(), _taking(world, instruction, objection))

    return handler


def _taking(world: World, instruction: Instruction, objection: str) -> Callable[[], Reply]:
    return lambda: Reply(transfers.accept(world, instruction, objection))


def _find(kind: Kind) -> Handler:
    def handler(world: World, incoming: Incoming) -> Reply:
        row = world.books.row("SELECT * FROM transfers WHERE serial = ? AND kind = ?", incoming.path["serial"], kind)
        if row is None or incoming.refused:
            raise Refusal(404, "NOT_FOUND", f"No {kind} has this serial number.")
        return Reply(transfers.describe(row))

    return handler


def tell_balance(world: World, incoming: Incoming) -> Reply:
    """What the partner has here: available, and reserved for accepted payouts."""
    found = ledger.balances(world.books)
    return Reply(
        {
            "available": ledger.yuan(found["partner"]),
            "reserved": ledger.yuan(found["reserved"]),
            "at": world.clock.stamp()[0],
        }
    )


def give_statement(world: World, incoming: Incoming) -> Reply:
    """The statement of a day. Raises Refusal: 400 for what is no date, 409 before it is ready."""
    return Reply(statements.statement(world, statements.ready_day(world, incoming)))


EXCHANGES = [
    Exchange("payment", "payouts", "POST", "/payment/v1/payouts", _instruct(Kind.PAYOUT, "payee_name")),
    Exchange("payment", "queries", "GET", "/payment/v1/payouts/{serial}", _find(Kind.PAYOUT)),
    Exchange("payment", "collections", "POST", "/payment/v1/collections", _instruct(Kind.COLLECTION, "payer_name")),
    Exchange("payment", "queries", "GET", "/payment/v1/collections/{serial}", _find(Kind.COLLECTION)),
    Exchange("payment", "queries", "GET", "/payment/v1/balance", tell_balance),
    Exchange("payment", "statements", "GET", "/payment/v1/statements/{day}", give_statement),
]
