"""Where a state leads to: alias tables, so that a jump costs the same however many exits a state has.

A state with d exits has d equal slots. Each holds one exit, and another one for what is left of the slot; a
uniform number gives the slot by its whole part and the choice within it by its fraction (Walker's method).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.flows import Flows

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Mean sojourn [h] of a state that is never left: longer than any mission, and no infinity to multiply.
FOR_EVER = 1e300


class Jumps(NamedTuple):
    """Mean sojourns, and slots that lead from a state to one of its transitions."""

    mean: Floats
    first: Integers
    slots: Floats
    share: Floats
    inside: Integers
    beyond: Integers


def jumps(flows: Flows) -> Jumps:
    """Return the tables of a chain; transition k of `flows` is number k, and −1 stands for none."""
    order = np.argsort(flows.origin, kind="stable")
    degree = np.bincount(flows.origin, minlength=flows.size)
    total = np.bincount(flows.origin, flows.rate, minlength=flows.size)
    with np.errstate(divide="ignore"):
        mean = np.minimum(1.0 / total, FOR_EVER)
    slots = np.maximum(degree, 1)
    first = np.concatenate([[0], np.cumsum(slots)[:-1]])
    share, inside = np.ones(slots.sum()), np.full(slots.sum(), -1)
    # All slots of the states that are left at all, side by side: here is where each transition belongs.
    place = np.repeat(first[degree > 0], degree[degree > 0]) + _count_up(degree[degree > 0])
    inside[place] = order
    with np.errstate(invalid="ignore"):
        share[place] = flows.rate[order] / total[flows.origin[order]] * degree[flows.origin[order]]
    beyond = inside.copy()
    for state in np.flatnonzero(degree > 1).tolist():
        _level(share, inside, beyond, int(first[state]), int(degree[state]))
    return Jumps(mean, first, slots.astype(np.float64), share, inside, beyond)


def _level(share: Floats, inside: Integers, beyond: Integers, start: int, degree: int) -> None:
    """Fill slots that hold less than one with what others hold in excess."""
    places = range(start, start + degree)
    small, large = [k for k in places if share[k] < 1], [k for k in places if share[k] >= 1]
    while small and large:
        low, high = small.pop(), large[-1]
        beyond[low] = inside[high]
        share[high] -= 1.0 - share[low]
        if share[high] < 1:
            small.append(large.pop())
    for k in small:
        share[k] = 1.0  # what rounding has left over


def _count_up(lengths: Integers) -> Integers:
    """0 … length−1 for each length in turn."""
    ends = np.cumsum(lengths)
    return np.arange(lengths.sum()) - np.repeat(ends - lengths, lengths)
