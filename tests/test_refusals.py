"""Each kind of bad input by itself: what is refused, by which error, in which words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import rejuvmodel as rj

INF, NAN = math.inf, math.nan
GOOD: dict[str, Any] = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 0.5, "restart": 3.0}
OPEN = rj.Cluster(2, rj.Rates(**GOOD))
WEB = OPEN.with_rejuvenation(1 / 336)
GRID = rj.Cluster(2, rj.Rates(**GOOD, rejuvenation=[0.1, 0.2]))
COSTS = rj.Costs(failure=1000, rejuvenation=10)
ROWS = [("up", "down", 0.01, "failure"), ("down", "up", 2.0, "repair")]
CHAIN = rj.MarkovChain.from_transitions(ROWS, down={"down": "unplanned"})
STATE = rj.solve(WEB)


WIDE = np.ones((10**6, 1)), np.ones((1, 10**6))
COUNTS = [lambda n: rj.Cluster(n, WEB.rates), lambda n: rj.Reactive(servers=n, failure=1, repair=1)]


@pytest.mark.parametrize("count", [0, -1, 2.5, 2.0, True, "2", None, NAN, INF, [2], np.array([2]), -(10**30)])
@pytest.mark.parametrize("place", COUNTS, ids=["Cluster", "Reactive"])
def test_servers_is_a_whole_number(place: Callable[[Any], object], count: Any) -> None:
    """Servers is a whole number of at least 1; floats, bools, text and lists are refused."""
    with pytest.raises(rj.InvalidInputError, match=r"servers: got .*whole number of at least 1"):
        place(count)


@pytest.mark.parametrize("name", ["repair", "restart"])
def test_zero_repair_and_zero_restart(name: str) -> None:
    """A repair or restart rate of 0 is refused, alone or within an array."""
    for zero in (0, -0.0, 0.0, [1.0, 0.0]):
        with pytest.raises(rj.InvalidInputError, match=rf"{name}.*got -?0"):
            rj.Rates(**(GOOD | {name: zero}))


@pytest.mark.parametrize("name", GOOD)
def test_infinite_rates(name: str) -> None:
    """Only the rejuvenation rate may be infinite."""
    with pytest.raises(rj.InvalidInputError, match=f"{name}: got inf"):
        rj.Rates(**(GOOD | {name: INF}))


@pytest.mark.parametrize(
    "bounds",
    [
        *(
            (1, 0),
            (1, 1),
            (0, 0),
            (INF, INF),
            (0.0,),
            (0, 1, 2),
            (),
            "01",
            b"01",
            bytearray(b"01"),
            None,
            5,
            INF,
        ),
        *((0, "1"), (None, 1), (0, None), (0, NAN), (NAN, 1), (-1, 1), (0, 1j), (False, True), {0: 1, 1: 2}),
        *({0, 1}, ([0, 0], [1, 1]), (0, [1]), np.array(1.0), np.array([[0, 1]]), np.zeros(0), (0, 10**5000)),
    ],
)
def test_bounds_are_two_rising_rates(bounds: Any) -> None:
    """Bounds that are inverted, equal, too few, too many or no numbers are refused by name."""
    with pytest.raises(rj.InvalidInputError, match="bounds"):
        rj.optimize(OPEN, COSTS, bounds=bounds)


@pytest.mark.parametrize("bounds", [[0, 1], np.array([0.0, INF]), range(2), (Fraction(1, 3), Decimal(2))])
def test_bounds_may_come_in_any_sequence(bounds: Any) -> None:
    """Lists, arrays, ranges and exact numbers are good bounds."""
    assert rj.optimize(OPEN, COSTS, bounds=bounds).bounds == tuple(float(x) for x in bounds)


def test_both_rate_and_trigger() -> None:
    """Rate and trigger together are refused, naming both."""
    with pytest.raises(
        rj.InvalidInputError, match=r"trigger.*exactly one of rates\.rejuvenation and trigger"
    ):
        rj.Cluster(2, WEB.rates, trigger=rj.Trigger(rj.Fixed(300)))


@pytest.mark.parametrize("use", [rj.solve, rj.agreement, rj.Cluster.chain, lambda c: rj.solve(c, rj.GTH())])
def test_neither_rate_nor_trigger(use: Callable[[rj.Cluster], object]) -> None:
    """Neither rate nor trigger is refused where one is needed, naming both."""
    with pytest.raises(rj.InvalidInputError, match=r"rates\.rejuvenation and trigger: got neither"):
        use(OPEN)


@pytest.mark.parametrize("solver", [rj.GTH, rj.Direct, rj.ClosedForm])
def test_a_solver_class_is_no_solver(solver: type) -> None:
    """The class in place of the object is refused with the hint about the parentheses."""
    for use in (rj.solve, rj.agreement):
        with pytest.raises(rj.InvalidInputError, match=r"solver.*parentheses"):
            use(WEB, solver)


def test_solvers_that_do_not_fit() -> None:
    """A closed form of a hand-built chain, or compared with itself, is refused."""
    with pytest.raises(rj.InvalidInputError, match=r"solver.*no closed form"):
        rj.solve(CHAIN, rj.ClosedForm())
    with pytest.raises(rj.InvalidInputError, match=r"solver.*numeric solver"):
        rj.agreement(WEB, rj.ClosedForm())


def test_grids_where_one_point_is_needed() -> None:
    """optimize, chain and Reactive refuse arrays, naming what is a grid."""
    prices = rj.Costs(failure=[1, 2], rejuvenation=1)
    for named, call in {
        "costs: got a grid": lambda: rj.optimize(OPEN, prices),
        "model: got a grid": lambda: rj.optimize(GRID),
        "rates: got a grid": GRID.chain,
        "failure and repair: got arrays": lambda: rj.Reactive(servers=2, failure=[1, 2], repair=1),
    }.items():
        with pytest.raises(rj.InvalidInputError, match=named):
            call()


@pytest.mark.parametrize(("one", "other"), [((2,), (3,)), ((2, 3), (3, 2)), ((4, 1, 2), (3, 3))])
def test_shapes_that_do_not_broadcast(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    """Rates, and costs, of clashing shapes are refused, naming both arguments and both shapes."""
    found = re.escape(f"got shapes {one} and {other}")
    with pytest.raises(rj.InvalidInputError, match=f"aging and restart: {found}"):
        rj.Rates(**(GOOD | {"aging": np.ones(one), "restart": np.ones(other)}))
    with pytest.raises(rj.InvalidInputError, match=f"failure and degraded: {found}"):
        rj.Costs(failure=np.ones(one), rejuvenation=1, degraded=np.ones(other))


@pytest.mark.parametrize("measure", ["cost_rate", "log_cost_rate"])
def test_costs_that_do_not_fit_the_grid(measure: str) -> None:
    """Costs that do not broadcast against the grid of rates are refused, naming both."""
    with pytest.raises(
        rj.InvalidInputError, match=r"the grid of rates and costs: got shapes \(2,\) and \(3,\)"
    ):
        getattr(rj.solve(GRID), measure)(rj.Costs(failure=[1, 2, 3], rejuvenation=1))


def test_indices_outside_the_grid() -> None:
    """An index outside the grid, or into a scalar, is refused."""
    for cluster, index in ((GRID, 2), (GRID, (0, 0)), (GRID, "a"), (GRID, []), (WEB, 0)):
        with pytest.raises(rj.InvalidInputError, match=r"Rates\[\.\.\.\]"):
            cluster[index]


@pytest.mark.parametrize("servers", [10**30, 10**400, 10**5000], ids=["31", "401", "5001 digits"])
def test_more_servers_than_can_be_numbered(servers: int) -> None:
    """Servers beyond any array are refused at once, by SizeError."""
    for place in COUNTS:
        with pytest.raises(rj.SizeError, match="servers: got"):
            place(servers)


LARGE = rj.Cluster(10**12, WEB.rates)


@pytest.mark.parametrize(
    "use",
    [
        *(LARGE.chain, lambda: LARGE.states, lambda: rj.solve(LARGE, rj.GTH()), lambda: rj.agreement(LARGE)),
        *(
            lambda: rj.solve(LARGE).probabilities,
            lambda: rj.solve(LARGE).states,
            lambda: rj.solve(LARGE)["u7"],
        ),
        *(
            lambda: rj.solve(LARGE).nines,
            lambda: rj.solve(LARGE).expected({"0": 1}),
            lambda: rj.optimize(LARGE),
        ),
        lambda: rj.solve(rj.Reactive(servers=10**12, failure=1, repair=1)),
        rj.Reactive(servers=10**12, failure=1, repair=1).chain,
    ],
)
def test_clusters_beyond_memory(use: Callable[[], object]) -> None:
    """What a cluster of 10^12 servers would need is refused with an estimate, before it is allocated."""
    with pytest.raises(
        rj.SizeError, match=r"(servers|states|state probabilities).* would need about .* (TB|PB)"
    ):
        use()


def test_grids_beyond_memory() -> None:
    """A grid of 10^6 × 10^6 points can be described; each result of it is refused with an estimate."""
    rates = rj.Rates(**(GOOD | {"aging": WIDE[0], "failure": WIDE[1]}), rejuvenation=1)
    state, wide = rj.solve(rj.Cluster(2, rates)), rj.Costs(failure=WIDE[0], rejuvenation=WIDE[1])
    assert state.shape == (10**6, 10**6)
    for use in (
        *(lambda: state.unavailability, lambda: state.nines, lambda: state.probabilities, lambda: state["0"]),
        *(lambda: state.cost_rate(COSTS), lambda: state.downtime(1), lambda: STATE.cost_rate(wide)),
        *(
            lambda: STATE.log_cost_rate(wide),
            lambda: rj.solve(rj.Cluster(2, rates), rj.GTH()),
            lambda: rates[:],
        ),
    ):
        with pytest.raises(rj.SizeError, match=r"(points?|point\(s\)) would need about .* TB"):
            use()


def test_grids_beyond_indices() -> None:
    """Arrays that span more points than can be counted are refused by name when the rates are made."""
    axes = [np.ones([10**5 if k == axis else 1 for k in range(4)]) for axis in range(4)]
    with pytest.raises(rj.SizeError, match=r"restart, repair, failure, aging: together a grid of"):
        rj.Rates(**dict(zip(GOOD, axes, strict=True)))


@pytest.mark.parametrize(
    "reward",
    [[1] * 6, [1] * 8, 1.0, [[1] * 7], np.ones((7, 1)), [1, 2, [3]], {"u2": [1, 2]}, {"zz": 1}, {2: 1}],
)
def test_rewards_of_other_shapes(reward: Any) -> None:
    """One finite number for each state, or for known labels, is the only reward."""
    with pytest.raises(rj.InvalidInputError, match="reward"):
        STATE.expected(reward)


def test_a_set_of_transitions_has_no_order() -> None:
    """Transitions in a set are refused: their states would have no order."""
    with pytest.raises(rj.InvalidInputError, match="transitions: got"):
        rj.MarkovChain.from_transitions(set(ROWS))


def test_a_chain_without_down_states_says_so() -> None:
    """Measures that need down states are refused where the chain does not name them."""
    with pytest.raises(rj.InvalidInputError, match=r"down: .*unavailability"):
        _ = rj.solve(rj.MarkovChain.from_transitions(ROWS)).unavailability
