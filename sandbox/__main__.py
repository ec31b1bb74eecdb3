"""`python -m sandbox` plays the world outside; `python -m sandbox keys` only makes the institutions' missing keys."""

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
        print(USAGE, file=sys.stderr)
        return 2
    try:
        command(from_environment())
    except (OSError, ValueError) as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 1
    return 0


def serve(settings: Settings) -> None:
    """Listen until told to stop. Raises OSError if the port is taken."""
    listener = _listen(settings)
    app = create_app(settings)
    print(f"Sandbox at http://{settings.host}:{listener.getsockname()[1]}, books in {settings.data}", flush=True)
    # Requests are not logged: their addresses carry personal data.
    config = uvicorn.Config(
        app, http="h11", log_level="warning", access_log=False, timeout_graceful_shutdown=SHUTDOWN_SECONDS
    )
    uvicorn.Server(config).run(sockets=[listener])


def make_keys(settings: Settings) -> None:
    """Make the keys that are missing, and name them."""
    made = signing.make_missing_keys(settings.keys)
    print(f"Keys made in {settings.keys}: {', '.join(made) or 'none, all are there'}")


def _listen(settings: Settings) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise OSError(f"{place} is not free ({error.strerror}). Choose another with SANDBOX_PORT.") from None
    return listener


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
