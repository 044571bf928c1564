"""The objective of a pool as a curve in the rejuvenation rate; each rate is solved exactly, and once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel import measures
from rejuvmodel.models.pool import Pool
from rejuvmodel.parameters import Costs
from rejuvmodel.solving import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: A search looks from this factor below the slowest rate of the model to as far above the fastest.
REACH = 1e3
#: Rates for each factor of ten.
_PER_DECADE = 8


@dataclass(frozen=True)
class PoolCurve:
    """Logarithms of cost and unavailability as functions of the rate λ_r [1/h].

    Attributes
    ----------
    pool : Pool
        The pool; its own rejuvenation rate is not used.
    costs : Costs
        What an hour of each condition costs.
    """

    pool: Pool
    costs: Costs
    _solved: dict[float, tuple[float, float]] = field(default_factory=dict, repr=False, compare=False)

    def _at(self, rate: float) -> tuple[float, float]:
        if rate not in self._solved:
            state = solve(self.pool.with_rejuvenation(rate))
            self._solved[rate] = float(state.log_cost_rate(self.costs)), float(state.log_unavailability)
        return self._solved[rate]

    def log_at(self, rate: float) -> float:
        """Logarithm of the cost per hour at a rate."""
        return self._at(rate)[0]

    def log_down_at(self, rate: float) -> float:
        """Logarithm of the unavailability at a rate."""
        return self._at(rate)[1]

    @cached_property
    def constant(self) -> str:
        """Why the rate makes no difference at all; empty if it may."""
        pool = self.pool
        if not measures.needed(self.costs):
            return "no cost applies"
        if pool.rates.aging == 0:
            return "with aging rate 0 no server ever becomes unstable"
        if pool.with_rejuvenation(1.0).labels.most_rejuvenating == 0:
            if pool.places == 0:
                return "with 0 slots no server is rejuvenated"
            return f"guarded, with all {pool.total} servers required, no server is rejuvenated"
        return ""

    def grid(self, low: float, high: float) -> Floats:
        """Rates from one bound to the other, ``low`` = 0 as it is."""
        rates = self.pool.rates
        each = [float(r) for r in (rates.aging, rates.failure, rates.repair, rates.restart) if r > 0]
        least, most = min(each) / REACH, max(each) * self.pool.total * REACH
        start, end = low if low > 0 else min(least, high / REACH), high
        inside = max(start, min(least, end)), min(end, max(most, start))
        count = 2 + round(_PER_DECADE * np.log10(max(inside[1] / inside[0], 1.0)))
        inner = np.geomspace(*inside, count)
        return np.unique(np.concatenate([[low, start], inner, [end]]))

    def log_values(self, grid: Floats) -> Floats:
        """Logarithms of the objective at the rates of a grid."""
        return np.array([self.log_at(float(rate)) for rate in grid])
