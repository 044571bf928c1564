"""ClusterSolution: the closed form of a cluster as a recipe, evaluated when a measure is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.models import closed_form
from rejuvmodel.models.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClusterSolution:
    """A recipe: evaluates the closed form when a measure is asked for."""

    cluster: Cluster
    method = "closed form"
    residual = None

    @property
    def labels(self) -> Sequence[str]:
        """States, made on demand."""
        return self.cluster.labels

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid."""
        return self.cluster.shape

    @property
    def _numbers(self) -> tuple[object, ...]:
        rates = self.cluster.rates
        return (
            self.cluster.servers, rates.aging, rates.failure, rates.rejuvenation, rates.repair, rates.restart
        )  # fmt: skip

    @property
    def _triggered(self) -> tuple[object, ...]:
        rates = self.cluster.rates
        four = rates.aging, rates.failure, rates.repair, rates.restart
        return self.cluster.servers, four, self.cluster.trigger, self.cluster.shape

    def mass(self, name: str, *, logarithm: bool = False) -> Floats:
        """One of the masses of the measures, over the whole grid, in blocks."""
        return self.masses_of((name,), logarithm=logarithm)[name]

    def masses_of(self, names: Sequence[str], *, logarithm: bool = False) -> dict[str, Floats]:
        """Several masses by one evaluation."""
        if self.cluster.trigger is not None:
            from rejuvmodel.models import trigger_form  # loaded only for triggers

            triggered = trigger_form.masses(*self._triggered, names=names, logarithms=logarithm)  # type: ignore[arg-type]
            return dict(zip(names, triggered, strict=True))
        found = closed_form.masses(*self._numbers, names=names, logarithms=logarithm)  # type: ignore[arg-type]
        return dict(zip(names, found, strict=True))

    def all_probabilities(self) -> tuple[Floats, Floats]:
        """Probabilities and their logarithms."""
        if self.cluster.trigger is not None:
            from rejuvmodel.models import trigger_form

            return trigger_form.probabilities(*self._triggered)  # type: ignore[arg-type]
        return closed_form.probabilities(*self._numbers)  # type: ignore[arg-type]
