"""The cheapest pool that meets a target: against brute force in exact fractions, and its refusals."""

from __future__ import annotations

import json
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pools import truth

import rejuvmodel as rj

RATES = {"aging": 1 / 100, "failure": 1 / 240, "repair": 1 / 2, "restart": 3, "rejuvenation": 1 / 24}
BASE = rj.Pool(primaries=2, rates=rj.Rates(**RATES), slots=1)
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
PRICES = rj.Prices(server=0.5, crew=0.25)
SPARES, SLOTS, CREWS = range(3), range(3), (1, 2)


def exact_table(prices: rj.Prices, costs: rj.Costs) -> dict[tuple[int, int, int], tuple[Fraction, Fraction]]:
    """Running cost and unavailability of each combination, in fractions."""
    table = {}
    for spares, slots, crews in product(SPARES, SLOTS, CREWS):
        found = truth({"primaries": 2, "spares": spares, "slots": slots, "crews": crews}, RATES)
        cost = (
            Fraction(prices.server) * (2 + spares)
            + Fraction(prices.crew) * crews
            + Fraction(costs.failure) * found.unplanned
            + Fraction(costs.rejuvenation) * found.planned
            + Fraction(costs.capacity) * found.rejuvenating_servers
        )
        table[spares, slots, crews] = cost, found.unavailability
    return table


@pytest.fixture(scope="module")
def exact() -> dict[tuple[int, int, int], tuple[Fraction, Fraction]]:
    """The table of all combinations, in fractions."""
    return exact_table(PRICES, COSTS)


def key(one: rj.PoolAlternative) -> tuple[int, int, int]:
    """Spares, slots and crews of an alternative."""
    return one.pool.spares, one.pool.places, one.pool.crews


@pytest.mark.parametrize("nines", [1, 2, 3, 4, 5, 6, 9])
def test_best_is_that_of_brute_force(nines: int, exact) -> None:
    """The choice is the cheapest combination whose exact unavailability is at most 10**-nines."""
    target = 1 - Fraction(1, 10**nines)
    chosen = rj.choose_pool(
        BASE, target=target, spares=SPARES, slots=SLOTS, crews=CREWS, costs=COSTS, prices=PRICES
    )
    meeting = {k: cost for k, (cost, down) in exact.items() if down <= 1 - target}
    assert (chosen.best is None) == (not meeting)
    if chosen.best is not None:
        assert key(chosen.best) == min(meeting, key=meeting.__getitem__)


def test_table_is_exact(exact) -> None:
    """Each alternative has its exact running cost and unavailability, to 1e-11, the cheapest first."""
    table = rj.choose_pool(
        BASE, target=0.999, spares=SPARES, slots=SLOTS, crews=CREWS, costs=COSTS, prices=PRICES
    ).table
    assert [key(one) for one in table] == sorted(exact, key=lambda k: exact[k][0])
    for one in table:
        cost, down = exact[key(one)]
        assert abs(Fraction(one.running_cost) / cost - 1) < 1e-11
        assert abs(Fraction(one.unavailability) / down - 1) < 1e-11
        assert one.running_cost == one.server_cost + one.crew_cost + one.outage_cost


def test_rows_are_measures_of_the_state() -> None:
    """The measures of an alternative are those of its steady state."""
    one = rj.choose_pool(BASE, target=0.999, spares=2).table[0]
    assert one.planned_unavailability == one.state.planned_unavailability
    assert one.unplanned_unavailability == one.state.unplanned_unavailability
    assert one.capacity_availability == one.state.capacity_availability
    assert one.nines == pytest.approx(one.state.nines, rel=1e-14)
    assert one.availability == one.state.availability


def just_allowed(exact) -> Fraction:
    """Unavailability of two servers with one spare."""
    return exact[1, 1, 1][1]


@pytest.mark.parametrize(("shift", "meets"), [(1e-11, True), (-1e-11, False)])
def test_target_to_eleven_digits(shift: float, meets: bool, exact) -> None:
    """A target that allows a part in 1e11 more than the exact unavailability is met, one of less is not."""
    target = 1 - just_allowed(exact) * (1 + Fraction(shift))
    assert rj.choose_pool(BASE, target=target, spares=1).table[0].meets_target is meets


