"""PoolState: its measures against sums over all states, how it is shown, kept and indexed."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from pools import REALISTIC, RESTRICTED, pool

import rejuvmodel as rj

COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5, per_rejuvenation=0.3, degraded=0.01)


@pytest.mark.parametrize("solver", [None, rj.LevelAggregation(), rj.LevelReduction(), rj.GTH()], ids=repr)
@pytest.mark.parametrize("rules", [{}, *RESTRICTED.values()], ids=["free", *RESTRICTED])
def test_measures_are_sums_over_states(rules: dict[str, Any], solver: Any) -> None:
    """Every measure is the sum over all states that its definition says."""
    one = pool(10, REALISTIC, **(rules | {"required": 8}))
    state = rj.solve(one, solver)
    p = np.exp(rj.solve(one, rj.GTH()).log_probabilities)
    h, a, r, f = one.states.T
    up, n = h + a, one.primaries
    planned, unplanned = p[(up < 8) & (up + r >= 8)].sum(), p[up + r < 8].sum()
    expected = {
        "planned_unavailability": planned,
        "unplanned_unavailability": unplanned,
        "unavailability": planned + unplanned,
        "capacity_availability": p @ np.minimum(up, n) / n,
        "log_probability_all_failed": np.log(p[f == 10].sum()),
    }
    for name, value in expected.items():
        assert getattr(state, name) == pytest.approx(value, rel=1e-11), name
    assert state.up_servers == pytest.approx([p[up == j].sum() for j in range(11)], rel=1e-11)
    cost = 1000 * unplanned + 10 * planned + 5 * p @ r + 0.01 * p @ a + 0.3 * REALISTIC["restart"] * (p @ r)
    assert state.cost_rate(COSTS) == pytest.approx(cost, rel=1e-11)


def test_one_state() -> None:
    """A state is found by its row; what is no state is refused with the rule."""
    one = pool(4, REALISTIC, slots=1)
    state = rj.solve(one)
    assert state[(4, 0, 0, 0)] == pytest.approx(np.exp(state.log_probability((4, 0, 0, 0))), rel=1e-14)
    for row in ((5, 0, 0, 0), (2, 0, 2, 0), (3, 0, 0, 0), "4000", (4.5, 0, 0, -0.5)):
        with pytest.raises(rj.InvalidInputError):
            state[row]


@pytest.mark.parametrize("solver", [rj.LevelAggregation(), rj.LevelReduction()], ids=repr)
def test_pickle(solver: Any) -> None:
    """A pickled state has the same numbers."""
    state = rj.solve(pool(6, REALISTIC, slots=1), solver)
    copy = pickle.loads(pickle.dumps(state))
    assert copy.to_dict() == state.to_dict()
    assert np.array_equal(copy.log_probabilities, state.log_probabilities)


def test_how_it_was_solved() -> None:
    """The result says by which solver, why, in how many sweeps, and what may be wrong."""
    swept = rj.solve(pool(60, REALISTIC, slots=3))
    assert (swept.method, swept.reason.split()[0]) == ("level aggregation", "levels")
    assert swept.iterations > 3
    assert 0 < swept.contraction < 0.7
    assert 0 < swept.residual < 5e-12
    direct = rj.solve(pool(5, REALISTIC, slots=1))
    assert (direct.method, direct.iterations, direct.contraction) == ("level reduction", 0, 0.0)
    for text in (repr(swept), swept._repr_html_()):
        for word in ("level aggregation", "capacity availability", "ln P(all failed)", "contraction"):
            assert word in text
    assert swept.to_dict()["iterations"] == swept.iterations


def test_large_measures_need_no_states() -> None:
    """Measures of many states are had without making any of them."""
    state = rj.solve(pool(100, REALISTIC, required=95))
    assert 0 < state.planned_unavailability < state.unavailability < 1
    assert state.up_servers.sum() == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(("primaries", "spares"), [(1, 3), (2, 5), (4, 3), (7, 3), (10, 5)])
def test_no_share_beyond_the_whole(primaries: int, spares: int) -> None:
    """However rarely servers are missing, at most all of the primaries' work is served."""
    rates = rj.Rates(aging=1e-3, failure=1e-6, repair=1, restart=6, rejuvenation=0.01)
    for slots in (1, None):
        state = rj.solve(rj.Pool(primaries=primaries, spares=spares, rates=rates, slots=slots))
        assert 1 - 1e-12 < state.capacity_availability <= 1


@pytest.mark.parametrize("solver", [rj.ClosedForm(), rj.LevelAggregation, "GTH"], ids=repr)
def test_solvers_that_do_not_fit(solver: Any) -> None:
    """What does not solve a restricted pool is refused in words."""
    with pytest.raises(rj.InvalidInputError, match="solver"):
        rj.solve(pool(4, REALISTIC, slots=1), solver)
