"""The identity authority: do a name, an ID number, a card and its reserved mobile belong together?

Names ending in 不符 disagree; names ending in 难查 cannot be checked. Else the first to come with an ID number
or a card owns it: another name for that number, or another number for that card, disagrees.
"""

from sandbox import checks
from sandbox.exchange import Exchange, Incoming, Reply, once
from sandbox.world import World

DISAGREEING_NAME = "不符"
UNCHECKABLE_NAME = "难查"


def check_four_elements(world: World, incoming: Incoming) -> Reply:
    """Answer agree, disagree or cannot_check, with a reason; what agrees is remembered."""
    body = incoming.body
    checks.serial(body)
    person = {
        "name": checks.text(body, "name"),
        "id_number": checks.id_number(body),
        "card_number": checks.card_number(body),
        "reserved_mobile": checks.mobile(body, "reserved_mobile"),
    }
    return once(world, "identity", incoming, person, lambda: _check(world, incoming, person))


def _check(world: World, incoming: Incoming, person: dict[str, str]) -> Reply:
    answer, reason = ("cannot_check", "NOT_AVAILABLE") if incoming.refused else _judge(world, person)
    if answer == "agree":
        _remember(world, person)
    authority_serial = world.next_serial("IA")
    world.books.insert(
        "identity_checks",
        authority_serial=authority_serial,
        serial=incoming.body["serial"],
        answer=answer,
        reason=reason,
        at=world.clock.stamp()[0],
        **person,
    )
    return Reply({"authority_serial": authority_serial, "answer": answer, "reason": reason})


def _judge(world: World, person: dict[str, str]) -> tuple[str, str]:
    if person["name"].endswith(UNCHECKABLE_NAME):
        return "cannot_check", "NO_RECORD"
    if person["name"].endswith(DISAGREEING_NAME):
        return "disagree", "NAME_MISMATCH"
    known = world.books.row("SELECT name FROM people WHERE id_number = ?", person["id_number"])
    if known and known["name"] != person["name"]:
        return "disagree", "NAME_MISMATCH"
    card = world.books.row("SELECT id_number FROM cards WHERE card_number = ?", person["card_number"])
    if card and card["id_number"] != person["id_number"]:
        return "disagree", "CARD_MISMATCH"
    return "agree", ""


def _remember(world: World, person: dict[str, str]) -> None:
    world.books.change(
        "INSERT OR IGNORE INTO people (id_number, name) VALUES (?, ?)", person["id_number"], person["name"]
    )
    world.books.change(
        "INSERT OR IGNORE INTO cards (card_number, id_number) VALUES (?, ?)",
        person["card_number"],
        person["id_number"],
    )


EXCHANGES = [Exchange("identity", "identity", "POST", "/identity/v1/four-elements", check_four_elements)]
