"""LevelReduction: levels eliminated one after the other, from the highest down, on dense matrices.

Watched only while it is in levels 0 … k, a chain has the rates W_k = inner_k + R_k·down_{k+1} within level k,
where R_k = up_k·M_{k+1}⁻¹ are the mean times in the states of level k+1 per hour in those of level k, and M is
the diagonal of outflows minus W. The diagonal is formed as the sum of the outflows, never as a difference.
Level 0 is solved by GTH, and π_{k+1} = π_k·R_k gives the others.

Exact but for rounding, without any iteration; time Σ (states of a level)³.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.errors import ConvergenceError
from rejuvmodel.markov.levels import LevelSolution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.level_blocks import Levels

    Floats = NDArray[np.float64]

#: Outflows within a level may exceed those out of it by this factor before digits are lost.
_MOST_CLOSED = 1e5


@dataclass(frozen=True)
class LevelReduction:
    """Steady state by eliminating level after level; exact but for rounding, for levels of some 1000 states."""

    name = "level reduction"


def reduce_levels(levels: Levels) -> LevelSolution:
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
    last = len(levels) - 1
    times: list[Floats] = []
    folded: Floats | None = None
    for k in range(last, -1, -1):
        level = levels.level(k)
        there = np.flatnonzero(level.start > 0)
        rates = level.inner()[np.ix_(there, there)]
        if folded is not None:
            rates = rates + folded[np.ix_(there, there)]
        if k == 0:
            break
        leaving = level.down(np.eye(level.start.size)[there])
        inverse = _inverse(rates, leaving.sum(axis=1), k)
        below = levels.level(k - 1)
        entering = below.up(np.eye(below.start.size))
        visits = np.zeros((below.start.size, level.start.size))
        visits[:, there] = entering[:, there] @ inverse
        times.append(visits)
        folded = visits[:, there] @ leaving
        np.fill_diagonal(folded, 0.0)
    start = np.zeros(level.start.size)
    start[there] = dense_gth(rates)
    return _forwards(start, times[::-1])


def _forwards(first: Floats, times: list[Floats]) -> LevelSolution:
    inside, logs = [first], [0.0]
    for visits in times:
        x = inside[-1] @ visits
        total = float(x.sum())
        inside.append(x / total)
        logs.append(logs[-1] + float(np.log(total)))
    masses = np.array(logs)
    return LevelSolution(masses - np.logaddexp.reduce(masses), inside, 0, 0.0, 0.0)


def _inverse(rates: Floats, leaving: Floats, number: int) -> Floats:
    """Mean times in the states of a level per visit of each, M⁻¹."""
    np.fill_diagonal(rates, 0.0)
    inner = rates.sum(axis=1)
    if np.any(inner > _MOST_CLOSED * np.maximum(leaving.max(), 1e-300)) and _is_closed(rates, leaving):
        raise ConvergenceError(
            f"LevelReduction: level {number} is closed in double precision. Use GTH() for a smaller chain."
        )
    matrix = np.diag(inner + leaving) - rates
    found: Floats = np.linalg.inv(matrix.T).T
    return np.maximum(found, 0.0)


def _is_closed(rates: Floats, leaving: Floats) -> bool:
    """Whether the chance of leaving from a state before returning to it is lost in rounding."""
    matrix = np.diag(rates.sum(axis=1) + leaving) - rates
    with np.errstate(all="ignore"):
        try:
            times = np.linalg.inv(matrix.T).T
        except np.linalg.LinAlgError:
            return True
    # Every visit leaves sometime: times·leaving = 1.
    return bool(np.max(np.abs(times @ leaving - 1)) > 1e-9)


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
    return x / x.sum()
