"""The best decision of each point of a sample, and the one decision that is best for all of them.

A decision is a rejuvenation rate, or with a trigger a mean delay. The objective of all points is evaluated on
one grid of decisions, dense where the rates of the points make features. Every point's best is then narrowed
by golden sections in the logarithm of the decision, all points at a time. The average over the points is a
curve of its own, whose minima are refined on ever finer grids. The ends of the bounds are candidates always.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.models.pool import Pool
from rejuvmodel.propagation.averages import log_mean
from rejuvmodel.propagation.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Columns = Mapping[str, Floats]

#: The grid reaches from this factor below the slowest rate to as far above the fastest.
_REACH = 1e4
#: Decisions of the grid for each factor of ten, also for a pool, whose points are solved one by one.
_PER_DECADE, _PER_DECADE_POOL = 16, 4
#: Golden sections of each point's best; each leaves 0.618 of the interval.
_SECTIONS, _SECTIONS_POOL = 26, 8
#: Local minima of the average, the lowest first, that are refined.
_MINIMA = 4
#: Relative differences of the objective that may be rounding.
ROUNDING = 1e-12
_GOLDEN = (np.sqrt(5.0) - 1) / 2


@dataclass(frozen=True)
class Best:
    """The decision that is best for all points of a sample.

    Attributes
    ----------
    decision : float
        Rate [1/h] or mean delay [h].
    log_value : float
        Natural logarithm of the average objective there.
    location : str
        "interior", "lower bound", "upper bound" or "flat".
    """

    decision: float
    log_value: float
    location: str


def decisions(response: Response, columns: Columns, low: float, high: float) -> Floats:
    """Return the grid of decisions between two bounds, both included.

    Parameters
    ----------
    response : Response
        The model.
    columns : mapping of ndarray
        Uncertain rates [1/h] of the sample.
    low, high : float
        Bounds on rates [1/h] or mean delays [h]; 0 and infinity stay as they are.

    Returns
    -------
    ndarray
        Ascending.
    """
    rates = response.own_rates()
    rates.pop("rejuvenation", None)
    ends: list[float] = []
    for name, own in rates.items():
        column = columns.get(name)
        ends += [own] if column is None else np.quantile(column, [0.001, 0.999]).tolist()
    ends = [x for x in ends if x > 0] or [1.0]
    slowest, fastest = min(ends) / _REACH, max(ends) * response.model.servers * _REACH
    first, last = (slowest, fastest) if response.by_rate else (1 / fastest, 1 / slowest)
    # Where a bound is 0 or infinite the grid ends with the features; where they lie outside, so does it.
    first = min(max(first, low), high)
    if low == 0:
        first = min(first, high / 10)
    last = max(min(last, high), first)
    per_decade = _PER_DECADE_POOL if isinstance(response.model, Pool) else _PER_DECADE
    count = 2 + round(per_decade * np.log10(last / first))
    return np.unique(np.concatenate([[low], np.geomspace(first, last, count), [high]]))


def best_of_each(response: Response, columns: Columns, grid: Floats, logs: Floats) -> tuple[Floats, Floats]:
    """Return the best decision of each point.

    Parameters
    ----------
    response : Response
        The model.
    columns : mapping of ndarray
        Uncertain rates [1/h], shape (points,).
    grid : ndarray
        Decisions.
    logs : ndarray
        Logarithms of the objective, shape (points, decisions).

    Returns
    -------
    tuple of ndarray
        Decisions, and logarithms of the objective there, shape (points,). Of equal values the decision that
        rejuvenates least.
    """
    seen = logs if response.by_rate else logs[:, ::-1]
    axis = grid if response.by_rate else grid[::-1]
    slack = ROUNDING * np.maximum(1.0, np.abs(np.where(np.isfinite(seen), seen, 0.0)).max(axis=1))
    least = seen.min(axis=1)
    place = np.argmax(seen <= (least + slack)[:, None], axis=1)
    chosen, values = axis[place], seen[np.arange(len(seen)), place]
    left, right = axis[np.maximum(place - 1, 0)], axis[np.minimum(place + 1, len(axis) - 1)]
    inside = (np.minimum(left, right) > 0) & np.isfinite(np.maximum(left, right)) & np.isfinite(values)
    inside &= (seen.max(axis=1) > least + slack) & (place > 0) & (place < len(axis) - 1)
    if inside.any():
        some = {name: column[inside] for name, column in columns.items()}
        found, value = _sectioned(response, some, left[inside], right[inside])
        better = value < values[inside] - slack[inside]
        index = np.flatnonzero(inside)[better]
        chosen[index], values[index] = found[better], value[better]
    return chosen, values


def _sectioned(response: Response, columns: Columns, left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The minimum of each point between two decisions, by golden sections of their logarithms."""
    a, b = np.log(np.minimum(left, right)), np.log(np.maximum(left, right))
    x, y = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
    at_x, at_y = (response.log_objective(columns, np.exp(z)) for z in (x, y))
    for _ in range(_SECTIONS_POOL if isinstance(response.model, Pool) else _SECTIONS):
        lower = at_x < at_y
        a, b = np.where(lower, a, x), np.where(lower, y, b)
        kept, at_kept = np.where(lower, x, y), np.where(lower, at_x, at_y)
        new = np.where(lower, b - _GOLDEN * (b - a), a + _GOLDEN * (b - a))
        at_new = response.log_objective(columns, np.exp(new))
        x, y = np.where(lower, new, kept), np.where(lower, kept, new)
        at_x, at_y = np.where(lower, at_new, at_kept), np.where(lower, at_kept, at_new)
    better = at_x < at_y
    return np.exp(np.where(better, x, y)), np.where(better, at_x, at_y)


