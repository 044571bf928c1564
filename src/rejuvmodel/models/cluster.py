"""Cluster: the n-server chain of Fig. 3 (Fig. 4 is n = 2), and its one transition table.

States, for i = n … 1: ``i`` (i servers serve, software fresh), ``u_i`` (unstable), ``r_i`` (rejuvenating),
and ``0`` (all failed). Transitions:

    i → u_i at λ_f       u_i → r_i at λ_r       r_i → i at μ_r       u_i → i−1 at i·λ       i−1 → i at μ

λ_f, λ_r and μ_r are clocks of the cluster, not of each server. The service is down in ``0`` (unplanned) and
in ``r_1`` (planned: rejuvenating the last server). The chain starts in ``n``; states that it cannot reach
from there have probability 0. With λ_r = ∞ the unstable states vanish and i → r_i at λ_f.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from rejuvmodel.arrays import Numbers, broadcast_shape, whole_number
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.flows import Family
from rejuvmodel.mean_times import mean_rate
from rejuvmodel.memory import require_countable, require_memory
from rejuvmodel.models.cluster_labels import ClusterLabels
from rejuvmodel.models.phase_chain import Expansion, in_phases, plain
from rejuvmodel.models.trigger import Trigger
from rejuvmodel.parameters import RATES_HEAD, Rates

_EXACTLY_ONE = "a cluster needs exactly one of rates.rejuvenation and trigger"


@dataclass(frozen=True)
class Cluster:
    """An n-server cluster with rejuvenation (Fig. 3).

    Parameters
    ----------
    servers : int
        Number of servers n, at least 1.
    rates : Rates
        Rates [1/h]; arrays make a grid of clusters.
    trigger : Trigger, optional
        Law and clock of the delay before rejuvenation, instead of ``rates.rejuvenation``; laws with array
        parameters make a grid as well.

    Raises
    ------
    InvalidInputError
        If servers is not a whole number of at least 1, rates is not a `Rates`, trigger is not a `Trigger`,
        or both a trigger and ``rates.rejuvenation`` are given.

    Examples
    --------
    >>> rates = Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3, rejuvenation=1/336)
    >>> Cluster(servers=2, rates=rates).states
    ('2', '1', '0', 'u2', 'u1', 'r2', 'r1')
    """

    servers: int
    rates: Rates
    trigger: Trigger | None = None

    def __post_init__(self) -> None:
        n = whole_number("servers", self.servers, 1, "servers is a whole number of at least 1")
        require_countable(n, 3 * n + 1)
        object.__setattr__(self, "servers", n)
        rates: object = self.rates
        if not isinstance(rates, Rates):
            raise InvalidInputError(
                "rates", shown(rates), "rates are a Rates object", "Write Rates(aging=…, failure=…, …)."
            )
        trigger: object = self.trigger
        if trigger is not None and not isinstance(trigger, Trigger):
            raise InvalidInputError(
                "trigger", shown(trigger), "a trigger is a Trigger object",
                'Write Trigger(Fixed(300), clock="unstable").',
            )  # fmt: skip
        if trigger is not None and rates.rejuvenation is not None:
            raise InvalidInputError(
                "rates.rejuvenation and trigger", "both", _EXACTLY_ONE,
                "Leave one of them out; Trigger(Exponential(mean)) is what rates.rejuvenation is.",
            )  # fmt: skip
        _ = self.shape

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid of rates and triggers; ``()`` for one cluster."""
        if self.trigger is None or not self.trigger.shape:
            return self.rates.shape
        named = {
            "rates": np.broadcast_to(0.0, self.rates.shape),
            "trigger": np.broadcast_to(0.0, self.trigger.shape),
        }
        return broadcast_shape(named)

    def __getitem__(self, index: Any) -> Cluster:
        """Return the cluster, or grid, at an index of `shape`."""
        if self.trigger is None or not self.trigger.shape:
            return Cluster(self.servers, self.rates[index], self.trigger)
        if not self.rates.shape:
            return Cluster(self.servers, self.rates, self.trigger[index])
        whole = self.rates.on_grid(self.shape, ...), self.trigger.on_grid(self.shape, ...)
        return Cluster(self.servers, whole[0][index], whole[1][index])

    __iter__ = None  # or Python would iterate through __getitem__

    @property
    def labels(self) -> ClusterLabels:
        """Labels of the states, made on demand."""
        return ClusterLabels(self.servers)

    @property
    def states(self) -> tuple[str, ...]:
        """Labels n … 0, un … u1, rn … r1."""
        require_memory(
            f"The labels of {self.servers} servers", 240.0 * self.servers, "Ask for states by name."
        )
        return tuple(self.labels)

    def with_rejuvenation(self, rate: Any) -> Cluster:
        """Return the same cluster rejuvenated at another rate.

        Parameters
        ----------
        rate : float or array_like
            Rejuvenation rate λ_r [1/h], 0 to ∞; None to leave it open.

        Returns
        -------
        Cluster
            The cluster at that rate.

        Raises
        ------
        InvalidInputError
            If the cluster has a trigger, which has no rate.
        """
        if self.trigger is not None:
            raise InvalidInputError(
                "rates.rejuvenation", shown(rate), "this cluster has a trigger instead of a rate",
                "Use with_period(mean), or build a Cluster without a trigger.",
            )  # fmt: skip
        return Cluster(self.servers, self.rates.replace(rejuvenation=rate))

    def with_period(self, mean: Any) -> Cluster:
        """Return the same cluster with its trigger stretched in time to another mean delay.

        Parameters
        ----------
        mean : float, timedelta, str or array-like
            Mean delay [h]; 0 for at once, infinity for never.

        Returns
        -------
        Cluster
            The same clock and shape of the law; without a trigger, ``rates.rejuvenation`` = 1/mean.
        """
        if self.trigger is None:
            return Cluster(
                self.servers,
                self.rates.replace(
                    rejuvenation=mean_rate("mean", mean, allow_infinite=True, allow_zero=True)
                ),
            )
        return Cluster(self.servers, self.rates, self.trigger.scaled(mean))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            The number of ``servers``, their ``rates`` [1/h] by name, and the ``trigger`` if there is one.
        """
        trigger = {} if self.trigger is None else {"trigger": self.trigger.to_dict()}
        return {"servers": self.servers, "rates": self.rates.to_dict()} | trigger

    def require_rejuvenation(self) -> Numbers | None:
        """Return the rejuvenation rate; None if a trigger takes its place.

        Returns
        -------
        float, ndarray or None
            Rate λ_r [1/h].

        Raises
        ------
        InvalidInputError
            If neither is given.
        """
        if self.rates.rejuvenation is None and self.trigger is None:
            raise InvalidInputError(
                "rates.rejuvenation and trigger", "neither", _EXACTLY_ONE,
                "Give Rates(rejuvenation=…) or Cluster(…, trigger=…), or let optimize choose.",
            )  # fmt: skip
        return self.rates.rejuvenation

    def chain(self) -> MarkovChain:
        """Return the Markov chain of one cluster, built from the transition table.

        Returns
        -------
        MarkovChain
            3n+1 states, starting in n; with a trigger in k phases, states u_n.1 … u_n.k in place of u_n.

        Raises
        ------
        InvalidInputError
            If the cluster is a grid, the rejuvenation rate is left open, or the trigger has no phases.
        SizeError
            If the chain would not fit in memory.
        """
        return self.expansion().chain

    def expansion(self) -> Expansion:
        """Return the chain with the place of each of its states among `labels`.

        Returns
        -------
        Expansion
            The chain, the places, and the probabilities of the states at the start.

        Raises
        ------
        InvalidInputError, SizeError
            As for `chain`.
        """
        if self.shape:
            raise InvalidInputError(
                "rates" if self.rates.shape else "trigger", f"a grid of shape {self.shape}",
                "a chain belongs to one cluster",
                "Write cluster[index].chain(), or solve(cluster, GTH()) for the whole grid.",
            )  # fmt: skip
        rejuvenation = self.require_rejuvenation()
        instead = "Use the closed form (solve), which needs no chain."
        require_memory(f"The chain of {self.servers} servers", 200.0 * self.servers, instead)
        if self.servers > sys.float_info.max / max(1.0, float(self.rates.failure)):
            raise InvalidInputError(
                "rates.failure", f"{self.rates.failure:g} with {self.servers} servers",
                "in a chain n·λ must fit a float (below 1.8e308)", instead,
            )  # fmt: skip
        if self.trigger is None:
            return plain(self._chain(float(np.asarray(rejuvenation))))
        if self.trigger.mean in (0, np.inf):
            return plain(self._without_delay(self.trigger))
        return self._with_phases(self.trigger)

    def _with_phases(self, trigger: Trigger) -> Expansion:
        if (phases := trigger.phases()) is None:
            raise InvalidInputError(
                "trigger", repr(trigger.law), "only a law in exponential phases has a Markov chain",
                "Use the closed form (solve), simulate, or an Erlang law of many stages for a fixed delay.",
            )  # fmt: skip
        if not np.all(np.isfinite(phases.rate)):
            raise InvalidInputError(
                "trigger", repr(trigger.law), "in a chain the rates of the phases must fit a float",
                "Use the closed form (solve), or a longer mean.",
            )  # fmt: skip
        n = self.servers
        every = np.arange(n)
        normal, unstable, rejuvenating = every, every + n + 1, every + 2 * n + 1
        whole = trigger.clock == "service"
        return in_phases(
            self._chain(0.0),
            phases,
            np.concatenate([normal, unstable]) if whole else unstable,
            np.concatenate([rejuvenating, rejuvenating]) if whole else rejuvenating,
            frozenset({"aging"} if whole else ()),
        )

    def _without_delay(self, trigger: Trigger) -> MarkovChain:
        if trigger.mean == 0 and trigger.clock == "service":
            raise InvalidInputError(
                "trigger", repr(trigger.law), "a cluster that rejuvenates all the time has no chain",
                "Use the closed form (solve).",
            )  # fmt: skip
        return self._chain(np.inf if trigger.mean == 0 else 0.0)

    def _chain(self, rejuvenation: float) -> MarkovChain:
        n, places = self.servers, np.arange(3 * self.servers + 1)
        unstable, rejuvenating = places[n + 1 : 2 * n + 1], places[2 * n + 1 :]
        down = {"unplanned": places[n : n + 1], "planned": places[3 * n :]}
        groups = {"degraded": unstable, "rejuvenating": rejuvenating}
        return MarkovChain(self.labels, tuple(self._transitions(rejuvenation)), down, groups, start=0)

    def _repr_html_(self) -> str:
        servers = "1 server" if self.servers == 1 else f"{self.servers} servers"
        rows = self.rates._html_rows()
        if self.trigger is not None:
            rows = rows[:-1] + [(name, "", value, "") for name, value in self.trigger._html_rows()]
        return html_table(f"Cluster of {servers}", rows, RATES_HEAD)

    def _transitions(self, rejuvenation: float) -> list[Family]:
        """The transition table: the only place where the chain is written down."""
        n = self.servers
        rates = {
            name: np.float64(value) for name, value in self.rates.replace(rejuvenation=None).to_dict().items()
        }
        every = np.arange(n)
        i = (n - every).astype(np.float64)
        normal, below, unstable, rejuvenating = every, every + 1, every + n + 1, every + 2 * n + 1
        at_once = np.isinf(rejuvenation)
        table = [
            ("aging", normal, unstable, 0.0 if at_once else rates["aging"]),
            ("rejuvenation", normal, rejuvenating, rates["aging"] if at_once else 0.0),
            ("rejuvenation", unstable, rejuvenating, 0.0 if at_once else rejuvenation),
            ("restart", rejuvenating, normal, rates["restart"]),
            ("failure", unstable, below, 0.0 if at_once else i * rates["failure"]),
            ("repair", below, normal, rates["repair"]),
        ]
        return [
            Family(cause, origin, target, np.broadcast_to(rate, n))
            for cause, origin, target, rate in table
            if np.any(rate)
        ]