@pytest.mark.parametrize("nines", [1, 5, 9, 15])
def test_a_float_target_is_its_decimal(nines: int) -> None:
    """0.99999 allows 1e-5, as it is written, and so does each number of nines."""
    target = float("0." + "9" * nines)
    chosen = rj.choose_pool(BASE, target=target)
    assert chosen.log_allowed == pytest.approx(-nines * math.log(10), rel=1e-14)


@pytest.mark.parametrize("kind", [Decimal, Fraction])
def test_targets_beyond_floats(kind) -> None:
    """A decimal or a fraction may have more nines than a float."""
    target = 1 - kind(1) / kind(10**25)
    assert rj.choose_pool(BASE, target=target).log_allowed == pytest.approx(-25 * math.log(10), rel=1e-14)


def test_without_prices_the_fewest_servers() -> None:
    """Without prices and costs a server costs 1, and the fewest servers that meet the target are chosen."""
    chosen = rj.choose_pool(BASE, target=0.9999, spares=range(5))
    assert chosen.best is not None
    assert chosen.best.running_cost == chosen.best.pool.total
    downs = [float(rj.solve(one.pool).unavailability) for one in chosen.table]
    assert chosen.table.index(chosen.best) == next(k for k, down in enumerate(downs) if down <= 1e-4)


def test_ties_go_to_fewest_servers_and_crews() -> None:
    """Of equal cost the fewest servers come first, then the fewest crews, then the highest availability."""
    chosen = rj.choose_pool(
        BASE, target=0.9, spares=(2, 0, 1), crews=(2, 1), slots=(1, 0), prices=rj.Prices(server=0)
    )
    order = [(one.pool.total, one.pool.crews) for one in chosen.table]
    assert order == sorted(order)
    pairs = [one.log_unavailability for one in chosen.table]
    assert all(a <= b for a, b in zip(pairs[::2], pairs[1::2], strict=True))


def test_none_meets() -> None:
    """If none meets the target the best is None, and the reason names the closest and what it misses by."""
    chosen = rj.choose_pool(BASE, target=0.9999999, spares=range(2))
    assert chosen.best is None
    assert chosen.closest is min(chosen.table, key=lambda one: one.log_unavailability)
    times = chosen.closest.unavailability / 1e-7
    assert f"down {times:.3g} times as long as allowed" in chosen.reason
    assert chosen.reason.startswith("None of the 2 alternatives meets the target")
    assert chosen.to_dict()["best"] is None


def test_reason_names_the_next_cheaper() -> None:
    """The reason says by how much the next cheaper alternative misses the target, and what it saves."""
    chosen = rj.choose_pool(BASE, target=0.9999, spares=range(4), prices=rj.Prices(server=0.5))
    place = chosen.table.index(chosen.best)
    missing = chosen.table[place - 1]
    assert f"is 0.5 per hour cheaper and down {missing.unavailability / 1e-4:.3g} times" in chosen.reason
    assert "The target binds" in chosen.reason


def test_reason_where_the_target_does_not_bind() -> None:
    """If the cheapest of all meets the target, the reason says that the target does not bind."""
    chosen = rj.choose_pool(BASE, target=0.5, spares=range(2))
    assert chosen.best is chosen.table[0]
    assert "does not bind" in chosen.reason


def test_required_follows_the_primaries() -> None:
    """Where only primaries are given, each pool requires all of its own."""
    chosen = rj.choose_pool(BASE, target=0.9, primaries=range(1, 5))
    assert {(one.pool.primaries, one.pool.needed) for one in chosen.table} == {(n, n) for n in range(1, 5)}


def test_all_slots_follow_the_servers() -> None:
    """A base that lets all its servers rejuvenate lets all of each pool; a number stays a number."""
    free = rj.Pool(primaries=2, rates=rj.Rates(**RATES))
    assert [one.pool.places for one in rj.choose_pool(free, target=0.9, spares=range(3)).table] == [2, 3, 4]
    assert [one.pool.places for one in rj.choose_pool(BASE, target=0.9, spares=range(3)).table] == [1, 1, 1]


def test_impossible_and_equal_combinations_are_left_out() -> None:
    """Pools that require more servers than they have are left out, and slots beyond N are one alternative."""
    chosen = rj.choose_pool(BASE, target=0.9, spares=(0, 1), required=(2, 3), slots=(3, 5, 7))
    found = [(one.pool.total, one.pool.needed, one.pool.places) for one in chosen.table]
    assert sorted(found) == [(2, 2, 2), (3, 2, 3), (3, 3, 3)]


