"""Transient: the state of a model at given times, and what it has been through until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel import measures
from rejuvmodel.arrays import Numbers
from rejuvmodel.durations import words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.parameters import Costs
from rejuvmodel.reward_rates import priced_masses, reward_vector
from rejuvmodel.solutions import ArraySolution
from rejuvmodel.state_labels import index_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MEASURES = (
    "availability", "unavailability", "planned_unavailability", "unplanned_unavailability", "downtime",
    "interval_availability", "interval_unavailability",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Transient:
    """State of a model at time t, and what it has been through in [0, t].

    For one time the measures are floats; for an array of times they have its shape, and probabilities have
    the states as their last axis.

    Attributes
    ----------
    hours : float or ndarray
        Times t [h].
    at : ArraySolution
        Probabilities at t.
    until : ArraySolution
        Expected hours in each state over [0, t].
    method : str
        How it was obtained, "squaring" or "uniformization"; "no transition" where nothing can happen.
    truncation_error : float
        Proven bound on the relative error that truncation leaves in any probability. Rounding adds a few
        1e-15 by squaring, and up to 1e-16 for each jump by uniformization.
    resolution : float
        Probabilities below this, about 1e-284, are given as 0 (logarithm −inf), never with wrong digits.
    """

    hours: Numbers
    at: ArraySolution
    until: ArraySolution
    method: str
    truncation_error: float
    resolution: float

    @property
    def states(self) -> tuple[str, ...]:
        """Labels of the states, in the order of the last axis of `probabilities`."""
        return tuple(self.at.labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the times; ``()`` for one time."""
        return self.at.shape

    @property
    def probabilities(self) -> Floats:
        """Probabilities of the states at t, shape (..., states); read-only."""
        return _read_only(self.at.probabilities)

    @property
    def log_probabilities(self) -> Floats:
        """Natural logarithms of the probabilities, −inf where they are 0; read-only."""
        return _read_only(self.at.log_probabilities)

    @property
    def occupancies(self) -> Floats:
        """Expected hours in each state over [0, t], shape (..., states); read-only."""
        return _read_only(self.until.probabilities)

    def __getitem__(self, label: str) -> float | Floats:
        """Probability at t of the state of that name."""
        return _plain(self.at.probabilities[..., index_of(self.at.labels, label)])

    @property
    def availability(self) -> float | Floats:
        """Probability of being up at t, the sum of the up states (point availability)."""
        return _plain(np.minimum(self.at.mass("up"), 1.0))

    @property
    def unavailability(self) -> float | Floats:
        """Probability of being down at t, the sum of the down states."""
        return _plain(self.at.mass("unavailability"))

    @property
    def planned_unavailability(self) -> float | Floats:
        """Probability of being down for rejuvenation at t (P_{r_1} in a cluster)."""
        return _plain(self.at.mass("planned"))

    @property
    def unplanned_unavailability(self) -> float | Floats:
        """Probability of being down by failure at t (P_0 in a cluster)."""
        return _plain(self.at.mass("unplanned"))

    @property
    def downtime(self) -> float | Floats:
        """Expected hours down over [0, t], Eq. 2 for a finite mission [h]."""
        return _plain(self.until.mass("unavailability"))

    @property
    def interval_availability(self) -> float | Floats:
        """Expected fraction of [0, t] that is up; at t = 0 the availability."""
        return self._fraction("up")

    @property
    def interval_unavailability(self) -> float | Floats:
        """Expected fraction of [0, t] that is down, with all its digits; at t = 0 the unavailability."""
        return self._fraction("unavailability")

    def _fraction(self, name: str) -> float | Floats:
        hours = np.asarray(self.hours)
        part = self.until.mass(name) / np.where(hours > 0, hours, 1.0)
        return _plain(np.minimum(np.where(hours > 0, part, self.at.mass(name)), 1.0))

    def cost(self, costs: Costs) -> float | Floats:
        """Expected cost over [0, t], Eq. 3 for a finite mission.

        Parameters
        ----------
        costs : Costs
            Costs per hour of each condition; ``per_rejuvenation`` is paid when a rejuvenation starts. Arrays
            broadcast against the times.

        Returns
        -------
        float or ndarray
            Cost [currency].

        Raises
        ------
        InvalidInputError
            If the chain does not say which states a cost applies to.
        """
        mass = self.until.masses_of(priced_masses(costs, self.shape, "hours"))
        return _plain(measures.cost_rate(costs, mass, self.shape))

    def expected(self, reward: Mapping[str, float] | Sequence[float] | Floats) -> float | Floats:
        """Expected reward rate at t, Σ p_s(t) · reward_s.

        Parameters
        ----------
        reward : mapping or array_like
            Reward of each state: by label (states left out have 0), or one number per state in order.

        Returns
        -------
        float or ndarray
            Expected reward rate.

        Raises
        ------
        InvalidInputError
            If a label is unknown or the number of rewards is not that of the states.
        """
        with np.errstate(over="ignore"):
            return _plain(self.at.probabilities @ reward_vector(self.at.labels, reward))

    def accumulated(self, reward: Mapping[str, float] | Sequence[float] | Floats) -> float | Floats:
        """Expected reward gathered over [0, t], Σ (hours in s) · reward_s.

        Parameters
        ----------
        reward : mapping or array_like
            Reward per hour of each state: by label (states left out have 0), or one number per state.

        Returns
        -------
        float or ndarray
            Expected accumulated reward.

        Raises
        ------
        InvalidInputError
            If a label is unknown or the number of rewards is not that of the states.
        """
        with np.errstate(over="ignore"):
            return _plain(self.until.probabilities @ reward_vector(self.until.labels, reward))

    def to_dict(self) -> dict[str, Any]:
        """Return the measures as plain numbers and lists.

        Returns
        -------
        dict
            Keys are the names of the attributes; probabilities by state for one time and at most 1000 states.
        """
        result: dict[str, Any] = {
            "hours": np.asarray(self.hours).tolist(), "method": self.method,
            "truncation_error": self.truncation_error, "resolution": self.resolution,
        }  # fmt: skip
        if self._has_down_states:
            result |= {name: np.asarray(getattr(self, name)).tolist() for name in _MEASURES}
        if not self.shape and len(self.at.labels) <= 1000:
            for name in ("probabilities", "occupancies"):
                result[name] = dict(zip(self.states, getattr(self, name).tolist(), strict=True))
        return result

    @property
    def _has_down_states(self) -> bool:
        try:
            self.at.mass("unavailability")
        except InvalidInputError:
            return False
        return True

    def _rows(self) -> list[tuple[str, str]]:
        if self.shape:
            low, high = np.min(self.hours), np.max(self.hours)
            span = f"{words(float(low))} to {words(float(high))}, {np.size(self.hours)} times"
            return [("time", span), ("method", self.method), ("states", f"{len(self.at.labels)}")]
        rows = [("time", words(self.hours)), ("method", self.method)]
        if self._has_down_states:
            rows += [
                ("availability then", f"{self.availability:.10g}"),
                ("unavailability then", f"{self.unavailability:.6g}"),
                ("  planned", f"{self.planned_unavailability:.6g}"),
                ("  unplanned", f"{self.unplanned_unavailability:.6g}"),
                ("interval availability", f"{self.interval_availability:.10g}"),
                ("downtime until then", words(float(np.asarray(self.downtime)))),
            ]
        return rows

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self._rows())
        return "Transient\n" + "\n".join(f"  {name:<{width}}  {value}" for name, value in self._rows())

    def _repr_html_(self) -> str:
        return html_table("Transient", self._rows())


def _read_only(array: Floats) -> Floats:
    view = array.view()
    view.setflags(write=False)
    return view


def _plain(x: Floats | np.float64) -> float | Floats:
    return float(x) if np.ndim(x) == 0 else _read_only(np.asarray(x))
