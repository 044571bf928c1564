"""Simulation: the result of `simulate`, estimates of everything that a steady state would give exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel import measures
from rejuvmodel.durations import shown as brief
from rejuvmodel.durations import words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.parameters import Costs
from rejuvmodel.simulation.estimate import Estimate
from rejuvmodel.simulation.estimating import Estimator
from rejuvmodel.simulation.horizons import horizon
from rejuvmodel.state_labels import index_of, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SETTINGS = ("hours", "start", "replications", "simulated_hours", "events", "seed", "confidence")
_MEASURES = (
    "availability", "unavailability", "planned_unavailability", "unplanned_unavailability",
    "rejuvenations_per_hour", "failures_per_hour", "outages_per_hour", "mean_time_to_outage",
    "interval_reliability", "interval_unreliability",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a simulation has seen: long-run values, or those of a mission [0, hours].

    Every measure is an `Estimate` with limits. What cannot happen in the model at all is exactly 0; what can
    happen but was not seen has a limit above 0.

    Attributes
    ----------
    labels : sequence
        Names of the states; of a pool rows (h, a, r, f).
    estimator : Estimator
        The sums over all replications.
    declared : frozenset of str
        What the chain says of its states: "down", "degraded", "rejuvenating".
    hours : float or None
        Length of a mission [h]; None for long-run values.
    start : str or row
        The state in which replications start; in the long run they also end with the return to it.
    events : int
        Number of state changes played.
    seed : int
        Gives the same numbers again.
    """

    labels: Sequence[Any]
    estimator: Estimator
    declared: frozenset[str]
    hours: float | None
    start: str | tuple[int, int, int, int]
    events: int
    seed: int

    @property
    def replications(self) -> int:
        """Number of replications: missions, or cycles from `start` to `start`."""
        return self.estimator.totals.replications

    @property
    def confidence(self) -> float:
        """Confidence of each interval."""
        return self.estimator.confidence

    @property
    def simulated_hours(self) -> float:
        """Hours of all replications together [h]."""
        return self.estimator.totals.hours

    @property
    def states(self) -> tuple[Any, ...]:
        """Labels of the states, in the order of `probabilities`."""
        return tuple(self.labels)

    @cached_property
    def probabilities(self) -> Floats:
        """Share of the time in each state, shape (states,); read-only."""
        array = self.estimator.totals.total[: len(self.labels)] / self.simulated_hours
        array.setflags(write=False)
        return array

    def __getitem__(self, label: str | tuple[int, int, int, int]) -> Estimate:
        """Estimate of the probability of the state of that name."""
        return self.estimator.ratio(index_of(self.labels, label))

    @property
    def unavailability(self) -> Estimate:
        """Share of the time down; in a mission, its mean over the mission."""
        self._require("down")
        both = self.estimator.combined(["unplanned", "planned"], [1.0, 1.0])
        seen = int(self.estimator.totals.seen[self.estimator.column("down")])
        return replace(both, high=min(both.high, 1.0), seen=seen)

    @property
    def availability(self) -> Estimate:
        """Share of the time up; in a mission, its interval availability."""
        return self.unavailability.complement()

    @property
    def planned_unavailability(self) -> Estimate:
        """Share of the time down for rejuvenation."""
        return self._one("planned")

    @property
    def unplanned_unavailability(self) -> Estimate:
        """Share of the time down by failure."""
        return self._one("unplanned")

    @property
    def rejuvenations_per_hour(self) -> Estimate:
        """Rejuvenations begun per hour [1/h]."""
        return self._one("rejuvenations")

    @property
    def failures_per_hour(self) -> Estimate:
        """Transitions of cause "failure" per hour [1/h], whether the service is down after them or not."""
        return self._one("failures")

    @property
    def outages_per_hour(self) -> Estimate:
        """Changes from up to down per hour [1/h], planned or not."""
        return self._one("outages")

    @property
    def mean_time_to_outage(self) -> Estimate:
        """Mean time [h] from entering `start` to the first outage, planned or not; not of a mission."""
        self._require("down")
        if self.hours is not None:
            raise InvalidInputError(
                "hours", f"{self.hours:g}", "a mission ends before many of its outages would have come",
                "Write simulate(model) without hours.",
            )  # fmt: skip
        return self.estimator.until_outage()

    @property
    def interval_reliability(self) -> Estimate:
        """Probability that a mission passes without an outage; its limits are exact (binomial)."""
        return self.interval_unreliability.complement()

    @property
    def interval_unreliability(self) -> Estimate:
        """Probability of an outage in a mission, planned or not; its limits are exact (binomial)."""
        self._require("down")
        if self.hours is None:
            raise InvalidInputError(
                "hours", "None", "the probability of no outage belongs to a mission of stated length",
                "Write simulate(model, hours).",
            )  # fmt: skip
        return self.estimator.struck()

    def downtime(self, hours: float | timedelta | str | None = None) -> Estimate:
        """Return the expected downtime [h] (Eq. 2).

        Parameters
        ----------
        hours : float, timedelta or str, optional
            Horizon [h] for long-run values. A mission has its own, and takes no other.

        Returns
        -------
        Estimate
            Unavailability times hours [h].

        Raises
        ------
        InvalidInputError
            If the horizon is missing, not finite, or other than that of the mission.
        """
        return self.unavailability.times(horizon(hours, self.hours))

    def cost_rate(self, costs: Costs) -> Estimate:
        """Return the expected cost per hour (Eq. 3 per hour, with the further costs of `Costs`).

        Parameters
        ----------
        costs : Costs
            Costs, each one number.

        Returns
        -------
        Estimate
            Cost [currency/h].

        Raises
        ------
        InvalidInputError
            If the costs are a grid, or the chain does not say which states a cost applies to.
        """
        if not isinstance(costs, Costs):
            raise InvalidInputError(
                "costs", brief(costs), "costs are a Costs object", "Write Costs(failure=…, rejuvenation=…)."
            )
        if costs.shape:
            raise InvalidInputError(
                "costs", f"a grid of shape {costs.shape}", "a simulation takes one set of costs",
                "Take costs[index], one point at a time.",
            )  # fmt: skip
        names = measures.needed(costs)
        for name in names:
            self._require(name)
        price = {mass: float(getattr(costs, cost)) for cost, mass in measures.PRICED.items()}
        return self.estimator.combined(names, [price[name] for name in names])

    def cost(self, costs: Costs, hours: float | timedelta | str | None = None) -> Estimate:
        """Return the expected cost (Eq. 3).

        Parameters
        ----------
        costs : Costs
            Costs, each one number.
        hours : float, timedelta or str, optional
            Horizon [h] for long-run values. A mission has its own, and takes no other.

        Returns
        -------
        Estimate
            Cost rate times hours [currency].

        Raises
        ------
        InvalidInputError
            If the costs or the horizon do not fit.
        """
        return self.cost_rate(costs).times(horizon(hours, self.hours))

    def to_dict(self) -> dict[str, Any]:
        """Return settings and estimates as plain values.

        Returns
        -------
        dict
            Keys are the names of the attributes; probabilities by state for at most 1000 states.
        """
        result: dict[str, Any] = {name: getattr(self, name) for name in _SETTINGS}
        result |= {name: estimate.to_dict() for name, estimate in self._measures().items()}
        if len(self.labels) <= 1000:
            result["probabilities"] = {str(label): self[label].to_dict() for label in self.labels}
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        # Without the array made on first access: an unpickled one would be writable.
        return Simulation, tuple(getattr(self, name) for name in self.__dataclass_fields__)

    def __repr__(self) -> str:
        rows = self._rows()
        width = max(len(name) for name, _ in rows)
        return "Simulation\n" + "\n".join(f"  {name:<{width}}  {value}" for name, value in rows)

    def _repr_html_(self) -> str:
        return html_table("Simulation", self._rows())

    def _rows(self) -> list[tuple[str, str]]:
        if self.hours is None:
            played = f"{self.replications} cycles from {self.start!r} to {self.start!r}"
        else:
            played = f"{self.replications} missions of {words(self.hours)} from {self.start!r}"
        rows = [("played", played)]
        rows += [(name, f"{getattr(self, name)}") for name in ("events", "seed", "confidence")]
        # Numbers close to 1 are no news in six digits; their complements tell the same.
        return rows + [
            (name.replace("_", " "), str(value))
            for name, value in self._measures().items()
            if name not in ("availability", "interval_reliability")
        ]

    def _measures(self) -> dict[str, Estimate]:
        long_run, mission = {"mean_time_to_outage"}, {"interval_reliability", "interval_unreliability"}
        left_out = mission if self.hours is None else long_run
        if "down" not in self.declared:
            left_out |= set(_MEASURES) - {"rejuvenations_per_hour", "failures_per_hour"}
        return {name: getattr(self, name) for name in _MEASURES if name not in left_out}

    def _one(self, name: str) -> Estimate:
        self._require(name)
        return self.estimator.ratio(self.estimator.column(name))

    def _require(self, name: str) -> None:
        argument = "down" if name in ("down", "unplanned", "planned", "outages") else name
        if argument in ("down", "degraded", "rejuvenating") and argument not in self.declared:
            raise InvalidInputError(
                argument, "nothing",
                f"this chain of {shown(self.labels, 4)} does not say which states count as {name!r}",
                f"Give {argument}= when building the chain.",
            )  # fmt: skip
