"""The value of knowing one rate before deciding: the partial expected value of perfect information.

    EVPPI_j = min_x E[f(x, θ)] − E_{θ_j}[ min_x E[f(x, θ) | θ_j] ]

By nested quasi-Monte Carlo: θ_j at equal steps of its distribution, shifted at random; for each of them the
other rates at one and the same set of scrambled points; decisions on a grid, the minimum by a parabola
through the lowest three. Both minima are of averages over the same points, so the value is not below 0; the
inner average is of a finite sample, whose noise makes it somewhat too large (Brennan et al. 2007). The error
is that of independent scramblings and shifts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.propagation.averages import Average, average
from rejuvmodel.propagation.points import SCRAMBLINGS, scrambled, strata

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.propagation.marginals import Marginal
    from rejuvmodel.propagation.responses import Response

    Floats = NDArray[np.float64]

#: Values of the rate that is known, for each of which the others are averaged over the inner points.
_OUTER, _OUTER_TRIGGER = 128, 64
#: Points of the other rates, at most; with a trigger.
_INNER, _INNER_TRIGGER = 32, 16
#: Levels times points and decisions that the value of one rate may take.
_WORK = 1e8
#: Smaller relative differences may be rounding.
_ROUNDING = 1e-12
#: Decisions between the extremes of the best ones of the points.
_DECISIONS = 40


def value_of_knowing(
    response: Response,
    known: tuple[Marginal, ...],
    place: int,
    grid: Floats,
    compared: int,
    seed: np.random.SeedSequence,
    log_scale: float,
) -> Average:
    """Return what it is worth to know one of several rates.

    Parameters
    ----------
    response : Response
        The model.
    known : tuple of Marginal
        What is known of the rates, at least two.
    place : int
        The rate that would be known.
    grid : ndarray
        Decisions.
    compared : int
        Points of each scrambling that decisions are compared on; few of them are followed by few here.
    seed : SeedSequence
        Gives the same number again.
    log_scale : float
        Logarithm of the unit of the value.

    Returns
    -------
    Average
        Value in that unit.
    """
    others = [one for k, one in enumerate(known) if k != place]
    most = _OUTER if response.by_rate else _OUTER_TRIGGER
    steps, shares = seed.spawn(2)
    outer = known[place].quantile(strata(min(most, 2 * compared), steps))
    rest = scrambled(len(others), _inner(response, len(grid)), shares)
    found = np.empty(SCRAMBLINGS)
    for r in range(SCRAMBLINGS):
        columns = {one.name: one.quantile(rest[r, :, k])[None, :, None] for k, one in enumerate(others)}
        columns[known[place].name] = outer[r][:, None, None]
        values = response.scaled(columns, grid, log_scale).mean(axis=1)
        blind, seeing = _lowest(grid, values.mean(axis=0)[None])[0], _lowest(grid, values).mean()
        if np.isinf(blind):
            found[r] = np.inf
        else:
            found[r] = blind - seeing if blind - seeing > _ROUNDING * blind else 0.0
    return average(found)


def _inner(response: Response, count: int) -> int:
    """Points of the other rates, a power of 2, that the work leaves room for."""
    room = _WORK / (SCRAMBLINGS * _OUTER * count * response.model.servers)
    return min(_INNER if response.by_rate else _INNER_TRIGGER, max(4, 1 << int(np.log2(max(room, 1.0)))))


def knowing_grid(grid: Floats, best: Floats) -> Floats:
    """Return few decisions, dense where the best ones of the points lie.

    Parameters
    ----------
    grid : ndarray
        Decisions of the search.
    best : ndarray
        Best decisions of the points.

    Returns
    -------
    ndarray
        Ascending, both bounds included.
    """
    coarse = np.unique(np.concatenate([grid[:2], grid[::8], grid[-2:]]))
    inner = best[(best > grid[0]) & (best < grid[-1])]
    if not len(inner):
        return coarse
    low, high = np.quantile(inner, [0.001, 0.999])
    dense = np.geomspace(low / 1.5, high * 1.5, _DECISIONS)
    dense = dense[(dense > grid[0]) & (dense < grid[-1])]
    return np.unique(np.concatenate([coarse, dense]))


def _lowest(grid: Floats, values: Floats) -> Floats:
    """Least value of each row, by a parabola in the logarithm of the decision where it lies inside."""
    place = values.argmin(axis=1)
    least = values[np.arange(len(values)), place]
    with np.errstate(divide="ignore"):
        x = np.log(grid)
    inside = (place > 0) & (place < len(grid) - 1)
    k = np.clip(place, 1, len(grid) - 2)
    inside &= np.isfinite(x[k - 1]) & np.isfinite(x[k + 1])
    if not inside.any():
        return np.asarray(least)
    rows, k = np.flatnonzero(inside), k[inside]
    left, right = x[k] - x[k - 1], x[k + 1] - x[k]
    with np.errstate(all="ignore"):  # beside infinite values there is no parabola
        down = (values[rows, k] - values[rows, k - 1]) / left
        up = (values[rows, k + 1] - values[rows, k]) / right
        bend = (up - down) / (left + right)
        slope = (down * right + up * left) / (left + right)
        drop = np.where(bend > 0, slope**2 / (4 * bend), 0.0)
    least[rows] -= np.where(np.isfinite(drop), drop, 0.0)
    return np.asarray(least)
