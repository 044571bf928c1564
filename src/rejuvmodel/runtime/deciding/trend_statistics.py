r"""What a row of points says of growth: a CUSUM, since when they grow, how noisy they are, and how steep.

For points y_1 … y_n with mean ȳ and noise of long-run variance ω²,

    C = max over j of  − Σ_{i≤j} (y_i − ȳ) / (ω √n),         reached at j = turn

No reference level has to be learned: each point is compared with the mean of all. Without growth the
sums are a Brownian bridge in the limit, and P(C > c) = exp(−2c²). For y = b t the turn is the middle.
Where a level row turns into growth for the last m of n points, n − turn = m − m²/(2n); so growth is
taken to have begun m = n (1 − √(1 − 2 (n − turn)/n)) points ago, and with the first point if the turn
is before the middle.

ω² is measured on what a line with a bend at that point leaves: neither growth nor a late start of it is taken
for noise; a step and a curve are. What is left is taken for an AR(1), ω² = γ_0 (1 + φ)/(1 − φ), where γ_0 and
φ are corrected for what the fit has eaten, and φ is taken one standard error larger. ω too small would be a
false alarm, ω too large only takes time.

The slope is that of Theil and Sen, the median of the slopes of all pairs: outliers do not move it.

Sources: W. Ploberger, W. Krämer, Econometrica 60 (1992) 271, on the CUSUM of least-squares residuals;
F. H. C. Marriott, J. A. Pope, Biometrika 41 (1954) 390, on the bias of φ; P. K. Sen, J. Am. Stat. Assoc. 63
(1968) 1379, on the slope. The place of the bend and the size of the corrections are our own, and judged by
what they achieve: docs/theory/trend.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from statistics import median

#: A larger φ is not told from growth.
_MOST_CORRELATED = 0.98
#: Level, slope and bend take the share of about so many long-run variances from γ_0.
_EATEN = 3.0


def cusum(values: Sequence[float]) -> tuple[float, int]:
    """Return the CUSUM before it is divided by ω, and where it turns.

    Parameters
    ----------
    values : sequence of float
        Values y, in the order of time; one at least.

    Returns
    -------
    tuple of float and int
        max_j −Σ_{i≤j} (y_i − ȳ) / √n, in the unit of the values, and the number of points up to there.
    """
    mean = math.fsum(values) / len(values)
    sums = list(accumulate([mean - value for value in values]))
    largest = max(sums)
    return largest / math.sqrt(len(values)), sums.index(largest) + 1


def growing_points(n: int, turn: int) -> int:
    """Return over how many of the last points the values have grown, if they grow at all.

    Parameters
    ----------
    n : int
        Number of points.
    turn : int
        Where the CUSUM turns.

    Returns
    -------
    int
        m, from 1 to n.
    """
    level = 1.0 - 2.0 * (n - turn) / n
    return n if level <= 0 else max(1, math.ceil(n * (1.0 - math.sqrt(level))))


def bent_line_residuals(times: Sequence[float], values: Sequence[float], bend: int) -> list[float]:
    """Return what a line with a bend leaves, by least squares.

    Parameters
    ----------
    times, values : sequence of float
        The points.
    bend : int
        Index of the point at which the slope may change; within two points of an end the line is straight.

    Returns
    -------
    list of float
        y − a − b t − c max(t − t_bend, 0).
    """
    line = _centred(times)
    rest = _without(_centred(values), line)
    if 2 < bend < len(times) - 2:
        start = times[bend]
        bent = _without(_centred([max(time - start, 0.0) for time in times]), line)
        rest = _without(rest, bent)
    return rest


def step_residual_power(values: Sequence[float]) -> float:
    """Return the sum of squares that the best single step leaves.

    Parameters
    ----------
    values : sequence of float
        Values, in the order of time.

    Returns
    -------
    float
        Σ (y − its side's mean)², for the step that makes it least.
    """
    n = len(values)
    rest = _centred(values)
    between = 0.0
    for j, total in enumerate(accumulate(rest[:-1]), start=1):
        between = max(between, total * total / (j * (n - j)))
    return math.fsum([one * one for one in rest]) - n * between


def long_run_deviation(rest: Sequence[float]) -> float:
    """Return ω of the noise, rather too large than too small.

    Parameters
    ----------
    rest : sequence of float
        Residuals of the bent line, two at least.

    Returns
    -------
    float
        √(γ_0 (1 + φ)/(1 − φ)), in the unit of the residuals; 0 if all are 0.
    """
    n = len(rest)
    power = sum([one * one for one in rest])
    if power == 0:
        return 0.0
    found = sum([one * other for one, other in pairwise(rest)]) / power
    unbiased = found + (3.0 + 5.0 * max(found, 0.0)) / n
    error = math.sqrt(max(0.0, 1.0 - unbiased * unbiased) / n)
    phi = min(max(unbiased + error, 0.0), _MOST_CORRELATED)
    factor = (1.0 + phi) / (1.0 - phi)
    left = max(1.0 - _EATEN * factor / n, 0.25)
    return math.sqrt(power / n / left * factor)


def theil_sen(times: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return the line of Theil and Sen.

    Parameters
    ----------
    times, values : sequence of float
        Two points at least, of rising times.

    Returns
    -------
    tuple of float
        The median of the slopes of all pairs, and the value of the line at the last time, with which as many
        points lie above the line as below. Cost n²/2 divisions.
    """
    slopes: list[float] = []
    for i, (time, value) in enumerate(zip(times, values, strict=True), start=1):
        later = zip(times[i:], values[i:], strict=True)
        slopes += [(other - value) / (after - time) for after, other in later]
    slope, last = median(slopes), times[-1]
    return slope, median([y + slope * (last - t) for t, y in zip(times, values, strict=True)])


def _centred(values: Sequence[float]) -> list[float]:
    """Values less their mean."""
    mean = math.fsum(values) / len(values)
    return [value - mean for value in values]


def _without(values: list[float], direction: list[float]) -> list[float]:
    """Values less their projection on a direction."""
    square = sum([one * one for one in direction])
    if square == 0:
        return values
    share = sum([one * other for one, other in zip(values, direction, strict=True)]) / square
    return [one - share * other for one, other in zip(values, direction, strict=True)]
