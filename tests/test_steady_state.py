"""SteadyState: every measure, on points and grids, and how a result is shown, kept and shared."""

from __future__ import annotations

import copy
import json
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import numpy as np
import pytest
import solvers

import rejuvmodel as rj
from rejuvmodel import measures
from rejuvmodel.solutions import ArraySolution
from rejuvmodel.steady_state import SteadyState

DUPLEX = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 1 / 2, "restart": 3.0, "rejuvenation": 1 / 336}
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)


def solved(case: solvers.SolverCase = solvers.SOLVERS[0], servers: int = 2, **changes: Any) -> rj.SteadyState:
    return rj.solve(rj.Cluster(servers, rj.Rates(**(DUPLEX | changes))), case.solver)


def up_down(**more: Any) -> rj.SteadyState:
    """Return the state of a chain that is down a quarter of the time."""
    return rj.solve(rj.MarkovChain.from_transitions([("up", "down", 1), ("down", "up", 3)], **more))


@solvers.EVERY_SOLVER
def test_measures_of_one_point(case: solvers.SolverCase) -> None:
    """Every measure of one point is a float that follows from the probabilities."""
    state = solved(case)
    assert state.shape == ()
    assert state.states == ("2", "1", "0", "u2", "u1", "r2", "r1")
    assert state.probabilities.shape == (7,)
    assert np.log(state.probabilities) == pytest.approx(state.log_probabilities, rel=1e-14)
    down = state["0"] + state["r1"]
    follows = {
        "unavailability": down,
        "availability": 1 - down,
        "log_unavailability": math.log(down),
        "planned_unavailability": state["r1"],
        "unplanned_unavailability": state["0"],
        "nines": -math.log10(down),
    }
    for name, value in follows.items():
        assert type(getattr(state, name)) is float
        assert getattr(state, name) == pytest.approx(value, rel=1e-14)
    assert state.log_probability("r1") == pytest.approx(math.log(state["r1"]), rel=1e-14)


@solvers.EVERY_SOLVER
def test_method_and_residual(case: solvers.SolverCase) -> None:
    """A result says how it was obtained, and how well where there is anything to say."""
    state = solved(case)
    assert state.method == case.name
    if case.any_chain:
        assert 0 <= state.residual <= 1e-14
    else:
        assert state.residual is None


@solvers.EVERY_SOLVER
def test_nines_of_a_very_reliable_cluster(case: solvers.SolverCase) -> None:
    """Nines come from the unavailability and do not end at the 16 that a difference from 1 can show."""
    state = solved(case, servers=12)
    assert state.availability == 1.0
    assert state.nines == pytest.approx(-math.log10(state.unavailability), rel=1e-14)
    assert state.nines > 20


def test_nines_below_the_doubles() -> None:
    """Where the unavailability underflows, nines and logarithms are still right, and downtime is 0."""
    state = rj.solve(rj.Cluster(500, rj.Rates(**DUPLEX)))
    assert state.unavailability == 0
    assert state.downtime(8760) == 0
    assert state.nines == pytest.approx(-state.log_unavailability / math.log(10), rel=1e-14)
    assert 500 < state.nines < math.inf


def test_never_down() -> None:
    """A system that is never down has infinitely many nines, and plus zero of everything else."""
    state = up_down(down={})
    assert state.nines == math.inf
    assert state.availability == 1
    assert math.copysign(1, state.unavailability) == 1
    assert math.copysign(1, solved(aging=0).unavailability) == 1


@pytest.mark.parametrize("horizon", [8760, 8760.0, "365 d", timedelta(days=365), "8760 h", np.float64(8760)])
def test_downtime(horizon: Any) -> None:
    """Downtime is unavailability times the horizon, in hours, however the horizon is written."""
    assert up_down(down={"down": "unplanned"}).downtime(horizon) == pytest.approx(2190, rel=1e-15)


