"""Product form of the pool in which no rejuvenation has to wait: a closed network of four stations.

Every server goes round h → a, then a → r → h with share λ_r/(λ + λ_r) or a → f → h with share λ/(λ + λ_r).
In h, a and r servers do not wait for each other; failed ones wait for c repair crews. Hence (Gordon and
Newell)

    π(h, a, r, f) = w_h^h/h! · w_a^a/a! · w_r^r/r! · ∏_{j ≤ f} w_f/min(j, c) / G,
    w_h = (λ + λ_r)/λ_f,   w_a = 1,   w_r = λ_r/μ_r,   w_f = λ/μ.

With λ_f = 0 all servers stay healthy; every other zero is the limit of these weights. Given f, (h, a, r) is
multinomial, so levels f take O(N). The number of up servers u = h + a has weight (w_h + w_a)^u/u! times
Σ_{r + f = N − u} w_r^r/r! · ∏ w_f/min(j, c), which takes O(N) for all u as well: up to f = c a truncated
product of exponential series, beyond c a geometric one.

Takes numbers; reads no generator. Weights are kept as m · 2^e and only added and multiplied, so nothing
underflows or cancels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rejuvmodel.memory import require_memory
from rejuvmodel.models.extended import Extended, extended
from rejuvmodel.models.extended_sums import (
    Weight,
    exponential_terms,
    plus,
    prefix_sums,
    products,
    settled,
    total,
    truncated_products,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ProductForm:
    """Steady state of N servers that age, fail and rejuvenate by themselves, with some repair crews.

    Parameters
    ----------
    servers : int
        Servers N.
    crews : int
        Servers repaired at the same time, c.
    aging, failure, rejuvenation, repair, restart : float
        Rates λ_f, λ, λ_r, μ and μ_r [1/h] of one server, finite.

    Notes
    -----
    Everything takes time and memory O(N). Logarithms are off by at most about 5e-15 with 500 servers and
    1e-12 with 50,000, relatively where they are beyond 1.
    """

    servers: int
    crews: int
    aging: float
    failure: float
    rejuvenation: float
    repair: float
    restart: float

    def __post_init__(self) -> None:
        require_memory(f"The weights of {self.servers} servers", 1000.0 * self.servers, "Use mean_field.")

    @cached_property
    def log_levels(self) -> Floats:
        """Natural logarithms of the probabilities of f = 0 … N failed servers, shape (N + 1,)."""
        return np.minimum(_log(self._levels), 0.0)

    @cached_property
    def log_up(self) -> Floats:
        """Natural logarithms of the probabilities of u = 0 … N up servers, shape (N + 1,)."""
        return np.minimum(_log(self._up), 0.0)

    @property
    def log_all_failed(self) -> float:
        """Natural logarithm of the probability that all servers have failed."""
        return float(self.log_levels[-1])

    def log_unplanned(self, required: int) -> float:
        """Return the logarithm of the probability of u + r < required.

        Parameters
        ----------
        required : int
            Servers K that must be up, 1 to N.

        Returns
        -------
        float
            The logarithm; −inf if it cannot happen.
        """
        return _log_total(self._levels, self.servers - required + 1)

    def log_planned(self, required: int) -> float:
        """Return the logarithm of the probability of u < required ≤ u + r.

        Parameters
        ----------
        required : int
            Servers K that must be up, 1 to N.

        Returns
        -------
        float
            The logarithm; −inf if it cannot happen.
        """
        few = truncated_products(self._w_up, self._w["r"], required - 1, self.servers)
        failed = self.servers - required + 1
        backwards = settled(Extended(few.m[:, ::-1], few.e[:, ::-1]))
        both = backwards.times(self._failed_terms).over(self._normaliser)
        return _log_total(Extended(both.m[:, :failed], both.e[:, :failed]), 0)

    def log_unavailability(self, required: int) -> float:
        """Return the logarithm of the probability of u < required.

        Parameters
        ----------
        required : int
            Servers K that must be up, 1 to N.

        Returns
        -------
        float
            The logarithm; −inf if it cannot happen.
        """
        return _log_total(Extended(self._up.m[:, :required], self._up.e[:, :required]), 0)

    def capacity_availability(self, primaries: int) -> float:
        """Return E[min(u, n)]/n.

        Parameters
        ----------
        primaries : int
            Servers n that share the work, 1 to N.

        Returns
        -------
        float
            The expected share of them that is up.
        """
        share = np.minimum(np.arange(self.servers + 1.0), primaries) / primaries
        return min(1.0, float(self._up.value()[0] @ share))

    def log_capacity_lost(self, primaries: int) -> float:
        """Return the logarithm of 1 − E[min(u, n)]/n.

        Parameters
        ----------
        primaries : int
            Servers n that share the work, 1 to N.

        Returns
        -------
        float
            The logarithm of the expected share of them that is missing.
        """
        missing = extended((primaries - np.arange(primaries, dtype=np.float64)).reshape(1, -1) / primaries)
        low = Extended(self._up.m[:, :primaries], self._up.e[:, :primaries])
        return _log_total(low.times(missing), 0)

    @cached_property
    def log_means(self) -> dict[str, float]:
        """Logarithms of the expected numbers of healthy, unstable, rejuvenating and failed servers."""
        most = self.servers
        busy = total(self._levels.times(extended(np.arange(most, -1.0, -1.0).reshape(1, -1))))
        failed = total(self._levels.times(extended(np.arange(most + 1.0).reshape(1, -1))))
        found = {name: busy.times(self._w[name]).over(self._w_free.x) for name in "har"} | {"f": failed}
        names = {"h": "healthy", "a": "unstable", "r": "rejuvenating", "f": "failed"}
        return {names[name]: float(_log(mean)[0]) for name, mean in found.items()}

    @property
    def mean_unstable(self) -> float:
        """Expected number of unstable servers E[a]."""
        return float(np.exp(self.log_means["unstable"]))

    @property
    def mean_rejuvenating(self) -> float:
        """Expected number of rejuvenating servers E[r]."""
        return float(np.exp(self.log_means["rejuvenating"]))

    @property
    def rejuvenations_per_hour(self) -> float:
        """Rejuvenations of all servers [1/h], λ_r·E[a] = μ_r·E[r]."""
        return float(np.exp(self.log_means["rejuvenating"] + np.log(self.restart)))

    def log_probability(self, a: ArrayLike, r: ArrayLike, f: ArrayLike) -> Floats:
        """Return the logarithms of the probabilities of states (N − a − r − f, a, r, f).

        Parameters
        ----------
        a, r, f : array_like of int
            Unstable, rejuvenating and failed servers; they broadcast.

        Returns
        -------
        ndarray
            Logarithms; −inf where a number is negative or the sum exceeds N.
        """
        a, r, f = np.broadcast_arrays(*(np.asarray(x, dtype=np.int64) for x in (a, r, f)))
        h = self.servers - a - r - f
        inside = (np.minimum(np.minimum(a, r), f) >= 0) & (h >= 0)
        places = {name: np.where(inside, x, 0) for name, x in zip("harf", (h, a, r, f), strict=True)}
        product = self._one_over_normaliser
        for name in "harf":
            terms = self._failed_terms if name == "f" else self._terms[name]
            product = product.times(Extended(*(part[0, places[name]] for part in terms)))
        result: Floats = np.where(inside, np.minimum(_log(Extended(*product)), 0.0), -np.inf)
        return result

    @cached_property
    def _w(self) -> dict[str, Extended]:
        """Weights of the four stations, shape (1, 1)."""
        one = {name: extended(np.full((1, 1), getattr(self, name))) for name in _RATES}
        leaving, nothing = plus(one["failure"], one["rejuvenation"]), extended(np.zeros((1, 1)))
        unit = extended(np.ones((1, 1)))
        if self.aging == 0:
            return {"h": unit, "a": nothing, "r": nothing, "f": nothing}
        weights = {
            "h": leaving.over(one["aging"]),
            "a": unit,
            "r": one["rejuvenation"].over(one["restart"]),
            "f": one["failure"].over(one["repair"]),
        }
        return {name: settled(weight) for name, weight in weights.items()}

    @cached_property
    def _w_up(self) -> Weight:
        return Weight(self._w["h"]).plus(self._w["a"])

    @cached_property
    def _w_free(self) -> Weight:
        """Weight of the stations in which nobody waits."""
        return self._w_up.plus(self._w["r"])

    @cached_property
    def _terms(self) -> dict[str, Extended]:
        return {name: exponential_terms(self._w[name], self.servers) for name in "har"}

    @cached_property
    def _failed_terms(self) -> Extended:
        busy = np.minimum(np.arange(1.0, self.servers + 1), self.crews).reshape(1, -1)
        return products(extended(busy), self._w["f"])

    @cached_property
    def _level_weights(self) -> Extended:
        free = exponential_terms(self._w_free.x, self.servers, self._w_free.rest)
        return settled(Extended(free.m[:, ::-1], free.e[:, ::-1]).times(self._failed_terms))

    @cached_property
    def _normaliser(self) -> Extended:
        return total(self._level_weights)

    @cached_property
    def _one_over_normaliser(self) -> Extended:
        return extended(np.ones(())).over(Extended(*(part[0, 0] for part in self._normaliser)))

    @cached_property
    def _levels(self) -> Extended:
        return settled(self._level_weights.over(self._normaliser))

    @cached_property
    def _up(self) -> Extended:
        most, crews = self.servers, min(self.crews, self.servers)
        out = truncated_products(Weight(self._w["f"]), self._w["r"], crews, most)
        if crews < most:
            # More than c failed: each further one multiplies the weight by w_f / c.
            ratio = self._w["f"].over(extended(np.full((1, 1), float(crews))))
            last = Extended(*(part[:, crews : crews + 1] for part in self._failed_terms)).times(ratio)
            first = last.times(Extended(*(part[:, : most - crews] for part in self._terms["r"])))
            tail, room = prefix_sums(first, ratio), np.zeros((1, crews + 1))
            out = plus(out, settled(Extended(*(np.hstack([room, part]) for part in tail))))
        up = exponential_terms(self._w_up.x, most, self._w_up.rest)
        return settled(up.times(Extended(out.m[:, ::-1], out.e[:, ::-1])).over(self._normaliser))


_RATES = ("aging", "failure", "rejuvenation", "repair", "restart")


def _log(x: Extended) -> Floats:
    with np.errstate(divide="ignore"):
        logarithm: Floats = np.where(x.m > 0, x.log(), -np.inf)
    return logarithm.reshape(-1) if logarithm.shape[:1] == (1,) else logarithm


def _log_total(x: Extended, start: int) -> float:
    # At most 0, which rounding may miss by 1e-16·N.
    return min(0.0, float(_log(total(Extended(x.m[:, start:], x.e[:, start:])))[0]))
