"""Searches along the rejuvenation rate of a pool: turns, crossings, the least cost in a feasible set.

Nothing is proved: what lies between two rates of the grid and turns twice there is not seen.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.pool_curve import PoolCurve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Smaller differences of logarithms may be rounding.
ROUNDING = 1e-11
#: Points of the polynomials that locate a turning point, and half the width of the second one in ln λ_r.
_NODES, _WIDTH = 16, 0.05
#: Relative width at which a crossing is known.
_NARROW = 1e-10


class Seen(NamedTuple):
    """A curve as a grid shows it.

    Attributes
    ----------
    grid, values : ndarray
        Rates [1/h] and logarithms of the objective.
    turns : tuple of float
        Rates at which it turns from falling to rising or back.
    """

    grid: Floats
    values: Floats
    turns: tuple[float, ...]

    @property
    def is_flat(self) -> bool:
        """Whether all values are equal but for rounding."""
        low, high = float(self.values.min()), float(self.values.max())
        return low == high or high - low <= ROUNDING


def seen(curve: PoolCurve, low: float, high: float) -> Seen:
    """Evaluate a curve between two rates and locate where it turns."""
    grid = curve.grid(low, high)
    values = curve.log_values(grid)
    finite = np.flatnonzero(np.isfinite(values))
    steps = np.diff(values[finite])
    told = np.flatnonzero(np.abs(steps) > ROUNDING)
    signs = np.sign(steps[told])
    turns = []
    for k in np.flatnonzero(np.diff(signs)):
        left, right = finite[told[k]], finite[told[k + 1] + 1]
        turns.append(_turn(curve, float(grid[left]), float(grid[right]), lowest=bool(signs[k] < 0)))
    return Seen(grid, values, tuple(turns))


def _turn(curve: PoolCurve, left: float, right: float, *, lowest: bool) -> float:
    """The minimum, or maximum, between two positive rates (or from 0), by two polynomials in ln λ_r."""
    a, b = log(left if left > 0 else right * 1e-3), log(right)
    for _ in range(2):
        fit = np.polynomial.Chebyshev.interpolate(
            lambda xs: np.array([curve.log_at(exp(x)) for x in xs]), _NODES - 1, domain=[a, b]
        )
        roots = fit.deriv().roots()
        inner = roots.real[(np.abs(roots.imag) < 1e-6) & (roots.real > a) & (roots.real < b)]
        points = np.concatenate([inner, [a, b]])
        heights = fit(points)
        best = float(points[np.argmin(heights) if lowest else np.argmax(heights)])
        a, b = max(a, best - _WIDTH), min(b, best + _WIDTH)
    return exp(best)


def crossing(log_of: Callable[[float], float], inside: float, outside: float, target: float) -> float:
    """Where a curve crosses a level between two rates; the returned rate is on the side of ``inside``.

    Bisection in ln λ_r, sped up by the secant of the last two ends.
    """
    a, b = (log(x) if x > 0 else log(max(inside, outside)) - 30.0 for x in (inside, outside))
    if inside == 0 and log_of(exp(a)) > target:
        return 0.0
    start = a
    at_a, at_b = log_of(exp(a)) - target, log_of(exp(b)) - target
    for step in range(100):
        if abs(b - a) <= _NARROW or at_a == 0:
            break
        share = 0.5
        if step % 3 < 2 and np.isfinite(at_a) and np.isfinite(at_b):
            share = min(max(at_a / (at_a - at_b), 1e-3), 1 - 1e-3)
        middle = a + share * (b - a)
        value = log_of(exp(middle)) - target
        if value <= 0:
            a, at_a = middle, value
        else:
            b, at_b = middle, value
    return inside if a == start else exp(a)


def near_region(curve: PoolCurve, found: Seen, best: float, target: float) -> tuple[float, float]:
    """The rates around the best up to which the objective stays below a level."""
    below = sorted({*found.grid[found.grid < best].tolist(), *(x for x in found.turns if x < best)})
    above = sorted({*found.grid[found.grid > best].tolist(), *(x for x in found.turns if x > best)})
    return _reach(curve, best, below[::-1], target), _reach(curve, best, above, target)


def _reach(curve: PoolCurve, best: float, stops: list[float], target: float) -> float:
    inside = best
    for stop in stops:
        if curve.log_at(stop) > target:
            return crossing(curve.log_at, inside, stop, target)
        inside = stop
    return inside


def break_even(curve: PoolCurve, found: Seen) -> float | None:
    """First rate at which the objective falls below its value at the lower bound, if it first rises."""
    level = float(found.values[0])
    if level == -inf:
        return None
    points = np.union1d(found.grid, found.turns)
    values = curve.log_values(points)
    above = np.flatnonzero(values > level + ROUNDING)
    below = np.flatnonzero(values < level - ROUNDING)
    if not (len(above) and len(below)) or below[0] < above[0]:
        return None
    last = above[above < below[0]][-1]
    return crossing(curve.log_at, float(points[below[0]]), float(points[last]), level)


def least_within(curve: PoolCurve, found: Seen, most_down: float) -> float | None:
    """The rate with the least cost among those whose unavailability is allowed; None if there is none.

    Parameters
    ----------
    curve : PoolCurve
        Cost and unavailability.
    found : Seen
        The cost on a grid.
    most_down : float
        Natural logarithm of the largest unavailability allowed.
    """
    points = np.union1d(found.grid, found.turns)
    allowed = np.array([curve.log_down_at(float(x)) <= most_down for x in points])
    candidates = points[allowed].tolist()
    for k in np.flatnonzero(np.diff(allowed)):
        pair = (points[k], points[k + 1]) if allowed[k] else (points[k + 1], points[k])
        candidates.append(crossing(curve.log_down_at, float(pair[0]), float(pair[1]), most_down))
    return min(candidates, key=lambda x: (curve.log_at(x), x), default=None)
