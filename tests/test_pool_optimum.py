"""The best rejuvenation rate of a pool: against exact fractions, clusters of one server, and brute force."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from small_pools import Truth, time_to_outage, truth

import rejuvmodel as rj
from rejuvmodel import plotting
from rejuvmodel.pool_curve import PoolCurve
from rejuvmodel.pool_search import crossing, seen

RATES = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 1 / 2, "restart": 3}
COSTS = {"failure": 1000, "rejuvenation": 10, "capacity": 5}
DUPLEX = {"primaries": 1, "spares": 1, "slots": 1}
PRICED = rj.Costs(**COSTS)
POOL = rj.Pool(rates=rj.Rates(**RATES), **DUPLEX)


def exact_cost(rate: float, pool=DUPLEX, rates=RATES) -> Fraction:
    """Cost per hour at a rate, in fractions."""
    found: Truth = truth(pool, rates | {"rejuvenation": rate})
    return (
        COSTS["failure"] * found.unplanned
        + COSTS["rejuvenation"] * found.planned
        + COSTS["capacity"] * found.rejuvenating_servers
    )


INTERIOR = {"primaries": 2, "spares": 1, "slots": 1, "mode": "active/standby"}
FAST = RATES | {"failure": 1 / 240, "aging": 1 / 100}


@pytest.fixture(scope="module")
def inside() -> rj.Optimum:
    """A best rate between the bounds, of a pool that rejuvenates one server at a time."""
    pool = rj.Pool(rates=rj.Rates(**FAST), **INTERIOR)
    return rj.optimize(pool, PRICED, (0, 10))


def test_interior_minimum_is_where_fractions_have_it(inside: rj.Optimum) -> None:
    """In exact arithmetic the cost rises on both sides of the rate that was found, a millionth away."""
    assert inside.location == "interior"
    low, middle, high = (exact_cost(inside.rate * (1 + shift), INTERIOR, FAST) for shift in (-1e-6, 0, 1e-6))
    assert low > middle < high
    assert abs(Fraction(inside.value) / middle - 1) < 1e-11


def test_interior_minimum_says_it_is_not_proved(inside: rj.Optimum) -> None:
    """An optimum of a pool is not certified, and its reason says that it was searched for."""
    assert not inside.certified
    assert "numerical search" in inside.reason
    assert "not proved" in inside.reason


def test_flat_region_is_one_percent(inside: rj.Optimum) -> None:
    """At both ends of the flat region the exact cost is 1 % above the best, to nine digits."""
    ends = [exact_cost(x, INTERIOR, FAST) / Fraction(inside.value) for x in inside.flat_region]
    assert [float(x) for x in ends] == pytest.approx([1.01, 1.01], rel=1e-9)


def test_gain(inside: rj.Optimum) -> None:
    """The gain is the exact cost at rate 0 less that at the best rate."""
    gain = exact_cost(0, INTERIOR, FAST) - exact_cost(inside.rate, INTERIOR, FAST)
    assert inside.gain == pytest.approx(float(gain), rel=1e-10)


def test_critical_points_are_turns(inside: rj.Optimum) -> None:
    """The best rate is one of the rates at which the curve was seen to turn."""
    assert inside.rate in inside.critical_points


def test_break_even_brackets_exactly() -> None:
    """At the break-even rate the exact unavailability is that of rate 0, to nine digits."""
    pool = {"primaries": 4, "spares": 1, "slots": 1}
    found = rj.optimize(rj.Pool(rates=rj.Rates(**RATES), **pool), bounds=(0, 10))
    assert found.location == "upper bound"
    assert found.break_even is not None
    at, zero = (truth(pool, RATES | {"rejuvenation": x}).unavailability for x in (found.break_even, 0))
    assert float(at / zero) == pytest.approx(1, rel=1e-9)
    humped = truth(pool, RATES | {"rejuvenation": found.break_even / 2}).unavailability
    assert humped > zero


@pytest.mark.parametrize("restart", [0.6, 3.0, 6.0, 60.0])
def test_pool_of_one_is_cluster_of_one(restart: float) -> None:
    """With one server pool and cluster have the same best rate, value and gain."""
    rates = rj.Rates(**(RATES | {"restart": restart}))
    ours = rj.optimize(rj.Pool(primaries=1, rates=rates), bounds=(0, 10))
    theirs = rj.optimize(rj.Cluster(1, rates), bounds=(0, 10))
    assert (ours.rate, ours.location) == (theirs.rate, theirs.location)
    assert ours.value == pytest.approx(theirs.value, rel=1e-12)
    assert ours.without == pytest.approx(theirs.without, rel=1e-12)


FLAT = {
    "0 slots": ({"slots": 0}, {}, PRICED),
    "all 3 servers required": ({"required": 3, "guarded": True}, {}, None),
    "never becomes|ever becomes": ({}, {"aging": 0}, None),
    "no cost applies": ({}, {}, rj.Costs(failure=0, rejuvenation=0)),
}


@pytest.mark.parametrize("why", FLAT)
def test_rate_that_makes_no_difference(why: str) -> None:
    """Where the rate makes no difference the optimum is flat, certified, and says why."""
    fields, rates, costs = FLAT[why]
    pool = rj.Pool(**({"primaries": 2, "spares": 1, "rates": rj.Rates(**(RATES | rates))} | fields))
    found = rj.optimize(pool, costs, (0, 10))
    assert (found.location, found.rate, found.gain, found.certified) == ("flat", 0.0, 0.0, True)
    assert any(text in found.reason for text in why.split("|"))
    assert found.flat_region == (0, 10)


def test_never_down_is_flat() -> None:
    """Without failures, and with more servers left than required, the unavailability is 0 at every rate."""
    rates = rj.Rates(**(RATES | {"failure": 0}))
    found = rj.optimize(rj.Pool(primaries=2, spares=1, slots=1, rates=rates), bounds=(0, 10))
    assert (found.location, found.value, found.log_value) == ("flat", 0.0, -math.inf)


@settings(max_examples=10, deadline=None)
@given(
    st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(0, 3), st.booleans(), st.booleans()),
    st.tuples(*[st.floats(-3, 1)] * 4),
    st.lists(st.floats(0, 1), min_size=5, max_size=5),
)
def test_no_rate_is_better(shape, logs, shares) -> None:
    """No rate drawn at random from the bounds gives a lower cost."""
    n, k, slots, guarded, standby = shape
    names = ("aging", "failure", "repair", "restart")
    pool = rj.Pool(
        primaries=n, spares=k, slots=slots, guarded=guarded,
        mode="active/standby" if standby else "active/active",
        rates=rj.Rates(**{name: 10**x for name, x in zip(names, logs, strict=True)}),
    )  # fmt: skip
    found = rj.optimize(pool, PRICED, (1e-4, 10))
    for share in shares:
        other = rj.solve(pool.with_rejuvenation(10 ** (-4 + 5 * share))).cost_rate(PRICED)
        assert found.value <= other * (1 + 1e-9)


def test_few_rates_show_what_many_show() -> None:
    """Pools of many kinds turn where the whole grid shows it, seen at half its rates or fewer."""
    looked_at, in_all = 0, 0
    for standby, (failure, rejuvenation, capacity) in product(
        (False, True), ((1e3, 1, 0), (1e3, 1e2, 5), (10, 0, 1e-3))
    ):
        pool = rj.Pool(
            primaries=2, spares=1, slots=1, guarded=not standby, rates=rj.Rates(**FAST),
            mode="active/standby" if standby else "active/active",
        )  # fmt: skip
        curve = PoolCurve(pool, rj.Costs(failure=failure, rejuvenation=rejuvenation, capacity=capacity))
        few = seen(curve, 0, 10)
        grid = curve.grid(0, 10)
        steps = np.sign(np.diff(curve.log_values(grid)))
        turns = [(grid[k], grid[k + 2]) for k in np.flatnonzero(np.diff(steps))]
        assert len(few.turns) == len(turns)
        assert all(low < x < high for x, (low, high) in zip(few.turns, turns, strict=True))
        looked_at, in_all = looked_at + len(few.grid), in_all + len(grid)
    assert looked_at < in_all / 2


def test_crossing_is_narrow_and_inside() -> None:
    """A crossing is known to 1e-10, on the side where the level is kept, also next to minus infinity."""
    for log_of in (lambda x: x - 2, lambda x: -math.inf if x < 2 else x, lambda x: (x / 2) ** 9 - 1):
        found = crossing(log_of, 1.0, 30.0, 0.0)
        assert log_of(found) <= 0
        assert log_of(found * (1 + 2e-10)) > 0


def test_curve_of_a_pool(inside: rj.Optimum) -> None:
    """The plot of a pool against its rate is its cost, solved at each rate drawn, with the optimum on it."""
    axes = plotting.plot_rate(inside.model, PRICED, (0, 10), best=inside, ax=Figure().subplots())
    curve = axes.lines[0]
    for rate, height in list(zip(*curve.get_data(), strict=True))[::10]:
        cost = rj.solve(inside.model.with_rejuvenation(rate)).cost_rate(PRICED)
        assert height == pytest.approx(cost, rel=1e-10)
    assert any(line.get_xdata()[0] == inside.rate for line in axes.lines if len(line.get_xdata()) == 1)


def test_curve_of_another_pool_refused(inside: rj.Optimum) -> None:
    """An optimum of another pool, or of a cluster, is not drawn on the curve of this one."""
    cluster = rj.optimize(rj.Cluster(2, rj.Rates(**RATES)), bounds=(0, 10))
    for model, best in ((POOL, inside), (POOL, cluster), (cluster.model, inside)):
        with pytest.raises(rj.InvalidInputError, match="an optimum of other cluster"):
            plotting.plot_rate(model, best=best)


def test_scaling_of_time(inside: rj.Optimum) -> None:
    """All rates and bounds twice as large make the best rate twice as large."""
    pool = rj.Pool(rates=rj.Rates(**{name: 2 * x for name, x in FAST.items()}), **INTERIOR)
    assert rj.optimize(pool, PRICED, (0, 20)).rate == pytest.approx(2 * inside.rate, rel=1e-7)


def test_state_and_model(inside: rj.Optimum) -> None:
    """The model is the pool at the best rate, and its state a state of a pool with the best cost."""
    assert isinstance(inside.model, rj.Pool)
    assert inside.model.rates.rejuvenation == inside.rate
    assert inside.period == 1 / inside.rate
    assert isinstance(inside.state, rj.PoolState)
    assert inside.state.cost_rate(PRICED) == pytest.approx(inside.value, rel=1e-12)


def test_pickle_and_dict(inside: rj.Optimum) -> None:
    """An optimum of a pool survives pickling, and its dictionary names the pool."""
    assert pickle.loads(pickle.dumps(inside)).to_dict() == inside.to_dict()
    assert inside.to_dict()["pool"]["slots"] == 1
    assert inside.to_dict()["servers"] == 3


def test_policy_of_a_pool(inside: rj.Optimum) -> None:
    """The policy has a clock for each server, counted from becoming unstable, with an exponential law."""
    policy = inside.policy(scope="server")
    assert (policy.scope, policy.clock, policy.law.to_dict()) == (
        "server",
        "unstable",
        {"name": "exponential"},
    )
    assert (policy.mean, policy.servers, policy.required, policy.max_concurrent) == (inside.period, 3, 2, 1)
    assert policy.computed_from["model"]["mode"] == "active/standby"


def test_policy_scope_cluster_refused(inside: rj.Optimum) -> None:
    """A pool has no clock of the cluster, and no policy of that scope."""
    with pytest.raises(rj.InvalidInputError, match="each server's"):
        inside.policy(scope="cluster")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"primaries": 3, "spares": 3, "slots": 2}, (3, 2)),
        ({"primaries": 3, "spares": 1, "slots": 4, "guarded": True}, (3, 1)),
        ({"primaries": 2}, (1, 1)),
        ({"primaries": 2, "slots": 0}, (1, 1)),
    ],
)
def test_limits_of_the_policy(fields, expected: tuple[int, int]) -> None:
    """Required servers and slots go into the policy, as far as the servers suffice."""
    found = rj.optimize(rj.Pool(rates=rj.Rates(**RATES), **fields), bounds=(0.01, 10))
    policy = found.policy(scope="server")
    assert (policy.required, policy.max_concurrent) == expected


@pytest.mark.parametrize(
    "bounds", [(0, math.inf), (1, 1), (2, 1), (-1, 1), (0, math.nan), 3, "ab", (1, 2, 3)]
)
def test_bounds_refused(bounds) -> None:
    """Bounds of a pool are two finite rates, the lower one first."""
    with pytest.raises(rj.InvalidInputError, match="two finite rates") as error:
        rj.optimize(POOL, bounds=bounds)
    assert error.value.argument.startswith("bounds")


def test_bounds_are_needed() -> None:
    """Without bounds a pool is refused, because the default ends at infinity."""
    with pytest.raises(rj.InvalidInputError, match="to infinity"):
        rj.optimize(POOL)


@pytest.mark.parametrize("restart", [0.3, 3.0])
@pytest.mark.parametrize(
    "fields",
    [
        {"primaries": 1},
        {"primaries": 2, "spares": 2, "slots": 1, "crews": 2},
        {"primaries": 2, "spares": 2, "guarded": True},
        {"primaries": 3, "spares": 1, "required": 2, "mode": "active/standby", "dormancy": 0.5},
        {"primaries": 4, "spares": 1, "required": 1},
    ],
)
def test_time_to_outage_is_exact(fields, restart: float) -> None:
    """The mean time to the first outage by levels is that of exact fractions, to 1e-12."""
    rates = RATES | {"restart": restart, "rejuvenation": 1 / 24}
    found = rj.mean_time_to_outage(rj.Pool(rates=rj.Rates(**rates), **fields))
    assert abs(Fraction(found) / time_to_outage(fields, rates) - 1) < 1e-12


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(0, 7), st.integers(1, 3), st.integers(0, 6)),
    st.tuples(st.booleans(), st.booleans(), st.sampled_from([0.0, 0.3, 1.0])),
    st.tuples(*[st.floats(-4, 2)] * 5),
    st.sampled_from([None, "aging", "failure", "rejuvenation"]),
)
def test_time_to_outage_two_ways(shape, switches, logs, zero) -> None:
    """Levels and the elimination of the whole chain give the same mean time, infinity included."""
    (n, k, slots, crews, need), (guarded, standby, dormancy) = shape, switches
    names = ("aging", "failure", "repair", "restart", "rejuvenation")
    rates = {name: 0.0 if name == zero else 10**x for name, x in zip(names, logs, strict=True)}
    pool = rj.Pool(
        primaries=n, spares=k, required=1 + need % (n + k), slots=slots, crews=crews, guarded=guarded,
        mode="active/standby" if standby else "active/active", dormancy=dormancy, rates=rj.Rates(**rates),
    )  # fmt: skip
    ours, chains = rj.mean_time_to_outage(pool), rj.mean_time_to_outage(pool.chain())
    assert ours == chains or ours == pytest.approx(chains, rel=1e-11)


def test_time_to_outage_of_nearly_closed_levels() -> None:
    """Where rates of 1e12 leave a level nearly closed, the mean time is still that of exact fractions."""
    fields = {"primaries": 2, "spares": 2, "guarded": True}
    rates = {"aging": 1e12, "failure": 1e-8, "repair": 1e-6, "restart": 1e12, "rejuvenation": 1e12}
    found = rj.mean_time_to_outage(rj.Pool(rates=rj.Rates(**rates), **fields))
    assert abs(Fraction(found) / time_to_outage(fields, rates) - 1) < 1e-11


def test_time_to_outage_of_fifty_servers_refused_beyond() -> None:
    """A pool whose levels are too large is refused with the number of their states."""
    pool = rj.Pool(primaries=60, spares=60, rates=rj.Rates(**RATES, rejuvenation=1))
    with pytest.raises(rj.SizeError, match="5551 up states"):
        rj.mean_time_to_outage(pool)


def test_missions_of_a_pool() -> None:
    """Transient measures of a pool are those of its chain."""
    pool = POOL.with_rejuvenation(0.1)
    ours, chains = rj.transient(pool, [1.0, 100.0]), rj.transient(pool.chain(), [1.0, 100.0])
    assert np.array_equal(ours.unavailability, chains.unavailability)
    fresh = rj.interval_unreliability(pool, "30 d", start={(2, 0, 0, 0): 1.0})
    assert fresh == rj.interval_unreliability(pool, "30 d")
