"""PoolStates: integer rows (h, a, r, f), numbered by formula."""

from __future__ import annotations

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejuvmodel.errors import SizeError
from rejuvmodel.models.pool_states import PoolStates


@st.composite
def some_states(draw: st.DrawFn) -> PoolStates:
    total = draw(st.integers(1, 9))
    most = [draw(st.integers(0, total)) for _ in range(3)]
    return PoolStates(total, *most)


def by_hand(states: PoolStates) -> list[tuple[int, int, int, int]]:
    """Rows by four loops."""
    n = states.total
    return [
        (n - a - r - f, a, r, f)
        for f in range(states.most_failed + 1)
        for a in range(min(states.most_unstable, n - f) + 1)
        for r in range(min(states.most_rejuvenating, n - f - a) + 1)
    ]


@given(some_states())
def test_rows_are_those_of_four_loops(states: PoolStates) -> None:
    """Rows, items, iteration, length and level sizes are those of plain loops over f, a, r."""
    rows = by_hand(states)
    assert [tuple(row) for row in states.rows.tolist()] == list(states) == rows
    assert [states[k] for k in range(len(rows))] == rows
    assert len(states) == states.size == len(rows)
    assert states.level_sizes.tolist() == [
        sum(row[3] == f for row in rows) for f in range(states.most_failed + 1)
    ]
    assert states.level_starts.tolist() == [0, *np.cumsum(states.level_sizes)]


@given(some_states())
def test_every_row_is_found_at_its_place(states: PoolStates) -> None:
    """The number of a row leads back to it, one by one and for all at once."""
    rows = states.rows
    assert [states.index(tuple(row)) for row in rows.tolist()] == list(range(len(states)))
    _, a, r, f = rows.T
    assert states.numbers(a, r, f).tolist() == list(range(len(states)))


@given(some_states(), st.data())
def test_places_from_the_end_and_slices(states: PoolStates, data: st.DataObject) -> None:
    """Negative places and slices are those of a list."""
    rows = by_hand(states)
    place = data.draw(st.integers(-len(rows), len(rows) - 1))
    assert states[place] == rows[place]
    part = data.draw(st.slices(len(rows)))
    assert states[part] == rows[part]


@pytest.mark.parametrize("place", [35, -36, 10**30])
def test_place_outside(place: int) -> None:
    """A place outside the states is an IndexError."""
    assert len(PoolStates(4, 4, 4, 0)) == 15
    with pytest.raises(IndexError):
        PoolStates(4, 4, 4, 4)[place]


NO_STATES = [
    (5, 0, 0, 0), (4, 0, 0, 1), (-1, 5, 0, 0), (1, 3, 0, 0), (2, 0, 2, 0), (0, 0, 0, 4), (4, 0, 0),
    (4, 0, 0, 0, 0), "4000", "up", None, 4, 4.5, (3.5, 0.5, 0, 0), (4, 0, 0, None), ("4", "0", "0", "0"),
    (4 + 1j, 0, 0, 0), {}, object(),
]  # fmt: skip


@pytest.mark.parametrize("row", NO_STATES, ids=lambda row: "object" if type(row) is object else repr(row))
def test_what_is_no_state(row: object) -> None:
    """Rows of another sum, outside the limits, of other lengths and other objects are refused."""
    states = PoolStates(4, 2, 1, 3)
    with pytest.raises(ValueError, match=r".*"):
        states.index(row)


@pytest.mark.parametrize("row", [(4, 0, 0, 0), [4, 0, 0, 0], np.array([4, 0, 0, 0]), (4.0, 0.0, 0.0, 0.0)])
def test_ways_to_write_a_row(row: object) -> None:
    """A row is a tuple, a list or an array of whole numbers."""
    assert PoolStates(4, 2, 1, 3).index(row) == 0


def test_index_within_bounds() -> None:
    """A start and a stop bound the search, as in any sequence."""
    states = PoolStates(4, 4, 4, 4)
    assert states.index(states[7], 7, 8) == 7
    for bounds in ((8,), (0, 7)):
        with pytest.raises(ValueError, match=r".*"):
            states.index(states[7], *bounds)


@given(some_states(), some_states())
def test_equal_where_the_limits_are(one: PoolStates, other: PoolStates) -> None:
    """States are equal, and hash alike, where their four limits are."""
    copy = PoolStates(one.total, one.most_unstable, one.most_rejuvenating, one.most_failed)
    assert one == copy
    assert hash(one) == hash(copy)
    assert (one == other) == (vars(one).items() >= vars(other).items())
    assert one != list(one)


def test_pickled_arrays_stay_read_only() -> None:
    """Rows and level starts cannot be written to, before and after pickling."""
    states = PoolStates(4, 2, 1, 4)
    _ = states.rows, states.level_starts
    for these in (states, pickle.loads(pickle.dumps(states))):
        assert these == states
        for array in (these.rows, these.level_sizes, these.level_starts):
            assert not array.flags.writeable


def test_counted_without_arrays() -> None:
    """Ten million million states, or as many servers, are counted at once; the levels are refused."""
    tracemalloc.start()
    try:
        assert PoolStates(10**5, 10**5, 10**5, 10**5).size == (10**5 + 3) * (10**5 + 2) * (10**5 + 1) // 6
        assert len(PoolStates(10**13, 0, 0, 10**13)) == 10**13 + 1
        with pytest.raises(SizeError, match="levels of 10000000000000 servers would need about 640 TB"):
            _ = PoolStates(10**13, 0, 0, 10**13).level_starts
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


def test_said_in_words() -> None:
    """Their text is short, however many they are."""
    assert repr(PoolStates(4, 4, 4, 4)) == "<35 states (h, a, r, f) of 4 servers>"
