"""A steady state over a block of points whose masses have been found together beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.cluster_solution import ClusterSolution
from rejuvmodel.models import closed_form
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.cluster_labels import ClusterLabels
from rejuvmodel.models.law_grid import Law
from rejuvmodel.solving import ClosedForm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GatheredSolution:
    """Masses of many points, found by one evaluation of the closed form.

    Attributes
    ----------
    labels : sequence of str
        States.
    plain, logarithms : mapping
        The masses by name.
    every : callable
        Evaluates the probabilities of all states.
    """

    labels: Sequence[str]
    plain: Mapping[str, Floats]
    logarithms: Mapping[str, Floats]
    every: Callable[[], tuple[Floats, Floats]]
    method = ClosedForm.name
    residual = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the block."""
        found = [*self.plain.values(), *self.logarithms.values()]
        return np.shape(found[0]) if found else ()

    def mass(self, name: str, *, logarithm: bool = False) -> Floats:
        """Return one of the masses."""
        return (self.logarithms if logarithm else self.plain)[name]

    def masses_of(self, names: Sequence[str], *, logarithm: bool = False) -> dict[str, Floats]:
        """Return several masses."""
        return {name: self.mass(name, logarithm=logarithm) for name in names}

    def all_probabilities(self) -> tuple[Floats, Floats]:
        """Probabilities and their logarithms."""
        return self.every()


def gathered(
    cluster: Cluster,
    values: Mapping[str, Floats | float],
    plain: list[str],
    logarithms: list[str],
    into: tuple[Mapping[str, Floats], Mapping[str, Floats]] = ({}, {}),
) -> GatheredSolution:
    """Return the masses of a cluster at other rates and periods.

    Parameters
    ----------
    cluster : Cluster
        One cluster; rates that are not among the values stay as they are.
    values : mapping
        Rates [1/h] by field, known to be valid, scalars or arrays that broadcast; "period" [h] for a trigger.
    plain, logarithms : list of str
        Which masses to find, and of which the logarithms.
    into : pair of mappings, optional
        Arrays for masses, and for logarithms, to be written to where there are some.

    Returns
    -------
    GatheredSolution
        The masses, of the shape that the rates broadcast to.

    Notes
    -----
    Without a trigger the numbers go straight to the closed form: to check a block of them again would cost a
    tenth of what their solution costs.
    """
    if cluster.trigger is None:
        rates = cluster.rates
        fields = ("aging", "failure", "rejuvenation", "repair", "restart")
        numbers = tuple(values.get(name, getattr(rates, name)) for name in fields)
        found, logs = (
            dict(
                zip(
                    names,
                    closed_form.masses(cluster.servers, *numbers, names=names, logarithms=log, into=out),
                    strict=True,
                )
            )
            for names, log, out in ((plain, False, into[0]), (logarithms, True, into[1]))
        )
        return GatheredSolution(
            ClusterLabels(cluster.servers), found, logs,
            lambda: closed_form.probabilities(cluster.servers, *numbers),
        )  # fmt: skip
    changes = {name: value for name, value in values.items() if name != "period"}
    trigger = cluster.trigger.scaled(values["period"]) if "period" in values else cluster.trigger
    solution = ClusterSolution(Cluster(cluster.servers, cluster.rates.replace(**changes), trigger))
    return GatheredSolution(
        solution.labels, solution.masses_of(plain), solution.masses_of(logarithms, logarithm=True),
        solution.all_probabilities,
    )  # fmt: skip


def takes_arrays(cluster: Cluster) -> bool:
    """Tell whether the mean delay of a cluster may be an array.

    Parameters
    ----------
    cluster : Cluster
        The cluster.

    Returns
    -------
    bool
        False for a law of the user's own, which is one law at a time.
    """
    return cluster.trigger is None or isinstance(cluster.trigger.law, Law)
