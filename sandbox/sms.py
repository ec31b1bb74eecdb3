"""The SMS gateway: it keeps every text, so that a tester can read what a customer would have read."""

from sandbox import checks
from sandbox.exchange import Exchange, Incoming, Refusal, Reply, once
from sandbox.world import World

LONGEST_TEXT = 500


def accept_message(world: World, incoming: Incoming) -> Reply:
    """Take a text for a mobile number."""
    if incoming.refused:
        raise Refusal(422, "MESSAGE_REFUSED", "The gateway does not take this message.")
    checks.serial(incoming.body)
    message = {
        "mobile": checks.mobile(incoming.body, "mobile"),
        "text": checks.text(incoming.body, "text", LONGEST_TEXT),
    }
    return once(world, "sms", incoming, message, lambda: _accept(world, incoming.body["serial"], message))


def _accept(world: World, serial: str, message: dict[str, str]) -> Reply:
    gateway_serial = world.next_serial("SM")
    at = world.clock.stamp()[0]
    world.books.insert("messages", gateway_serial=gateway_serial, serial=serial, at=at, **message)
    return Reply({"gateway_serial": gateway_serial, "status": "accepted"})


EXCHANGES = [Exchange("sms", "sms", "POST", "/sms/v1/messages", accept_message)]