@pytest.mark.parametrize("horizon", [8760, "365 d", timedelta(days=365)])
def test_cost(horizon: Any) -> None:
    """The cost over a horizon is the cost rate times its hours."""
    state = solved()
    assert state.cost(COSTS, horizon) == pytest.approx(8760 * state.cost_rate(COSTS), rel=1e-15)


@pytest.mark.parametrize(
    "horizon", [-1, math.nan, math.inf, "never", "soon", None, True, 1j, [1, 2], {}, "-3 d"]
)
def test_bad_horizons(horizon: Any) -> None:
    """A horizon that is no finite duration is refused by its name."""
    state = solved()
    for ask in (lambda: state.downtime(horizon), lambda: state.cost(COSTS, horizon)):
        with pytest.raises(rj.InvalidInputError) as refused:
            ask()
        assert refused.value.argument.startswith("hours")


@pytest.mark.parametrize("costs", [None, 5, {"failure": 5}, rj.Costs, "much"])
def test_bad_costs(costs: Any) -> None:
    """Costs must be a Costs object."""
    state = solved()
    for ask in (state.cost_rate, state.log_cost_rate, lambda c: state.cost(c, 1)):
        with pytest.raises(rj.InvalidInputError, match=r"costs: .*Costs\("):
            ask(costs)


@solvers.EVERY_SOLVER
def test_arrays_of_costs(case: solvers.SolverCase) -> None:
    """Costs given as arrays broadcast against the grid."""
    prices = rj.Costs(failure=[1000, 2000], rejuvenation=10)
    one = solved(case)
    singles = [one.cost_rate(rj.Costs(failure=price, rejuvenation=10)) for price in (1000, 2000)]
    assert one.cost_rate(prices).tolist() == pytest.approx(singles, rel=1e-15)
    assert np.exp(one.log_cost_rate(prices)).tolist() == pytest.approx(singles, rel=1e-13)
    grid = solved(case, restart=[[1.0], [2.0], [3.0]])
    assert grid.cost_rate(prices).shape == (3, 2)
    assert grid.cost(prices, "365 d")[2].tolist() == pytest.approx(
        [8760 * cost for cost in singles], rel=1e-15
    )


@solvers.EVERY_SOLVER
def test_costs_that_do_not_broadcast(case: solvers.SolverCase) -> None:
    """Costs that do not fit the grid are refused with both shapes, not from inside NumPy."""
    grid = solved(case, restart=[1.0, 2.0, 3.0])
    prices = rj.Costs(failure=[1000, 2000], rejuvenation=10)
    for ask in (grid.cost_rate, grid.log_cost_rate, lambda c: grid.cost(c, 1)):
        with pytest.raises(rj.InvalidInputError, match=r"\(2,\).*\(3,\)|\(3,\).*\(2,\)"):
            ask(prices)


def test_no_cost_at_all() -> None:
    """Where nothing has a price the cost is 0 and its logarithm −∞."""
    free = rj.Costs(failure=0, rejuvenation=0)
    assert solved().cost_rate(free) == 0
    assert solved().log_cost_rate(free) == -math.inf


def test_cost_without_a_price_keeps_the_shape_of_the_grid() -> None:
    """On a grid a cost of 0 has the shape of the grid, as every other measure."""
    free = rj.Costs(failure=0, rejuvenation=0)
    grid = solved(restart=[1.0, 2.0, 3.0])
    assert np.asarray(grid.cost_rate(free)).tolist() == [0, 0, 0]
    assert np.asarray(grid.log_cost_rate(free)).tolist() == [-math.inf] * 3


@solvers.EVERY_SOLVER
def test_expected_reward(case: solvers.SolverCase) -> None:
    """The expected reward is Σ π_s · reward_s, from a mapping or a vector, negative rewards included."""
    state = solved(case)
    assert state.expected({"0": 2, "r1": -3.5}) == pytest.approx(
        2 * state["0"] - 3.5 * state["r1"], rel=1e-13
    )
    assert state.expected([1] * 7) == pytest.approx(1, rel=1e-15)
    assert state.expected({}) == 0
    grid = solved(case, restart=[1.0, 2.0])
    assert grid.expected({"0": 1}).tolist() == pytest.approx(grid["0"].tolist(), rel=1e-15)


