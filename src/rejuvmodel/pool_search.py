"""Searches along the rejuvenation rate of a pool: turns, crossings, the least cost in a feasible set.

Each rate costs a solution, so two of them are looked at for each factor of ten, and eight where the curve
does not plainly go one way: at both ends, and where its slope changes its sign or much of its size. Nothing
is proved: what lies between two rates looked at and turns twice there is not seen.
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
#: Rates of the grid from one that is looked at in any case to the next.
_STRIDE = 4
#: Where the slope changes by more than this factor from one such stretch to the next, all are looked at.
#: Where the objective is a constant and a little that grows like λ_r it changes by √10.
_STEADY = 4.0
#: Points of the polynomials that locate a turning point, and half the width of the second one in ln λ_r.
_NODES, _WIDTH = 10, 0.03
#: Relative width at which a crossing is known.
_NARROW = 1e-10


class Seen(NamedTuple):
    """A curve as a grid shows it.

    Attributes
    ----------
    grid, values : ndarray
        Rates [1/h] that were looked at, and logarithms of the objective.
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
    grid = grid[_looked_at(curve, grid)]
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


def _looked_at(curve: PoolCurve, grid: Floats) -> NDArray[np.intp]:
    """Places of the rates that show how the curve runs: few where it plainly goes one way."""
    last = len(grid) - 1
    few = np.unique([0, *range(1, last, _STRIDE), last])
    with np.errstate(invalid="ignore"):  # minus infinity less itself
        slopes = np.diff(curve.log_values(grid[few])) / np.diff(few)
    steady = np.zeros(len(slopes), dtype=bool)
    ratios = slopes[1:] / np.where(np.abs(slopes[:-1]) * _STRIDE > ROUNDING, slopes[:-1], np.nan)
    alike = (ratios > 1 / _STEADY) & (ratios < _STEADY)  # of one sign, too; false for NaN
    steady[1:-1] = alike[1:] & alike[:-1]
    ends = (few[k : k + 2] for k in np.flatnonzero(~steady))
    return np.unique(np.concatenate([few, *(np.arange(a, b) for a, b in ends)]))


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

    By inverse quadratic interpolation in ln λ_r where that is safe, else by halves (Chandrupatla 1997).
    """
    a, b = (log(x) if x > 0 else log(max(inside, outside)) - 30.0 for x in (inside, outside))
    if inside == 0 and log_of(exp(a)) > target:
        return 0.0
    start, share = a, 0.5
    at_a, at_b = log_of(exp(a)) - target, log_of(exp(b)) - target
    while abs(b - a) > _NARROW and at_a != 0:
        x = a + share * (b - a)
        at_x = log_of(exp(x)) - target
        # The ends a and b are swapped where x comes to the other side of the level; c is the one given up.
        if (at_x <= 0) == (at_a <= 0):
            c, at_c = a, at_a
        else:
            c, at_c, b, at_b = b, at_b, a, at_a
        a, at_a = x, at_x
        share = _share((a, b, c), (at_a, at_b, at_c))
        least = min(0.5, 0.5 * _NARROW / abs(b - a))
        share = min(max(share, least), 1 - least)
    end = a if at_a <= 0 else b
    return inside if end == start else exp(end)


def _share(points: tuple[float, float, float], values: tuple[float, float, float]) -> float:
    """How far from the first point to the second the level is expected."""
    (a, b, c), (at_a, at_b, at_c) = points, values
    if not np.all(np.isfinite(values)) or at_c in (at_a, at_b):
        return 0.5
    along, up = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
    if not (up**2 < along and (1 - up) ** 2 < 1 - along):
        return 0.5
    straight = at_a / (at_b - at_a) * at_c / (at_b - at_c)
    return straight + (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)


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
