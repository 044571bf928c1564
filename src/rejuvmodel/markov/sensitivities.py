"""Elasticities of the steady state of any chain: GTH elimination with a derivative beside every number.

Theory
------
In GTH elimination (``elimination``) every number is a sum, product or quotient of positive ones. Beside each
number x stands its elasticity e(x) = ∂ ln x / ∂ ln θ for every parameter θ, and follows by

    e(xy) = e(x) + e(y),    e(x/y) = e(x) − e(y),    e(x + y) = (x e(x) + y e(y)) / (x + y).

Elasticities stay of the size of the number of factors, sums average them, and no difference is ever divided
by another: the absolute error of an elasticity is a few units of rounding times their size, however stiff the
chain and however rare the state. Forming derivatives of π from differences of passage times would lose 40
digits for an outage of 1e-40. Theory: ``docs/theory/sensitivity.md``.

States are eliminated one by one, the first state last, in an order in which neighbours are near each other:
with b places between the farthest neighbours, all pairs that ever arise fit in a band of 2b + 1 columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.errors import SizeError
from rejuvmodel.memory import require_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.flows import Flows

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Exponent of an absent rate.
_NEVER = -(2**60)
#: Chains beyond this size are put in an order of smaller bandwidth first.
_SMALL = 40
#: Estimated work for each state, pair of places in half the band and parameter [s], and the longest [s].
_SECONDS, _LONGEST = 1e-8, 120.0


class StationaryElasticities(NamedTuple):
    """Unnormalised steady state m · 2^e and its elasticities.

    Attributes
    ----------
    m, e : ndarray
        Weights of the states, shape (states,).
    slopes : ndarray
        Elasticities of the weights, shape (states, parameters).
    """

    m: Floats
    e: Integers
    slopes: Floats

    def weighted(
        self, states: Integers, weights: Floats, slopes: Floats | None = None
    ) -> tuple[float, int, Floats]:
        """Return Σ weight · π over some states as m · 2^e, and its elasticities.

        Parameters
        ----------
        states : ndarray of int
            The states.
        weights : ndarray
            Their weights, at least 0.
        slopes : ndarray, optional
            Elasticities of the weights, shape (states, parameters); 0 by default.

        Returns
        -------
        tuple of float, int and ndarray
            m, 0 for nothing, e, and elasticities; unnormalised as the weights are.
        """
        some = weights > 0
        places, weight = states[some], weights[some]
        if not len(places):
            return 0.0, 0, np.zeros(self.slopes.shape[1])
        m, shift = np.frexp(weight)
        m, e = m * self.m[places], self.e[places] + shift
        top = e.max()
        terms = _down(m, e - top)
        own = self.slopes[places] if slopes is None else self.slopes[places] + slopes[some]
        total = terms.sum()
        return float(total), int(top), (terms / total) @ own


def stationary_elasticities(flows: Flows, slopes: Floats) -> StationaryElasticities:
    """Return the steady state of an irreducible chain with its elasticities.

    Parameters
    ----------
    flows : Flows
        Off-diagonal rates [1/h] of one irreducible class.
    slopes : ndarray
        Elasticities of each rate, shape (transitions, parameters).

    Returns
    -------
    StationaryElasticities
        Weights of all states; divide by their sum.

    Raises
    ------
    SizeError
        If the pairs of states that arise would not fit in memory, or would take minutes.

    Notes
    -----
    Time O(states · b² · parameters), memory O(states · b · parameters), b the bandwidth.
    """
    size, count = flows.size, slopes.shape[1]
    order = _order(flows)
    place = np.empty(size, np.int64)
    place[order] = np.arange(size)
    half = float(np.max(np.abs(place[flows.origin] - place[flows.target]), initial=0))
    _require_time(size, half, count)
    band = 2.0 * half + 1
    require_memory(
        f"The derivatives of a chain of {size} states", (8.0 * count + 24.0) * size * band,
        "Use fewer states, or fewer parameters.",
    )  # fmt: skip
    table = _Table(size, place[flows.origin], place[flows.target], flows.rate, slopes)
    for s in range(size - 1, 0, -1):
        table.eliminate(s)
    found = table.substitute()
    return StationaryElasticities(found.m[place], found.e[place], found.slopes[place])


class _Table:
    """Rates between near states as m · 2^e, with their elasticities; column j − i + b of row i is i → j."""

    def __init__(self, size: int, origin: Integers, target: Integers, rate: Floats, slopes: Floats) -> None:
        self.size = size
        self.half = half = int(np.max(np.abs(target - origin), initial=0))
        shape = (size, 2 * half + 1)
        self.m, self.e = np.zeros(shape), np.full(shape, _NEVER)
        self.slopes = np.zeros((*shape, slopes.shape[1]))
        m, e = np.frexp(rate)
        column = target - origin + half
        _, first = np.unique(origin * size + target, return_index=True)
        at = origin[first], column[first]
        self.m[at], self.e[at], self.slopes[at] = m[first], e[first], slopes[first]
        parallel = np.ones(len(rate), bool)
        parallel[first] = False
        for k in np.flatnonzero(parallel).tolist():
            one = slice(k, k + 1)
            self._add((origin[one], column[one]), m[one], e[one].astype(np.int64), slopes[one])

    def _inflows(self, s: int) -> tuple[Integers, Integers]:
        """States before s that lead to it, and their columns for it."""
        before = np.arange(max(0, s - self.half), s)
        columns = s - before + self.half
        some = np.flatnonzero(self.m[before, columns])
        return before[some], columns[some]

    def eliminate(self, s: int) -> None:
        """Remove state s; its column keeps the inflows divided by the pivot."""
        into = self._inflows(s)
        columns = np.flatnonzero(self.m[s, : self.half])
        out = columns + s - self.half
        m, e, slopes = self.m[s, columns], self.e[s, columns], self.slopes[s, columns]
        top = e.max()
        terms = _down(m, e - top)
        total = terms.sum()
        pivot, shift = np.frexp(total)
        self.m[into] /= pivot
        self.e[into] -= top + shift
        self.slopes[into] -= (terms / total) @ slopes
        origin = into[0][:, None]
        self._add(
            (origin, out - origin + self.half),
            np.multiply.outer(self.m[into], m),
            np.add.outer(self.e[into], e),
            self.slopes[into][:, None, :] + slopes[None, :, :],
        )

    def substitute(self) -> StationaryElasticities:
        """Weights of all states from those eliminated later."""
        m, e = np.ones(self.size), np.zeros(self.size, np.int64)
        slopes = np.zeros((self.size, self.slopes.shape[2]))
        for s in range(1, self.size):
            into = self._inflows(s)
            origin = into[0]
            term, exponent = m[origin] * self.m[into], e[origin] + self.e[into]
            top = exponent.max()
            term = _down(term, exponent - top)
            total = term.sum()
            m[s], shift = np.frexp(total)
            e[s] = top + shift
            slopes[s] = (term / total) @ (slopes[origin] + self.slopes[into])
        return StationaryElasticities(m, e, slopes)

    def _add(self, at: tuple[Integers, Integers], m: Floats, e: Integers, slopes: Floats) -> None:
        """Add rates to those at some places."""
        old_e = self.e[at]
        top = np.maximum(old_e, e)
        old, fresh = _down(self.m[at], old_e - top), _down(m, e - top)
        total = old + fresh
        # Each with its own share: at a limit of the rates tiny elasticities stand beside those of 1.
        mean = (old / total)[..., None] * self.slopes[at] + (fresh / total)[..., None] * slopes
        self.m[at], shift = np.frexp(total)
        self.e[at], self.slopes[at] = top + shift, mean


def _require_time(size: int, half: float, count: int) -> None:
    """Refuse what would take minutes."""
    seconds = _SECONDS * size * half**2 * count
    if seconds > _LONGEST:
        raise SizeError(
            f"The derivatives of a chain of {size} states would take about {seconds:,.0f} s; more than "
            f"{_LONGEST:.0f} s are not begun. Use fewer states; of a pool, range_effects solves both ends of "
            "a range instead."
        )


def _order(flows: Flows) -> Integers:
    """Order that begins with the first state: as given for small chains, else by distance from it."""
    if flows.size <= _SMALL:
        return np.arange(flows.size)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    pairs = csr_array(
        (np.ones(len(flows.rate)), (flows.origin, flows.target)), shape=(flows.size, flows.size)
    )
    found: Integers = breadth_first_order(pairs, 0, directed=False, return_predecessors=False).astype(
        np.int64
    )
    return found


def _down(m: Floats, shift: Integers) -> Floats:
    lowered: Floats = np.ldexp(m, np.maximum(shift, -2200).astype(np.int32))
    return lowered
