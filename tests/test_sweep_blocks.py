"""The points of a grid in blocks and chunks: each once, in order, with its own values."""

from __future__ import annotations

from itertools import permutations
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweep_cases import CLUSTER, COSTS, OPEN

import rejuvmodel as rj
from rejuvmodel.sweeping import sweeps
from rejuvmodel.sweeping.axes import axes_of
from rejuvmodel.sweeping.blocks import Grid, spread

NAMES = ("aging", "failure", "repair", "restart", "rejuvenation")
LENGTHS = st.lists(st.integers(1, 7), min_size=1, max_size=5)


def axes(lengths: list[int]) -> tuple[object, ...]:
    return axes_of(CLUSTER, {name: np.arange(1.0, n + 1) for name, n in zip(NAMES, lengths, strict=False)})


@settings(max_examples=40)
@given(lengths=LENGTHS, outer=st.integers(0, 5), most=st.integers(1, 60), points=st.integers(1, 100))
def test_every_point_once(lengths: list[int], outer: int, most: int, points: int) -> None:
    """Chunks hold all blocks, blocks all points in order, each with the values of C order."""
    every = axes(lengths)
    grid = Grid(every[:outer], every[outer:], most)
    expected = np.stack(
        [x.ravel() for x in np.meshgrid(*(axis.columns[0].values for axis in every), indexing="ij")]
    )
    chunks = grid.chunks(points)
    assert sum(size for *_, size in chunks) == grid.size == prod(lengths)
    assert all(size >= points for *_, size in chunks[:-1])
    assert sum(grid.block_sizes()) == grid.size
    end = 0
    for first, count, size in chunks:
        blocks = grid.blocks(first, count)
        assert sum(block.stop - block.start for block in blocks) == size
        for block, values in spread(grid.whole, blocks):
            assert block.start == end
            end = block.stop
            assert 0 < block.stop - block.start <= max(most, 1)
            assert prod(block.shape) == block.stop - block.start
            here = {one.field: np.broadcast_to(value, block.shape).ravel() for one, value in values.items()}
            for k, axis in enumerate(every):
                assert here[axis.name].tolist() == expected[k, block.start : block.stop].tolist()
            for name, value in block.shown.items():
                assert set(here[name].tolist()) == {value}
    assert end == grid.size


def test_blocks_do_not_change_numbers(monkeypatch: object) -> None:
    """However small the blocks, the numbers are the same to the last bits."""
    over = {"servers": [1, 9], "aging": np.geomspace(1e-4, 1, 13), "repair": [1, 2, 3], "failure": [0.1, 2]}
    whole = rj.sweep(CLUSTER, over)
    for most in (1, 5, 6, 20, 100):
        monkeypatch.setattr(sweeps, "_BLOCK", most)
        parts = rj.sweep(CLUSTER, over, chunk=most)
        np.testing.assert_allclose(parts.unavailability, whole.unavailability, rtol=1e-14)


def test_a_long_axis_is_cut() -> None:
    """A grid of many blocks agrees with the closed form over the same broadcast grid."""
    aging, failure = np.geomspace(1e-4, 1e-1, 700), np.geomspace(1e-5, 1e-2, 500)
    found = rj.sweep(CLUSTER, {"aging": aging, "failure": failure}, ("unavailability", "nines"), chunk=1000)
    rates = CLUSTER.rates.replace(aging=aging[:, None], failure=failure)
    state = rj.solve(rj.Cluster(2, rates))
    np.testing.assert_allclose(found.unavailability, state.unavailability, rtol=1e-15)
    np.testing.assert_allclose(found.nines, state.nines, rtol=1e-14)


@pytest.mark.parametrize("trigger", [None, rj.Trigger(rj.Erlang(3, 300), "service")], ids=["rate", "law"])
def test_measures_do_not_disturb_each_other(trigger: rj.Trigger | None) -> None:
    """In any order and company a measure has the values that the steady state gives it."""
    model = CLUSTER if trigger is None else rj.Cluster(2, OPEN, trigger)
    over = {"costs.failure": [0.0, 2.0], "aging": [0.01, 0.1, 1.0], "restart": [1.0, 2.0, 4.0, 8.0]}
    rates = model.rates.replace(aging=np.array([[0.01], [0.1], [1.0]]), restart=np.array([1.0, 2, 4, 8]))
    state = rj.solve(rj.Cluster(2, rates, trigger))
    costs = COSTS.replace(failure=np.array([0.0, 2.0])[:, None, None])
    right = {
        "availability": state.availability, "unavailability": state.unavailability, "nines": state.nines,
        "log_unavailability": state.log_unavailability, "downtime": state.downtime("365 d"),
        "planned_unavailability": state.planned_unavailability, "cost": state.cost(costs, "365 d"),
        "cost_rate": state.cost_rate(costs), "log_cost_rate": state.log_cost_rate(costs),
        "P(u1)": state["u1"],
    }  # fmt: skip
    for names in (
        *permutations(("availability", "downtime", "unavailability")),
        *permutations(right, 2),
        right,
    ):
        found = rj.sweep(model, over, list(names), costs=COSTS)
        for name in names:
            expected = np.broadcast_to(right[name], (2, 3, 4))
            np.testing.assert_allclose(found[name].values, expected, rtol=1e-14, err_msg=f"{names}")
