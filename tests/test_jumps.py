"""Alias tables: every exit of a state is taken with the probability of its rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejuvmodel.markov.flows import Flows
from rejuvmodel.simulation.jumps import FOR_EVER, jumps

RATES = st.floats(1e-9, 1e9)


@given(st.lists(st.tuples(st.integers(0, 3), RATES), min_size=1, max_size=20))
def test_slots_hold_the_probabilities(exits: list[tuple[int, float]]) -> None:
    """Summed over its slots, each transition has its rate's share of all that leave its state."""
    origin, rate = np.array([s for s, _ in exits]), np.array([r for _, r in exits])
    tables = jumps(Flows(5, origin, np.full(len(origin), 4), rate))
    found = np.zeros(len(rate))
    for state in range(5):
        slots = int(tables.slots[state])
        for slot in range(int(tables.first[state]), int(tables.first[state]) + slots):
            share = min(tables.share[slot], 1.0)
            assert share >= 0
            for edge, part in ((tables.inside[slot], share), (tables.beyond[slot], 1 - share)):
                if edge >= 0:
                    assert part == 0 or origin[edge] == state
                    found[edge] += part / slots
    total = np.bincount(origin, rate, minlength=5)
    assert found == pytest.approx(rate / total[origin], rel=1e-9, abs=1e-15)
    assert tables.mean[:4] == pytest.approx([1 / x if x else FOR_EVER for x in total[:4]])


def test_a_state_that_is_never_left() -> None:
    """A state without exits has one slot that leads to no transition."""
    tables = jumps(Flows(2, np.array([0]), np.array([1]), np.array([3.0])))
    assert tables.mean[1] == FOR_EVER
    assert tables.inside[int(tables.first[1])] == -1
