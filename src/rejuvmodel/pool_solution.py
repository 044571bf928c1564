"""The steady state of a pool as levels: its masses, and what was left out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.level_blocks import LevelSolution
from rejuvmodel.markov.level_solvers import LevelAggregation
from rejuvmodel.markov.levels import aggregate
from rejuvmodel.measures import log_sum
from rejuvmodel.memory import require_memory
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.pool_levels import PoolLevels, require_sweepable, whole_is_small
from rejuvmodel.models.pool_states import PoolStates
from rejuvmodel.models.pool_widths import all_widths, log_renewed
from rejuvmodel.pool_edges import Edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PoolSolution:
    """Masses of the levels of a pool and the conditional distributions of (a, r) in each.

    Attributes
    ----------
    pool : Pool
        The pool.
    found : LevelSolution
        What the solver found.
    widths : ndarray of int
        Values of r that are kept in each level.
    method : str
        Name of the solver.
    reason : str
        Why it was chosen.
    """

    pool: Pool
    found: LevelSolution
    widths: Integers
    method: str
    reason: str

    @property
    def labels(self) -> Sequence[Any]:
        """States (h, a, r, f), made on demand."""
        return self.pool.labels

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape ``()``."""
        return ()

    @property
    def residual(self) -> float:
        """Estimate of the largest relative error of an entry."""
        return self.found.residual

    @cached_property
    def _tables(self) -> list[Floats]:
        """Conditional probabilities of (a, r) in each level."""
        return [x.reshape(-1, wide) for x, wide in zip(self.found.inside, self.widths.tolist(), strict=True)]

    @cached_property
    def log_up(self) -> Floats:
        """Natural logarithms of P(f failed and r rejuvenating), shape (levels, r)."""
        if self.is_cut and self.pool.unrestricted:
            # What was cut off is known: servers that have not failed rejuvenate one by one.
            logs = log_renewed(self.pool, self.pool.total - np.arange(len(self.widths)))
        else:
            logs = np.full((len(self.widths), int(self.widths.max())), -inf)
            with np.errstate(divide="ignore"):
                for row, table in zip(logs, self._tables, strict=True):
                    row[: table.shape[1]] = np.log(table.sum(axis=0))
        joint: Floats = logs + self.found.log_masses[:, None]
        return joint

    @property
    def is_cut(self) -> bool:
        """Whether states of many rejuvenating servers were left out."""
        return bool(np.any(self.widths < all_widths(self.pool)))

    @cached_property
    def _edges(self) -> Edges:
        return Edges(self.log_up, self.widths, self.widths < all_widths(self.pool))

    @cached_property
    def too_narrow(self) -> NDArray[np.bool_]:
        """Levels in which what was left out may be seen, beside the level or as planned downtime."""
        if self.pool.unrestricted:
            return np.zeros(len(self.widths), dtype=bool)
        planned = float(self.mass("planned", logarithm=True))
        return self._edges.seen(self.found.log_masses, planned, self.pool.total - self.pool.needed)

    @cached_property
    def whole(self) -> PoolSolution:
        """The same with no state left out."""
        if not self.is_cut:
            return self
        levels = PoolLevels(self.pool, all_widths(self.pool))
        require_sweepable(levels)
        found = aggregate(levels, LevelAggregation())
        return PoolSolution(self.pool, found, levels.widths, self.method, self.reason)

    @cached_property
    def log_up_counts(self) -> Floats:
        """Natural logarithms of the probabilities of 0 … N servers up; NaN where too rare to be known."""
        if self.is_cut and not self.pool.unrestricted and whole_is_small(self.pool):
            return self.whole.log_up_counts
        logs = self.log_up
        up = self.pool.total - np.arange(logs.shape[0])[:, None] - np.arange(logs.shape[1])
        found = np.array([log_sum(logs[up == j]) for j in range(self.pool.total + 1)])
        if self.is_cut and not self.pool.unrestricted:
            found[self._edges.hide(found)] = np.nan
        return found

    @property
    def log_all_failed(self) -> float:
        """Natural logarithm of the probability that all servers have failed; −inf if they cannot."""
        logs = self.found.log_masses
        return float(logs[-1]) if len(logs) == self.pool.total + 1 else -inf

    @property
    def sweeps(self) -> int:
        """Sweeps over all levels; 0 for a direct solution."""
        return self.found.sweeps

    @property
    def contraction(self) -> float:
        """Factor by which changes fell per sweep at the end."""
        return self.found.contraction

    def mass(self, name: str, *, logarithm: bool = False) -> Floats:
        """One of the masses of ``measures.PRICED`` or "unavailability"."""
        pool, logs = self.pool, self.log_up
        failed, renewed = np.arange(logs.shape[0])[:, None], np.arange(logs.shape[1])
        up = pool.total - failed - renewed
        if name in ("unavailability", "planned", "unplanned"):
            down = (up < pool.needed) & (up >= 0)
            unplanned = np.broadcast_to(pool.total - failed < pool.needed, down.shape)
            chosen = (
                down
                if name == "unavailability"
                else down & (unplanned if name == "unplanned" else ~unplanned)
            )
            total = log_sum(logs[chosen])
        elif name in ("rejuvenating", "rejuvenations"):
            rate = float(pool.rates.restart) if name == "rejuvenations" else 1.0
            # By flow as many rejuvenations begin as end.
            total = log_sum((logs + np.log(np.maximum(renewed, 1)) + np.log(rate))[:, 1:].reshape(-1))
        elif name == "served":
            with np.errstate(divide="ignore"):
                shares = np.log(np.clip(up, 0, pool.primaries) / pool.primaries)
            total = log_sum((logs + shares).reshape(-1))
        elif name == "degraded":
            with np.errstate(divide="ignore"):
                means = np.log([table.sum(axis=1) @ np.arange(len(table)) for table in self._tables])
            total = log_sum(self.found.log_masses + means)
        else:
            raise InvalidInputError("name", name, "a pool has no mass of that name")
        return total if logarithm else np.exp(total)

    def masses_of(self, names: Sequence[str], *, logarithm: bool = False) -> dict[str, Floats]:
        """Several masses."""
        return {name: self.mass(name, logarithm=logarithm) for name in names}

    def all_probabilities(self) -> tuple[Floats, Floats]:
        """Probabilities of all states and their logarithms."""
        if self.whole is not self:
            return self.whole.all_probabilities()
        states: PoolStates = self.pool.labels
        require_memory(f"All {states.size} state probabilities", 120.0 * states.size, "Use the measures.")
        _, a, r, f = states.rows.T
        logs = np.empty(states.size)
        starts = states.level_starts
        for k, table in enumerate(self._tables):
            part = slice(int(starts[k]), int(starts[k + 1]))
            with np.errstate(divide="ignore"):
                logs[part] = np.log(table[a[part], r[part]]) + self.found.log_masses[f[part]]
        return np.exp(logs), logs


def from_probabilities(pool: Pool, log_pi: Floats, residual: float, method: str, reason: str) -> PoolSolution:
    """The solution of a pool from the logarithms of the probabilities of all its states."""
    states: PoolStates = pool.labels
    widths = all_widths(pool)
    _, a, r, _ = states.rows.T
    masses, inside = [], []
    for (start, end), wide in zip(pairwise(states.level_starts.tolist()), widths.tolist(), strict=True):
        logs = log_pi[start:end]
        masses.append(float(log_sum(logs)))
        table = np.zeros((int(a[start:end].max()) + 1, wide))
        table[a[start:end], r[start:end]] = np.exp(logs - masses[-1])
        inside.append(table.reshape(-1))
    return PoolSolution(
        pool, LevelSolution(np.array(masses), inside, 0, 0.0, residual), widths, method, reason
    )
