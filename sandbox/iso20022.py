"""XML of ISO 20022, as the bank writes and reads it."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from defusedxml.ElementTree import fromstring

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
# An element's name with its text, its amount in yuan, or the elements in it (in the order of the schema).
Tree = list[tuple[str, Any]]


class Yuan(str):
    """An amount of money: written with its currency."""


def document(message: str, *content: tuple[str, Any]) -> str:
    """A whole message as text."""
    root = ET.Element("Document", xmlns=NAMESPACE + message)
    _grow(root, list(content))
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _grow(place: ET.Element, content: Tree) -> None:
    for name, value in content:
        child = ET.SubElement(place, name)
        if isinstance(value, list):
            _grow(child, value)
        else:
            child.text = value
        if isinstance(value, Yuan):
            child.set("Ccy", "CNY")


def opened(text: str, roots: Mapping[str, str]) -> tuple[str, "Place"]:
    """Which message among `roots` (name and the element that it holds) a text is. Raises ValueError for any other."""
    try:
        root = fromstring(text, forbid_dtd=True)
    except ET.ParseError as error:
        raise ValueError("no XML") from error
    for message, name in roots.items():
        if root.tag == f"{{{NAMESPACE}{message}}}Document" and len(root) == 1:
            place = Place(root[0], NAMESPACE + message)
            if place.is_called(name):
                return message, place
    raise ValueError("another message")


class Place:
    """An element of a message that was received."""

    def __init__(self, element: ET.Element, namespace: str) -> None:
        self._element = element
        self._names = {"": namespace}

    def is_called(self, name: str) -> bool:
        """Whether this is the element's name in the message's own namespace."""
        return self._element.tag == f"{{{self._names['']}}}{name}"

    def the(self, path: str) -> "Place":
        """The only element at a path. Raises ValueError."""
        [found] = self._element.findall(path, self._names)
        return Place(found, self._names[""])

    def text(self, path: str) -> str:
        """The text at a path; empty where there is none."""
        return (self._element.findtext(path, "", self._names)).strip()

    def yuan(self, path: str) -> str:
        """The amount at a path. Raises ValueError for another currency."""
        found = self.the(path)._element
        if found.get("Ccy") != "CNY":
            raise ValueError("another currency")
        return (found.text or "").strip()
