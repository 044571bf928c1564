"""The points of a grid in blocks, and blocks in chunks; both depend on nothing but the grid.

The points are numbered in C order with the axes that change the shape of the model outermost. Within a block
these, and all axes outside a *cut* one, stand still; the cut axis runs through a few of its values, and the
axes inside it through all of theirs. So no block needs index arithmetic for its points: what stands still is
a scalar, what is inside is one pattern for all blocks, and only the cut axis is spread out anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.sweeping.axes import Axis, Column

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
    still : dict
        Parameters that stand still, and what they are set to.
    shown : dict
        The same by name, as the coordinates show them.
    cut : dict
        Values of the parameters of the cut axis.
    """

    start: int
    stop: int
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
                    {column.parameter: _entry(column.values[k]) for column, k in columns},
                    {column.parameter.name: _entry(column.shown[k]) for column, k in columns},
                    parts,
                )
            )
        return found


def spread(whole: tuple[Axis, ...], blocks: list[Block]) -> Iterator[tuple[Block, dict[Parameter, Any]]]:
    """Give each block with the values of all its parameters, as scalars and as arrays of its points.

    Parameters
    ----------
    whole : tuple of Axis
        The axes inside the cut one.
    blocks : list of Block
        Blocks of one grid.

    Yields
    ------
    tuple of Block and dict
        The block, and its values by parameter; arrays are read-only.
    """
    shape = tuple(len(axis) for axis in whole)
    width = prod(shape)
    most = max((block.stop - block.start) // width for block in blocks)
    patterns = {
        column.parameter: _frozen(np.tile(_along(column, shape, k), most))
        for k, axis in enumerate(whole)
        for column in axis.columns
    }
    for block in blocks:
        points = block.stop - block.start
        inside = {one: pattern[:points] for one, pattern in patterns.items()}
        cut = {one: _frozen(np.repeat(part, width)) if width > 1 else part for one, part in block.cut.items()}
        yield block, {**block.still, **cut, **inside}


def _along(column: Column, shape: tuple[int, ...], place: int) -> NDArray[Any]:
    """The values of a column at all points of the axes inside the cut one."""
    ends = (1,) * place, (1,) * (len(shape) - place - 1)
    return np.broadcast_to(column.values.reshape(*ends[0], -1, *ends[1]), shape).ravel()


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array


def _entry(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