def test_rates_to_choose_from() -> None:
    """Rejuvenation rates are a range like the others, 0 included."""
    chosen = rj.choose_pool(BASE, target=0.9, spares=1, rejuvenation=[0, 0.1, 1])
    found = {one.pool.rates.rejuvenation: one.unavailability for one in chosen.table}
    for rate, down in found.items():
        exactly = truth({"primaries": 2, "spares": 1, "slots": 1}, RATES | {"rejuvenation": rate})
        assert down == pytest.approx(float(exactly.unavailability), rel=1e-12)
    assert set(found) == {0, 0.1, 1}


def test_best_rate_without_costs_is_that_of_optimize() -> None:
    """With "best" and no costs each pool has the rate of least unavailability that optimize finds."""
    chosen = rj.choose_pool(BASE, target=0.9, spares=range(2), rejuvenation="best", bounds=(0, 10))
    for one in chosen.table:
        best = rj.optimize(one.pool, bounds=(0, 10))
        assert one.unavailability == pytest.approx(best.value, rel=1e-12)


def test_best_rate_with_slack_is_that_of_least_cost() -> None:
    """Where the rate of least cost meets the target it is chosen."""
    chosen = rj.choose_pool(
        BASE, target=0.5, spares=1, rejuvenation="best", bounds=(0, 10), costs=COSTS, prices=PRICES
    )
    best = rj.optimize(chosen.table[0].pool, COSTS, (0, 10))
    assert best.location == "interior"
    assert chosen.table[0].pool.rates.rejuvenation == pytest.approx(best.rate, rel=1e-8)


def test_best_rate_at_the_target() -> None:
    """Where the rate of least cost misses the target, the rate is the cheapest that just meets it."""
    free = rj.optimize(rj.Pool(primaries=2, spares=1, slots=1, rates=BASE.rates), COSTS, (0, 10))
    allowed = float(free.state.unavailability) * 0.5
    target = 1 - Fraction(allowed)
    chosen = rj.choose_pool(
        BASE, target=target, spares=1, rejuvenation="best", bounds=(0, 10), costs=COSTS, prices=PRICES
    )
    one = chosen.best
    assert one is not None
    assert one.unavailability == pytest.approx(allowed, rel=1e-8)
    assert one.log_unavailability <= chosen.log_allowed
    assert one.outage_cost > free.value
    assert "just met" in chosen.reason
    for rate in (0, 0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10):
        state = rj.solve(one.pool.with_rejuvenation(rate))
        assert state.unavailability > allowed or state.cost_rate(COSTS) >= one.outage_cost * (1 - 1e-9)


def test_best_rate_where_none_meets() -> None:
    """Where no rate meets the target the alternative is the one of least unavailability."""
    chosen = rj.choose_pool(
        BASE, target=0.9999999, rejuvenation="best", bounds=(0, 10), costs=COSTS, prices=PRICES
    )
    assert chosen.best is None
    best = rj.optimize(BASE, bounds=(0, 10))
    assert chosen.closest.unavailability == pytest.approx(best.value, rel=1e-12)


@settings(max_examples=8, deadline=None)
@given(st.tuples(*[st.floats(-2.5, 0.5)] * 5), st.floats(0.5, 6), st.booleans())
def test_the_choice_is_the_cheapest_of_its_table(logs, nines: float, guarded: bool) -> None:
    """For any rates and target no alternative that meets the target is cheaper than the best."""
    rates = rj.Rates(**{name: 10**x for name, x in zip(RATES, logs, strict=True)})
    base = rj.Pool(primaries=2, rates=rates, guarded=guarded)
    target = 1 - 10**-nines
    chosen = rj.choose_pool(base, target=target, spares=range(3), slots=(0, 1, 2), prices=PRICES)
    meeting = [
        one for one in chosen.table if float(rj.solve(one.pool).log_unavailability) <= chosen.log_allowed
    ]
    assert (chosen.best is None) == (not meeting)
    if chosen.best is not None:
        assert chosen.best.running_cost == min(one.running_cost for one in meeting)


