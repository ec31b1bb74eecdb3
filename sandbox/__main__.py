"""`python -m sandbox` plays the world outside; `python -m sandbox keys` makes missing keys."""

import socket
import sys

import uvicorn

from sandbox import signing
from sandbox.app import create_app
from sandbox.settings import Settings, from_environment

USAGE = "Usage: python -m sandbox [serve|keys]"
SHUTDOWN_SECONDS = 2


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit status."""
    commands = {(): serve, ("serve",): serve, ("keys",): make_keys}
    command = commands.get(tuple(arguments))
    if command is None:
        sys.stderr.write(f"{USAGE}\n")
        return 2
    try:
        command(from_environment())
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The sandbox cannot start: {error}\n")
        return 1
    return 0


def serve(settings: Settings) -> None:
    """Listen until told to stop. Raises OSError if the port is taken."""
    listener = _listen(settings)
    app = create_app(settings)
    place = f"http://{settings.host}:{listener.getsockname()[1]}"
    sys.stdout.write(f"Sandbox at {place}, books in {settings.data}\n")
    sys.stdout.flush()
    # Requests are not logged: their addresses carry personal data.
    config = uvicorn.Config(
        app,
        http="h11",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])


def make_keys(settings: Settings) -> None:
    """Make the keys that are missing, and name them."""
    made = signing.make_missing_keys(settings.keys)
    sys.stdout.write(f"Keys made in {settings.keys}: {', '.join(made) or 'none, all are there'}\n")


def _listen(settings: Settings) -> socket.socket:
    # The protocol must be named: asyncio turns Nagle's delay (40 ms an answer) off only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise OSError(f"{place} is not free ({error.strerror}). Choose another with SANDBOX_PORT.") from None
    return listener


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
