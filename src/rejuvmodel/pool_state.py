"""PoolState: the measures that the steady state of a pool has beyond those of every steady state."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.steady_state import SteadyState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.pool_solution import PoolSolution
    from rejuvmodel.product_solution import ProductSolution

    Floats = NDArray[np.float64]


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
        # A sum of shares may round to more than the whole.
        return min(1.0, float(np.exp(self.solution.mass("served", logarithm=True))))

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
