"""One alternative of a pool: its size and limits, what it achieves, and what an hour of it costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import exp, log
from typing import TYPE_CHECKING, Any

from rejuvmodel.arrays import real
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.measures import nines
from rejuvmodel.models.pool import Pool
from rejuvmodel.solving import solve

if TYPE_CHECKING:
    from rejuvmodel.steady_state import SteadyState


@dataclass(frozen=True, slots=True, init=False)
class Prices:
    """What the means of a pool cost per hour, in the currency of the `Costs`.

    Parameters
    ----------
    server : float
        Price [1/h] of a server, primary or spare, whether it serves or not; finite, at least 0.
    crew : float, optional
        Price [1/h] of a repair crew on call; finite, at least 0. Nothing by default.

    Raises
    ------
    InvalidInputError
        If a price is no number, negative or infinite.

    Examples
    --------
    >>> Prices(server=0.4, crew=25)
    Prices(server=0.4, crew=25.0)
    """

    server: float
    crew: float

    def __init__(self, *, server: float, crew: float = 0.0) -> None:
        put = partial(object.__setattr__, self)
        for name, value in (("server", server), ("crew", crew)):
            rule = f"the price of a {name} in Prices, per hour, is a finite number of at least 0"
            number = real(name, value, rule)
            if not isinstance(number, float):
                raise InvalidInputError(name, f"an array of shape {number.shape}", rule, "Give one number.")
            put(name, number)

    def to_dict(self) -> dict[str, float]:
        """Return the prices as plain values.

        Returns
        -------
        dict
            One entry per price [1/h].
        """
        return {"server": self.server, "crew": self.crew}


@dataclass(frozen=True, slots=True)
class PoolAlternative:
    """A pool that was looked at.

    Attributes
    ----------
    pool : Pool
        The pool, with its rejuvenation rate.
    log_unavailability : float
        Natural logarithm of the unavailability.
    planned_unavailability : float
        Share of time down for rejuvenation.
    unplanned_unavailability : float
        Share of time down whether servers rejuvenate or not.
    capacity_availability : float
        Expected share of the primaries' work that is served.
    server_cost : float
        Cost per hour [1/h] of all servers.
    crew_cost : float
        Cost per hour [1/h] of all crews.
    outage_cost : float
        Cost per hour [1/h] of the conditions that `Costs` price.
    meets_target : bool
        Whether the unavailability is at most the one allowed.
    """

    pool: Pool
    log_unavailability: float
    planned_unavailability: float
    unplanned_unavailability: float
    capacity_availability: float
    server_cost: float
    crew_cost: float
    outage_cost: float
    meets_target: bool

    @property
    def running_cost(self) -> float:
        """Cost per hour in all [1/h]."""
        return self.server_cost + self.crew_cost + self.outage_cost

    @property
    def unavailability(self) -> float:
        """Long-run share of time down."""
        return exp(self.log_unavailability)

    @property
    def availability(self) -> float:
        """Long-run share of time up."""
        return 1.0 - self.unavailability

    @property
    def nines(self) -> float:
        """Nines of the availability, −log10 of the unavailability."""
        return float(nines(self.log_unavailability))  # type: ignore[arg-type]

    @property
    def state(self) -> SteadyState:
        """Steady state of the pool, solved anew."""
        return solve(self.pool)

    def to_dict(self) -> dict[str, Any]:
        """Return one flat row of plain values.

        Returns
        -------
        dict
            Size and limits of the pool, rejuvenation rate [1/h], measures and costs [1/h].
        """
        measured = (
            "running_cost", "server_cost", "crew_cost", "outage_cost", "availability", "nines",
            "unavailability", "log_unavailability", "planned_unavailability", "unplanned_unavailability",
            "capacity_availability", "meets_target",
        )  # fmt: skip
        return {
            **self.pool.layout(),
            "servers": self.pool.total,
            "rejuvenation": self.pool.require_rejuvenation(),
            **{name: getattr(self, name) for name in measured},
        }

    def in_words(self) -> str:
        """Return the pool in a few words.

        Returns
        -------
        str
            Servers, slots and crews.
        """
        pool = self.pool
        crews = f"{pool.crews} repair crew{'s' if pool.crews > 1 else ''}"
        slots = f"{pool.places} slot{'s' if pool.places != 1 else ''}"
        return (
            f"{pool.primaries} + {pool.spares} servers, {pool.needed} required, with {slots} for "
            f"rejuvenation and {crews}"
        )

    def times_allowed(self, log_allowed: float) -> float:
        """Return the unavailability over the one allowed.

        Parameters
        ----------
        log_allowed : float
            Natural logarithm of the unavailability allowed.

        Returns
        -------
        float
            Quotient, 1e300 at most.
        """
        return exp(min(self.log_unavailability - log_allowed, log(1e300)))
