"""Flows: transitions of a chain as arrays, and the sparse matrices made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


class Family(NamedTuple):
    """Transitions of one cause: ``origin[k] → target[k]`` at ``rate[k]`` per hour."""

    cause: str
    origin: Integers
    target: Integers
    rate: Floats


class Flows(NamedTuple):
    """Positive off-diagonal rates between ``size`` states, in no order, parallel ones not yet added."""

    size: int
    origin: Integers
    target: Integers
    rate: Floats


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written to."""
    view = array.view()
    view.setflags(write=False)
    return view


def reachable(start: int, origin: Integers, target: Integers) -> set[int]:
    """States reached from the start along transitions."""
    successors: dict[int, list[int]] = {}
    for a, b in zip(origin.tolist(), target.tolist(), strict=True):
        successors.setdefault(a, []).append(b)
    seen, todo = {start}, [start]
    while todo:
        fresh = [b for b in successors.get(todo.pop(), ()) if b not in seen]
        seen.update(fresh)
        todo.extend(fresh)
    return seen


def adjacency(flows: Flows) -> csr_array:
    """Rates as a sparse matrix without a diagonal."""
    from scipy.sparse import csr_array

    return csr_array((flows.rate, (flows.origin, flows.target)), shape=(flows.size, flows.size))


def generator(flows: Flows) -> csr_array:
    """Infinitesimal generator Q [1/h] of the given rates."""
    from scipy.sparse import csr_array

    every = np.arange(flows.size)
    leaving = np.bincount(flows.origin, flows.rate, minlength=flows.size)
    data = np.concatenate([flows.rate, -leaving])
    places = np.concatenate([flows.origin, every]), np.concatenate([flows.target, every])
    return csr_array((data, places), shape=(flows.size, flows.size))
