"""The journey as a person reads it: elapsed time, what happened, the serial number."""

import time

from django.core.management.base import OutputWrapper


class Timeline:
    """Prints a line an event, with the seconds since the journey began."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out = out
        self.started = time.monotonic()

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        self.out.write(f"\n{title}\n")
        self.out.flush()

    def event(self, what: str, serial: str = "", detail: str = "") -> None:
        """Something has happened."""
        elapsed = time.monotonic() - self.started
        self.out.write(f"  {elapsed:6.1f} s  {what:<36} {serial:<21} {detail}\n".rstrip() + "\n")
        self.out.flush()

    def line(self, text: str) -> None:
        """Something to read that is not an event."""
        self.out.write(f"{text}\n")
