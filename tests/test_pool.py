"""Pool: its chain against the definition, its limits, and what it refuses."""

from __future__ import annotations

import json
import math
import pickle
from fractions import Fraction
from typing import Any

import bad_values
import exact
import exact_pool
import numpy as np
import pytest
from exact_pool import Definition
from pools import of_definition

import rejuvmodel as rj

RATES = {name: float(rate) for name, rate in exact_pool.RATES.items()}


def pool(**changes: Any) -> rj.Pool:
    rates = rj.Rates(**(RATES | {name: changes.pop(name) for name in RATES if name in changes}))
    return rj.Pool(**({"primaries": 3, "spares": 1, "rates": rates} | changes))


def moves(chain: rj.MarkovChain) -> list[tuple[Any, Any, Fraction]]:
    flows, rows = chain.flows, list(chain.labels)
    ends = zip(flows.origin.tolist(), flows.target.tolist(), flows.rate.tolist(), strict=True)
    return [(rows[a], rows[b], Fraction(rate)) for a, b, rate in ends]


def changed(**changes: Any) -> Definition:
    fields = {
        "primaries": 2, "spares": 1, "standby": False, "required": 2, "slots": 3, "crews": 1,
        "dormancy": Fraction(0), "guarded": False,
    }  # fmt: skip
    return Definition(**(fields | exact_pool.RATES | changes))


def some(total: int, every_nth: int) -> list[Definition]:
    return list(exact_pool.every(total))[::every_nth]


@pytest.mark.parametrize("total", [1, 2, 3, 4])
def test_chain_is_the_definition(total: int) -> None:
    """In combinations of all kinds the states are those that a search finds; the rates are exact."""
    for one in some(total, (1, 1, 2, 7)[total - 1]):
        check_chain(one)


@pytest.mark.soak
@pytest.mark.parametrize("total", [3, 4, 5, 6])
def test_chain_is_the_definition_of_more_servers(total: int) -> None:
    """The same in every combination of up to six servers."""
    for one in some(total, 1):
        check_chain(one)


def check_chain(one: Definition) -> None:
    chain = of_definition(one).chain()
    states = list(chain.labels)
    assert states == one.steady.states
    found = moves(chain)
    assert sorted(found) == list(one.chain)
    assert chain.start == 0
    for cause in ("planned", "unplanned"):
        assert {states[k] for k in chain.down[cause]} == {s for s in states if one.down(s) == cause}


def check_probabilities(those: list[Definition]) -> None:
    seen = set()
    for one in those:
        if one.chain in seen:
            continue
        seen.add(one.chain)
        state = rj.solve(of_definition(one).chain(), rj.GTH())
        for row, p in one.probabilities.items():
            assert exact.relative_error(state[row], p) < 1e-11  # type: ignore[index]
    assert seen


RATE_LIMITS = {
    "never rejuvenated": {"rejuvenation": 0},
    "never ages": {"aging": 0},
    "never fails": {"failure": 0},
    "never fails nor rejuvenates": {"failure": 0, "rejuvenation": 0},
    "nothing happens": {"aging": 0, "failure": 0, "rejuvenation": 0},
}


@pytest.mark.parametrize("limit", RATE_LIMITS)
@pytest.mark.parametrize("standby", [False, True])
@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.parametrize("slots", [0, 1, 4])
def test_limits_of_rates(limit: str, standby: bool, guarded: bool, slots: int) -> None:
    """With rates of 0 the states are still those that are reached, and the probabilities exact."""
    rates = {name: Fraction(0) for name in RATE_LIMITS[limit]}
    one = changed(spares=2, standby=standby, guarded=guarded, slots=slots, **rates)
    check_chain(one)
    check_probabilities([one])


def test_no_rejuvenation_three_ways() -> None:
    """No slots, rate 0, and a guard that needs every server leave the same chain."""
    by_slots, by_rate, by_guard = (
        pool(**changes).chain()
        for changes in ({"slots": 0}, {"rejuvenation": 0}, {"guarded": True, "required": 4})
    )
    assert moves(by_slots) == moves(by_rate) == moves(by_guard)
    assert not any(r for _, _, r, _ in by_slots.labels)


FINITE = [regime for regime in exact.regimes(draws=10) if regime.rates["rejuvenation"] < math.inf]
#: A server by itself is always active, and the guard that would keep it from rejuvenating is off.
BY_ITSELF = [
    {}, {"slots": 1, "crews": 1, "required": 1}, {"mode": "active/standby"},
    {"mode": "active/standby", "dormancy": 0.5},
]  # fmt: skip


