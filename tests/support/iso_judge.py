"""Judges of ISO 20022 that are not ours: the official schemas that sepaxml ships (pain.001, pain.008), and the classes
that pyiso20022 makes of the others. What a judge reads and writes again must be what it was given.
"""

import dataclasses
from importlib import import_module
from importlib.resources import files
from typing import Any
from xml.etree.ElementTree import canonicalize

import xmlschema
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer


def judge(text: str, message: str) -> None:
    """Raises for a text that is no valid `message`."""
    schema = files("sepaxml") / "schemas" / f"{message}.xsd"
    if schema.is_file():
        xmlschema.XMLSchema(str(schema)).validate(text)
        return
    name = message.replace(".", "_")
    document = import_module(f"pyiso20022.{message.partition('.')[0]}.{name}.{name}").Document
    parsed = XmlParser(config=ParserConfig(fail_on_converter_warnings=True)).from_string(text, document)
    _require_what_is_required(parsed)
    again = XmlSerializer().render(parsed, ns_map={None: f"urn:iso:std:iso:20022:tech:xsd:{message}"})
    assert _bare(again) == _bare(text)


def _bare(text: str) -> str:
    return canonicalize(text, strip_text=True).replace(".000Z", "Z")


def _require_what_is_required(place: Any) -> None:
    for field in dataclasses.fields(place):
        value, rules = getattr(place, field.name), field.metadata
        assert value is not None or not rules.get("required"), f"{type(place).__name__} without {field.name}"
        for each in value if isinstance(value, list) else [value]:
            if dataclasses.is_dataclass(each):
                _require_what_is_required(each)
            elif isinstance(each, str) and "max_length" in rules:
                assert rules.get("min_length", 0) <= len(each) <= rules["max_length"], field.name
