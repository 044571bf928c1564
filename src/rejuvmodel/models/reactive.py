"""Reactive: the prior-art model of Fig. 2, failures and repairs only, kept for comparison.

States n … 0; i → i−1 at i·λ and i−1 → i at μ. **It is not a fair baseline for rejuvenation**: it may repair
at once, while the chain of Fig. 3 may not repair while it is unstable. Gains of rejuvenation are stated
against the same chain with λ_r = 0 only (``docs/theory/chain.md``).

By the cut between the levels, P_i / P_{i−1} = μ/(iλ), so P_i / P_0 = (μ/λ)^i / i!.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from rejuvmodel.arrays import Numbers, broadcast_shape, real, whole_number
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.flows import Family
from rejuvmodel.memory import require_countable, require_memory
from rejuvmodel.state_labels import Labels


@dataclass(frozen=True, kw_only=True)
class Reactive:
    """The prior-art model of Fig. 2: servers fail and are repaired, nothing ages.

    Parameters
    ----------
    servers : int
        Number of servers n, at least 1.
    failure : float
        Failure rate λ [1/h] of one server; finite, at least 0.
    repair : float
        Repair rate μ [1/h]; finite, above 0.

    Raises
    ------
    InvalidInputError
        If an argument is outside its range, or an array.

    Notes
    -----
    Prior-art model with another repair assumption: never a baseline for gains.
    """

    servers: int
    failure: Numbers
    repair: Numbers

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(
            self,
            "servers",
            whole_number("servers", self.servers, 1, "servers is a whole number of at least 1"),
        )
        require_countable(self.servers, self.servers + 1)
        put(
            self,
            "failure",
            real("failure", self.failure, "the failure rate λ is a finite number of at least 0"),
        )
        put(
            self,
            "repair",
            real("repair", self.repair, "the repair rate μ is a finite number above 0", open_minimum=True),
        )
        if shape := broadcast_shape({"failure": self.failure, "repair": self.repair}):
            raise InvalidInputError(
                "failure and repair", f"arrays of shape {shape}", "this model takes one number for each",
                "Loop over the values.",
            )  # fmt: skip

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape ``()``, for this model is always one point."""
        return ()

    @property
    def labels(self) -> Labels:
        """Labels n … 0."""
        require_memory(f"The labels of {self.servers} servers", 200.0 * self.servers, "Use fewer servers.")
        return Labels(str(i) for i in range(self.servers, -1, -1))

    @property
    def states(self) -> tuple[str, ...]:
        """Labels n … 0."""
        return tuple(self.labels)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            One entry per field; rates [1/h].
        """
        return {"servers": self.servers, "failure": self.failure, "repair": self.repair}

    def chain(self) -> MarkovChain:
        """Return the Markov chain.

        Returns
        -------
        MarkovChain
            n+1 states, starting in n; down in 0 by failure.
        """
        n = self.servers
        require_memory(f"The chain of {n} servers", 200.0 * n, "Use fewer servers.")
        if n > sys.float_info.max / max(1.0, float(self.failure)):
            raise InvalidInputError(
                "failure", f"{self.failure:g} with {n} servers", "n·λ must fit a float (below 1.8e308)",
                "Use a lower rate or fewer servers.",
            )  # fmt: skip
        every = np.arange(n)
        families = [Family("repair", every + 1, every, np.full(n, float(self.repair)))]
        if self.failure:
            families.append(Family("failure", every, every + 1, (n - every) * np.float64(self.failure)))
        down: dict[str, Any] = {"unplanned": np.array([n]), "planned": np.zeros(0, np.int64)}
        return MarkovChain(self.labels, tuple(families), down, start=0)
