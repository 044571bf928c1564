"""Solutions: what a road supplies to a `SteadyState`, and the one that holds all its probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rejuvmodel import measures
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.state_labels import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


class Solution(Protocol):
    """What a road knows of a solved model."""

    @property
    def labels(self) -> Sequence[str]:
        """States."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the parameter grid."""

    @property
    def method(self) -> str:
        """How the result was obtained."""

    @property
    def residual(self) -> float | None:
        """Largest relative balance residual, None for a closed form."""

    def mass(self, name: str, *, logarithm: bool = False) -> Floats:
        """Return one of the masses of ``measures.PRICED`` or "unavailability", of the grid's shape."""

    def masses_of(self, names: Sequence[str], *, logarithm: bool = False) -> dict[str, Floats]:
        """Return several masses, found together."""

    def all_probabilities(self) -> tuple[Floats, Floats]:
        """Probabilities and their logarithms, shape (..., states)."""


@dataclass(frozen=True, eq=False)
class ArraySolution:
    """A numeric solution: probabilities of all states, and what the chain says of its states.

    Attributes
    ----------
    labels : sequence of str
        States.
    probabilities, log_probabilities : ndarray
        Shape (..., states).
    groups : mapping
        For each known mass the places of its states and their weights.
    method, residual
        How it was obtained.
    masses : mapping, optional
        Masses known already, with their logarithms; they take the place of groups of the same name.
    """

    labels: Sequence[str]
    probabilities: Floats
    log_probabilities: Floats
    groups: Mapping[str, tuple[Integers, Floats]]
    method: str
    residual: float | None = None
    masses: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the parameter grid."""
        return self.probabilities.shape[:-1]

    def all_probabilities(self) -> tuple[Floats, Floats]:
        """Probabilities and their logarithms."""
        return self.probabilities, self.log_probabilities

    def masses_of(self, names: Sequence[str], *, logarithm: bool = False) -> dict[str, Floats]:
        """Several masses."""
        return {name: self.mass(name, logarithm=logarithm) for name in names}

    def mass(self, name: str, *, logarithm: bool = False) -> Floats:
        """Sum of the weighted probabilities of a group of states."""
        if name in self.masses:
            return self.masses[name][int(logarithm)]
        if name not in self.groups:
            argument = "down" if name in ("unavailability", "planned", "unplanned", "up") else name
            raise InvalidInputError(
                argument,
                "nothing",
                f"this chain of {shown(self.labels, 4)} does not say which states count as {name!r}",
                f"Give {argument}= when building the chain.",
            )
        places, weights = self.groups[name]
        if logarithm:
            return measures.log_sum(self.log_probabilities[..., places], weights)
        value = np.asarray(self.probabilities[..., places] @ weights)
        most = float(np.max(weights, initial=1.0))
        if most > 1 and np.any(low := value < measures.UNDERFLOW * most):
            # Probabilities too small for a double, at rates that bring the mass back into its range.
            log_value = measures.log_sum(self.log_probabilities[..., places], weights)
            value = np.where(low, np.exp(log_value), value)
        return value
