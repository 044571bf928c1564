"""What a model answers at many rates at once: logarithms of its unavailability and of its objective.

Clusters, with and without trigger, and the prior-art model are evaluated by their closed forms, whole grids
at a time; a pool is solved point by point, by workers if there are any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel import measures
from rejuvmodel.models import birth_death, trigger_form
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.models.stretched import StretchedTrigger
from rejuvmodel.parameters import Costs
from rejuvmodel.propagation.pool_points import log_masses_at
from rejuvmodel.solving import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Columns = Mapping[str, Floats]

#: Logarithms of units in which plain doubles lose nothing that counts.
_IN_RANGE = 500.0
_RATES = ("aging", "failure", "repair", "restart")


@dataclass(frozen=True)
class Response:
    """A model as a function of its rates and of the decision.

    Attributes
    ----------
    model : Cluster, Reactive or Pool
        One model; its own rates where none are given.
    costs : Costs or None
        Costs of the objective; without them it is the unavailability.
    workers : None, int, executor or callable
        Who solves the points of a pool.
    """

    model: Cluster | Reactive | Pool
    costs: Costs | None
    workers: Any = None

    @property
    def names(self) -> tuple[str, ...]:
        """Rates that the model has."""
        if isinstance(self.model, Reactive):
            return ("failure", "repair")
        triggered = self.model.trigger is not None
        return _RATES if triggered else (*_RATES, "rejuvenation")

    @property
    def by_rate(self) -> bool:
        """Whether a decision is a rate, and not the mean delay of a trigger."""
        return isinstance(self.model, Reactive) or self.model.trigger is None

    def own_rates(self) -> dict[str, float]:
        """Rates [1/h] of the model itself, as far as it has them."""
        holder = self.model if isinstance(self.model, Reactive) else self.model.rates
        own = {name: getattr(holder, name) for name in self.names}
        return {name: float(rate) for name, rate in own.items() if rate is not None}

    def logs(self, columns: Columns, decision: Floats | float | None = None) -> tuple[Floats, Floats]:
        """Return logarithms of unavailability and objective.

        Parameters
        ----------
        columns : mapping of ndarray
            Uncertain rates [1/h] by name; they broadcast, also against the decision.
        decision : float or ndarray, optional
            Rejuvenation rates [1/h], with a trigger mean delays [h]; those of the model if left out.

        Returns
        -------
        tuple of ndarray
            Natural logarithms, of the broadcast shape.
        """
        if isinstance(self.model, Reactive):
            masses = _reactive(self.model, columns)
        elif isinstance(self.model, Pool):
            masses = self._pool(self.model, columns, decision)
        elif self.model.trigger is not None and decision is not None:
            masses = self._stretched(self.model, columns, decision)
        else:
            masses = self._cluster(self.model, columns, decision)
        down = masses["unavailability"]
        if self.costs is None:
            return down, down
        return down, measures.log_cost_rate(self.costs, masses, down.shape)

    def log_objective(self, columns: Columns, decision: Floats | float | None = None) -> Floats:
        """Return logarithms of the objective, as `logs` does."""
        return self.logs(columns, decision)[1]

    def scaled(self, columns: Columns, decision: Floats, log_scale: float) -> Floats:
        """Return the objective in a unit near its own size.

        Parameters
        ----------
        columns : mapping of ndarray
            Uncertain rates [1/h] by name.
        decision : ndarray
            Decisions.
        log_scale : float
            Logarithm of the unit.

        Returns
        -------
        ndarray
            Objective divided by the unit, of the broadcast shape.
        """
        model = self.model
        if abs(log_scale) < _IN_RANGE and isinstance(model, Cluster) and model.trigger is None:
            # Without logarithms three times as fast; what underflows is nothing in this unit.
            rates = model.rates.replace(**columns, rejuvenation=decision)
            state = solve(Cluster(model.servers, rates))
            found = state.unavailability if self.costs is None else state.cost_rate(self.costs)
            return np.multiply(found, np.exp(-log_scale))
        with np.errstate(over="ignore"):  # infinite in this unit, where no decision would be taken
            return np.asarray(np.exp(self.log_objective(columns, decision) - log_scale))

    def _needed(self) -> list[str]:
        priced = [] if self.costs is None else measures.needed(self.costs)
        return list(dict.fromkeys(["unavailability", *priced]))

    def _cluster(self, cluster: Cluster, columns: Columns, decision: Any) -> dict[str, Floats]:
        changes = dict(columns) if decision is None else {**columns, "rejuvenation": decision}
        state = solve(Cluster(cluster.servers, cluster.rates.replace(**changes), cluster.trigger))
        shape = state.shape
        found = state.solution.masses_of(self._needed(), logarithm=True)
        return {name: np.broadcast_to(x, shape) for name, x in found.items()}

    def _stretched(self, cluster: Cluster, columns: Columns, decision: Any) -> dict[str, Floats]:
        """With the law of the trigger stretched to many means."""
        assert cluster.trigger is not None  # was asked
        shape = np.broadcast_shapes(np.shape(decision), *(x.shape for x in columns.values()))
        means = np.broadcast_to(np.asarray(decision, dtype=np.float64), shape).ravel()
        own = {name: np.asarray(getattr(cluster.rates, name)) for name in _RATES}
        own.update(columns)
        rates = [np.broadcast_to(own[name], shape).ravel() for name in _RATES]
        base = cluster.trigger.scaled(1.0).transforms((), slice(0, 1))
        delay = StretchedTrigger(cluster.trigger.clock, base, means)
        names = self._needed()
        found = trigger_form.masses(cluster.servers, rates, delay, means.shape, names=names, logarithms=True)
        return {name: x.reshape(shape) for name, x in zip(names, found, strict=True)}

    def _pool(self, pool: Pool, columns: Columns, decision: Any) -> dict[str, Floats]:
        changes = dict(columns) if decision is None else {**columns, "rejuvenation": np.asarray(decision)}
        rates = dict(zip(changes, np.broadcast_arrays(*changes.values()), strict=True))
        return log_masses_at(pool, rates, tuple(self._needed()), self.workers)


def _reactive(model: Reactive, columns: Columns) -> dict[str, Floats]:
    """The prior-art model is down by failure alone."""
    failure, repair = (columns.get(name, np.asarray(getattr(model, name))) for name in ("failure", "repair"))
    down = birth_death.log_all_failed(model.servers, failure, repair)
    nothing = np.full(down.shape, -np.inf)
    return {"unavailability": down, "unplanned": down, "planned": nothing, "rejuvenations": nothing}
