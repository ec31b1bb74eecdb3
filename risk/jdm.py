"""A rule set as JDM, the JSON Decision Model that the ZEN engine and its editors read: data in, JSON out. Pure.

Each table becomes a decision table under its own key, `table_1` on; all of them are asked at once. A table of first
hits gives its row, and no key where none holds; one that collects gives a list of rows. A row is code, outcome, cap
(null without one), the input whose value the hit shows, and the reason in both languages. The inputs are named as here;
what is unknown is null. Caps are for whoever reads: the lowest counts.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from risk.rule_language import Condition, parse
from risk.rules import Document

TYPE = "application/vnd.gorules.decision"
ACROSS, DOWN = 400, 160  # pixels between nodes where an editor draws them
OUTPUTS = ("code", "outcome", "cap", "show", "en", "zh")
ANY = ""  # a cell that asks nothing


def written(document: Document, *, label: str, digest: str) -> str:
    """The JDM of a rule set's document."""
    tables = [_table(number, table) for number, table in enumerate(document["tables"], start=1)]
    first = _node("request", "inputNode", f"{label}, SHA-256 {digest}", 0, 0)
    last = _node("response", "outputNode", "Response", 2, 0)
    edges = [edge for table in tables for edge in (_edge("request", table["id"]), _edge(table["id"], "response"))]
    graph = {"contentType": TYPE, "nodes": [first, *tables, last], "edges": edges}
    return json.dumps(graph, ensure_ascii=False, indent=1) + "\n"


def key_of(number: int) -> str:
    """Under what the answer holds a table, counted from 1."""
    return f"table_{number}"


def _table(number: int, table: Mapping[str, Any]) -> dict[str, Any]:
    rows = [[parse(line) for line in row["when"]] for row in table["rules"]]
    columns = _columns(rows)
    content = {
        "hitPolicy": table["hits"],
        "inputs": [{"id": f"in_{place}", "name": name, "field": name} for place, name in enumerate(columns)],
        "outputs": [{"id": f"out_{name}", "name": name, "field": name} for name in OUTPUTS],
        "rules": [
            {"_id": f"{key_of(number)}_{place}", **_asked(columns, conditions), **_said(row)}
            for place, (conditions, row) in enumerate(zip(rows, table["rules"], strict=True), start=1)
        ],
        "passThrough": False,
        "inputField": None,
        "outputPath": key_of(number),
        "executionMode": "single",
    }
    return _node(key_of(number), "decisionTableNode", table["name"], 1, number - 1) | {"content": content}


def _columns(rows: Sequence[Sequence[Condition]]) -> list[str]:
    """The inputs asked about, one as often as a row asks about it: a cell holds one condition."""
    most: dict[str, int] = {}
    for conditions in rows:
        names = [condition.input for condition in conditions]
        most |= {name: max(most.get(name, 0), names.count(name)) for name in names}
    return [name for name, count in most.items() for _time in range(count)]


def _asked(columns: Sequence[str], conditions: Sequence[Condition]) -> dict[str, str]:
    left = list(conditions)
    cells = {}
    for place, name in enumerate(columns):
        found = next((condition for condition in left if condition.input == name), None)
        cells[f"in_{place}"] = found.cell if found else ANY
        if found:
            left.remove(found)
    return cells


def _said(row: Mapping[str, Any]) -> dict[str, str]:
    """Outputs are expressions: texts in quotes, a cap plain."""
    said = {name: _quoted(row[name]) for name in OUTPUTS} | {"cap": row["cap"] or "null"}
    return {f"out_{name}": expression for name, expression in said.items()}


def _quoted(text: str) -> str:
    """A text of the ZEN language, which knows no escapes: what holds a double quote is put together around it."""
    return " + '\"' + ".join(f'"{part}"' for part in text.split('"')) if text else "null"


def _node(name: str, kind: str, title: str, across: int, down: int) -> dict[str, Any]:
    return {"id": name, "type": kind, "name": title, "position": {"x": across * ACROSS, "y": down * DOWN}}


def _edge(source: str, target: str) -> dict[str, str]:
    return {"id": f"{source}_{target}", "type": "edge", "sourceId": source, "targetId": target}
