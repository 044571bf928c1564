"""The objective as a curve in the rejuvenation rate: flat region, and searches where no proof is asked for.

Everything is evaluated in logarithms by the closed form, many rates at a time.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from math import inf, log
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rejuvmodel.models.cluster import Cluster
from rejuvmodel.parameters import Costs
from rejuvmodel.solving import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Share above the best value that still counts as flat.
NEAR = 0.01
#: Rates evaluated at a time; for few levels many cost hardly more than one.
_POINTS = 33
_MANY, _FEW_SERVERS = 257, 100
#: Smaller relative differences of logarithms may be rounding.
_ROUNDING = 1e-12
#: A search looks closely from this factor below the slowest rate of the model to as far above the fastest.
_REACH = 1e6


@dataclass(frozen=True)
class Curve:
    """Logarithm of the objective as a function of the rate λ_r [1/h]."""

    cluster: Cluster
    costs: Costs

    def log_at(self, points: Floats | float) -> Floats | float:
        """Logarithm of the objective at the given rates."""
        return solve(self.cluster.with_rejuvenation(points)).log_cost_rate(self.costs)

    def at(self, rate: float) -> float:
        """The objective at one rate; infinite beyond the range of doubles."""
        return float(solve(self.cluster.with_rejuvenation(rate)).cost_rate(self.costs))

    def is_constant(self) -> bool:
        """Whether the objective is 0 at every rate because nothing ages, nothing costs or nothing is down."""
        return self.cluster.rates.aging == 0 or self.is_free() or self.is_never_down()

    def is_free(self) -> bool:
        """Whether all costs are 0."""
        return not any(self.costs.to_dict().values())

    def is_never_down(self) -> bool:
        """Whether servers never fail, one of them always serves, and nothing else costs."""
        costs = self.costs
        further = costs.capacity or costs.per_rejuvenation or costs.degraded
        return self.cluster.rates.failure == 0 and self.cluster.servers > 1 and not further

    def grid(self, low: float, high: float, count: int) -> Floats:
        """Positive rates of the bounds: dense where the rates of the model make features, sparse beyond."""
        rates = self.cluster.rates
        scales = [float(r) for r in (rates.aging, rates.failure, rates.repair, rates.restart) if r > 0]
        least = _positive(min(scales) / _REACH)
        most = _positive(max(scales) * self.cluster.servers * _REACH)
        start, end = low if low > 0 else _positive(min(least, high / _REACH)), _positive(high)
        marks = [start, *(mark for mark in (least, most) if start < mark < end), end]
        pieces = [
            _geometric(a, b, count if least <= a and b <= most else count // 4) for a, b in pairwise(marks)
        ]
        return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])

    def turning_points(self, low: float, high: float) -> tuple[float, ...]:
        """Rates at which the curve, seen on a grid, turns from rising to falling or back."""
        grid = self.grid(low, high, 400)
        values = np.asarray(self.log_at(grid))
        if not np.isfinite(values).all():
            return ()
        steps = np.diff(values)
        seen = np.flatnonzero(np.abs(steps) > _ROUNDING * np.maximum(1, np.abs(values[1:])))
        turns = np.flatnonzero(np.diff(np.sign(steps[seen])))
        return tuple(grid[seen[turns] + 1].tolist())


class Evaluated(Protocol):
    """A curve along one axis, of rates or of mean delays."""

    @property
    def cluster(self) -> Cluster:
        """The cluster."""

    def log_at(self, points: Floats | float) -> Floats | float:
        """Logarithm of the objective."""


def flat_region(
    curve: Evaluated, best: float, low: float, high: float, critical: tuple[float, ...]
) -> tuple[float, float]:
    """The part of the axis around the best whose objective is within 1 % of the best value, to 9 digits.

    Between neighbouring critical points the curve is monotone, so each end is found by sectioning.
    """
    target = float(curve.log_at(best)) + log(1 + NEAR)
    below = [low, *(x for x in critical if low < x < best)]
    above = [high, *(x for x in reversed(critical) if best < x < high)]
    return _reach(curve, best, below[::-1], target), _reach(curve, best, above[::-1], target)


def _reach(curve: Evaluated, best: float, stops: list[float], target: float) -> float:
    """The farthest rate from ``best`` through ``stops`` before the curve first exceeds the target."""
    inside = best
    for stop in stops:
        if stop == inside:
            continue
        if float(curve.log_at(stop)) > target:
            return _crossing(curve, inside, stop, target)
        inside = stop
    return inside


def _crossing(curve: Evaluated, inside: float, outside: float, target: float) -> float:
    """Where a monotone piece crosses the target; ``inside`` is below it, ``outside`` above."""
    a, b = _positive(inside), _positive(outside)
    count = _MANY if curve.cluster.servers <= _FEW_SERVERS else _POINTS
    for _ in range(10):
        grid = _geometric(a, b, count)
        over = np.asarray(curve.log_at(grid)) > target
        over[-1] = True
        first = int(np.argmax(over))
        if first == 0:
            return inside
        a, b = float(grid[first - 1]), float(grid[first])
        if abs(b - a) <= 1e-10 * a:
            break
    return a


def _positive(x: float) -> float:
    """The positive double nearest to a number that may have left their range."""
    return min(max(x, 5e-324), sys.float_info.max)


def _geometric(a: float, b: float, count: int) -> Floats:
    """Numbers from a to b in equal ratios, for any two positive doubles."""
    with np.errstate(over="ignore"):
        grid: Floats = np.exp2(np.linspace(np.log2(a), np.log2(b), count))
    grid = np.clip(grid, min(a, b), max(a, b))
    grid[0], grid[-1] = a, b
    return grid


def break_even_by_search(curve: Curve, low: float) -> float | None:
    """First rate above ``low`` where the objective falls below its value there, to 9 digits."""
    level = float(curve.log_at(low))
    if level == -inf:
        return None
    # Close to the lower bound as well: there may be a hump narrower than the steps of the grid.
    near = low * (1 + np.exp2(-np.arange(1.0, 40.0)))
    grid = np.unique(np.concatenate([curve.grid(low, inf, 400), near[near > 0]]))
    values, slack = np.asarray(curve.log_at(grid)), _ROUNDING * max(1.0, abs(level))
    above, below = np.flatnonzero(values > level + slack), np.flatnonzero(values < level - slack)
    if not (len(above) and len(below)) or below[0] < above[0]:
        return None
    end = above[above < below[0]][-1]
    return _crossing(curve, float(grid[below[0]]), float(grid[end]), level)


def best_by_search(curve: Curve, low: float, high: float) -> tuple[float, str, tuple[float, ...]]:
    """The least value on a grid of rates, refined; nothing is proved."""
    if curve.is_constant():
        return low, "flat", ()
    grid = curve.grid(low, high, 600)
    values = np.asarray(curve.log_at(grid))
    k = int(np.argmin(values))
    a, b = float(grid[max(k - 1, 0)]), float(grid[min(k + 1, len(grid) - 1)])
    for _ in range(8):
        finer = _geometric(a, b, _POINTS)
        values = np.asarray(curve.log_at(finer))
        k = int(np.argmin(values))
        rate, value = float(finer[k]), float(values[k])
        a, b = float(finer[max(k - 1, 0)]), float(finer[min(k + 1, _POINTS - 1)])
    at_low, at_high = float(curve.log_at(low)), float(curve.log_at(high))
    if value < min(at_low, at_high) - 1e-12:
        return rate, "interior", (rate,)
    return (low, "lower bound", ()) if at_low <= at_high else (high, "upper bound", ())
