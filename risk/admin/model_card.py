"""A model's card: what it was made of, how well it orders, how it treats groups, what to look at before trusting it.

After M. Mitchell et al., "Model Cards for Model Reporting" (2019).
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from core.admin.shown import Table


def card(stated: dict[str, Any]) -> Iterable[Table]:
    """The tables of the card, from what training wrote."""
    metrics = stated["metrics"]
    if stated["warnings"]:
        yield Table(_("Look at this first"), [_("warning")], [[warning] for warning in stated["warnings"]])
    yield _made_of(stated)
    yield Table(
        _("On rows that it had not seen"),
        [_("measure"), _("mean of the folds"), _("deviation")],
        [
            ["AUC", metrics["auc_mean"], metrics["auc_deviation"]],
            ["KS", metrics["ks_mean"], metrics["ks_deviation"]],
            ["Gini", metrics["gini_mean"], "–"],
            [_("Brier score"), metrics["brier"], "–"],
        ],
    )
    yield Table(
        _("Expected and observed share of bad loans, from the safest tenth on"),
        [_("tenth"), _("expected"), _("observed")],
        [[place, tenth["expected"], tenth["observed"]] for place, tenth in enumerate(metrics["calibration"], 1)],
    )
    yield _fairness(stated["fairness"])
    yield _inputs(stated)


def _made_of(stated: dict[str, Any]) -> Table:
    provenance = stated["provenance"]
    # Versions trained earlier do not say which value was the bad one.
    target = " = ".join(provenance[name] for name in ("target", "bad_value") if name in provenance)
    rows = [
        [_("data"), provenance["data"]],
        [_("rows"), provenance["rows"]],
        [_("target"), target],
        [_("share of bad loans"), stated["metrics"]["bad_share"]],
        *([_("left out: %s") % column, why] for column, why in provenance["left_out"].items()),
        *([_("protected, but used: %s") % column, why] for column, why in provenance["protected"].items()),
        *([library, version] for library, version in stated["libraries"].items()),
    ]
    return Table(_("Made of"), ["", ""], rows)


def _fairness(groups: list[dict[str, Any]]) -> Table:
    headers = [
        *(
            _("attribute"),
            _("group"),
            _("rows"),
            _("bad share"),
            _("mean pd"),
            _("approved"),
            _("by the most approved"),
        ),
        "AUC",
    ]
    names = ("attribute", "group", "rows", "bad_share", "mean_pd", "approved", "ratio", "auc")
    rows = [[group[name] if group[name] is not None else "–" for name in names] for group in groups]
    return Table(_("How it treats groups, if the safest 70 % were approved (below 0.80 look closer)"), headers, rows)


def _inputs(stated: dict[str, Any]) -> Table:
    if "trees" in stated:
        rows = [[column["feature"], column.get("trend") or _("words")] for column in stated["columns"]]
        return Table(_("Inputs of %(count)s trees") % {"count": len(stated["trees"])}, [_("input"), _("trend")], rows)
    rows = [[column["feature"], _range(column), column["mean_points"]] for column in stated["characteristics"]]
    return Table(_("Points"), [_("input"), _("from … to"), _("on average")], rows)


def _range(column: dict[str, Any]) -> str:
    points = [entry["points"] for entry in column["bins"]]
    return f"{min(points)} … {max(points)}"