@pytest.mark.parametrize(
    ("reward", "place"),
    [
        ({"x": 1}, "reward"),
        ({"0": math.nan}, "reward['0']"),
        ({"0": "a"}, "reward['0']"),
        ({"0": [1, 2]}, "reward['0']"),
        ([1, 2], "reward"),
        (5, "reward"),
        ("abcdefg", "reward"),
        (None, "reward"),
        ([1, 2, 3, 4, 5, 6, math.inf], "reward[6]"),
    ],
    ids=str,
)
def test_bad_rewards(reward: Any, place: str) -> None:
    """A reward that is none, or not one per state, is refused with its place."""
    with pytest.raises(rj.InvalidInputError) as refused:
        solved().expected(reward)
    assert refused.value.argument.replace('"', "'") == place


@solvers.EVERY_SOLVER
def test_grid_shapes(case: solvers.SolverCase) -> None:
    """On a grid every measure has its shape, and probabilities have the states behind it."""
    state = solved(case, servers=3, aging=[[0.1], [0.2]], restart=[1.0, 2.0, 3.0])
    assert state.shape == (2, 3)
    assert state.probabilities.shape == state.log_probabilities.shape == (2, 3, 10)
    assert state["u2"].shape == state.log_probability("u2").shape == (2, 3)
    for name in ("availability", "unavailability", "log_unavailability", "planned_unavailability",
                 "unplanned_unavailability", "nines"):  # fmt: skip
        assert getattr(state, name).shape == (2, 3)
    for value in (
        state.downtime("1 d"),
        state.cost(COSTS, 1),
        state.cost_rate(COSTS),
        state.log_cost_rate(COSTS),
    ):
        assert value.shape == (2, 3)
    assert state.expected({"0": 1}).shape == (2, 3)
    assert state["3"][1, 2] == pytest.approx(solved(case, servers=3, aging=0.2, restart=3.0)["3"], rel=1e-14)


@pytest.mark.parametrize("label", ["u3", "U2", "02", "", None, 2, ("2",), 2.0, slice(None)])
@solvers.EVERY_SOLVER
def test_unknown_states(case: solvers.SolverCase, label: Any) -> None:
    """A state that does not exist is refused, with near ones or all of them."""
    state = solved(case)
    for ask in (lambda: state[label], lambda: state.log_probability(label)):
        with pytest.raises(rj.InvalidInputError, match="there is no state of that name") as refused:
            ask()
        assert "Did you mean" in str(refused.value) or "States are '2', '1'" in str(refused.value)


def test_near_match() -> None:
    """A misspelt state is answered with the nearest one."""
    with pytest.raises(rj.InvalidInputError, match="Did you mean 'down'"):
        _ = up_down()["dwon"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.unavailability,
        lambda s: s.log_unavailability,
        lambda s: s.availability,
        lambda s: s.nines,
        lambda s: s.planned_unavailability,
        lambda s: s.unplanned_unavailability,
        lambda s: s.downtime(1),
        lambda s: s.cost_rate(COSTS),
    ],
)
def test_chain_without_down_states(ask: Any) -> None:
    """A chain that does not say when it is down has probabilities, and tells how to get the rest."""
    state = up_down()
    assert state["up"] == pytest.approx(0.75, rel=1e-15)
    with pytest.raises(rj.InvalidInputError, match="Give down= when building the chain"):
        ask(state)


@pytest.mark.parametrize("name", ["down", "degraded", "rejuvenating"])
def test_groups_that_a_reactive_model_lacks(name: str) -> None:
    """A chain without groups can still be asked what it knows: to_dict and repr never fail."""
    state = up_down(**({} if name == "down" else {"down": {"down": "planned"}}))
    assert state.to_dict()["probabilities"] == pytest.approx({"up": 0.75, "down": 0.25}, rel=1e-15)
    assert "GTH" in repr(state)


