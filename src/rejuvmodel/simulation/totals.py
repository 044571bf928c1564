"""Totals: what remains of the replications once they have been played, whatever their number.

Of replication k, T_k hours long, a quantity X_k is known: hours in a state, or a number of events. The
long-run or mission value is r = ΣX_k / ΣT_k, and its variance follows from the residuals Z_k = X_k − r·T_k,
whose sum is 0. Their squares are summed around a ratio close to r, taken from the first replications, so that
no digits are lost where X_k and r·T_k are nearly equal (a state of probability 1 − 1e-9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.simulation.events import BESIDES, FAILURE, KINDS, OUTAGE, REJUVENATION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.chain import MarkovChain

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Quantities that are hours in several states, and quantities that are numbers of events.
TIMES = ("unplanned", "planned", "rejuvenating", "degraded", "down")
COUNTS = {"rejuvenations": REJUVENATION, "failures": FAILURE, "outages": OUTAGE}
#: Numbers that are collected before they are summed up: few enough for the cache, or for 512 replications of
#: large models, but never more than 16 MB.
_COLLECTED, _FEWEST, _MOST = 2**15, 512, 2**21
#: Numbers of a ledger from which on it pays to look for those that are not 0.
_LARGE = 24


@dataclass(frozen=True, eq=False)
class Totals:
    """Sums over the replications; the columns are the states, then `TIMES`, then `COUNTS`.

    Attributes
    ----------
    replications : int
        How many.
    hours, longest : float
        ΣT and the largest T [h].
    total, squares, largest, largest_rest : ndarray
        ΣX, ΣZ², the largest X and the largest T − X of each column.
    seen : ndarray
        In how many replications X was above 0.
    products : ndarray
        ΣZZ' of the columns after the states, square.
    outage : ndarray
        ΣB, ΣB², ΣBD and ΣD, with B the hours before the first outage of a cycle [h] and D = 1 if it has one.
    """

    replications: int
    hours: float
    longest: float
    total: Floats
    squares: Floats
    largest: Floats
    largest_rest: Floats
    seen: Integers
    products: Floats
    outage: Floats

    def __post_init__(self) -> None:
        for name in ("total", "squares", "largest", "largest_rest", "seen", "products", "outage"):
            getattr(self, name).setflags(write=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, because unpickled arrays are writable.
        return Totals, tuple(getattr(self, name) for name in self.__dataclass_fields__)


class Summing:
    """Sums up the ledgers of replications as they end."""

    def __init__(self, chain: MarkovChain) -> None:
        self._states = len(chain)
        width = self._states + BESIDES
        # Which of a ledger's numbers add up to each of the groups.
        self._groups = np.zeros((len(TIMES) + len(COUNTS), width))
        for row, (name, places) in zip(self._groups, members(chain).items(), strict=False):
            row[places] = (chain.weights or {}).get(name, 1.0)
        for row, bit in zip(self._groups[len(TIMES) :], COUNTS.values(), strict=True):
            row[self._states : -1] = [kind & bit > 0 for kind in range(KINDS)]
        # One replication is one column: sums over replications then run along memory.
        room = min(max(_COLLECTED // width, _FEWEST), max(_MOST // width, 1))
        self._ledgers = np.zeros((width, room))
        self._used = np.zeros(width, bool)
        self._filled = 0
        columns = self._states + len(self._groups)
        self.done = 0
        self._ratio = np.zeros(columns)
        self._hours = self._hours_squared = self._longest = 0.0
        self._total, self._shifted, self._squares, self._by_hours, self._largest = np.zeros((5, columns))
        self._largest_rest = np.full(columns, -np.inf)
        self._seen = np.zeros(columns, np.int64)
        self._products = np.zeros((columns - self._states,) * 2)
        self._outage = np.zeros(4)

    def add(self, ledgers: Floats) -> bool:
        """Take the ledgers of some replications, a row each; tell whether sums were formed."""
        room = self._ledgers.shape[1]
        before = self.done
        while len(ledgers):
            taken = ledgers[: room - self._filled]
            # Most states of a large model are not seen for long: they are left out.
            some = slice(None) if len(self._used) < _LARGE else np.flatnonzero(taken.max(axis=0) > 0)
            self._ledgers[some, self._filled : self._filled + len(taken)] = taken[:, some].T
            self._used[some] = True
            self._filled += len(taken)
            ledgers = ledgers[len(taken) :]
            if self._filled == room:
                self._sum()
        return self.done > before

    def totals(self) -> Totals:
        """Return the sums over all replications."""
        self._sum()
        # From the ratio of the first replications to that of all of them.
        off, by_hours = self._shifted / self._hours, self._by_hours
        squares = self._squares - 2 * off * by_hours + off**2 * self._hours_squared
        off, by_hours = off[self._states :], by_hours[self._states :]
        crossed = np.outer(off, by_hours)
        products = self._products - crossed - crossed.T + np.outer(off, off) * self._hours_squared
        return Totals(
            self.done, self._hours, self._longest, self._total, np.maximum(squares, 0.0), self._largest,
            self._largest_rest, self._seen, products, self._outage,
        )  # fmt: skip

    def _sum(self) -> None:
        if not self._filled:
            return
        ledgers, size = self._ledgers[:, : self._filled], self._states
        before = ledgers[-1]
        self._used[:size] |= self._ratio[:size] > 0
        used = np.flatnonzero(self._used)
        ledgers, states = ledgers[used], int(np.count_nonzero(self._used[:size]))
        hours = ledgers[:states].sum(axis=0)
        found = np.concatenate([ledgers[:states], self._groups[:, used] @ ledgers])
        columns = np.append(used[:states], size + np.arange(len(self._groups)))
        total = found.sum(axis=1)
        if not self.done:
            self._ratio[columns] = total / hours.sum()
        residual = found - self._ratio[columns, None] * hours
        self.done += self._filled
        self._hours += float(hours.sum())
        self._hours_squared += float(hours @ hours)
        self._longest = max(self._longest, float(hours.max()))
        self._total[columns] += total
        self._seen[columns] += np.count_nonzero(found, axis=1)
        self._shifted[columns] += residual.sum(axis=1)
        self._by_hours[columns] += residual @ hours
        self._squares[columns] += np.einsum("ij,ij->i", residual, residual)
        self._products += residual[states:] @ residual[states:].T
        self._largest[columns] = np.maximum(self._largest[columns], found.max(axis=1))
        happened = found[states + TIMES.index("down")] > 0
        self._outage += before.sum(), before @ before, before @ happened, np.count_nonzero(happened)
        rest = np.full(len(self._total), hours.max())
        rest[columns] = (hours - found).max(axis=1)
        np.maximum(self._largest_rest, rest, out=self._largest_rest)
        self._ledgers[used] = 0.0
        self._used[:] = False
        self._filled = 0


def members(chain: MarkovChain) -> dict[str, Integers]:
    """States that belong to each of `TIMES`; none where the chain does not say."""
    none = np.zeros(0, np.int64)
    groups = {**(chain.groups or {}), **(chain.down or {})}
    groups["down"] = np.concatenate([none, *(chain.down or {}).values()])
    return {name: groups.get(name, none) for name in TIMES}
