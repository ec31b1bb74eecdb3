"""What goes wrong before the platform runs, told in one sentence that says what to do."""


class Trouble(Exception):
    """The message is shown as it is, without a traceback."""
