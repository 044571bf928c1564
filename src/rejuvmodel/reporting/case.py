"""What a report is about: a file, the best wait, and the steady states that stand side by side."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum import optimize
from rejuvmodel.propagation.uncertainty_inputs import log_allowed
from rejuvmodel.solving import solve

if TYPE_CHECKING:
    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.models.cluster import Cluster
    from rejuvmodel.optimum_result import Optimum
    from rejuvmodel.steady_state import SteadyState


@dataclass(frozen=True)
class Column:
    """A model with its wait, and its steady state.

    Attributes
    ----------
    title : str
        What it is called beside the others.
    model : Cluster or Pool
        The model.
    state : SteadyState
        Its steady state.
    """

    title: str
    model: Cluster | Pool
    state: SteadyState


@dataclass(frozen=True)
class Case:
    """A file and its answer.

    Attributes
    ----------
    file : ClusterFile
        What was asked.
    best : Optimum
        The best wait.
    never, recommended : Column
        Without rejuvenation, and at the best wait.
    given : Column or None
        At the wait in the file.
    log_allowed : float or None
        Logarithm of the unavailability that the target allows.
    """

    file: ClusterFile
    best: Optimum
    never: Column
    given: Column | None
    recommended: Column
    log_allowed: float | None

    @property
    def columns(self) -> tuple[Column, ...]:
        """All that stands side by side."""
        given = () if self.given is None else (self.given,)
        return self.never, *given, self.recommended

    @property
    def model(self) -> Cluster | Pool:
        """The model at the best wait."""
        return self.recommended.model

    @property
    def state(self) -> SteadyState:
        """Its steady state."""
        return self.recommended.state

    @property
    def pool(self) -> Pool | None:
        """The model, if it is a pool."""
        return self.model if isinstance(self.model, Pool) else None


def case_of(file: ClusterFile, target: float | str | None) -> Case:
    """Find the best wait of a file, and solve what stands beside it.

    Parameters
    ----------
    file : ClusterFile
        One cluster or pool.
    target : float, str or None
        Availability or downtime to be met.

    Returns
    -------
    Case
        The answer; a cluster too large for a proof is searched without one.

    Raises
    ------
    InvalidInputError
        If the file describes a grid, or the target is none.
    """
    if shape := file.cluster.shape:
        raise InvalidInputError(
            file.path, f"a grid of shape {shape}", "a report is on one cluster",
            "Write one value for each rate or mean time.",
        )  # fmt: skip
    allowed = log_allowed(target, file.horizon)
    best = optimize(file.cluster, file.costs, file.bounds, certified=False)
    never = file.cluster.with_period(inf)
    given = None if file.is_open else Column("as in the file", file.cluster, solve(file.cluster))
    return Case(
        file, best, Column("never rejuvenated", never, solve(never)), given,
        Column("at the best wait", best.model, best.state), allowed,
    )  # fmt: skip
