"""The points of a grid in blocks, and blocks in chunks; both depend on nothing but the grid.

The points are numbered in C order with the axes that change the shape of the model outermost. Within a block
these, and all axes outside a *cut* one, stand still; the cut axis runs through a few of its values, and the
axes inside it through all of theirs. So a block is a grid itself: what stands still is a scalar, and the
other values broadcast.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.sweeping.axes import Axis

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.parameter_values import Parameter


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive points of a grid.

    Attributes
    ----------
    start, stop : int
        Numbers of its first point, and of the one behind its last.
    shape : tuple of int
        How many values of the cut axis it has (1 where there is none), and of each axis inside.
    still : dict
        Parameters that stand still, and what they are set to.
    shown : dict
        The same by name, as the coordinates show them.
    cut : dict
        Values of the parameters of the cut axis.
    """

    start: int
    stop: int
    shape: tuple[int, ...]
    still: dict[Parameter, Any]
    shown: dict[str, Any]
    cut: dict[Parameter, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Grid:
    """The axes of a sweep in the order in which points are numbered.

    Attributes
    ----------
    outer : tuple of Axis
        Axes that change the shape of the model; they stand still in every block.
    inner : tuple of Axis
        Axes of parameters that a model takes as arrays.
    most : int
        Points that a block has at most.
    """

    outer: tuple[Axis, ...]
    inner: tuple[Axis, ...]
    most: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of all axes, outer ones first."""
        return tuple(len(axis) for axis in (*self.outer, *self.inner))

    @property
    def size(self) -> int:
        """Number of points."""
        return prod(self.shape)

    @property
    def _cut(self) -> int:
        """Place of the cut axis among the inner ones; -1 if a block holds all of them."""
        place, points = len(self.inner) - 1, 1
        while place >= 0 and points * len(self.inner[place]) <= self.most:
            points *= len(self.inner[place])
            place -= 1
        return place

    @property
    def whole(self) -> tuple[Axis, ...]:
        """The axes inside the cut one, of which every block has all values."""
        return self.inner[self._cut + 1 :]

    def block_sizes(self) -> Iterator[int]:
        """Give the number of points of each block, in order."""
        cut, width = self._cut, prod(len(axis) for axis in self.whole)
        still = prod(len(axis) for axis in (*self.outer, *self.inner[: max(cut, 0)]))
        rows = self.most // width
        length = len(self.inner[cut]) if cut >= 0 else 1
        sizes = [width * min(rows, length - row) for row in range(0, length, rows)] if cut >= 0 else [width]
        for _ in range(still):
            yield from sizes

    def chunks(self, points: int) -> list[tuple[int, int, int]]:
        """Return the chunks: number of the first block, number of blocks, and number of points of each.

        Parameters
        ----------
        points : int
            A chunk is full when it has so many points.

        Returns
        -------
        list of tuple
            In order; every block is in one of them.
        """
        found, first, blocks, filled = [], 0, 0, 0
        for size in self.block_sizes():
            blocks, filled = blocks + 1, filled + size
            if filled >= points:
                found.append((first, blocks, filled))
                first, blocks, filled = first + blocks, 0, 0
        if blocks:
            found.append((first, blocks, filled))
        return found

    def blocks(self, first: int, count: int) -> list[Block]:
        """Return some consecutive blocks.

        Parameters
        ----------
        first, count : int
            Number of the first block, and how many.

        Returns
        -------
        list of Block
            In order.
        """
        cut, width = self._cut, prod(len(axis) for axis in self.whole)
        axes = (*self.outer, *self.inner[: max(cut, 0)])
        shape = tuple(len(axis) for axis in axes)
        inside = tuple(len(axis) for axis in self.whole)
        length, rows = (len(self.inner[cut]), self.most // width) if cut >= 0 else (1, 1)
        each = -(-length // rows)
        found = []
        for number in range(first, first + count):
            place, row = divmod(number, each)
            begin, end = row * rows, min(length, (row + 1) * rows)
            at = np.unravel_index(place, shape) if shape else ()
            columns = [(column, int(k)) for axis, k in zip(axes, at, strict=True) for column in axis.columns]
            parts = {c.parameter: c.values[begin:end] for c in self.inner[cut].columns} if cut >= 0 else {}
            start = (place * length + begin) * width
            found.append(
                Block(
                    start,
                    start + (end - begin) * width,
                    (end - begin, *inside),
                    {column.parameter: _entry(column.values[k]) for column, k in columns},
                    {column.parameter.name: _entry(column.shown[k]) for column, k in columns},
                    parts,
                )
            )
        return found


def spread(whole: tuple[Axis, ...], blocks: list[Block]) -> Iterator[tuple[Block, dict[Parameter, Any]]]:
    """Give each block with the values of all its parameters, as scalars and as arrays that broadcast.

    Parameters
    ----------
    whole : tuple of Axis
        The axes inside the cut one.
    blocks : list of Block
        Blocks of one grid.

    Yields
    ------
    tuple of Block and dict
        The block, and its values by parameter; arrays are read-only and broadcast to the shape of the block.
    """
    count = len(whole)
    inside = {
        column.parameter: _along(column.values, k + 1, count)
        for k, axis in enumerate(whole)
        for column in axis.columns
    }
    for block in blocks:
        cut = {one: _along(part, 0, count) for one, part in block.cut.items()}
        yield block, {**block.still, **cut, **inside}


def _along(values: NDArray[Any], place: int, count: int) -> NDArray[Any]:
    """Values along one of 1 + count axes."""
    array = values.reshape((1,) * place + (-1,) + (1,) * (count - place))
    array.setflags(write=False)
    return array


def _entry(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
