"""Which way a pool is solved, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.errors import ConvergenceError
from rejuvmodel.markov.elimination import GTH
from rejuvmodel.markov.level_blocks import LevelSolution
from rejuvmodel.markov.level_reduction import reduce_levels
from rejuvmodel.markov.level_solvers import LevelAggregation, LevelReduction
from rejuvmodel.markov.levels import aggregate
from rejuvmodel.models.pool_levels import LARGE, PoolLevels, require_reducible, require_sweepable
from rejuvmodel.pool_solution import PoolSolution, from_probabilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.models.pool import Pool

    Integers = NDArray[np.int64]

#: States of a level up to which eliminating all levels takes no longer than sweeping them.
_SMALL = 60
#: … no longer than sweeping them with the help of aggregated states.
_MEDIUM = 450


def solved_pool(pool: Pool, solver: LevelAggregation | LevelReduction | None) -> PoolSolution:
    """Return the steady state of a pool.

    Parameters
    ----------
    pool : Pool
        The pool.
    solver : LevelAggregation, LevelReduction or None
        How; None to choose.

    Returns
    -------
    PoolSolution
        The solution, with the name of the solver and why it was chosen.

    Raises
    ------
    ConvergenceError
        If no way gives numbers that can be trusted.
    """
    widths: Integers | None = None
    while np.any((found := _solved(pool, solver, widths)).too_narrow):
        widths = np.where(found.too_narrow, found.widths + found.widths // 4 + 4, found.widths)
    return found


def _solved(
    pool: Pool, solver: LevelAggregation | LevelReduction | None, widths: Integers | None
) -> PoolSolution:
    """The solution with so many values of r in each level."""
    levels = PoolLevels(pool, widths)
    if pool.labels.most_failed == pool.labels.most_rejuvenating == 0:
        # Nothing ever becomes healthy again.
        x = np.zeros(pool.labels.most_unstable + 1)
        x[-1] = 1.0
        name = LevelReduction.name if solver is None else solver.name
        found = LevelSolution(np.zeros(1), [x], 0, 0.0, 0.0)
        return PoolSolution(pool, found, levels.widths, name, "servers only age")
    size = int(levels.sizes.max())
    if isinstance(solver, LevelReduction):
        return _reduced(levels, "it was asked for")
    if isinstance(solver, LevelAggregation):
        return _swept(levels, solver, "it was asked for")
    if size <= _SMALL:
        return _reduced(levels, f"levels of at most {size} states are eliminated one after the other")
    if len(levels) == 1 and size > LARGE:
        log_pi = GTH().log_weights(pool.chain().flows)[1]
        why = "no server ever fails, so there is one level, too large for a dense matrix"
        return from_probabilities(pool, log_pi, 0.0, GTH.name, why)
    medium = size <= _MEDIUM
    try:
        why = f"levels of up to {size} states take longer to eliminate than the few sweeps that settle them"
        return _swept(levels, LevelAggregation(only_fast=medium), why)
    except ConvergenceError:
        if size > LARGE:
            raise
        return _reduced(levels, f"sweeps {'would settle slowly' if medium else 'did not settle'}")


def _swept(levels: PoolLevels, solver: LevelAggregation, why: str) -> PoolSolution:
    require_sweepable(levels)
    found = aggregate(levels, solver)
    return PoolSolution(levels.pool, found, levels.widths, LevelAggregation.name, why)


def _reduced(levels: PoolLevels, why: str) -> PoolSolution:
    require_reducible(levels)
    return PoolSolution(levels.pool, reduce_levels(levels), levels.widths, LevelReduction.name, why)