@pytest.mark.parametrize("fields", BY_ITSELF, ids=repr)
@pytest.mark.parametrize("regime", FINITE, ids=lambda regime: regime.name)
def test_one_server_is_the_cluster_of_one(regime: exact.Regime, fields: dict[str, Any]) -> None:
    """A pool of one unguarded server is Fig. 3 with n = 1: rates, probabilities and measures."""
    rates = rj.Rates(**regime.rates)
    one, cluster = rj.Pool(primaries=1, spares=0, guarded=False, rates=rates, **fields), rj.Cluster(1, rates)
    name = {(1, 0, 0, 0): "1", (0, 1, 0, 0): "u1", (0, 0, 1, 0): "r1", (0, 0, 0, 1): "0"}
    fig3, labels = cluster.chain().flows, cluster.states
    edges = zip(fig3.origin, fig3.target, fig3.rate, strict=True)
    right = rj.solve(cluster)
    reached = {label for label in labels if right[label] > 0}
    if regime.rates["failure"] == regime.rates["rejuvenation"] == 0:
        reached.add("1")  # left once, and never entered again
    assert {name[row] for row in one.labels} == reached
    assert {(name[a], name[b], float(rate)) for a, b, rate in moves(one.chain())} == {
        (labels[a], labels[b], float(rate)) for a, b, rate in edges if labels[a] in reached
    }
    for solver in (None, rj.ClosedForm(), rj.GTH(), rj.LevelReduction()):
        state = rj.solve(one, solver)
        for row in one.labels:
            assert state[row] == pytest.approx(right[name[row]], rel=1e-13, abs=0)
        for measure in ("planned_unavailability", "unplanned_unavailability", "unavailability"):
            assert getattr(state, measure) == pytest.approx(getattr(right, measure), rel=1e-13, abs=0)


def test_defaults() -> None:
    """By default all primaries are required, all may rejuvenate unguarded, one is repaired at a time."""
    one = rj.Pool(primaries=3, spares=2, rates=rj.Rates(**RATES))
    assert (one.required, one.slots, one.crews, one.dormancy, one.guarded) == (3, 5, 1, 0.0, False)
    assert (one.mode, one.total, one.shape) == ("active/active", 5, ())


def test_more_slots_and_crews_than_servers() -> None:
    """Slots and crews beyond the number of servers change nothing, and the pools are equal."""
    assert pool(slots=99, crews=99) == pool(slots=4, crews=4)


@pytest.mark.parametrize(
    ("changes", "free"),
    [
        ({}, True), ({"crews": 3}, True), ({"slots": 3}, False), ({"guarded": True}, False),
        ({"mode": "active/standby"}, False), ({"mode": "active/standby", "dormancy": 1}, True),
        ({"mode": "active/standby", "spares": 0}, True), ({"slots": 1, "rejuvenation": 0}, True),
    ],
)  # fmt: skip
def test_unrestricted(changes: dict[str, Any], free: bool) -> None:
    """A pool is unrestricted if all servers are active alike and nothing holds a rejuvenation back."""
    assert pool(**changes).unrestricted is free


