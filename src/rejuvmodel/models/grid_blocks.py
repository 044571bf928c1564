"""Blocks of consecutive points of a grid, with flat arrays of what broadcasts over it.

Arrays that broadcast are never spread out as a whole. A block runs through some values of one axis, the cut
one, and through all values of the axes inside it; the axes outside stand still. So what varies outside only
is a scalar, what varies inside only is the same for all blocks, and only the cut axis is spread out anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from rejuvmodel.models.rate_points import Floats

#: Scratch of finished grids, of all threads: to fill fresh memory takes several times as long.
_FREE: list[Floats] = []
_KEPT = 20


def grid_blocks(
    shape: tuple[int, ...], arrays: Sequence[Floats], most: int
) -> Iterator[tuple[slice, list[Floats]]]:
    """Give the blocks of a grid.

    Parameters
    ----------
    shape : tuple of int
        Shape of the grid.
    arrays : sequence of ndarray
        Arrays that broadcast to it.
    most : int
        Points that a block has at most.

    Yields
    ------
    tuple of slice and list
        Places of the points in C order, and of each array the values there, of shape (points,) or (1,); they
        are good until the next block.
    """
    total = prod(shape)
    whole = [a.reshape(-1) if a.size == 1 or _is_flat(a, shape) else None for a in arrays]
    spread = [_Spread(a, shape) for a, flat in zip(arrays, whole, strict=True) if flat is None]
    cut, width = _cut(shape, most) if spread else (0, 1)
    length = (shape[cut] if spread else total) if total else 0
    parts = max(1, -(-length // max(1, most // width)))
    rows = max(1, -(-length // parts))  # of about equal size; the first one is as large as any
    start = 0
    for index in np.ndindex(shape[:cut]):
        for row in range(0, length, rows):
            end = min(row + rows, length)
            part = slice(start, start + (end - row) * width)
            start = part.stop
            others = iter(spread)
            yield (
                part,
                [
                    next(others).values(index, row, end) if a is None else a if a.size == 1 else a[part]
                    for a in whole
                ],
            )
    _FREE.extend(one.room for one in spread if len(one.room))
    del _FREE[_KEPT:]


class _Spread:
    """An array whose values are spread out over blocks."""

    def __init__(self, array: Floats, shape: tuple[int, ...]) -> None:
        self.array = array.reshape((1,) * (len(shape) - array.ndim) + array.shape)
        self.shape = shape
        self.room = np.empty(0)

    def values(self, index: tuple[int, ...], row: int, end: int) -> Floats:
        """The values where the outer axes stand at an index and the cut one runs from row to end."""
        cut, inside = len(index), self.shape[len(index) + 1 :]
        points = (end - row) * prod(inside)
        if all(length == 1 for length in self.array.shape[: cut + 1]) and len(self.room) >= points:
            return self.room[:points]  # the same for all blocks
        place = tuple(k if n > 1 else 0 for k, n in zip(index, self.array.shape, strict=False))
        there: Floats = self.array[place]
        if len(there) > 1:
            there = there[row:end]
        if there.size == 1:
            return there.reshape(1)
        if len(self.room) < points:
            self.room = _scratch(points)
        found: Floats = self.room[:points]
        found.reshape(end - row, *inside)[:] = there
        return found


def _scratch(points: int) -> Floats:
    """Memory for so many points."""
    try:
        room = _FREE.pop()
    except IndexError:
        return np.empty(points)
    return room if len(room) >= points else np.empty(points)


def _is_flat(array: Floats, shape: tuple[int, ...]) -> bool:
    """Whether an array has a value of its own for every point, in order."""
    return array.size == prod(shape) and array.flags.c_contiguous


def _cut(shape: tuple[int, ...], most: int) -> tuple[int, int]:
    """The axis that blocks cut, and the number of points of the axes inside it."""
    place, width = len(shape) - 1, 1
    while place > 0 and width * shape[place] <= most:
        width *= shape[place]
        place -= 1
    return place, max(1, width)