@solvers.EVERY_SOLVER
@pytest.mark.parametrize(
    "changes", [{}, {"restart": [1.0, 2.0]}, {"aging": 0}], ids=["point", "grid", "never down"]
)
def test_to_dict(case: solvers.SolverCase, changes: dict[str, Any]) -> None:
    """The measures as plain values survive JSON, under the names of the attributes."""
    state = solved(case, **changes)
    plain = json.loads(json.dumps(state.to_dict()))
    assert plain["method"] == case.name
    assert plain["shape"] == list(state.shape)
    for name in ("availability", "unavailability", "log_unavailability", "nines", "residual",
                 "planned_unavailability", "unplanned_unavailability"):  # fmt: skip
        value = getattr(state, name)
        assert plain[name] == (value.tolist() if isinstance(value, np.ndarray) else value)
    if not state.shape:
        assert plain["probabilities"] == {label: state[label] for label in state.states}


@solvers.EVERY_SOLVER
def test_shown_on_a_terminal(case: solvers.SolverCase) -> None:
    """The representation names method, availability, both causes and the downtime of a year."""
    text = repr(solved(case))
    for words in (
        case.name,
        "availability",
        "unavailability",
        "planned",
        "unplanned",
        "nines",
        "downtime in 365 d",
    ):
        assert words in text
    assert ("balance residual" in text) == case.any_chain
    assert "(2,)" in repr(solved(case, restart=[1.0, 2.0]))
    assert "availability" not in repr(up_down())


def test_shown_in_a_notebook() -> None:
    """The HTML is one well-formed table with the same rows."""
    html = solved()._repr_html_()
    assert html.startswith("<table><caption")
    assert html.endswith("</table>")
    assert html.count("<tr>") == html.count("</tr>") == len(repr(solved()).splitlines()) - 1
    assert "availability" in html


def test_html_is_escaped() -> None:
    """Text that comes from elsewhere cannot become markup."""
    one = np.ones(1)
    state = SteadyState(ArraySolution(["<b>"], one, np.log(one), {}, "<script>"))
    assert "<script>" not in state._repr_html_()
    assert "&lt;script&gt;" in state._repr_html_()


@solvers.EVERY_SOLVER
@pytest.mark.parametrize("asked", [False, True], ids=["fresh", "after use"])
def test_pickling(case: solvers.SolverCase, asked: bool) -> None:
    """A result survives pickling and deep copies, before and after its probabilities were asked for."""
    state = solved(case, restart=[1.0, 2.0])
    if asked:
        _ = state.probabilities
    for again in (pickle.loads(pickle.dumps(state)), copy.deepcopy(state)):
        assert again.unavailability.tolist() == state.unavailability.tolist()
        assert again.probabilities.tolist() == state.probabilities.tolist()
        assert again.cost_rate(COSTS).tolist() == state.cost_rate(COSTS).tolist()
        assert again.states == state.states
        assert again.method == state.method


def test_results_cannot_be_changed() -> None:
    """Neither the result nor its arrays can be changed."""
    state = solved()
    with pytest.raises(AttributeError):
        state.solution = None  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        state.probabilities[0] = 0.5


def test_unpickled_results_cannot_be_changed() -> None:
    """A result that was pickled is as read-only as the first."""
    for state in (solved(), solved(solvers.SOLVERS[1])):
        _ = state.probabilities
        with pytest.raises(ValueError, match="read-only"):
            pickle.loads(pickle.dumps(state)).probabilities[0] = 0.5