BAD = {
    "no primaries": ({"primaries": 0}, "primaries: got 0"),
    "fraction": ({"primaries": 2.5}, "primaries: got 2.5"),
    "bool": ({"primaries": True}, "primaries: got True"),
    "spares": ({"spares": -1}, "spares: got -1"),
    "required 0": ({"required": 0}, "required: got 0; required is a whole number from 1 to the 4 .*Leave"),
    "required 5": ({"required": 5}, "required: got 5.* Add spares"),
    "slots": ({"slots": -1}, "slots: got -1.* 0 is for no rejuvenation"),
    "crews": ({"crews": 0}, "crews: got 0.* Leave crews out for one"),
    "mode": ({"mode": "active"}, 'mode: got "active".*active/standby'),
    "mode list": ({"mode": ["active/active"]}, "mode: got"),
    "mode array": ({"mode": np.array(["active/active", "active/standby"])}, "mode: got"),
    "dormancy above": ({"dormancy": 1.5}, "dormancy: got 1.5; dormancy is a number from 0"),
    "dormancy below": ({"dormancy": -0.1}, "dormancy: got -0.1.* At 0.2 servers"),
    "dormancy nan": ({"dormancy": math.nan}, "dormancy: got nan"),
    "dormancies": ({"dormancy": [0.1, 0.2]}, "dormancy: got"),
    "guarded": ({"guarded": 1}, "guarded: got 1; guarded is True or False. Leave guarded out"),
    "rates": ({"rates": {"aging": 1}}, "rates: got"),
    "grid": ({"failure": [1.0, 2.0]}, r"rates: got a grid of shape \(2,\).*Loop over rates\[index\]"),
    "infinite": ({"rejuvenation": math.inf}, "rates.rejuvenation: got infinity.*finite"),
    "overflow": ({"failure": 1e308}, r"rates.failure: got 1e\+308 with 4 servers"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str) -> None:
    """A value outside its range is refused by the name of its argument, with the rule."""
    changes, message = BAD[name]
    with pytest.raises(rj.InvalidInputError, match=message):
        pool(**changes)


ARGUMENTS = ("primaries", "spares", "rates", "mode", "slots", "crews", "dormancy")


@pytest.mark.parametrize("argument", [*ARGUMENTS, "required"])
def test_values_that_are_never_valid(argument: str) -> None:
    """Whatever is no number, rate or mode is refused by its argument's name, even what cannot be shown."""
    for make in bad_values.MAKERS:
        value = make()
        if value is None and argument in ("slots", "required"):
            continue  # left open
        if isinstance(value, int) and value > 1 and argument in ("slots", "crews"):
            assert getattr(pool(**{argument: value}), argument) == 4  # more than all servers
            continue
        with pytest.raises((rj.InvalidInputError, rj.SizeError)) as caught:
            pool(**{argument: value})
        assert argument in str(caught.value)


def test_keywords_only() -> None:
    """Numbers without names are refused, because nobody could tell spares from slots."""
    with pytest.raises(TypeError):
        rj.Pool(3, 1, rj.Rates(**RATES))  # type: ignore[misc]


@pytest.mark.parametrize("use", ["chain", "states", "labels"])
def test_open_rejuvenation_rate(use: str) -> None:
    """A pool whose rejuvenation rate is left open has no chain and says which rate is missing."""
    one = pool(rejuvenation=None)
    with pytest.raises(
        rj.InvalidInputError, match=r"rates.rejuvenation: got nothing.*Give Rates\(rejuvenation"
    ):
        getattr(one, use)() if use == "chain" else getattr(one, use)


def test_large_pools_are_refused_with_an_estimate() -> None:
    """Chains and states beyond memory are refused beforehand, with their number and bytes."""
    large = pool(primaries=20_000)
    assert len(large.labels) == math.comb(20_004, 3)
    with pytest.raises(
        rj.SizeError, match=r"The chain of 1333\d+ states would need about \d+ TB; .* available"
    ):
        large.chain()
    with pytest.raises(rj.SizeError, match=r"The 1333\d+ states would need about \d+ TB"):
        _ = large.states
    enormous = pool(primaries=10**6, guarded=True, required=1)
    with pytest.raises(rj.SizeError, match=r"The 1666\d+ states would need about 15 EB"):
        _ = enormous.states
    with pytest.raises(rj.SizeError, match=r"Solving 1666\d+ states .* would need about 60 TB"):
        rj.solve(enormous)
    with pytest.raises(rj.SizeError, match=r"The 1.7e\+29 states of 10000000001 servers cannot be numbered"):
        _ = pool(primaries=10**10).labels


def test_tiny_dormancy_that_underflows() -> None:
    """Where dormancy times the aging rate is 0 in doubles, the standby servers do not age at all."""
    cold, tiny = (pool(mode="active/standby", dormancy=share, aging=1e-9) for share in (0.0, 5e-324))
    assert moves(cold.chain()) == moves(tiny.chain())
    assert set(cold.labels) == set(tiny.labels)


def test_pickle_copies_equal() -> None:
    """A pickled pool is equal, hashes alike, and keeps its arrays read-only."""
    one = pool(slots=1, guarded=np.bool_(True))
    _ = one.states
    copy = pickle.loads(pickle.dumps(one))
    assert copy == one
    assert hash(copy) == hash(one)
    assert not copy.states.flags.writeable
    assert copy != pool(slots=2, guarded=True)
    assert moves(pickle.loads(pickle.dumps(one.chain()))) == moves(one.chain())


def test_frozen() -> None:
    """A pool cannot be changed."""
    with pytest.raises(AttributeError):
        pool().slots = 2  # type: ignore[misc]


def test_to_dict() -> None:
    """The fields as plain values go through JSON and back to an equal pool."""
    one = pool(
        slots=1, crews=np.int64(2), guarded=np.bool_(True), dormancy=np.float32(0.5), mode="active/standby"
    )
    fields = json.loads(json.dumps(one.to_dict()))
    assert fields["guarded"] is True
    assert rj.Pool(**(fields | {"rates": rj.Rates(**fields["rates"])})) == one


def test_html() -> None:
    """Notebooks show its size, rules and rates; an open rate is called so."""
    html = pool(slots=1, rejuvenation=None)._repr_html_()
    for text in ("Pool of n = 3 and k = 1 servers", "active/active", "slots", "left open", "λ_f"):
        assert text in html


def test_costs_of_servers() -> None:
    """Capacity and degradation are priced by the server, and a rejuvenation each time one starts."""
    model = pool(slots=2, guarded=True, required=2)
    state = rj.solve(model.chain(), rj.GTH())
    _, a, r, _ = model.states.T
    means = {"capacity": r @ state.probabilities, "degraded": a @ state.probabilities}
    means["per_rejuvenation"] = RATES["restart"] * means["capacity"]
    for cost, mean in means.items():
        costs = rj.Costs(failure=0, rejuvenation=0, **{cost: 2})
        assert state.cost_rate(costs) == pytest.approx(2 * mean, rel=1e-13)
        assert state.log_cost_rate(costs) == pytest.approx(math.log(2 * mean), rel=1e-13)
    long = rj.transient(model.chain(), 1e6).cost(rj.Costs(failure=0, rejuvenation=0, degraded=2))
    assert long / 1e6 == pytest.approx(2 * means["degraded"], rel=1e-5)
