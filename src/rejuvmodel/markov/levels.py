"""LevelAggregation: chains of millions of states by levels, with full accuracy in rare states.

Theory (``docs/theory/levels.md``)
----------------------------------
Transitions lead to the same level or a neighbouring one. Given the conditional distribution c_f of each level
f, the masses of the levels form a birth–death chain, m_{f+1}/m_f = up_f/down_{f+1}, which is solved in
logarithms. Given the masses, each level is solved against its neighbours,

    c_f · M_f = (m_{f−1}/m_f)·up(c_{f−1}) + (m_{f+1}/m_f)·down(c_{f+1}),

and normalised. M_f is an M-matrix and everything on the right is non-negative, so each entry keeps its
relative accuracy: nothing is ever subtracted, and no level is ever compared with a far more probable one.

Sweeps go from the most probable level outwards. They stop when the largest change of the logarithm of any
entry, carried on with the contraction that was seen, is below the tolerance. Where the contraction is slow,
states are aggregated and the small chain is solved exactly; where that does not help, or is cheaper, levels
are eliminated one after the other (``level_reduction``). A number that has not converged is never returned.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.blas_threads import one_blas_thread
from rejuvmodel.errors import ConvergenceError
from rejuvmodel.markov.level_blocks import LevelSolution
from rejuvmodel.markov.level_reduction import only_level
from rejuvmodel.markov.level_solvers import LevelAggregation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.level_blocks import Factor, Level, Levels

    Floats = NDArray[np.float64]

#: Largest relative error of an entry that is aimed at, and the rounding below which changes mean nothing.
TOLERANCE = 3e-13
_ROUNDING = 1e-11
#: Changes that are looked at to tell rounding from slow convergence.
_NOISE = 7
#: Where states are cut off, entries below this share of their level are not looked at.
_LOOKED_AT = 1e-18
#: Contraction per sweep beyond which the aggregated chain is solved, and up to which it is believed.
_SLOW, _TRUSTED = 0.7, 0.95
#: Sweeps that must have been made before that, and that must be expected; sweeps for each such aid.
_PATIENCE, _MANY, _AID_EVERY = 40, 60, 4
#: Relative error that may be left; the disturbance, the rest of it that shows that, and sweeps until then.
_ENOUGH, _SHAKE, _CALM, _TRIAL, _LONG, _FALLEN = 5e-12, 0.05, 1e-5, 5, 20, 0.8
_BEYOND = "LevelAggregation: states are too rare within a level for doubles. Use GTH() for a smaller model."


@one_blas_thread()
def aggregate(levels: Levels, solver: LevelAggregation) -> LevelSolution:
    """Return the steady state of a chain with levels by aggregation.

    Parameters
    ----------
    levels : Levels
        The chain.
    solver : LevelAggregation
        How to begin, and how long to go on.

    Returns
    -------
    LevelSolution
        Masses and conditional distributions.

    Raises
    ------
    ConvergenceError
        If the sweeps do not settle.
    """
    if len(levels) == 1:
        return only_level(levels.level(0))
    work = _Work(levels, solver.uniform)
    if not levels.starts_right:
        work.climb()
    for aided in (True,) if levels.settles_slowly else (False, True):
        if aided and solver.only_fast:
            raise ConvergenceError("LevelAggregation: the sweeps settle slowly.")
        found = work.settle(solver.sweeps, aided)
        if found is None:
            continue
        if levels.starts_right and not solver.uniform:
            return found
        found = work.shaken(found, aided)
        if found.residual <= _ENOUGH:
            return found
    raise ConvergenceError(
        f"LevelAggregation: {work.sweeps} sweeps did not settle (last change {work.steps[-1]:.2g}, of which "
        f"{_contraction(work.steps):.4g} is left after the next one). {levels.advice}"
    )


class _Work:
    """The distributions of all levels while they are swept."""

    def __init__(self, levels: Levels, uniform: bool) -> None:
        self.chain = levels
        self.levels: list[Level] = [levels.level(k) for k in range(len(levels))]
        self.factors: list[Factor] = [level.factor() for level in self.levels]
        self.floor = _LOOKED_AT if levels.is_cut else 0.0
        self.sweeps = 0
        self.steps: list[float] = []
        starts = [level.start for level in self.levels]
        if uniform:
            starts = [(x > 0) / np.count_nonzero(x) for x in starts]
        self.restart(starts)

    def restart(self, inside: list[Floats]) -> None:
        """Begin with other distributions."""
        self.inside = list(inside)
        # Flows out of each level as distributions over the next one, and in all.
        self.ups: list[Floats] = [np.zeros(0)] * len(inside)
        self.downs: list[Floats] = [np.zeros(0)] * len(inside)
        self.up_flows, self.down_flows = [0.0] * len(inside), [0.0] * len(inside)
        for k in range(len(inside)):
            self._spread(k)

    def _spread(self, k: int) -> None:
        level, x = self.levels[k], self.inside[k]
        flows = []
        if k < len(self.levels) - 1:
            self.ups[k], self.up_flows[k] = level.up(x)
            flows.append(self.up_flows[k])
        if k:
            self.downs[k], self.down_flows[k] = level.down(x)
            flows.append(self.down_flows[k])
        if not all(0 < flow < np.inf for flow in flows):
            raise ConvergenceError(_BEYOND)

    def _solve(self, k: int, *, from_above: bool = True) -> None:
        inflow = np.zeros(len(self.inside[k]))
        if k:
            below = self.ups[k - 1]
            inflow[: len(below)] = below * self.down_flows[k]
        if from_above and k < len(self.levels) - 1:
            above = self.downs[k + 1]
            inflow[: len(above)] += above * self.up_flows[k]
        x = self.factors[k].solve(inflow)
        total = x.sum()
        if not 0 < total < np.inf:
            raise ConvergenceError(_BEYOND)
        x *= 1 / total
        self.inside[k] = x
        self._spread(k)

    def climb(self) -> None:
        """Solve every level from below alone, so that no guess from above weighs too much."""
        for k in range(1, len(self.levels)):
            self._solve(k, from_above=False)

    def order(self) -> list[int]:
        """Levels from the most probable one outwards, the longer way first."""
        last = len(self.levels) - 1
        top = int(np.argmax(self.log_masses()))
        above, below = range(top, last + 1), range(top, -1, -1)
        first, second = (above, below) if len(above) >= len(below) else (below, above)
        return [*first, *list(second)[1:]]

    def sweep(self) -> float:
        """Solve every level against its neighbours; return the largest change of a logarithm."""
        largest = 0.0
        for k in self.order():
            old = self.inside[k]
            self._solve(k)
            largest = max(largest, self._change(old, self.inside[k]))
        return largest

    def settle(self, most: int, aided: bool) -> LevelSolution | None:
        """Sweep until the changes are small; None if ``most`` sweeps in all are not enough, or are slow."""
        self.steps = [] if self.sweeps < most else self.steps
        while self.sweeps < most:
            self.sweeps += 1
            if aided and self.sweeps % _AID_EVERY == 0:
                self.aid()
            step = self.sweep()
            self.steps.append(step)
            rho = _contraction(self.steps)
            left = step * rho / (1 - rho) if rho < 1 else np.inf
            if step <= TOLERANCE or (rho < _TRUSTED and left <= TOLERANCE) or _is_rounding(self.steps):
                return LevelSolution(self.log_masses(), self.inside, self.sweeps, rho, min(left, step))
            if not aided and _is_slow(self.steps, rho):
                break
        return None

    def aid(self) -> None:
        """Go on from the exact solution of the aggregated chain, if there is one."""
        coarse = self.chain.coarse(self.inside)
        if coarse is not None:
            self.restart(coarse)

    def shaken(self, found: LevelSolution, aided: bool) -> LevelSolution:
        """The same solution with what a disturbance tells of its error."""
        rho = max(self.contraction(aided), found.contraction if found.contraction < _TRUSTED else 0.0)
        left = min(self.steps[-_NOISE:]) * rho / (1 - rho) if rho < 1 else np.inf
        self.restart(found.inside)
        return found._replace(contraction=rho, residual=left)

    def contraction(self, aided: bool) -> float:
        """Factor by which a disturbance of the distributions falls per sweep.

        Small changes alone do not show that the sweeps have settled: sets of states that hardly lead to each
        other keep their shares, right or wrong. A disturbance of all states shows such sets.
        """
        settled = self.inside
        draw = np.random.default_rng(1)
        places = draw.uniform(-_SHAKE, _SHAKE, max(len(x) for x in settled))
        shaken = [x * np.exp(places[: len(x)] + draw.uniform(-_SHAKE, _SHAKE, len(x))) for x in settled]
        self.restart([x / x.sum() for x in shaken])
        gaps = []
        for k in range(_MANY):
            if aided and k % _AID_EVERY == 0:
                self.aid()
            self.sweep()
            gaps.append(max(map(self._change, settled, self.inside)))
            if gaps[-1] < _ROUNDING or (len(gaps) >= _TRIAL and gaps[-1] < _CALM):
                break
            if len(gaps) >= _LONG and gaps[-1] > _FALLEN * gaps[-_LONG // 2]:
                break
        if len(gaps) < 4:
            return 0.0  # gone at once, but for rounding
        lately = np.sqrt(max(gaps[-1] / gaps[-3], gaps[-2] / gaps[-4]))
        return float(max(lately, (gaps[-1] / gaps[0]) ** (1 / (len(gaps) - 1))))

    def _change(self, old: Floats, new: Floats) -> float:
        """Largest difference of the logarithm of an entry of one level from what it was."""
        seen = old > max(float(old.max()) * self.floor, 1e-280)
        ratio = new[seen] / old[seen]
        least, most = float(ratio.min()), float(ratio.max())
        return max(math.log(most), -math.log(least)) if least > 0 else math.inf

    def log_masses(self) -> Floats:
        """Logarithms of the masses of the levels, from their birth–death chain."""
        ratios = np.log(np.array(self.up_flows[:-1])) - np.log(np.array(self.down_flows[1:]))
        # Sums of thousands of logarithms keep their digits in long doubles.
        logs = np.concatenate([[0.0], np.cumsum(ratios.astype(np.longdouble))])
        top = logs.max()
        total = top + np.log(np.sum(np.exp(logs - top)))
        masses: Floats = (logs - total).astype(np.float64)
        return masses


def _contraction(steps: list[float]) -> float:
    """Factor per sweep as seen lately, the largest of several; 1 where it cannot be told yet."""
    if len(steps) < 4:
        return 1.0
    return float(max(np.sqrt(steps[-1] / steps[-3]), np.sqrt(steps[-2] / steps[-4]), steps[-1] / steps[-2]))


def _sweeps_left(step: float, rho: float) -> float:
    return float(np.log(TOLERANCE / step) / np.log(rho)) if rho < 1 else np.inf


def _is_slow(steps: list[float], rho: float) -> bool:
    """Whether many more sweeps would be needed, as seen after some."""
    return len(steps) >= _PATIENCE and rho > _SLOW and _sweeps_left(steps[-1], rho) > _MANY


def _is_rounding(steps: list[float]) -> bool:
    """Whether the changes are small and go up and down instead of falling."""
    some = steps[-_NOISE:]
    rises = sum(b > a for a, b in pairwise(some))
    return len(some) == _NOISE and max(some) <= _ROUNDING and rises >= _NOISE // 3
