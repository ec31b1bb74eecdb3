"""Who acts, as the logs name them: `staff:<sign-in name>`, `customer:<serial>`, `system:<part>`."""


def staff(username: str) -> str:
    """A member of staff."""
    return f"staff:{username}"


def customer(serial: str) -> str:
    """A customer, by serial number (never by name or mobile)."""
    return f"customer:{serial}"


def system(part: str) -> str:
    """A part of the system acting by itself."""
    return f"system:{part}"
