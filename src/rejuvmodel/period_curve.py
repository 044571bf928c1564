"""The objective as a curve in the mean delay of a trigger, its law stretched in time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel import measures
from rejuvmodel.models import trigger_form
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.stretched import StretchedTrigger
from rejuvmodel.models.trigger import Trigger
from rejuvmodel.parameters import Costs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.models.law_transforms import Transforms

    Floats = NDArray[np.float64]

#: A search looks from this factor below the fastest time of the model to as far above the slowest.
_REACH = 1e4


@dataclass(frozen=True)
class PeriodCurve:
    """Logarithm of the objective as a function of the mean delay T [h].

    Attributes
    ----------
    cluster : Cluster
        One cluster with a trigger.
    trigger : Trigger
        Its trigger.
    costs : Costs
        What an hour of each condition costs.
    """

    cluster: Cluster
    trigger: Trigger
    costs: Costs

    @cached_property
    def base(self) -> Transforms:
        """Transforms of the law stretched to a mean of 1 h."""
        return self.trigger.scaled(1.0).transforms((), slice(0, 1))

    def log_at(self, points: Floats | float) -> Floats | float:
        """Logarithm of the objective at the given means."""
        means = np.atleast_1d(np.asarray(points, dtype=np.float64))
        names, rates = measures.needed(self.costs), self.cluster.rates
        found = trigger_form.masses(
            self.cluster.servers,
            (rates.aging, rates.failure, rates.repair, rates.restart),
            StretchedTrigger(self.trigger.clock, self.base, means),
            means.shape,
            names=names,
            logarithms=True,
        )
        values = measures.log_cost_rate(self.costs, dict(zip(names, found, strict=True)), means.shape)
        return values if np.ndim(points) else float(values[0])

    @cached_property
    def scales(self) -> tuple[float, float]:
        """Shortest and longest time [h] at which the curve has features."""
        rates = self.cluster.rates
        each = [float(r) for r in (rates.aging, rates.failure, rates.repair, rates.restart) if r > 0]
        return 1 / (max(each) * self.cluster.servers) / _REACH, 1 / min(each) * _REACH

    def grid(self, low: float, high: float, count: int) -> Floats:
        """Means from one bound to the other, 0 and infinity as they are."""
        least, most = self.scales
        start = low if low > 0 else min(least, high / _REACH)
        end = high if high < inf else max(most, start * _REACH)
        inner = np.exp(np.linspace(np.log(start), np.log(end), count))
        inner[0], inner[-1] = start, end
        ends = [0.0] if low == 0 else [], [inf] if high == inf else []
        return np.concatenate([ends[0], inner, ends[1]])