@solvers.EVERY_SOLVER
def test_eight_threads(case: solvers.SolverCase) -> None:
    """Eight threads that ask one result at once all get the numbers that one thread gets."""
    rates = rj.Rates(**(DUPLEX | {"restart": np.linspace(1, 5, 40)}))
    alone = rj.solve(rj.Cluster(6, rates), case.solver)
    expected = alone.probabilities.tolist(), alone.unavailability.tolist(), alone.cost_rate(COSTS).tolist()
    shared = rj.solve(rj.Cluster(6, rates), case.solver)
    together = Barrier(8)

    def ask(k: int) -> tuple[Any, ...]:
        together.wait()
        if k % 2:
            cost = shared.cost_rate(COSTS).tolist()
            return shared.probabilities.tolist(), shared.unavailability.tolist(), cost
        fresh = rj.solve(rj.Cluster(6, rates), case.solver)
        return fresh.probabilities.tolist(), fresh.unavailability.tolist(), fresh.cost_rate(COSTS).tolist()

    with ThreadPoolExecutor(8) as pool:
        assert all(found == expected for found in pool.map(ask, range(8)))


@pytest.mark.parametrize("model", [None, 5, "cluster", rj.Rates(**DUPLEX), rj.Cluster, []], ids=str)
def test_models_that_are_none(model: Any) -> None:
    """What is no model is refused with the models there are."""
    for verb in (rj.solve, rj.agreement):
        with pytest.raises(
            rj.InvalidInputError, match="a model is a Cluster, a Reactive, a Pool or a MarkovChain"
        ):
            verb(model)


@pytest.mark.parametrize("solver", ["GTH", rj.GTH, 5, rj.Costs(failure=1, rejuvenation=1)], ids=str)
def test_solvers_that_are_none(solver: Any) -> None:
    """What is no solver is refused with the solvers there are."""
    with pytest.raises(rj.InvalidInputError, match=r"a solver is ClosedForm\(\), GTH\(\), Direct\(\),"):
        rj.solve(rj.Cluster(2, rj.Rates(**DUPLEX)), solver=solver)


def test_chain_by_hand_has_no_closed_form() -> None:
    """The closed form of a chain built by hand is refused with the solvers that fit."""
    chain = rj.MarkovChain.from_transitions([("a", "b", 1), ("b", "a", 1)])
    with pytest.raises(rj.InvalidInputError, match=r"Use GTH\(\) or Direct\(\)"):
        rj.solve(chain, rj.ClosedForm())


def test_default_solvers() -> None:
    """The closed form is the default where there is one, else GTH."""
    assert rj.solve(rj.Cluster(2, rj.Rates(**DUPLEX))).method == "closed form"
    assert rj.solve(rj.Reactive(servers=2, failure=1, repair=1)).method == "closed form"
    assert up_down().method == "GTH"


def test_sum_of_logarithms() -> None:
    """A weighted sum of logarithms is right far below the doubles, for weights of 0 and for no terms."""
    terms = np.array([-1000.0, -1001.0, -np.inf])
    right = -1000 + math.log(2 + 3 * math.exp(-1))
    assert measures.log_sum(terms, np.array([2.0, 3.0, 5.0])) == pytest.approx(right, rel=1e-15)
    assert measures.log_sum(terms, np.array([0.0, 1.0, 1.0])) == -1001
    assert measures.log_sum(terms, np.zeros(3)) == -math.inf
    assert measures.log_sum(np.zeros(0)) == -math.inf
    assert measures.log_sum(np.array([[-2000.0, -2000.0]])).tolist() == pytest.approx([-2000 + math.log(2)])


def test_rate_brings_a_tiny_probability_back() -> None:
    """Rejuvenations per hour are right where λ_r is as huge as the probability of u_i is tiny."""
    rates = rj.Rates(aging=1.0, failure=3e-310, rejuvenation=1e300, repair=1e300, restart=1e-160)
    for solver in (rj.ClosedForm(), rj.GTH()):
        state = rj.solve(rj.Cluster(4, rates), solver)
        assert float(state.solution.mass("rejuvenations")) == pytest.approx(1e-160, rel=1e-12)
