"""The Procfile, read as honcho reads it."""

from pathlib import Path


def command_of(procfile: Path, name: str) -> str:
    """The shell command of one process. Raises KeyError when there is none of that name."""
    lines = (line for line in procfile.read_text().splitlines() if ":" in line and not line.startswith("#"))
    commands = {key.strip(): command.strip() for key, command in (line.split(":", 1) for line in lines)}
    return commands[name]
