"""The non-dominated among many points: no other is at most as dear and at most as often down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


def pareto_front(first: Floats, second: Floats) -> Integers:
    """Return the places of the points that no other point dominates.

    A point dominates another one if it is not above it in either value and below it in one. Equal points
    dominate one another not.

    Parameters
    ----------
    first, second : ndarray
        Values of which less is better; places with NaN are left out.

    Returns
    -------
    ndarray
        Places in rising order of the first value, in O(points · log points).
    """
    known = np.flatnonzero(~(np.isnan(first) | np.isnan(second)))
    order = known[np.lexsort((second[known], first[known]))]
    kept: list[int] = []
    for place in order.tolist():
        last = kept[-1] if kept else None
        same = last is not None and first[last] == first[place] and second[last] == second[place]
        if last is None or second[place] < second[last] or same:
            kept.append(place)
    return np.array(kept, np.int64)
