"""A model version as PMML 4.4, the standard in which other programs read models: data in, XML out. Pure.

A scorecard becomes a Scorecard with its reason codes, a forest a sum of regression trees; both give `score` and `pd`
by the same line as here. What PMML calls missing is missing here: an empty field, and a word that training never saw.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # written here, nothing is parsed

from risk import forest, scoring
from risk.forest import Forest
from risk.scoring import MOST_REASONS, Characteristic, Scorecard, reason_code

NAMESPACE = "http://www.dmg.org/PMML-4_4"
TARGET, SUM = "raw", "raw_sum"


def written(document: Mapping[str, Any]) -> str:
    """The PMML of a model's document."""
    root = Element("PMML", xmlns=NAMESPACE, version="4.4")
    label = f"{document['name']}-{document['version']}"
    SubElement(root, "Header", description=f"{label}, SHA-256 {document['digest']}")
    columns = [*_columns(document)]
    fields = SubElement(root, "DataDictionary", numberOfFields=str(len(columns) + 1))
    for feature, is_numeric in [*columns, (TARGET, True)]:
        optype, kind = ("continuous", "double") if is_numeric else ("categorical", "string")
        SubElement(fields, "DataField", name=feature, optype=optype, dataType=kind)
    if "trees" in document:
        _forest(root, document, forest.from_document(document))
    else:
        _scorecard(root, scoring.from_document(document))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _columns(document: Mapping[str, Any]) -> Iterable[tuple[str, bool]]:
    if "trees" in document:
        return ((column["feature"], "categories" not in column) for column in document["columns"])
    return ((column["feature"], "below" in column["bins"][0]) for column in document["characteristics"])


def _schema(parent: Element, features: Iterable[str], *, target: bool = True) -> None:
    schema = SubElement(parent, "MiningSchema")
    for feature in features:
        SubElement(schema, "MiningField", name=feature, invalidValueTreatment="asMissing")
    if target:
        SubElement(schema, "MiningField", name=TARGET, usageType="target")


def _scorecard(root: Element, model: Scorecard) -> None:
    card = SubElement(
        root,
        "Scorecard",
        modelName=model.label,
        functionName="regression",
        initialScore="0",
        useReasonCodes="true",
        reasonCodeAlgorithm="pointsBelow",
        baselineMethod="mean",
    )
    _schema(card, (column.feature for column in model.characteristics))
    output = SubElement(card, "Output")
    _predicted(output, "score")
    _pd(output, str(model.pd_intercept), str(model.pd_slope), "score")
    for rank in range(1, min(MOST_REASONS, len(model.characteristics)) + 1):
        field = {"feature": "reasonCode", "rank": str(rank), "dataType": "string", "optype": "categorical"}
        SubElement(output, "OutputField", {"name": f"reason_{rank}", **field})
    rows = SubElement(card, "Characteristics")
    for column in model.characteristics:
        _characteristic(rows, column)


def _characteristic(rows: Element, column: Characteristic) -> None:
    """Of its attributes the first that is true counts: bins from the lowest on, then what is missing or never seen."""
    code = reason_code(column.feature)
    entry = SubElement(rows, "Characteristic", name=code, reasonCode=code, baselineScore=str(column.mean_points))
    for place, points in enumerate(column.points):
        attribute = SubElement(entry, "Attribute", partialScore=str(points))
        if not column.is_numeric:
            _among(attribute, column.feature, [word for word, at in column.categories.items() if at == place])
        elif place < len(column.edges):
            _compare(attribute, column.feature, "lessThan", column.edges[place])
        else:
            _compare(attribute, column.feature, "isNotMissing")
    SubElement(SubElement(entry, "Attribute", partialScore=str(column.missing_points)), "True")


