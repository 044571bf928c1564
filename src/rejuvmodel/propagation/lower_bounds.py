"""How much better any other rate could be: a bound on the average objective over all rates of the bounds.

With h = 1/P_0 the objective of a cluster is f = N/h, and N and h are polynomials in λ_r without negative
coefficients (`models.closed_form`). So ln N and ln h are convex in t = ln λ_r: between two rates of a grid
ln h lies below its chord, and ln N above the lines through the rates beside them. That bounds every point's
objective between the rates from below, and their average bounds the average. Below the first rate N ≥ N(0)
and h ≤ h(first); above the last one N/λ_r^n and h/λ_r^n fall towards their limits.

The bound is of the average over the points of the sample, which is what the decision minimises. It is
computed in doubles: as exact as the values themselves, about 1e-12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.models.cluster import Cluster
from rejuvmodel.propagation.averages import log_mean
from rejuvmodel.solving import solve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from rejuvmodel.propagation.responses import Response

    Floats = NDArray[np.float64]
    Columns = Mapping[str, Floats]

#: A bound this close to the best average is close enough.
CLOSE = 1e-3
#: Rates between two of the coarse grid in each round, and rounds.
_FINER, _ROUNDS = 8, 2
#: Points times rates of one round, at most.
_MOST = 8e6
#: The limit at infinite rates is taken this factor beyond the last rate.
_BEYOND = 1e6


def possible_gain(response: Response, columns: Columns, grid: Floats, log_best: float) -> float | None:
    """Return by which share of the best average any rate could be lower still.

    Parameters
    ----------
    response : Response
        The model.
    columns : mapping of ndarray
        Uncertain rates [1/h], shape (points,).
    grid : ndarray
        Rates of the search, both bounds included; ascending.
    log_best : float
        Logarithm of the best average.

    Returns
    -------
    float or None
        Between 0 and 1. None where there is no such bound: with a trigger, for a pool, where nothing fails,
        or where the values leave the range of doubles.
    """
    model = response.model
    if not isinstance(model, Cluster) or model.trigger is not None or not np.isfinite(log_best):
        return None
    each = {name: column[:, None] for name, column in columns.items()}
    curves = _curves(response, each, grid)
    if curves is None:
        return None
    bounds = _between(grid, *curves)
    floor = log_best + np.log1p(-CLOSE)
    for _ in range(_ROUNDS):
        low = np.flatnonzero((bounds < floor) & (grid[:-1] > 0) & np.isfinite(grid[1:]))
        if not len(low):
            break
        start, stop = int(low[0]), int(low[-1]) + 1
        # One interval more on each side, for the lines from beside; its own bounds stay as they are.
        first, last = start - int(start > 0 and grid[start - 1] > 0), stop
        last += int(stop < len(grid) - 1 and np.isfinite(grid[stop + 1]))
        if (last - first) * _FINER * len(next(iter(columns.values()))) > _MOST:
            break
        steps = [np.geomspace(grid[k], grid[k + 1], _FINER, endpoint=False) for k in range(first, last)]
        finer = np.concatenate([*steps, grid[last : last + 1]])
        curves = _curves(response, each, finer)
        if curves is None:
            return None
        inside = slice((start - first) * _FINER, (stop - first) * _FINER)
        bounds = np.concatenate([bounds[:start], _between(finer, *curves)[inside], bounds[stop:]])
        grid = np.concatenate([grid[:start], finer[inside], grid[stop:]])
    return float(max(0.0, -np.expm1(bounds.min() - log_best)))


def _curves(response: Response, each: Columns, grid: Floats) -> tuple[Floats, Floats] | None:
    """Logarithms of N and h at all points and rates; None where one of them is not finite."""
    model = response.model
    assert isinstance(model, Cluster)  # was asked
    beyond = grid
    if np.isinf(grid[-1]):
        beyond = np.append(grid[:-1], grid[-2] * _BEYOND)
    state = solve(Cluster(model.servers, model.rates.replace(**each, rejuvenation=beyond)))
    log_h = -np.asarray(state.solution.mass("unplanned", logarithm=True))
    log_f = response.log_objective(each, grid)
    log_f, log_h = np.broadcast_arrays(log_f, log_h)
    if np.isinf(grid[-1]):
        # Both as coefficients of the highest power, relative to the last finite rate.
        log_h = np.concatenate([log_h[:, :-1], log_h[:, -1:] - model.servers * np.log(_BEYOND)], axis=1)
    with np.errstate(invalid="ignore"):  # where nothing fails both are infinite
        log_n = log_f + log_h
    return (log_n, log_h) if np.isfinite(log_n).all() and np.isfinite(log_h).all() else None


def _between(grid: Floats, log_n: Floats, log_h: Floats) -> Floats:
    """Logarithm of the lower bound of the average between neighbours of the grid."""
    log_f = log_n - log_h
    left, right = log_f[:, :-1], log_f[:, 1:]
    found = np.empty(left.shape)
    with np.errstate(divide="ignore"):
        t = np.log(grid)
    inner = np.flatnonzero(np.isfinite(t[:-1]) & np.isfinite(t[1:]))
    a, b = inner, inner + 1
    step = t[b] - t[a]
    # Lines of ln N from beside the interval, less the chord of ln h; level where there is no rate beside.
    before, after = np.maximum(a - 1, 0), np.minimum(b + 1, len(t) - 1)
    from_left = np.isfinite(t[before]) & (before < a)
    from_right = np.isfinite(t[after]) & (after > b)
    gap_left = np.where(from_left, t[a] - t[before], 1.0)
    gap_right = np.where(from_right, t[after] - t[b], 1.0)
    rise = np.where(from_left, (log_n[:, a] - log_n[:, before]) / gap_left, 0.0)
    fall = np.where(from_right, (log_n[:, after] - log_n[:, b]) / gap_right, np.inf)
    ahead = log_n[:, a] + rise * step - log_h[:, b]
    with np.errstate(divide="ignore", invalid="ignore"):  # level curves have no crossing
        back = log_n[:, b] - fall * step - log_h[:, a]
        back = np.where(np.isfinite(back), back, -np.inf)
        down, up = left[:, a] - ahead, right[:, a] - back
        share = np.where(np.isinf(up), 1.0, (left[:, a] - back) / (down + up))
        crossing = left[:, a] - share * down
    ends = np.minimum(left[:, a], right[:, a])
    found[:, a] = np.where((down > 0) & (up > 0), np.minimum(crossing, ends), ends)
    if grid[0] == 0:
        found[:, 0] = log_n[:, 0] - log_h[:, 1]
    if np.isinf(grid[-1]):
        # N/x^n is at least its limit, h/x^n at most its value at the last rate.
        found[:, -1] = log_n[:, -1] - log_h[:, -2]
    return np.asarray(log_mean(found.T))
