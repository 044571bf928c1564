"""The steady state of a pool as levels, and the measures that it has beyond those of every steady state."""

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
from rejuvmodel.models.pool_levels import PoolLevels, log_renewed, require_sweepable
from rejuvmodel.models.pool_states import PoolStates
from rejuvmodel.product_solution import ProductSolution
from rejuvmodel.steady_state import SteadyState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


#: Share of a probability up to which what was left out is not seen.
_MISSED = 1e-13


@dataclass(frozen=True, eq=False)
class PoolSolution:
    """Masses of the levels of a pool and the conditional distributions of (a, r) in each.

    Attributes
    ----------
    pool : Pool
        The pool.
    found : LevelSolution
        What the solver found.
    wide : int
        Values of r that are kept in every level.
    method : str
        Name of the solver.
    reason : str
        Why it was chosen.
    """

    pool: Pool
    found: LevelSolution
    wide: int
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
        return [x.reshape(-1, self.wide) for x in self.found.inside]

    @cached_property
    def log_up(self) -> Floats:
        """Natural logarithms of P(f failed and r rejuvenating), shape (levels, r)."""
        with np.errstate(divide="ignore"):
            logs = np.log(np.stack([table.sum(axis=0) for table in self._tables]))
        if self.is_cut and self.pool.unrestricted:
            # What was cut off is known: servers that have not failed rejuvenate one by one.
            logs = np.full((len(logs), self.pool.total + 1), -inf)
            for f in range(len(logs)):
                logs[f, : self.pool.total - f + 1] = log_renewed(self.pool, self.pool.total - f)
        joint: Floats = logs + self.found.log_masses[:, None]
        return joint

    @property
    def is_cut(self) -> bool:
        """Whether states of many rejuvenating servers were left out."""
        return self.wide <= self.pool.labels.most_rejuvenating

    @property
    def misses_downtime(self) -> bool:
        """Whether what was left out may be seen in the unavailability."""
        if not self.is_cut or self.pool.unrestricted:
            return False
        edge = float(log_sum(self.log_up[:, -1]))
        return bool(edge > float(self.mass("planned", logarithm=True)) + np.log(_MISSED))

    @cached_property
    def whole(self) -> PoolSolution:
        """The same with no state left out."""
        if not self.is_cut:
            return self
        levels = PoolLevels(self.pool, self.pool.labels.most_rejuvenating + 1)
        require_sweepable(levels)
        found = aggregate(levels, LevelAggregation())
        return PoolSolution(self.pool, found, levels.wide, self.method, self.reason)

    @cached_property
    def log_up_counts(self) -> Floats:
        """Natural logarithms of the probabilities of 0 … N servers up; NaN where too rare to be known."""
        logs = self.log_up
        up = self.pool.total - np.arange(logs.shape[0])[:, None] - np.arange(logs.shape[1])
        found = np.array([log_sum(logs[up == j]) for j in range(self.pool.total + 1)])
        if self.is_cut and not self.pool.unrestricted:
            found[found + np.log(_MISSED) < float(log_sum(logs[:, -1]))] = np.nan
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
    wide = states.most_rejuvenating + 1
    _, a, r, _ = states.rows.T
    masses, inside = [], []
    for start, end in pairwise(states.level_starts.tolist()):
        logs = log_pi[start:end]
        masses.append(float(log_sum(logs)))
        table = np.zeros((int(a[start:end].max()) + 1, wide))
        table[a[start:end], r[start:end]] = np.exp(logs - masses[-1])
        inside.append(table.reshape(-1))
    return PoolSolution(pool, LevelSolution(np.array(masses), inside, 0, 0.0, residual), wide, method, reason)


class PoolState(SteadyState):
    """Steady state of a pool: what every `SteadyState` has, and how many servers are up.

    Parameters
    ----------
    solution : PoolSolution or ProductSolution
        What was found.
    """

    solution: PoolSolution | ProductSolution

    @property
    def states(self) -> Any:
        """All states (h, a, r, f), shape (states, 4), in the order of `probabilities`."""
        return self.solution.pool.states

    @property
    def reason(self) -> str:
        """Why this solver was chosen."""
        return self.solution.reason

    @property
    def iterations(self) -> int:
        """Sweeps over all levels; 0 for a direct solution."""
        return self.solution.sweeps

    @property
    def contraction(self) -> float:
        """Factor by which changes fell per sweep at the end; 0 for a direct solution."""
        return self.solution.contraction

    @cached_property
    def log_up_servers(self) -> Floats:
        """Natural logarithms of the probabilities of 0 … N servers up; read-only.

        NaN where the probability is so far below that of being down that it was not computed.
        """
        found = self.solution.log_up_counts.view()
        found.setflags(write=False)
        return found

    @property
    def up_servers(self) -> Floats:
        """Probabilities of 0 … N servers up."""
        return np.exp(self.log_up_servers)

    @property
    def capacity_availability(self) -> float:
        """Expected share of the primaries' work that is served, E[min(up, n)]/n."""
        return float(np.exp(self.solution.mass("served", logarithm=True)))

    @property
    def log_probability_all_failed(self) -> float:
        """Natural logarithm of the probability that all N servers have failed; −inf if they cannot."""
        return self.solution.log_all_failed

    def to_dict(self) -> dict[str, Any]:
        """Return the measures as plain numbers and lists.

        Returns
        -------
        dict
            As for every steady state, and those of a pool; no probabilities of single states.
        """
        names = (
            "availability", "unavailability", "log_unavailability", "planned_unavailability",
            "unplanned_unavailability", "nines", "capacity_availability", "log_probability_all_failed",
            "method", "reason", "iterations", "contraction", "residual",
        )  # fmt: skip
        up = [None if np.isnan(p) else p for p in self.up_servers.tolist()]
        return {name: getattr(self, name) for name in names} | {"up_servers": up}

    def _rows(self) -> list[tuple[str, str]]:
        rows = [row for row in super()._rows() if row[0] != "balance residual"]
        return [
            rows[0],
            ("why", self.reason),
            *rows[1:],
            ("capacity availability", f"{self.capacity_availability:.10g}"),
            ("ln P(all failed)", f"{self.log_probability_all_failed:.10g}"),
            *self._effort(),
        ]

    def _effort(self) -> list[tuple[str, str]]:
        if not self.iterations:
            return []
        return [
            ("sweeps, contraction", f"{self.iterations}, {self.contraction:.3g}"),
            ("relative error left", f"{self.residual:.1e}"),
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        return PoolState, (self.solution,)
