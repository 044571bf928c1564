"""The solvers by levels as small frozen objects; the work is done by ``levels`` and ``level_reduction``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LevelAggregation:
    """Steady state level by level, for chains with levels.

    Parameters
    ----------
    sweeps : int
        Sweeps over all levels at most.
    uniform : bool
        Begin with uniform distributions instead of good guesses, to see that the answer is the same.
    only_fast : bool
        Give up, with an error, where many sweeps would be needed.
    """

    sweeps: int = 400
    uniform: bool = False
    only_fast: bool = False

    name = "level aggregation"


@dataclass(frozen=True)
class LevelReduction:
    """Steady state by eliminating level after level: exact but for rounding, for levels of 1000 states."""

    name = "level reduction"
