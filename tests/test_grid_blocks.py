"""Blocks of a broadcast grid: every point once, in order, with its own values."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejuvmodel.models.grid_blocks import grid_blocks


@st.composite
def grids(draw: st.DrawFn) -> tuple[tuple[int, ...], list[np.ndarray]]:
    """A shape, and arrays that broadcast to it, some whole, some strided."""
    shape = tuple(draw(st.lists(st.integers(1, 6), max_size=4)))
    arrays = []
    for k in range(draw(st.integers(1, 4))):
        mine = tuple(n if draw(st.booleans()) else 1 for n in shape)[draw(st.integers(0, len(shape))) :]
        array = 1000.0 * k + np.arange(2.0 * prod(mine)).reshape(*mine, 2)[..., draw(st.integers(0, 1))]
        arrays.append(np.array(array, order="C") if draw(st.booleans()) else np.asarray(array))
    return shape, arrays


@settings(max_examples=200)
@given(grid=grids(), most=st.integers(1, 80))
def test_every_point_once(grid: tuple[tuple[int, ...], list[np.ndarray]], most: int) -> None:
    """Blocks hold all points in C order, each with the values that broadcasting gives it."""
    shape, arrays = grid
    expected = [np.broadcast_to(array, shape).ravel() for array in arrays]
    end = 0
    for part, values in grid_blocks(shape, arrays, most):
        assert part.start == end
        end = part.stop
        assert 0 < part.stop - part.start <= most
        for value, right in zip(values, expected, strict=True):
            assert len(value) in (1, part.stop - part.start)
            assert np.broadcast_to(value, part.stop - part.start).tolist() == right[part].tolist()
    assert end == prod(shape)


def test_two_grids_at_a_time() -> None:
    """Blocks of two grids that are gone through at the same time do not share memory."""
    first = grid_blocks((3, 4), [np.arange(3.0)[:, None], np.arange(4.0)], 4)
    second = grid_blocks((3, 4), [10 + np.arange(3.0)[:, None], 10 + np.arange(4.0)], 4)
    for _ in range(2):  # the second time with memory that is used again
        for (_, (a, b)), (_, (c, d)) in zip(first, second, strict=True):
            assert (c - a).tolist() == [10]
            assert (d - b).tolist() == [10] * 4
        first = grid_blocks((3, 4), [np.arange(3.0)[:, None], np.arange(4.0)], 4)
        second = grid_blocks((3, 4), [10 + np.arange(3.0)[:, None], 10 + np.arange(4.0)], 4)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0)])
def test_nothing(shape: tuple[int, ...]) -> None:
    """A grid without points has no blocks."""
    assert list(grid_blocks(shape, [np.empty(shape), np.ones(shape[1:])], 10)) == []