def _forest(root: Element, document: Mapping[str, Any], model: Forest) -> None:
    names = [column.feature for column in model.columns]
    whole = SubElement(root, "MiningModel", modelName=model.label, functionName="regression")
    _schema(whole, names)
    output = SubElement(whole, "Output")
    _predicted(output, SUM)
    line = (repr(model.intercept), repr(model.slope), SUM)
    _pd(output, *line)
    points = Element("Apply", function="-")
    points.extend([_constant(repr(model.points_at_even_odds)), _product(repr(model.points_per_log_odds), _line(*line))])
    SubElement(_computed(output, "score"), "Apply", function="round").append(points)
    segments = SubElement(whole, "Segmentation", multipleModelMethod="sum")
    for number, tree in enumerate(document["trees"], 1):
        segment = SubElement(segments, "Segment", id=str(number))
        SubElement(segment, "True")
        grown = SubElement(segment, "TreeModel", functionName="regression", missingValueStrategy="none")
        _schema(grown, names, target=False)
        _node(grown, tree, document["columns"], None)


def _node(
    parent: Element, node: Mapping[str, Any], columns: list[dict[str, Any]], asked: Mapping[str, Any] | None
) -> None:
    """A node and those below it. Of two children the first is asked, and the second takes whatever it leaves."""
    entry = SubElement(parent, "Node", score=repr(float(node["value"])))
    if asked is None:
        SubElement(entry, "True")
    else:
        _question(entry, asked, columns[asked["feature"]])
    if "feature" in node:
        _node(entry, node["left"], columns, node)
        _node(entry, node["right"], columns, None)


def _question(entry: Element, node: Mapping[str, Any], column: Mapping[str, Any]) -> None:
    """What sends a row to the left."""
    name = column["feature"]
    if "among" in node:
        _among(entry, name, [column["categories"][code] for code in node["among"]])
    elif node["missing_left"]:
        either = SubElement(entry, "CompoundPredicate", booleanOperator="or")
        _compare(either, name, "isMissing")
        _compare(either, name, "lessOrEqual", node["up_to"])
    else:
        _compare(entry, name, "lessOrEqual", node["up_to"])


def _compare(parent: Element, field: str, operator: str, value: float | str | None = None) -> None:
    given = {} if value is None else {"value": value if isinstance(value, str) else repr(float(value))}
    SubElement(parent, "SimplePredicate", {"field": field, "operator": operator, **given})


def _among(parent: Element, field: str, words: list[str]) -> None:
    """One word after the other: not every reader takes an array whose words hold quotes."""
    either = parent if len(words) == 1 else SubElement(parent, "CompoundPredicate", booleanOperator="or")
    for word in words:
        _compare(either, field, "equal", word)


def _pd(output: Element, intercept: str, slope: str, name: str) -> None:
    """1 / (1 + e^-(intercept + slope · name))."""
    share = SubElement(_computed(output, "pd"), "Apply", function="/")
    share.append(_constant("1"))
    sum_ = SubElement(share, "Apply", function="+")
    sum_.append(_constant("1"))
    power = SubElement(sum_, "Apply", function="exp")
    power.append(_product("-1", _line(intercept, slope, name)))


def _predicted(output: Element, name: str) -> None:
    field = {"feature": "predictedValue", "dataType": "double", "optype": "continuous"}
    SubElement(output, "OutputField", {"name": name, **field})


def _computed(output: Element, name: str) -> Element:
    field = {"feature": "transformedValue", "dataType": "double", "optype": "continuous"}
    return SubElement(output, "OutputField", {"name": name, **field})


def _line(intercept: str, slope: str, name: str) -> Element:
    line = Element("Apply", function="+")
    line.append(_constant(intercept))
    line.append(_product(slope, Element("FieldRef", field=name)))
    return line


def _product(factor: str, other: Element) -> Element:
    product = Element("Apply", function="*")
    product.append(_constant(factor))
    product.append(other)
    return product


def _constant(value: str) -> Element:
    constant = Element("Constant", dataType="double")
    constant.text = value
    return constant
