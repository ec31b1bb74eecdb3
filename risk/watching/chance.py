"""Is a change more than chance? Pure arithmetic on counts.

A measure alarms when its change is both material and beyond chance. Chance is held to ALPHA a test, so that months of
daily tests over dozens of measures stay calm: at 50 decisions and no drift at all 28 % of windows have a population
stability index above the customary 0.25.

Sources: B. Yurdakul, J. Naranjo, "Statistical properties of the population stability index", Journal of Risk Model
Validation 14 (4), 2020: without drift PSI / (1/N + 1/M) is about chi-square with as many degrees of freedom as bins
less one. W. Hoeffding, "Probability inequalities for sums of bounded random variables", JASA 58, 1963, theorem 1: a
share k/n strays from p with a probability of at most exp(-n KL(k/n, p)) each way, at every size of sample.
"""

from collections.abc import Mapping, Sequence
from math import log, sqrt
from statistics import NormalDist

ALPHA = 1e-5
MOST_BINS, LEAST_EXPECTED = 10, 5
_RARE = "…"
Pair = tuple[int, int]  # how many in the baseline, how many now


def fine_bin(value: float | str | None) -> str:
    """The bin in which a value is counted: two significant digits of a number, a category as it is, "" if unknown."""
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.2g}"


def coarsen(base: Mapping[str, int], now: Mapping[str, int]) -> list[Pair]:
    """Fine bins as a few, in each of which the window would have enough, if nothing had changed.

    Numbers are cut into bins of about equal baselines; rare categories, and those the baseline never had, are one.
    """
    labels = sorted(base.keys() | now.keys(), key=_order)
    share = sum(now.values()) / max(sum(base.values()), 1)
    least = max(LEAST_EXPECTED / share if share else 0.0, sum(base.values()) / MOST_BINS if _numeric(labels) else 0.0)
    pairs: list[Pair] = []
    before, after = 0, 0
    if not _numeric(labels):
        labels.sort(key=lambda label: -base.get(label, 0))
    for label in labels:
        before, after = before + base.get(label, 0), after + now.get(label, 0)
        if before >= least:
            pairs.append((before, after))
            before, after = 0, 0
    if (before or after) and pairs:
        last = pairs.pop()
        pairs.append((last[0] + before, last[1] + after))
    return pairs


def psi(pairs: Sequence[Pair]) -> float:
    """The population stability index of what is in `pairs`; half a case is added to each bin, so that none is empty."""
    before, after = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    index = 0.0
    for base, now in pairs:
        p, q = ((count + 0.5) / (whole + len(pairs) / 2) for count, whole in ((base, before), (now, after)))
        index += (q - p) * log(q / p)
    return index


def chance_psi(pairs: Sequence[Pair]) -> float:
    """The index that chance alone exceeds with probability ALPHA. Infinite when there is too little to tell."""
    before, after = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    if len(pairs) < 2 or not before or not after:
        return float("inf")
    return _chi_square(len(pairs) - 1) * (1 / before + 1 / after)


def _chi_square(freedom: int) -> float:
    """Its quantile at 1 - ALPHA, by Wilson and Hilferty (1931): a little high this far out, so on the calm side."""
    spread = 2 / (9 * freedom)
    return freedom * (1 - spread + NormalDist().inv_cdf(1 - ALPHA) * sqrt(spread)) ** 3


def share_changed(k: int, n: int, base_k: int, base_n: int) -> bool:
    """Whether `k` of `n` and `base_k` of `base_n` differ by more than chance."""
    pooled = (k + base_k) / (n + base_n)
    return 2 * (_divergence(k, n, pooled) + _divergence(base_k, base_n, pooled)) > 2 * log(2 / ALPHA)


def count_changed(seen: int, expected: float) -> bool:
    """Whether so many independent events, each with its own probability that sum up to `expected`, are not chance."""
    surprise = (seen * log(seen / expected) if seen else 0.0) - (seen - expected)
    return surprise > log(2 / ALPHA)


def _divergence(k: int, n: int, p: float) -> float:
    """n KL(k/n, p), in nats."""
    parts = ((k, n * p), (n - k, n * (1 - p)))
    return sum(seen * log(seen / expected) for seen, expected in parts if seen)


def percentile(bins: Mapping[str, int], share: float) -> float:
    """The smallest counted number that at least this share does not exceed."""
    left = share * sum(bins.values())
    for label in sorted(bins, key=float):
        left -= bins[label]
        if left <= 0:
            return float(label)
    raise ValueError("nothing was counted")


def _numeric(labels: Sequence[str]) -> bool:
    return any(labels) and all(not label or _is_number(label) for label in labels)


def _order(label: str) -> tuple[float, str]:
    return (float(label) if _is_number(label) else float("-inf"), label)


def _is_number(label: str) -> bool:
    try:
        return float(label) == float(label)
    except ValueError:
        return False
