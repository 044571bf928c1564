"""SteadyState: the one result of every road.

A road supplies a `Solution`: the masses on demand, and the probabilities of all states if asked for. A
closed form does not store probabilities; it evaluates a measure over a whole grid in blocks. A numeric
solution holds its probabilities and sums them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel import measures
from rejuvmodel.durations import hours as to_hours
from rejuvmodel.durations import shown as brief
from rejuvmodel.durations import words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.memory import require_memory
from rejuvmodel.parameters import Costs
from rejuvmodel.reward_rates import priced_masses, reward_vector
from rejuvmodel.solutions import Solution
from rejuvmodel.state_labels import index_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SteadyState:
    """Steady state of a model, and the measures that follow from it.

    Scalars are floats; on a grid of parameters every measure has the grid's shape, and probabilities have the
    states as their last axis.

    Attributes
    ----------
    solution : Solution
        What the road found.
    """

    solution: Solution

    @property
    def states(self) -> tuple[str, ...]:
        """Labels of the states, in the order of the last axis of `probabilities`."""
        count = len(self.solution.labels)
        require_memory(f"The labels of {count} states", 80.0 * count, "Ask for states by name.")
        return tuple(self.solution.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the parameter grid; ``()`` for one point."""
        return self.solution.shape

    @property
    def method(self) -> str:
        """How the result was obtained."""
        return self.solution.method

    @property
    def residual(self) -> float | None:
        """Largest relative balance residual ``|inflow − outflow| / outflow``, None for a closed form."""
        return self.solution.residual

    @cached_property
    def _all(self) -> tuple[Floats, Floats]:
        pair = self.solution.all_probabilities()
        for array in pair:
            array.setflags(write=False)
        return pair

    @property
    def probabilities(self) -> Floats:
        """Steady-state probabilities π, shape (..., states); read-only."""
        return self._all[0]

    @property
    def log_probabilities(self) -> Floats:
        """Natural logarithms of π, shape (..., states), finite where π underflows; read-only."""
        return self._all[1]

    def __getitem__(self, label: str) -> float | Floats:
        """Probability of the state of that name."""
        return _plain(self.probabilities[..., index_of(self.solution.labels, label)])

    def log_probability(self, label: str) -> float | Floats:
        """Return the natural logarithm of the probability of one state.

        Parameters
        ----------
        label : str
            Name of the state.

        Returns
        -------
        float or ndarray
            ln π of that state; −inf if it is impossible.

        Raises
        ------
        InvalidInputError
            If there is no such state.
        """
        return _plain(self.log_probabilities[..., index_of(self.solution.labels, label)])

    @property
    def unavailability(self) -> float | Floats:
        """Probability of being down (1 − Eq. 1), the sum of the down states."""
        return _plain(self.solution.mass("unavailability"))

    @property
    def log_unavailability(self) -> float | Floats:
        """Natural logarithm of the unavailability, finite where it underflows."""
        return _plain(self.solution.mass("unavailability", logarithm=True))

    @property
    def availability(self) -> float | Floats:
        """Probability of being up (Eq. 1), rounded once from the unavailability."""
        return _plain(1.0 - self.solution.mass("unavailability"))

    @property
    def planned_unavailability(self) -> float | Floats:
        """Probability of being down for rejuvenation (P_{r_1} in a cluster)."""
        return _plain(self.solution.mass("planned"))

    @property
    def unplanned_unavailability(self) -> float | Floats:
        """Probability of being down by failure (P_0 in a cluster)."""
        return _plain(self.solution.mass("unplanned"))

    @property
    def nines(self) -> float | Floats:
        """Nines of availability, −log10 of the unavailability; infinite if never down."""
        return _plain(measures.nines(self.solution.mass("unavailability", logarithm=True)))

    def downtime(self, hours: float | timedelta | str) -> float | Floats:
        """Expected downtime [h] over a horizon (Eq. 2).

        Parameters
        ----------
        hours : float, timedelta or str
            Horizon T: hours, or "365 d".

        Returns
        -------
        float or ndarray
            Unavailability · T [h].

        Raises
        ------
        InvalidInputError
            If the horizon is not a finite duration of at least 0.
        """
        return _plain(self.solution.mass("unavailability") * _horizon(hours))

    def cost_rate(self, costs: Costs) -> float | Floats:
        """Expected cost per hour (Eq. 3 per hour, with the further costs of `Costs`).

        Parameters
        ----------
        costs : Costs
            Costs per hour of each condition; arrays broadcast against the grid.

        Returns
        -------
        float or ndarray
            Cost [currency/h].

        Raises
        ------
        InvalidInputError
            If the chain does not say which states a cost applies to.
        """
        mass = self.solution.masses_of(priced_masses(costs, self.shape))
        return _plain(measures.cost_rate(costs, mass, self.shape))

    def log_cost_rate(self, costs: Costs) -> float | Floats:
        """Natural logarithm of the expected cost per hour, finite where it underflows.

        Parameters
        ----------
        costs : Costs
            Costs per hour of each condition.

        Returns
        -------
        float or ndarray
            ln of the cost [currency/h]; −inf for no cost.
        """
        mass = self.solution.masses_of(priced_masses(costs, self.shape), logarithm=True)
        return _plain(measures.log_cost_rate(costs, mass, self.shape))

    def cost(self, costs: Costs, hours: float | timedelta | str) -> float | Floats:
        """Expected cost over a horizon (Eq. 3).

        Parameters
        ----------
        costs : Costs
            Costs per hour of each condition.
        hours : float, timedelta or str
            Horizon T: hours, or "365 d".

        Returns
        -------
        float or ndarray
            Cost rate · T [currency].
        """
        span, rate = _horizon(hours), np.asarray(self.cost_rate(costs))
        with np.errstate(over="ignore"):  # infinite beyond 1.8e308
            return _plain(rate * span if span else np.zeros(rate.shape))

    def expected(self, reward: Mapping[str, float] | Sequence[float] | Floats) -> float | Floats:
        """Expected reward rate Σ π_s · reward_s.

        Parameters
        ----------
        reward : mapping or array_like
            Reward of each state: by label (states left out have 0), or one number per state in order.

        Returns
        -------
        float or ndarray
            Expected reward in the steady state.

        Raises
        ------
        InvalidInputError
            If a label is unknown or the number of rewards is not that of the states.
        """
        with np.errstate(over="ignore"):  # the last bit of a reward of 1.8e308
            return _plain(self.probabilities @ reward_vector(self.solution.labels, reward))

    def to_dict(self) -> dict[str, Any]:
        """Return the measures as plain numbers and lists.

        Returns
        -------
        dict
            Keys are the names of the attributes; probabilities by state for one point of at most 1000 states.
        """
        result: dict[str, Any] = {"method": self.method, "shape": list(self.shape), "residual": self.residual}
        for name in (
            "availability", "unavailability", "log_unavailability", "planned_unavailability",
            "unplanned_unavailability", "nines",
        ):  # fmt: skip
            if self._has_down_states:
                result[name] = np.asarray(getattr(self, name)).tolist()
        if not self.shape and len(self.solution.labels) <= 1000:
            result["probabilities"] = dict(zip(self.states, self.probabilities.tolist(), strict=True))
        return result

    @property
    def _has_down_states(self) -> bool:
        try:
            self.solution.mass("unavailability")
        except InvalidInputError:
            return False
        return True

    def _rows(self) -> list[tuple[str, str]]:
        rows = [("method", self.method)]
        if self.shape:
            return [*rows, ("grid", f"{self.shape}"), ("states", f"{len(self.solution.labels)}")]
        if self._has_down_states:
            yearly = words(float(np.asarray(self.downtime(8760))))
            rows += [
                ("availability", f"{self.availability:.10g}"),
                ("nines", f"{self.nines:.3f}"),
                ("unavailability", f"{self.unavailability:.6g}"),
                ("  planned", f"{self.planned_unavailability:.6g}"),
                ("  unplanned", f"{self.unplanned_unavailability:.6g}"),
                ("downtime in 365 d", yearly),
            ]
        if self.residual is not None:
            rows.append(("balance residual", f"{self.residual:.1e}"))
        return rows

    def __reduce__(self) -> tuple[Any, ...]:
        # Without the arrays made on first access: unpickled ones would be writable.
        return SteadyState, (self.solution,)

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self._rows())
        return "SteadyState\n" + "\n".join(f"  {name:<{width}}  {value}" for name, value in self._rows())

    def _repr_html_(self) -> str:
        return html_table("Steady state", self._rows())


def _horizon(hours: float | timedelta | str) -> float:
    span = to_hours(hours, "hours")
    if not np.isfinite(span):
        raise InvalidInputError(
            "hours", brief(hours), "a horizon is a finite time", 'Give hours, or "365 d".'
        )
    return span


def _plain(x: Floats | np.float64) -> float | Floats:
    if np.ndim(x) == 0:
        return float(x)
    array = np.asarray(x)
    array.setflags(write=False)
    return array
