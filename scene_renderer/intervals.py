"""How sure a share or a difference of shares is: 95 % intervals in closed form.

- `wilson`: of one share.
- `clustered`: of a mean of numbers between 0 and 1, several of which belong together.
- `newcombe_paired`: of the difference of two shares of the same cases.
"""

import math
from collections.abc import Hashable, Sequence

Z_95 = 1.959963984540054


def wilson(k: float, n: float) -> tuple[float, float]:
    """Returns Wilson's 95 % score interval of `k` of `n`; (0, 1) if n is 0.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927).
    """
    if n == 0:
        return 0.0, 1.0
    share, spread = k / n, Z_95**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    low = 0.0 if k == 0 else max(0.0, middle - half)
    high = 1.0 if k == n else min(1.0, middle + half)
    return low, high


def clustered(values: Sequence[float], clusters: Sequence[Hashable]) -> tuple[float, float]:
    """Returns Wilson's interval of the mean of values, of which those of one cluster go together.

    The values count as that many independent ones as carry the same information: their number
    divided by the design effect. If every cluster has one value, this is Wilson's interval.

    Args:
        values: each from 0 to 1. Of all numbers in this range with a given mean, zeros and ones
            scatter most, so the interval is never too narrow for other values.
        clusters: what each value belongs to, e.g. its scene.

    Source: J. N. K. Rao and A. J. Scott, A simple method for the analysis of clustered binary data,
    Biometrics 48 (1992); found good with Wilson's interval by N. Dean and M. Pagano, Evaluating
    confidence interval methods for binomial proportions in clustered surveys, Journal of Survey
    Statistics and Methodology 3 (2015).
    """
    count = len(values)
    if not count:
        return 0.0, 1.0
    effective = count / design_effect(values, clusters)
    total = math.fsum(values)
    return wilson(effective if total == count else effective * total / count, effective)


def design_effect(values: Sequence[float], clusters: Sequence[Hashable]) -> float:
    """Returns by how much clusters raise the variance of a mean; at least 1, and 1 without values.

    It is the variance as the scatter between clusters tells it, over that of independent values,
    both without bias. Where all values are equal or all are of one cluster, nothing can be
    estimated; then a cluster counts as if it were a single value.
    """
    groups: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        groups.setdefault(cluster, []).append(value)
    n, m = len(values), len(groups)
    if n == m:
        return 1.0
    mean = math.fsum(values) / n
    scatter = math.fsum((v - mean) ** 2 for v in values) * n / (n - 1)
    if m == 1 or scatter < 1e-12:
        return sum(len(group) ** 2 for group in groups.values()) / n
    between = math.fsum((sum(group) - mean * len(group)) ** 2 for group in groups.values())
    return max(1.0, between * m / (m - 1) / scatter)


def newcombe_paired(both: float, first: float, second: float, none: float) -> tuple[float, float]:
    """Returns the interval of (first - second) / all, for two answers to the same cases.

    Args:
        both: how many cases both got right.
        first: how many only the first one did.
        second: how many only the second one did.
        none: how many neither did.

    Returns:
        Of the first one's share less the second one's; (-1, 1) without cases.

    Source: R. G. Newcombe, Improved confidence intervals for the difference between binomial
    proportions based on paired data, Statistics in Medicine 17 (1998), 2635-2650, method 10.
    """
    n = both + first + second + none
    if n == 0:
        return -1.0, 1.0
    share, (low, high) = (both + first) / n, wilson(both + first, n)
    share2, (low2, high2) = (both + second) / n, wilson(both + second, n)
    likeness = _correlation(both, first, second, none)

    def spread(here: float, there: float) -> float:
        return math.sqrt(max(0.0, here**2 - 2 * likeness * here * there + there**2))

    difference = (first - second) / n
    return (
        max(-1.0, difference - spread(share - low, high2 - share2)),
        min(1.0, difference + spread(high - share, share2 - low2)),
    )


def _correlation(both: float, first: float, second: float, none: float) -> float:
    """Returns phi of a table of pairs, with method 10's correction for continuity."""
    margins = (both + first) * (second + none) * (both + second) * (first + none)
    if margins == 0:
        return 0.0
    surplus = both * none - first * second
    if surplus > 0:
        surplus = max(surplus - (both + first + second + none) / 2, 0.0)
    return surplus / math.sqrt(margins)