def best_of_all(response: Response, columns: Columns, grid: Floats, logs: Floats) -> Best:
    """Return the decision with the least average objective.

    Parameters
    ----------
    response : Response
        The model.
    columns : mapping of ndarray
        Uncertain rates [1/h], shape (points,).
    grid : ndarray
        Decisions.
    logs : ndarray
        Logarithms of the objective, shape (points, decisions).

    Returns
    -------
    Best
        The decision; of equal values the one that rejuvenates least.
    """
    curve = log_mean(logs.T)
    finite = curve[np.isfinite(curve)]
    slack = ROUNDING * max(1.0, float(np.abs(finite).max(initial=0.0)))
    idle = 0 if response.by_rate else -1
    spread = curve.max() - curve.min() if len(finite) else 0.0
    if not len(finite) or spread <= slack:
        return Best(float(grid[idle]), float(curve[idle]), "flat")
    candidates = [(float(grid[0]), float(curve[0]), "lower bound")]
    inner = np.flatnonzero(curve[1:-1] <= np.minimum(curve[:-2], curve[2:])) + 1
    candidates += [
        (*_refined(response, columns, grid[k - 1 : k + 2], float(curve[k])), "interior")
        for k in inner[np.argsort(curve[inner])][:_MINIMA]
    ]
    candidates.append((float(grid[-1]), float(curve[-1]), "upper bound"))
    candidates.sort(reverse=not response.by_rate)
    least = min(value for _, value, _ in candidates)
    return Best(*next(one for one in candidates if one[1] <= least + slack))


def _refined(response: Response, columns: Columns, around: Floats, value: float) -> tuple[float, float]:
    """The minimum of the average between the neighbours of a decision."""
    best = float(around[1])
    a, b = max(float(around[0]), best / 10), min(float(around[2]), 10 * best)
    points, rounds = (5, 3) if isinstance(response.model, Pool) else (9, 8)
    for _ in range(rounds):
        finer = np.exp(np.linspace(np.log(a), np.log(b), points + 2))
        averages = np.array([log_mean(response.log_objective(columns, x)) for x in finer[1:-1]])
        k = int(np.argmin(averages))
        if averages[k] < value:
            best, value = float(finer[k + 1]), float(averages[k])
        a, b = float(finer[k]), float(finer[k + 2])
    return best, float(value)
