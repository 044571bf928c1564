"""Pool: an (n, k) cluster in which every server has clocks of its own (Fig. 5).

State (h, a, r, f): healthy and up, unstable and up, rejuvenating, failed; h + a + r + f = N = n + k; all
healthy at the start. In the mode "active/active" every up server is active; in "active/standby" the unstable
ones first, then healthy ones, fill n active places, the other up servers stand by and age and fail at
``dormancy`` times the active rates.

    h → a   λ_f·(active healthy + dormancy·standby healthy)
    a → f   λ·(active unstable + dormancy·standby unstable)
    a → r   λ_r·a, while r < slots and, if guarded, while h + a − 1 ≥ required
    r → h   μ_r·r
    f → h   μ·min(f, crews)

Down where h + a < required: planned if h + a + r ≥ required, else unplanned.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, SizeError
from rejuvmodel.html_tables import html_table
from rejuvmodel.memory import require_memory
from rejuvmodel.models.pool_chain import pool_chain, require_chain_fits
from rejuvmodel.models.pool_inputs import (
    pool_count,
    pool_dormancy,
    pool_guarded,
    pool_mode,
    pool_rates,
    pool_required,
    pool_total,
)
from rejuvmodel.models.pool_states import PoolStates
from rejuvmodel.parameters import RATES_HEAD, Rates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.chain import MarkovChain

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


class PoolRates(NamedTuple):
    """Rates [1/h] of the transitions out of some states."""

    aging: Floats
    failure: Floats
    rejuvenation: Floats
    restart: Floats
    repair: Floats


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A pool of n primaries and k spares whose servers age, fail and rejuvenate one by one.

    Parameters
    ----------
    primaries : int
        Servers n that share the work in the mode "active/standby", at least 1.
    spares : int
        Further servers k, at least 0.
    rates : Rates
        Rates [1/h] of each server; the rejuvenation rate is finite.
    mode : {"active/active", "active/standby"}
        Whether all up servers work, or n of them.
    required : int, optional
        Servers that must be up for the service to be up, 1 to n + k; all primaries by default.
    slots : int, optional
        Servers that may rejuvenate at the same time; 0 for none. By default all.
    crews : int, optional
        Servers that are repaired at the same time, at least 1. One by default.
    dormancy : float, optional
        Share of the active aging and failure rates at which servers on standby age and fail, 0 to 1.
    guarded : bool, optional
        Whether a rejuvenation waits until ``required`` servers stay up without the server.

    Raises
    ------
    InvalidInputError
        If an argument is outside its range, or the rates are a grid.
    SizeError
        If there are more servers than a 64-bit number counts.

    Examples
    --------
    >>> rates = Rates(aging=1/240, failure=1/720, repair=2, restart=6, rejuvenation=1/24)
    >>> len(Pool(primaries=4, spares=1, rates=rates, slots=1).states)
    36
    """

    primaries: int
    spares: int = 0
    rates: Rates
    mode: str = "active/active"
    required: int | None = None
    slots: int | None = None
    crews: int = 1
    dormancy: float = 0.0
    guarded: bool = False

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name, least in (("primaries", 1), ("spares", 0), ("crews", 1)):
            put(self, name, pool_count(name, getattr(self, name), least))
        total = pool_total(self.primaries + self.spares)
        put(self, "mode", pool_mode(self.mode))
        put(
            self, "required", pool_required(self.primaries if self.required is None else self.required, total)
        )
        put(self, "slots", min(total, total if self.slots is None else pool_count("slots", self.slots, 0)))
        put(self, "crews", min(total, self.crews))
        put(self, "dormancy", pool_dormancy(self.dormancy))
        put(self, "guarded", pool_guarded(self.guarded))
        pool_rates(self.rates, total)

    @property
    def total(self) -> int:
        """Servers N = n + k."""
        return self.primaries + self.spares

    @property
    def servers(self) -> int:
        """Servers N = n + k, under the name that clusters give them."""
        return self.total

    @property
    def trigger(self) -> None:
        """No trigger: the waits of a pool are exponential."""
        return None

    @property
    def needed(self) -> int:
        """Servers that must be up, ``required`` as a number."""
        return cast("int", self.required)

    @property
    def places(self) -> int:
        """Rejuvenations at the same time, ``slots`` as a number."""
        return cast("int", self.slots)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape ``()``: a pool is always one point."""
        return ()

    @property
    def unrestricted(self) -> bool:
        """Whether every server lives by itself but for the repair crews, so that there is a product form."""
        free = self.mode == "active/active" or self.dormancy == 1 or self.spares == 0
        held = self.guarded or self.places < self.total
        return free and not (held and self.require_rejuvenation() > 0)

    def require_rejuvenation(self) -> float:
        """Return the rejuvenation rate, which must not be left open.

        Returns
        -------
        float
            Rate λ_r [1/h] of each unstable server.

        Raises
        ------
        InvalidInputError
            If the rates leave it open.
        """
        if self.rates.rejuvenation is None:
            raise InvalidInputError(
                "rates.rejuvenation", "nothing", "a pool needs a rejuvenation rate",
                "Give Rates(rejuvenation=…), or let optimize choose it.",
            )  # fmt: skip
        return float(self.rates.rejuvenation)

    def with_rejuvenation(self, rejuvenation: float) -> Pool:
        """Return the same pool at another rejuvenation rate.

        Parameters
        ----------
        rejuvenation : float
            Rate λ_r [1/h] of each unstable server, finite and at least 0.

        Returns
        -------
        Pool
            A new pool.
        """
        return replace(self, rates=self.rates.replace(rejuvenation=rejuvenation))

    def with_period(self, period: float) -> Pool:
        """Return the same pool at another mean wait.

        Parameters
        ----------
        period : float
            Mean wait [h] of an unstable server, above 0; infinity for never.

        Returns
        -------
        Pool
            A new pool.
        """
        return self.with_rejuvenation(1 / period if period > 0 else np.inf)

    @cached_property
    def labels(self) -> PoolStates:
        """Rows (h, a, r, f) of the reachable states, made on demand.

        Raises
        ------
        SizeError
            If there are more states than can be numbered.
        """
        total, ages = self.total, float(self.rates.aging) > 0
        most = total if not self.guarded else max(0, total - self.needed)
        rejuvenating = min(self.places, most) if ages and self.require_rejuvenation() > 0 else 0
        # The share of a tiny rate can underflow.
        cold = self.mode == "active/standby" and self.dormancy * float(self.rates.aging) == 0
        unstable = 0 if not ages else self.primaries if cold else total
        failed = total if ages and float(self.rates.failure) > 0 else 0
        states = PoolStates(total, unstable, rejuvenating, failed)
        if states.size > sys.maxsize:
            raise SizeError(
                f"The {float(states.size):.2g} states of {shown(total)} servers cannot be numbered. "
                "Use mean_field, or fewer servers."
            )
        return states

    @property
    def states(self) -> Integers:
        """All reachable states (h, a, r, f), shape (states, 4), by f, then a, then r."""
        require_memory(
            f"The {len(self.labels)} states", 90.0 * len(self.labels), "Ask for states one by one."
        )
        return self.labels.rows

    def rates_out(self, h: Any, a: Any, r: Any, f: Any) -> PoolRates:
        """Return the rates [1/h] of all transitions out of some states.

        Parameters
        ----------
        h, a, r, f : array_like of int
            Servers in each condition; they broadcast.

        Returns
        -------
        PoolRates
            Rates of h → a, a → f, a → r, r → h and f → h.
        """
        h, a, r, f = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (h, a, r, f)))
        rates = self.rates
        active_unstable, active_healthy = a, h
        if self.mode == "active/standby":
            active_unstable = np.minimum(a, self.primaries)
            active_healthy = np.minimum(h, self.primaries - active_unstable)
        rejuvenation = self.require_rejuvenation()
        may = r < self.places
        if self.guarded:
            may = may & (h + a - 1 >= self.needed)
        return PoolRates(
            float(rates.aging) * (active_healthy + self.dormancy * (h - active_healthy)),
            float(rates.failure) * (active_unstable + self.dormancy * (a - active_unstable)),
            np.where(may, rejuvenation * a, 0.0),
            float(rates.restart) * r,
            float(rates.repair) * np.minimum(f, self.crews),
        )

    def chain(self) -> MarkovChain:
        """Return the Markov chain of the reachable states.

        Returns
        -------
        MarkovChain
            Starting in (N, 0, 0, 0).

        Raises
        ------
        InvalidInputError
            If the rejuvenation rate is left open.
        SizeError
            If the chain would not fit in memory.
        """
        states = self.labels
        require_chain_fits(states)
        return pool_chain(states, self.rates_out(*states.rows.T)._asdict(), self.needed)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            One entry per field; rates [1/h] by name.
        """
        return self.layout() | {"rates": self.rates.to_dict()}

    def layout(self) -> dict[str, Any]:
        """Return all fields but the rates as plain values.

        Returns
        -------
        dict
            Servers, mode and limits by name.
        """
        names = ("primaries", "spares", "mode", "required", "slots", "crews", "dormancy", "guarded")
        return {name: getattr(self, name) for name in names}

    def _repr_html_(self) -> str:
        rows = self.rates._html_rows()
        for name in ("mode", "required", "slots", "crews", "dormancy", "guarded"):
            rows.append((name, "", str(getattr(self, name)), ""))
        return html_table(f"Pool of n = {self.primaries} and k = {self.spares} servers", rows, RATES_HEAD)