def test_progress() -> None:
    """The callback hears of each alternative, in order."""
    heard: list[tuple[int, int]] = []
    rj.choose_pool(BASE, target=0.9, spares=range(3), progress=lambda *pair: heard.append(pair))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_plain_forms() -> None:
    """A choice survives pickling, becomes JSON, has flat records, and shows itself in text and HTML."""
    chosen = rj.choose_pool(BASE, target=0.99999, spares=range(25), prices=PRICES)
    assert pickle.loads(pickle.dumps(chosen)).to_dict() == chosen.to_dict()
    assert json.loads(json.dumps(chosen.to_dict()))["prices"] == {"server": 0.5, "crew": 0.25}
    assert [row["spares"] for row in chosen.records()] == list(range(25))
    assert "… 5 more" in repr(chosen)
    assert "<table>" in chosen._repr_html_()
    assert "20 cheapest of 25" in chosen._repr_html_()


REFUSED = {
    "target = 1": ({"target": 1}, "target"),
    "target = 0": ({"target": 0}, "target"),
    "target above 1": ({"target": 99.999}, "target"),
    "target as text": ({"target": "0.9"}, "target"),
    "target True": ({"target": True}, "target"),
    "target NaN": ({"target": math.nan}, "target"),
    "target as array": ({"target": [0.9]}, "target"),
    "no spares": ({"spares": []}, "spares"),
    "spares below 0": ({"spares": [0, -1]}, r"spares[1]"),
    "spares broken": ({"spares": 1.5}, "spares"),
    "spares as text": ({"spares": "12"}, "spares"),
    "spares None": ({"spares": [None]}, "spares[0]"),
    "no crews": ({"crews": 0}, "crews"),
    "required beyond all": ({"required": 9, "spares": range(3)}, "required"),
    "costs without prices": ({"costs": COSTS}, "prices"),
    "costs no Costs": ({"costs": 3, "prices": PRICES}, "costs"),
    "a grid of costs": ({"costs": rj.Costs(failure=[1, 2], rejuvenation=1), "prices": PRICES}, "costs"),
    "prices no Prices": ({"prices": 3}, "prices"),
    "a word for rejuvenation": ({"rejuvenation": "often"}, "rejuvenation"),
    "best without bounds": ({"rejuvenation": "best"}, "bounds"),
    "best up to infinity": ({"rejuvenation": "best", "bounds": (0, math.inf)}, "bounds"),
    "bounds without best": ({"bounds": (0, 1)}, "bounds"),
    "infinite rejuvenation": ({"rejuvenation": [1, math.inf]}, "rejuvenation[1]"),
    "a table of rates": ({"rejuvenation": [[1, 2]]}, "rejuvenation"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """An argument outside its range is refused by its name."""
    given_, argument = REFUSED[name]
    with pytest.raises(rj.InvalidInputError) as error:
        rj.choose_pool(BASE, **({"target": 0.9} | given_))
    assert error.value.argument == argument


def test_base_refused() -> None:
    """A base is a pool; one that leaves its rate open needs rates to choose from."""
    with pytest.raises(rj.InvalidInputError, match="base is a Pool"):
        rj.choose_pool(rj.Cluster(2, BASE.rates), target=0.9)  # type: ignore[arg-type]
    open_ = rj.Pool(primaries=2, rates=BASE.rates.replace(rejuvenation=None))
    with pytest.raises(rj.InvalidInputError, match=r"rates\.rejuvenation"):
        rj.choose_pool(open_, target=0.9)
    assert rj.choose_pool(open_, target=0.9, rejuvenation=0.1).best is not None


def test_too_many_combinations() -> None:
    """More than a hundred thousand combinations are refused with their number."""
    with pytest.raises(rj.SizeError, match="120000 combinations"):
        rj.choose_pool(BASE, target=0.9, spares=range(300), slots=range(400))
    with pytest.raises(rj.SizeError, match="numbers for spares"):
        rj.choose_pool(BASE, target=0.9, spares=range(10**9))


@pytest.mark.parametrize("price", [-1, math.nan, math.inf, "1", None, True, [1, 2]])
@pytest.mark.parametrize("name", ["server", "crew"])
def test_prices_refused(name: str, price) -> None:
    """A price is one finite number of at least 0."""
    with pytest.raises(rj.InvalidInputError) as error:
        rj.Prices(**({"server": 1} | {name: price}))
    assert error.value.argument == name
