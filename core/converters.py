"""What may stand in an address."""


class SerialConverter:
    """A serial number: digits and capitals. Anything else is no address of ours."""

    regex = "[0-9A-Z]{1,20}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
