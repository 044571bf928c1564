"""The mean time to the first outage of a pool, by levels.

Theory. Let the pool stop at its first outage. Its up states of f failed servers form level f; failures lead
to level f + 1 or into the outage, repairs to level f − 1. From the highest level down each is replaced by
what a visit brings: with M_f, the outflows on the diagonal less the rates within the level, M_f⁻¹ holds the
mean times in its states, so that

    visit = up_{f−1}·M_f⁻¹,   within_{f−1} += visit·down_f,   ending_{f−1} += visit·ending_f,
    time_{f−1} += visit·time_f                         (time = 1 at first: an hour counts for an hour).

In level 0 the pool begins anew after each outage: E[T] = Σ π_s·time_s / π_out. All terms are sums of products
of non-negative numbers, M_f apart, whose diagonal is formed as a sum; that every visit ends is checked.
Time Σ (up states of a level)³.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.blas_threads import one_blas_thread
from rejuvmodel.errors import ConvergenceError, SizeError
from rejuvmodel.markov.level_reduction import dense_gth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.models.pool import Pool

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Up states of a level, at most: some minutes' work.
MOST = 3000
#: Relative error of the times in a level up to which they are believed.
_LOST = 1e-11


class _Level(NamedTuple):
    """Up states of one level: their a and r, rates within, into the outage, up and down."""

    a: Integers
    r: Integers
    within: Floats
    ending: Floats
    up: Floats
    down: float


@one_blas_thread()
def mean_time_by_levels(pool: Pool) -> float:
    """Return the mean time to the first outage of a pool that starts with all servers healthy.

    Parameters
    ----------
    pool : Pool
        The pool.

    Returns
    -------
    float
        Mean time [h]; infinite where there is never an outage, and beyond 1.8e308 hours.

    Raises
    ------
    SizeError
        If level 0 has more than `MOST` up states.
    ConvergenceError
        If double precision cannot resolve how a level is left.
    """
    states, spare = pool.labels, pool.total - pool.needed
    last = min(states.most_failed, spare)
    renewed = np.arange(min(states.most_rejuvenating, spare) + 1)
    size = int(np.sum(np.minimum(states.most_unstable, pool.total - renewed) + 1))
    if size > MOST:
        raise SizeError(
            f"mean_time_to_outage: a level of {size} up states, more than {MOST}. Ask for the "
            "unavailability, or simulate."
        )
    levels = [_level(pool, f) for f in range(last + 1)]
    within, ending = [level.within for level in levels], [level.ending for level in levels]
    time = [np.ones(len(level.a)) for level in levels]
    for f in range(last, 0, -1):
        here, below = levels[f], levels[f - 1]
        times = _times(within[f], ending[f] + here.down, f)
        entered = np.flatnonzero(below.up)
        visit = below.up[entered, None] * times[_places(here, below.a[entered] - 1, below.r[entered])]
        target = _places(below, here.a, here.r)  # a repaired server is healthy: a and r stay
        within[f - 1][np.ix_(entered, target)] += visit * here.down
        ending[f - 1][entered] += visit @ ending[f]
        time[f - 1][entered] += visit @ time[f]
    return _renewed(within[0], ending[0], time[0])


def _renewed(within: Floats, ending: Floats, time: Floats) -> float:
    """The mean time of level 0, which begins anew in its first state."""
    if not np.any(ending > 0):
        return np.inf
    size = len(time)
    # The rate at which it begins anew is as small as the ending, so that no product leaves the doubles.
    rates = np.zeros((size + 1, size + 1))
    rates[:size, :size], rates[:size, size] = within, ending
    rates[size, 0] = float(ending.max())
    seen = _reached(rates)
    pi = dense_gth(rates[np.ix_(seen, seen)])
    with np.errstate(over="ignore", divide="ignore"):
        return float(pi[:-1] @ time[seen[:-1]] / (pi[-1] * rates[size, 0]))


def _reached(rates: Floats) -> Integers:
    """States reached from the first one, in order."""
    seen, new = np.zeros(len(rates), bool), np.arange(len(rates)) == 0
    while new.any():
        seen |= new
        new = (rates[new] > 0).any(axis=0) & ~seen
    return np.flatnonzero(seen)


def _up_states(pool: Pool, failed: int) -> tuple[Integers, Integers]:
    """Numbers a and r of the up states with so many failed servers, (0, 0) first."""
    room, states = pool.total - failed, pool.labels
    most = min(states.most_rejuvenating, room - pool.needed)
    a, r = np.mgrid[: min(states.most_unstable, room) + 1, : most + 1]
    there = a + r <= room
    return a[there], r[there]


def _places(level: _Level, a: Integers, r: Integers) -> Integers:
    """Places of states in a level that has them all."""
    number = np.full((int(level.a.max()) + 1, int(level.r.max()) + 1), -1)
    number[level.a, level.r] = np.arange(len(level.a))
    found: Integers = number[a, r]
    return found


def _level(pool: Pool, failed: int) -> _Level:
    a, r = _up_states(pool, failed)
    out = pool.rates_out(pool.total - failed - a - r, a, r, failed)
    least = pool.total - failed - r == pool.needed  # one server less is an outage
    level = _Level(
        a, r, np.zeros((len(a), len(a))), np.where(least, out.failure + out.rejuvenation, 0.0),
        np.where(least, 0.0, out.failure), float(out.repair[0]),
    )  # fmt: skip
    for rate, da, dr in (
        (out.aging, 1, 0), (np.where(least, 0.0, out.rejuvenation), -1, 1), (out.restart, 0, -1)
    ):  # fmt: skip
        some = np.flatnonzero(rate)
        level.within[some, _places(level, a[some] + da, r[some] + dr)] = rate[some]
    return level


def _times(within: Floats, leaving: Floats, number: int) -> Floats:
    """Mean times in the states of a level per visit of each, M⁻¹."""
    np.fill_diagonal(within, 0.0)
    matrix = np.diag(within.sum(axis=1) + leaving) - within
    # The transposed matrix is column dominant: nothing is exchanged, and the times are positive.
    times: Floats = np.maximum(np.linalg.inv(matrix.T).T, 0.0)
    if not np.max(np.abs(times @ leaving - 1)) < _LOST:
        raise ConvergenceError(
            f"mean_time_to_outage: level {number} is closed in double precision. Use pool.chain()."
        )
    return times
