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
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from rejuvmodel.arrays import Numbers, whole_number
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.flows import Family
from rejuvmodel.memory import require_countable, require_memory
from rejuvmodel.parameters import RATES_HEAD, Rates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


class ClusterLabels(Sequence[str]):
    """Labels n … 0, un … u1, rn … r1, made on demand."""

    def __init__(self, servers: int) -> None:
        self.servers = servers

    def __len__(self) -> int:
        return 3 * self.servers + 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        n, k = self.servers, range(len(self))[place]
        if k <= n:
            return str(n - k)
        return f"u{2 * n + 1 - k}" if k <= 2 * n else f"r{3 * n + 1 - k}"

    def index(self, label: object, start: int = 0, stop: int | None = None) -> int:
        """Place of a label; ValueError if there is none."""
        n, text = self.servers, label if isinstance(label, str) else ""
        kind, level = (text[0], text[1:]) if text[:1] in ("u", "r") else ("", text)
        if not (level.isascii() and level.isdigit()) or str(int(level)) != level:
            raise ValueError(label)
        i = int(level)
        place = {"": n - i, "u": 2 * n + 1 - i, "r": 3 * n + 1 - i}[kind]
        if i > n or (kind and i == 0) or not start <= place < (len(self) if stop is None else stop):
            raise ValueError(label)
        return place


@dataclass(frozen=True)
class Cluster:
    """An n-server cluster with rejuvenation (Fig. 3).

    Parameters
    ----------
    servers : int
        Number of servers n, at least 1.
    rates : Rates
        Rates [1/h]; arrays make a grid of clusters.
    trigger : None
        Reserved for other laws of the delay before rejuvenation; the delay is exponential with
        ``rates.rejuvenation``.

    Raises
    ------
    InvalidInputError
        If servers is not a whole number of at least 1, rates is not a `Rates`, or a trigger is given.

    Examples
    --------
    >>> rates = Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3, rejuvenation=1/336)
    >>> Cluster(servers=2, rates=rates).states
    ('2', '1', '0', 'u2', 'u1', 'r2', 'r1')
    """

    servers: int
    rates: Rates
    trigger: None = None

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
        if trigger is not None:
            both = rates.rejuvenation is not None
            raise InvalidInputError(
                "trigger", shown(trigger),
                "a cluster needs exactly one of rates.rejuvenation and trigger" if both
                else "this version has the exponential trigger only, given by rates.rejuvenation",
                "Leave trigger out." if both else "Leave trigger out and give Rates(rejuvenation=…).",
            )  # fmt: skip

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid of rates; ``()`` for one cluster."""
        return self.rates.shape

    def __getitem__(self, index: Any) -> Cluster:
        """Return the cluster, or grid, at an index of `shape`."""
        return Cluster(self.servers, self.rates[index])

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
        """
        return Cluster(self.servers, self.rates.replace(rejuvenation=rate))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            The number of ``servers``, and their ``rates`` [1/h] by name.
        """
        return {"servers": self.servers, "rates": self.rates.to_dict()}

    def require_rejuvenation(self) -> Numbers:
        """Return the rejuvenation rate, which must not be left open.

        Returns
        -------
        float or ndarray
            Rate λ_r [1/h].

        Raises
        ------
        InvalidInputError
            If the rates leave it open.
        """
        if self.rates.rejuvenation is None:
            raise InvalidInputError(
                "rates.rejuvenation and trigger",
                "neither",
                "a cluster needs exactly one of rates.rejuvenation and trigger",
                "Give Rates(rejuvenation=…), or let optimize choose it.",
            )
        return self.rates.rejuvenation

    def chain(self) -> MarkovChain:
        """Return the Markov chain of one cluster, built from the transition table.

        Returns
        -------
        MarkovChain
            3n+1 states, starting in n.

        Raises
        ------
        InvalidInputError
            If the rates are a grid, or the rejuvenation rate is left open.
        SizeError
            If the chain would not fit in memory.
        """
        if self.shape:
            raise InvalidInputError(
                "rates", f"a grid of shape {self.shape}", "a chain belongs to one cluster",
                "Write cluster[index].chain(), or solve(cluster, GTH()) for the whole grid.",
            )  # fmt: skip
        self.require_rejuvenation()
        n = self.servers
        instead = "Use the closed form (solve), which needs no chain."
        require_memory(f"The chain of {n} servers", 200.0 * n, instead)
        if n > sys.float_info.max / max(1.0, float(self.rates.failure)):
            raise InvalidInputError(
                "rates.failure", f"{self.rates.failure:g} with {n} servers",
                "in a chain n·λ must fit a float (below 1.8e308)", instead,
            )  # fmt: skip
        places = np.arange(3 * n + 1)
        unstable, rejuvenating = places[n + 1 : 2 * n + 1], places[2 * n + 1 :]
        down = {"unplanned": places[n : n + 1], "planned": places[3 * n :]}
        groups = {"degraded": unstable, "rejuvenating": rejuvenating}
        return MarkovChain(self.labels, tuple(self._transitions()), down, groups, start=0)

    def _repr_html_(self) -> str:
        servers = "1 server" if self.servers == 1 else f"{self.servers} servers"
        return html_table(f"Cluster of {servers}", self.rates._html_rows(), RATES_HEAD)

    def _transitions(self) -> list[Family]:
        """The transition table: the only place where the chain is written down."""
        n = self.servers
        rates = {name: np.float64(value) for name, value in self.rates.to_dict().items()}
        every = np.arange(n)
        i = (n - every).astype(np.float64)
        normal, below, unstable, rejuvenating = every, every + 1, every + n + 1, every + 2 * n + 1
        at_once = np.isinf(rates["rejuvenation"])
        table = [
            ("aging", normal, unstable, 0.0 if at_once else rates["aging"]),
            ("rejuvenation", normal, rejuvenating, rates["aging"] if at_once else 0.0),
            ("rejuvenation", unstable, rejuvenating, 0.0 if at_once else rates["rejuvenation"]),
            ("restart", rejuvenating, normal, rates["restart"]),
            ("failure", unstable, below, 0.0 if at_once else i * rates["failure"]),
            ("repair", below, normal, rates["repair"]),
        ]
        return [
            Family(cause, origin, target, np.broadcast_to(rate, n))
            for cause, origin, target, rate in table
            if np.any(rate)
        ]
