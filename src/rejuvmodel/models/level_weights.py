"""The closed form level by level, in numbers beyond the range of doubles; every limit of the rates.

Theory at the head of ``closed_form``. For points that leave the range of doubles, for single points with
many levels, and for the probabilities of all states.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.models.extended import Extended, chosen, cumulative_products, extended, summed
from rejuvmodel.models.rate_points import Floats, Point, is_plain

#: Levels, of all points together, whose weights are held at a time where only their sums are wanted.
LEVELS_AT_A_TIME = 32_768


class _Columns(NamedTuple):
    """The same as columns of extended numbers, shape (points, 1)."""

    aging: Extended
    failure: Extended
    rejuvenation: Extended
    repair: Extended
    restart: Extended


def level_masses(servers: int, point: Point, names: Sequence[str], logarithms: bool) -> Iterator[Floats]:
    """The masses of points that leave the range of doubles, or meet a limit of the rates."""
    rates = _columns(point)
    scale = rates.repair.over(rates.failure)
    ratio = rates.rejuvenation.over(rates.restart)
    normal, visits = _level_sums(servers, point, rates)
    unstable = visits.times(scale)
    rejuvenating = unstable.times(ratio)
    first, one = ratio.times(scale), extended(np.ones_like(ratio.m))
    limit, top = _top_level(point)
    nothing = extended(np.zeros_like(ratio.m))
    normal, unstable, rejuvenating = (
        chosen(limit, at_limit, usual)
        for at_limit, usual in zip(top, (normal, unstable, rejuvenating), strict=True)
    )
    parts = {
        "unplanned": chosen(limit, nothing, one),
        "planned": chosen(limit, rejuvenating if servers == 1 else nothing, first),
        "degraded": unstable,
        "rejuvenating": rejuvenating,
        "rejuvenations": rejuvenating.times(rates.restart),
    }
    parts["unavailability"] = summed([parts["unplanned"], parts["planned"]])
    total = summed([normal, unstable, rejuvenating])
    for name in names:
        share = parts[name].over(total)
        yield (share.log() if logarithms else share.value())[:, 0]


def _columns(point: Point) -> _Columns:
    """The rates as columns of extended numbers, with 1 for those that a limit leaves undefined."""
    size = max(x.size for x in point)
    safe = Point(
        np.where(point.aging == 0, 1.0, point.aging),
        np.where(point.failure == 0, 1.0, point.failure),
        np.where(np.isinf(point.rejuvenation), 1.0, point.rejuvenation),
        point.repair,
        point.restart,
    )
    return _Columns(*(extended(np.broadcast_to(x, size).reshape(-1, 1)) for x in safe))


def _level_sums(servers: int, point: Point, rates: _Columns) -> tuple[Extended, Extended]:
    """Σ R_i (i = 0 … n) and Σ R_{i−1}/i (i = 1 … n), a run of levels at a time to stay in the cache."""
    below = extended(np.ones_like(rates.aging.m))
    normal, visits = [below], []
    run = max(1, LEVELS_AT_A_TIME // len(below.m))
    for start in range(1, servers + 1, run):
        i = np.arange(float(start), min(start + run, servers + 1))
        up = cumulative_products(_ratios(i, point, rates)).times(below)
        lower = Extended(np.hstack([below.m, up.m[:, :-1]]), np.hstack([below.e, up.e[:, :-1]]))
        normal.append(up.total())
        visits.append(Extended(lower.m / i, lower.e).total())
        below = Extended(up.m[:, -1:], up.e[:, -1:])
    return summed(normal), summed(visits)


def _ratios(i: Floats, point: Point, rates: _Columns) -> Extended:
    """R_i / R_{i−1} = (1 + λ_r/(iλ)) μ/λ_f of the levels i, where R_i = P_i / P_0."""
    if is_plain(point):
        beta = rates.repair.over(rates.aging)
        alpha = beta.times(rates.rejuvenation.over(rates.failure))
        return extended(beta.value() + alpha.value() / i)
    one = extended(np.ones((1, 1)))
    ratio = summed([rates.rejuvenation.over(rates.failure.times(extended(i))), one])
    return ratio.times(rates.repair.over(rates.aging))


def _top_level(point: Point) -> tuple[NDArray[np.bool_], tuple[Extended, Extended, Extended]]:
    """Points whose lower levels are never reached, and n, u_n, r_n there, relative to each other."""
    aging, failure, rejuvenation, _, restart = (np.broadcast_to(x, max(y.size for y in point)) for x in point)
    limit = (aging == 0) | (failure == 0) | np.isinf(rejuvenation)
    stuck = (aging > 0) & (failure == 0) & (rejuvenation == 0)
    waits = limit & (aging > 0) & (rejuvenation > 0) & ~np.isinf(rejuvenation)
    resets = limit & (aging > 0) & (rejuvenation > 0)
    age = extended(np.where(resets, aging, 0.0))
    unstable = chosen(waits, age.over(extended(np.where(waits, rejuvenation, 1.0))), extended(0.0 * aging))
    unstable = chosen(stuck, extended(np.ones_like(aging)), unstable)
    columns = extended(np.where(stuck, 0.0, 1.0)), unstable, age.over(extended(restart))
    normal, unstable, rejuvenating = (Extended(x.m.reshape(-1, 1), x.e.reshape(-1, 1)) for x in columns)
    return limit.reshape(-1, 1), (normal, unstable, rejuvenating)


def levels(servers: int, point: Point) -> tuple[Extended, Extended, Extended]:
    """Normalised probabilities of 0 … n, u_1 … u_n and r_1 … r_n, shapes (points, n+1), (points, n) twice."""
    rates = _columns(point)
    up = cumulative_products(_ratios(np.arange(1.0, servers + 1), point, rates)).after_one()
    below = Extended(up.m[:, :-1], up.e[:, :-1])
    unstable = below.times(rates.repair.over(rates.failure)).over(extended(np.arange(1.0, servers + 1)))
    parts = [up, unstable, unstable.times(rates.rejuvenation.over(rates.restart))]
    limit, top = _top_level(point)
    if limit.any():
        for k, at_top in enumerate(top):
            only = Extended(np.zeros_like(parts[k].m), np.zeros_like(parts[k].e))
            only.m[:, -1:], only.e[:, -1:] = at_top
            parts[k] = chosen(limit, only, parts[k])
    total = summed([part.total() for part in parts])
    normal, unstable, rejuvenating = (part.over(total) for part in parts)
    return normal, unstable, rejuvenating
