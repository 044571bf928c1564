"""The best mean delay of a trigger: its law is stretched in time, its shape and its clock are kept.

The curve is evaluated on a grid of means, every minimum seen there is refined, and then it is proved piece by
piece (``period_bounds``) that no mean in the bounds is better by more than a millionth of the value. With one
server, or where nothing fails or nothing ages, closed conditions take the place of that proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, isnan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, SizeError
from rejuvmodel.mean_times import waiting_times
from rejuvmodel.period_bounds import proved
from rejuvmodel.period_curve import PeriodCurve
from rejuvmodel.single_server import SingleServer, single_server

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Means of the first grid.
_GRID = 400
#: Relative differences of the objective that may be rounding.
_ROUNDING = 1e-12
#: Points and degree of the polynomial that locates a minimum, and half its first width in ln T.
_NODES, _DEGREE, _WIDTH = 48, 20, 0.2


class Found(NamedTuple):
    """The best mean and what is known of it.

    Attributes
    ----------
    period : float
        Best mean delay [h].
    location : str
        "interior", "lower bound", "upper bound" or "flat".
    critical : tuple of float
        Means [h] at which the curve turns, as far as the grid shows them.
    certified : bool
        Whether it is proved that no mean is better by more than a millionth of the value.
    condition : SingleServer or None
        With one server, the numbers that decide whether some delay pays.
    break_even : float or None
        Mean [h] below which the objective is below its value at the upper bound, if it first rises.
    """

    period: float
    location: str
    critical: tuple[float, ...]
    certified: bool
    condition: SingleServer | None
    break_even: float | None


def period_bounds(bounds: object) -> tuple[float, float]:
    """Return two mean delays [h] as the user gave them."""
    rule = "with a trigger, bounds are two mean delays in hours, 0 ≤ lower < upper, the upper may be infinite"
    advice = 'Write bounds=(1, 5000) or ("1 h", "never").'
    if isinstance(bounds, str) or not isinstance(bounds, Sequence | np.ndarray):
        raise InvalidInputError("bounds", shown(bounds), rule, advice)
    ends = np.asarray(waiting_times("bounds", bounds))
    if ends.shape != (2,) or not ends[0] < ends[1]:
        raise InvalidInputError("bounds", shown(bounds), rule, advice)
    return float(ends[0]), float(ends[1])


def best_period(curve: PeriodCurve, low: float, high: float, *, insist: bool) -> Found:
    """Return the best mean delay in an interval.

    Parameters
    ----------
    curve : PeriodCurve
        The objective.
    low, high : float
        Interval of means [h]; high may be infinite.
    insist : bool
        Whether to raise where there is no proof.

    Returns
    -------
    Found
        The mean, its location, and how it is known.

    Raises
    ------
    SizeError
        If a proof is asked for and takes too long.
    """
    rates = curve.cluster.rates
    condition = None
    if curve.cluster.servers == 1 and rates.aging > 0:
        condition = single_server(rates, curve.costs, curve.trigger.clock)
    if _is_constant(curve, condition):
        return Found(high, "flat", (), True, condition, None)
    if condition is not None and curve.trigger.clock == "unstable":
        at_low = condition.pays
        return Found(
            low if at_low else high, "lower bound" if at_low else "upper bound", (), True, condition, None
        )
    grid = curve.grid(low, high, _GRID)
    certified = True
    while True:
        values = np.asarray(curve.log_at(grid))
        critical = _turning_points(curve, grid, values)
        period, location, value = _best_of(curve, low, high, critical)
        if rates.failure == 0 or rates.aging == 0:
            break  # the curve falls, then rises: one minimum
        better = proved(curve, value, grid)
        if better is None:
            certified = False
            if insist:
                raise SizeError(
                    f"certified: a proof for {curve.cluster.servers} servers and this law would take too "
                    "long. Write certified=False for a numerical search, or narrow the bounds."
                )
        if better is None or isnan(better):
            break
        # A minimum between two means of the grid: look more closely around it.
        grid = np.unique(np.concatenate([grid, better * np.exp(np.linspace(-0.05, 0.05, 41))]))
        grid = grid[(grid >= low) & (grid <= high)]
    return Found(period, location, critical, certified, condition, _break_even(curve, grid, values))


def _is_constant(curve: PeriodCurve, condition: SingleServer | None) -> bool:
    costs, rates = curve.costs, curve.cluster.rates
    if not any(costs.to_dict().values()):
        return True
    if rates.aging == 0 and curve.trigger.clock == "unstable":
        return True
    further = costs.capacity or costs.per_rejuvenation or costs.degraded
    if rates.failure == 0 and curve.cluster.servers > 1 and not further:
        return True
    return condition is not None and condition.is_equal and curve.trigger.clock == "unstable"


def _best_of(
    curve: PeriodCurve, low: float, high: float, critical: tuple[float, ...]
) -> tuple[float, str, float]:
    """The best of the turning points and ends; of equal values the one that rejuvenates least."""
    candidates = [
        (low, "lower bound"),
        *((x, "interior") for x in critical if low < x < high),
        (high, "upper bound"),
    ]
    values = np.asarray(curve.log_at(np.array([x for x, _ in candidates])))
    least = float(values.min())
    good = np.flatnonzero(values <= least + _ROUNDING * max(1.0, abs(least) if least > -inf else 1.0))
    k = int(good[-1])
    return candidates[k][0], candidates[k][1], float(values[k])


def _turning_points(curve: PeriodCurve, grid: Floats, values: Floats) -> tuple[float, ...]:
    """Means at which the curve turns, refined."""
    with np.errstate(invalid="ignore"):  # where all is 0
        steps = np.diff(values)
        seen = np.flatnonzero(np.abs(steps) > _ROUNDING * np.maximum(1, np.abs(values[1:])))
    turns = [(int(a), int(b) + 1) for a, b in pairwise(seen) if steps[a] * steps[b] < 0]
    found = [
        _turning_point(
            curve, max(float(grid[a]), float(grid[1]) / 2), min(float(grid[b]), 2 * float(grid[-2])), steps[a]
        )
        for a, b in turns
    ]
    return tuple(x for x in found if x is not None)


def _turning_point(curve: PeriodCurve, left: float, right: float, slope: float) -> float | None:
    """Where the curve turns between two means, from the derivative of a polynomial in ln T."""
    sign = -1.0 if slope < 0 else 1.0  # a minimum follows a fall
    a, b = np.log(left), np.log(right)
    while b - a > 2 * _WIDTH:
        points = np.linspace(a, b, 33)
        k = int(np.argmax(sign * np.asarray(curve.log_at(np.exp(points)))))
        a, b = points[max(k - 1, 0)], points[min(k + 1, 32)]
    middle, width = (a + b) / 2, max((b - a) / 2, 0.01)
    for _ in range(6):
        nodes = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
        values = np.asarray(curve.log_at(np.exp(middle + width * nodes)))
        fit = np.polynomial.Chebyshev.fit(nodes, values, _DEGREE, domain=[-1, 1])
        settled = np.abs(fit.coef[-3:]).max() <= 1e-12 * max(1.0, float(np.abs(values).max()))
        roots = fit.deriv().roots()
        real = roots[(np.abs(roots.imag) < 1e-9) & (np.abs(roots.real) <= 1)].real
        bend = fit.deriv(2)(real)
        real = real[sign * bend < 0]
        if settled and len(real):
            best = real[np.argmax(sign * fit(real))]
            return float(np.exp(middle + width * best))
        k = int(np.argmax(sign * values))
        middle, width = middle + width * nodes[k], width / 3
    return float(np.exp(middle))


def _break_even(curve: PeriodCurve, grid: Floats, values: Floats) -> float | None:
    """Longest mean below which the objective is below its value at the upper bound, if it rises first."""
    level = float(values[-1])
    if level == -inf:
        return None
    slack = _ROUNDING * max(1.0, abs(level))
    above, below = np.flatnonzero(values > level + slack), np.flatnonzero(values < level - slack)
    if not (len(above) and len(below)) or below[-1] > above[-1]:
        return None
    start = float(grid[above[above > below[-1]][0]])
    inside, outside = max(float(grid[below[-1]]), 5e-324), min(start, 1.7e308)
    for _ in range(12):
        points = np.exp(np.linspace(np.log(inside), np.log(outside), 65))
        over = np.asarray(curve.log_at(points)) > level
        over[-1] = True
        k = int(np.argmax(over))
        if k == 0:
            break
        inside, outside = float(points[k - 1]), float(points[k])
    return inside
