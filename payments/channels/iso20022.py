"""XML of ISO 20022: writing a message of ours, and reading one safely. A message with a DTD is refused, and with it
every entity: there is nothing that could be expanded or fetched.
"""

from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.ElementTree import fromstring

from payments.channels.base import money

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
CURRENCY = "CNY"


def element(name: str, *content: "Element | str", **attributes: str) -> Element:
    """An element with its text, or with its children in the order of the schema."""
    made = Element(name, attributes)
    for each in content:
        if isinstance(each, str):
            made.text = each
        else:
            made.append(each)
    return made


def document(message: str, content: Element) -> str:
    """A whole message, such as pain.001.001.09, as text."""
    root = element("Document", content, xmlns=NAMESPACE + message)
    return tostring(root, encoding="unicode", xml_declaration=True)


def opened(text: str, message: str) -> Element:
    """What stands in the document of this message and version. Raises ValueError for anything else."""
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except ParseError as error:
        raise ValueError("no XML") from error
    if root.tag != f"{{{NAMESPACE}{message}}}Document" or len(root) != 1:
        raise ValueError(f"no {message}")
    return root[0]


def all_at(place: Element, path: str) -> list[Element]:
    """The elements of the message's own namespace at a path such as `Stmt/Ntry`."""
    return place.findall(path, {"": place.tag[1:].partition("}")[0]})


def one_at(place: Element, path: str) -> Element:
    """The only element at a path. Raises ValueError where there is none, or more."""
    [found] = all_at(place, path)
    return found


def said(place: Element, path: str) -> str:
    """The text at a path; empty where there is none."""
    found = all_at(place, path)
    return (found[0].text or "").strip() if found else ""


def yuan(amount: Element) -> Decimal:
    """An amount with its currency. Raises ValueError for another currency than the yuan, and for what is no amount."""
    if amount.get("Ccy") != CURRENCY:
        raise ValueError("another currency")
    return money((amount.text or "").strip())
