"""LevelReduction: levels eliminated one after the other, from the highest down, on dense matrices.

Watched only while it is in levels 0 … k, a chain has the rates W_k = inner_k + R_k·down_{k+1} in level k,
where R_k = up_k·M_{k+1}⁻¹ are the mean times in the states of level k+1 per hour in those of level k, and M
is the diagonal of outflows minus W. The diagonal is formed as the sum of the outflows, never as a difference.
Level 0 is solved by GTH, and π_{k+1} = π_k·R_k gives the others.

Exact but for rounding, without any iteration; time Σ (states of a level)³.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.blas_threads import one_blas_thread
from rejuvmodel.errors import ConvergenceError
from rejuvmodel.markov.level_blocks import LevelSolution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.level_blocks import PlainLevel, PlainLevels

    Floats = NDArray[np.float64]

#: Relative error of the times in a level up to which they are believed.
_LOST = 3e-13
#: States of an only level that are solved densely.
_LARGEST = 3000
_OTHERWISE = "Use GTH() for a smaller chain, or rates that differ less."


@one_blas_thread()
def reduce_levels(levels: PlainLevels) -> LevelSolution:
    """Return the steady state of a chain with levels by direct elimination.

    Parameters
    ----------
    levels : Levels
        The chain.

    Returns
    -------
    LevelSolution
        Masses and conditional distributions; no sweeps.

    Raises
    ------
    ConvergenceError
        If a level is so nearly closed that doubles cannot resolve it.
    """
    if len(levels) == 1:
        return only_level(levels.level(0))
    last = len(levels) - 1
    times: list[Floats] = []
    level = levels.level(last)
    rates = level.inner()
    for k in range(last, 0, -1):
        origin, target, rate = level.down_moves()
        leaving: Floats = np.bincount(origin, rate, minlength=len(rates)).astype(np.float64)
        inverse = _inverse(rates, leaving, level.exists, k)
        below = levels.level(k - 1)
        size = below.exists.size
        entering = below.up_moves()
        visits = np.zeros((size, len(rates)))
        if len(np.unique(entering[0])) == len(entering[0]):
            visits[entering[0]] = entering[2][:, None] * inverse[entering[1]]
        else:
            np.add.at(visits, entering[0], entering[2][:, None] * inverse[entering[1]])
        times.append(visits)
        rates = below.inner()
        if len(np.unique(target)) == len(target):
            rates[:, target] += visits[:, origin] * rate
        else:
            np.add.at(rates.T, target, (visits[:, origin] * rate).T)
        level = below
    there = np.flatnonzero(level.exists)
    start = np.zeros(level.exists.size)
    start[there] = dense_gth(rates[np.ix_(there, there)])
    return _forwards(start, times[::-1])


def only_level(level: PlainLevel) -> LevelSolution:
    """Solve a chain of one level, of which some states may be transient."""
    from scipy.sparse.csgraph import connected_components

    if level.exists.size > _LARGEST:
        raise ConvergenceError(
            f"A chain of one level of {level.exists.size} states is not for levels. Use GTH()."
        )
    there = np.flatnonzero(level.exists)
    rates = level.inner()[np.ix_(there, there)]
    count, part = connected_components(rates > 0, connection="strong")
    left = [bool(np.any(rates[part == k][:, part != k])) for k in range(count)]
    (closed,) = np.flatnonzero(~np.array(left))
    stay = np.flatnonzero(part == closed)
    x = np.zeros(level.exists.size)
    x[there[stay]] = dense_gth(rates[np.ix_(stay, stay)])
    return LevelSolution(np.zeros(1), [x], 0, 0.0, 0.0)


def _forwards(first: Floats, times: list[Floats]) -> LevelSolution:
    inside, logs = [first], [0.0]
    for k, visits in enumerate(times, start=1):
        x = inside[-1] @ visits
        total = float(x.sum())
        if not 0 < total < np.inf:
            raise ConvergenceError(
                f"LevelReduction: level {k} is beyond the smallest double beside level {k - 1}. {_OTHERWISE}"
            )
        inside.append(x / total)
        logs.append(float(np.log(total)))
    # Sums of thousands of logarithms keep their digits in long doubles.
    masses = np.cumsum(np.array(logs, dtype=np.longdouble)).astype(np.float64)
    return LevelSolution(masses - np.logaddexp.reduce(masses), inside, 0, 0.0, 0.0)


def _inverse(rates: Floats, leaving: Floats, exists: NDArray[np.bool_], number: int) -> Floats:
    """Mean times in the states of a level per visit of each, M⁻¹."""
    from scipy.linalg.lapack import dgetrf, dgetri

    np.fill_diagonal(rates, 0.0)
    matrix = -rates
    np.fill_diagonal(matrix, np.where(exists, rates.sum(axis=1) + leaving, 1.0))
    # The transposed matrix is column dominant: nothing is exchanged, and the times are positive.
    lu, pivots, singular = dgetrf(matrix.T, overwrite_a=1)
    if not singular:
        inverse, _ = dgetri(lu, pivots, lwork=64 * len(lu), overwrite_lu=1)
        times: Floats = np.maximum(inverse.T, 0.0)
        # Every visit leaves sometime.
        if np.max(np.abs(times[exists] @ leaving - 1)) < _LOST:
            return times
    return _inverse_by_sums(rates, np.where(exists, leaving, 1.0), number)


def _inverse_by_sums(rates: Floats, leaving: Floats, number: int) -> Floats:
    """M⁻¹ of a level that is nearly closed, with pivots that are sums of outflows, as in GTH."""
    w, out = rates.copy(), leaving.copy()
    size = len(w)
    times = np.eye(size)
    pivots = np.empty(size)
    for s in range(size):
        pivots[s] = out[s] + w[s, s + 1 :].sum()
        if not 0 < pivots[s] < np.inf:
            raise ConvergenceError(f"LevelReduction: level {number} is closed. {_OTHERWISE}")
        out[s + 1 :] += w[s + 1 :, s] * (out[s] / pivots[s])
        onward = w[s, s + 1 :] / pivots[s]
        w[s + 1 :, s + 1 :] += w[s + 1 :, s, None] * onward
        times[: s + 1, s + 1 :] += times[: s + 1, s, None] * onward
    for s in range(size - 1, -1, -1):
        times[:, s] = (times[:, s] + times[:, s + 1 :] @ w[s + 1 :, s]) / pivots[s]
    if not np.isfinite(times).all():
        raise ConvergenceError(f"LevelReduction: level {number} is closed in double precision. {_OTHERWISE}")
    return times


def dense_gth(rates: Floats) -> Floats:
    """Stationary distribution of a dense irreducible chain, without a subtraction."""
    w = np.array(rates)
    np.fill_diagonal(w, 0.0)
    size = len(w)
    out = np.ones(size)
    for s in range(size - 1, 0, -1):
        out[s] = w[s, :s].sum()
        w[:s, :s] += np.outer(w[:s, s] / out[s], w[s, :s])
    x = np.zeros(size)
    x[0] = 1.0
    for s in range(1, size):
        x[s] = x[:s] @ w[:s, s] / out[s]
    found: Floats = x / x.sum()
    return found
