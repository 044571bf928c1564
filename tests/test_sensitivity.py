"""Derivatives and elasticities against finite differences in 80 digits, and road against road."""

from __future__ import annotations

import json
import math
import pickle
import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import exact
import exact_pool
import mpmath
import numpy as np
import pytest
import slopes
from hypothesis import given, settings
from hypothesis import strategies as st

import rejuvmodel as rj

NAMES = ("aging", "failure", "repair", "restart", "rejuvenation")
COSTS = {"failure": 1000.0, "rejuvenation": 10.0, "capacity": 5.0, "per_rejuvenation": 0.3, "degraded": 0.01}
DUPLEX = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3, rejuvenation=1 / 336)
HOURS = 8760.0


def draws(count: int, seed: int = 5) -> list[tuple[int, dict[str, float]]]:
    """Servers and rates over nine decades, n = 1 … 50, corners of the nine decades among them."""
    chance = random.Random(seed)
    found = []
    for k in range(count):
        n = (1, 2, 3, 8, 20, 50)[k % 6]
        if k % 3:
            values = [10 ** chance.uniform(-6, 3) for _ in NAMES]
        else:
            values = [chance.choice((1e-6, 1e3)) for _ in NAMES]
        found.append((n, dict(zip(NAMES, values, strict=True))))
    return found


def truth_of_cluster(n: int, rates: dict[str, float]) -> dict[str, slopes.Masses]:
    """Elasticities of the cluster with respect to rates and costs."""
    prices = {f"costs.{name}": price for name, price in COSTS.items()}

    def measures(at: Mapping[str, Any]) -> slopes.Masses:
        costs = {name: at[f"costs.{name}"] for name in COSTS}
        return slopes.with_costs(slopes.cluster_masses(n, at), costs, HOURS)

    return slopes.elasticities(measures, rates | prices)


def check_promise(count: int, seed: int) -> None:
    for n, rates in draws(count, seed):
        right = truth_of_cluster(n, rates)
        for solver in (rj.ClosedForm(), rj.GTH()):
            found = rj.sensitivity(rj.Cluster(n, rj.Rates(**rates)), costs=rj.Costs(**COSTS), solver=solver)
            error, where = slopes.worst_error(found, right)
            assert error <= slopes.PROMISE / 5, (n, rates, solver, where, error)


def test_both_roads_keep_the_promise() -> None:
    """Errors of f' stay below 2e-13·max(|f'|, f/θ) for rates over nine decades and 1 to 50 servers."""
    check_promise(24, seed=5)


@pytest.mark.soak
def test_both_roads_keep_the_promise_everywhere() -> None:
    """The same in 1,500 draws."""
    check_promise(1500, seed=6)


def test_the_oracle_agrees_with_fractions() -> None:
    """The masses of the 80-digit recursion are those of exact elimination on the chain."""
    rates = {"aging": 1 / 240, "failure": 1 / 720, "repair": 2.0, "restart": 6.0, "rejuvenation": 1 / 100}
    pi = exact.cluster_stationary(3, **rates)
    measured = exact.measures(3, pi, 6.0)
    with mpmath.workdps(slopes.DIGITS):
        found = slopes.cluster_masses(3, {name: slopes.precise(x) for name, x in rates.items()})
        for name, value in (
            ("unavailability", measured.unavailability), ("planned_unavailability", measured.planned),
            ("unplanned_unavailability", measured.unplanned), ("rejuvenations", measured.rejuvenations),
        ):  # fmt: skip
            assert abs(found[name] / slopes.precise(value) - 1) < mpmath.mpf(10) ** -70


def test_derivatives_by_hand() -> None:
    """With one server and λ_r = 0, U = b/(1 + a + b) with a = λ/λ_f and b = λ/μ."""
    aging, failure, repair = Fraction(1, 4), Fraction(1, 8), Fraction(2)
    rates = rj.Rates(aging=0.25, failure=0.125, repair=2, restart=1, rejuvenation=0)
    found = rj.sensitivity(rj.Cluster(1, rates))
    a, b = failure / aging, failure / repair
    share = b / (1 + a + b)
    by_repair = -share * (1 - share) / repair
    assert found.derivative("unavailability", "repair") == pytest.approx(float(by_repair), rel=1e-14)
    assert found.elasticity("unavailability", "aging") == pytest.approx(float(a / (1 + a + b)), rel=1e-14)
    assert found.derivative("availability", "repair") == -found.derivative("unavailability", "repair")


def test_rare_outages_keep_their_digits() -> None:
    """An outage of 1e-40, and one of 1e-335 that no double holds, have elasticities of full accuracy."""
    for n, failure in ((8, 1e-6), (50, 1e-7)):
        rates = {"aging": 1e-4, "failure": failure, "repair": 1.0, "restart": 60.0, "rejuvenation": 1e-3}
        found = rj.sensitivity(rj.Cluster(n, rj.Rates(**rates)))
        log_value = found.log_values[found.measures.index("unplanned_unavailability")]
        assert log_value < math.log(1e-40)
        right = slopes.elasticities(lambda at, n=n: slopes.cluster_masses(n, at), rates)
        error, where = slopes.worst_error(found, right)
        assert error <= slopes.PROMISE / 5, where
    assert log_value < math.log(5e-324)
    assert found.derivative("unplanned_unavailability", "failure") == 0.0


def test_derivatives_are_elasticities_over_values() -> None:
    """∂f/∂θ = E·f/θ for all that does not underflow, with the values of solve."""
    cluster, costs = rj.Cluster(3, DUPLEX), rj.Costs(**COSTS)
    found, state = rj.sensitivity(cluster, costs=costs, horizon="30 d"), rj.solve(cluster)
    values = {
        "availability": state.availability, "unavailability": state.unavailability,
        "planned_unavailability": state.planned_unavailability,
        "unplanned_unavailability": state.unplanned_unavailability, "downtime": state.downtime("30 d"),
        "cost_rate": state.cost_rate(costs), "cost": state.cost(costs, "30 d"),
    }  # fmt: skip
    assert set(values) == set(found.measures)
    for row, measure in enumerate(found.measures):
        assert found.value(measure) == pytest.approx(values[measure], rel=1e-13)
        for column, one in enumerate(found.parameters):
            slope = found.elasticities[row, column] * found.value(measure) / one.value
            assert found.derivatives[row, column] == pytest.approx(slope, rel=1e-12, abs=1e-300)


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 30),
    powers=st.lists(st.floats(-6, 3), min_size=5, max_size=5),
)
def test_scaling_all_rates_changes_no_probability(n: int, powers: list[float]) -> None:
    """Elasticities of a probability with respect to all rates add up to 0."""
    rates = rj.Rates(**{name: 10**x for name, x in zip(NAMES, powers, strict=True)})
    found = rj.sensitivity(rj.Cluster(n, rates))
    assert np.all(np.abs(found.elasticities.sum(axis=1)) < 1e-12 * max(1, n / 10))


@pytest.mark.parametrize("name", ["aging", "failure", "rejuvenation"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_derivatives_at_rate_0(name: str, n: int) -> None:
    """At a rate of 0 both roads give the one-sided derivative, as exact fractions have it."""
    rates = DUPLEX.replace(**{name: 0.0})
    costs = rj.Costs(**COSTS)
    step = Fraction(1, 2**200)
    values = {key: Fraction(value) for key, value in rates.to_dict().items()}

    def measured(at: dict[str, Fraction]) -> exact.Measures:
        return exact.measures(n, exact.cluster_stationary(n, **at), at["restart"], **COSTS)

    near, here = measured(values | {name: step}), measured(values)
    for solver in (rj.ClosedForm(), rj.GTH()):
        found = rj.sensitivity(rj.Cluster(n, rates), costs=costs, solver=solver)
        for measure, attribute in (("unavailability",) * 2, ("cost_rate",) * 2):
            slope = (getattr(near, attribute) - getattr(here, attribute)) / step
            assert found.derivative(measure, name) == pytest.approx(float(slope), rel=1e-11, abs=1e-40)


def test_elasticity_at_rate_0_is_the_leading_power() -> None:
    """Without aging the unavailability of two servers is 0 like λ_f², that of rejuvenation is 0 like λ_r."""
    still = rj.sensitivity(rj.Cluster(2, DUPLEX.replace(aging=0)))
    assert still.elasticity("unavailability", "aging") == pytest.approx(2, rel=1e-12)
    assert still.value("unavailability") == 0
    assert not still.derivatives[still.measures.index("unavailability")].any()
    never = rj.sensitivity(rj.Cluster(2, DUPLEX.replace(rejuvenation=0)))
    assert never.elasticity("planned_unavailability", "rejuvenation") == pytest.approx(1, rel=1e-12)
    assert never.derivative("planned_unavailability", "rejuvenation") > 0


def test_derivative_at_once_is_0() -> None:
    """At λ_r = ∞ nothing moves with λ_r, and the other elasticities are those of the limit."""
    found = rj.sensitivity(rj.Cluster(1, DUPLEX.replace(rejuvenation=math.inf)))
    assert found.derivative("unavailability", "rejuvenation") == 0
    # U = λ_f/(λ_f + μ_r)
    share = 3 / (3 + 1 / 168)
    assert found.elasticity("unavailability", "aging") == pytest.approx(share, rel=1e-14)


# ---------------------------------------------------------------------------------------- pools and chains


def pool_measures(definition: exact_pool.Definition) -> slopes.Masses:
    """Measures of a pool from exact fractions, in many digits."""
    pi = definition.probabilities
    up = sum((p for s, p in pi.items() if definition.down(s) is None), Fraction(0))
    planned, unplanned = (definition.mass(cause) for cause in ("planned", "unplanned"))
    masses = {
        "availability": up, "unavailability": planned + unplanned, "planned_unavailability": planned,
        "unplanned_unavailability": unplanned,
        "degraded": sum((p * s[1] for s, p in pi.items()), Fraction(0)),
        "rejuvenating": sum((p * s[2] for s, p in pi.items()), Fraction(0)),
    }  # fmt: skip
    masses["rejuvenations"] = definition.restart * masses["rejuvenating"]
    return {name: slopes.precise(mass) for name, mass in masses.items()}


@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"crews": 2, "required": 2},
        {"slots": 1, "guarded": True, "required": 2},
        {"mode": "active/standby", "primaries": 2, "spares": 1, "dormancy": 0.25},
        {"mode": "active/standby", "primaries": 2, "spares": 2, "slots": 1},
    ],
    ids=str,
)
def test_pools_against_exact_fractions(layout: dict[str, Any]) -> None:
    """Pools of every restriction agree with differences of exact solutions of their definition."""
    layout = {"primaries": 3, "spares": 0} | layout
    rates = {name: float(x) for name, x in exact_pool.RATES.items()}
    pool = rj.Pool(rates=rj.Rates(**rates), **layout)

    def measures(at: Mapping[str, Any]) -> slopes.Masses:
        fractions = {name: Fraction(int(mpmath.nint(x * 2**240)), 2**240) for name, x in at.items()}
        definition = exact_pool.Definition(
            pool.primaries, pool.spares, pool.mode == "active/standby", pool.needed, pool.places, pool.crews,
            Fraction(pool.dormancy), pool.guarded, **fractions,
        )  # fmt: skip
        return slopes.with_costs(pool_measures(definition), COSTS, HOURS)

    right = slopes.elasticities(measures, rates)
    found = rj.sensitivity(pool, costs=rj.Costs(**COSTS))
    error, where = slopes.worst_error(found, right)
    assert error <= slopes.PROMISE / 5, where
    assert found.method == ("product form" if pool.unrestricted else "GTH")


def test_product_form_and_elimination_agree() -> None:
    """Both roads give the same elasticities of an unrestricted pool of 12, whose chain is reordered."""
    pool = rj.Pool(primaries=10, spares=2, rates=DUPLEX, crews=2, required=9)
    one, two = (rj.sensitivity(pool, costs=rj.Costs(**COSTS), solver=s) for s in (None, rj.GTH()))
    assert np.max(np.abs(one.elasticities - two.elasticities)) < 1e-13
    assert (one.method, two.method) == ("product form", "GTH")


@pytest.mark.parametrize("name", ["aging", "failure", "rejuvenation"])
def test_pools_with_a_rate_of_0(name: str) -> None:
    """At a rate of 0 product form and elimination give the one-sided derivatives of a pool."""
    costs = rj.Costs(**COSTS)
    pool = rj.Pool(primaries=3, rates=DUPLEX.replace(**{name: 0}), required=2)
    one, two = (rj.sensitivity(pool, costs=costs, solver=s) for s in (None, rj.GTH()))
    assert one.derivatives == pytest.approx(two.derivatives, rel=1e-11, abs=1e-40)
    near, here = (
        rj.solve(rj.Pool(primaries=3, rates=DUPLEX.replace(**{name: x}), required=2)) for x in (1e-9, 0.0)
    )
    slope = (near.cost_rate(costs) - here.cost_rate(costs)) / 1e-9
    assert one.derivative("cost_rate", name) == pytest.approx(slope, rel=1e-4)


def test_chains_built_by_hand() -> None:
    """A chain is differentiated by cause or by transition; its own cluster gives the same numbers."""
    cluster = rj.Cluster(3, DUPLEX)
    chain = cluster.chain()
    rows = [
        (chain.labels[int(a)], chain.labels[int(b)], float(rate), family.cause)
        for family in chain.families
        for a, b, rate in zip(family.origin, family.target, family.rate, strict=True)
    ]
    random.Random(1).shuffle(rows)
    by_hand = rj.MarkovChain.from_transitions(rows, down={"0": "unplanned", "r1": "planned"}, start="3")
    closed = rj.sensitivity(cluster)
    found = rj.sensitivity(by_hand)
    for name in NAMES:
        assert found.elasticity("unavailability", name) == pytest.approx(
            closed.elasticity("unavailability", name), rel=1e-13
        )
    units = {one.name: (one.unit, one.value) for one in found.parameters}
    assert units["repair"] == ("1/h", 0.5)
    assert units["failure"] == ("1", 1.0)  # λ, 2λ, 3λ: a common factor
    single = rj.sensitivity(by_hand, by="transition")
    assert len(single.names) == len(rows)
    falls = sum(single.elasticity("unavailability", f"u{i} → {i - 1}") for i in (1, 2, 3))
    assert falls == pytest.approx(found.elasticity("unavailability", "failure"), rel=1e-13)


def test_parallel_transitions_are_parameters_of_their_own() -> None:
    """Two transitions between the same states share their elasticity in proportion to their rates."""
    rows = [("up", "down", 0.01, "crash"), ("up", "down", 0.03, "power"), ("down", "up", 2.0, "repair")]
    chain = rj.MarkovChain.from_transitions(rows, down={"down": "unplanned"})
    found = rj.sensitivity(chain)
    share = 2 / 2.04
    assert found.elasticity("unavailability", "crash") == pytest.approx(share / 4, rel=1e-14)
    assert found.elasticity("unavailability", "power") == pytest.approx(share * 3 / 4, rel=1e-14)
    by_transition = rj.sensitivity(chain, by="transition")
    assert by_transition.names == ("up → down", "up → down (2)", "down → up")


def test_transient_states_do_not_count() -> None:
    """Transitions out of states that are left for good have elasticity 0."""
    rows = [("new", "up", 5.0, "start"), ("up", "down", 0.01, "failure"), ("down", "up", 2.0, "repair")]
    found = rj.sensitivity(rj.MarkovChain.from_transitions(rows, down={"down": "unplanned"}))
    assert found.elasticity("unavailability", "start") == 0
    assert found.elasticity("unavailability", "failure") == pytest.approx(2 / 2.01, rel=1e-14)


def test_reactive_on_both_roads() -> None:
    """The prior-art model agrees on both roads, and with (λ/μ)^n n! for rare failures."""
    model = rj.Reactive(servers=6, failure=1e-9, repair=1)
    one, two = (rj.sensitivity(model, solver=s) for s in (None, rj.GTH()))
    assert one.elasticity("unavailability", "failure") == pytest.approx(6, rel=1e-7)
    # The rates of the chain are i·λ, which cost a unit of rounding each.
    assert np.max(np.abs(one.elasticities - two.elasticities)) < 1e-13


def test_a_million_servers() -> None:
    """The closed form takes large n: more servers than anyone has still give elasticities."""
    found = rj.sensitivity(rj.Cluster(100_000, DUPLEX))
    assert found.elasticity("unplanned_unavailability", "aging") == pytest.approx(100_000, rel=1e-3)


# ------------------------------------------------------------------------------------------- the object


def test_ranking_orders_by_absolute_elasticity() -> None:
    """The most influential parameter comes first, whatever its sign."""
    found = rj.sensitivity(rj.Cluster(2, DUPLEX))
    sizes = [abs(one.elasticity) for one in found.ranking()]
    assert sizes == sorted(sizes, reverse=True)
    first = found.ranking()[0]
    assert (first.parameter, first.measure, first.symbol) == ("repair", "unavailability", "μ")
    assert first.factor(0.1) == pytest.approx(1.1**first.elasticity)


def test_costs_are_parameters() -> None:
    """The elasticity of the cost with respect to a price is its share, and the derivative its mass."""
    costs = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
    found = rj.sensitivity(rj.Cluster(2, DUPLEX), costs=costs)
    shares = [found.elasticity("cost", f"costs.{name}") for name in ("failure", "rejuvenation", "capacity")]
    assert sum(shares) == pytest.approx(1, rel=1e-14)
    state = rj.solve(rj.Cluster(2, DUPLEX))
    assert found.derivative("cost_rate", "costs.failure") == pytest.approx(state["0"], rel=1e-13)
    degraded = state["u2"] + state["u1"]
    assert found.derivative("cost_rate", "costs.degraded") == pytest.approx(degraded, rel=1e-13)
    assert found.elasticity("cost_rate", "costs.degraded") == 0


def test_records_frames_and_copies() -> None:
    """Rows, data frame, plain values, HTML and a pickled copy say the same; arrays are read-only."""
    found = rj.sensitivity(rj.Cluster(2, DUPLEX), costs=rj.Costs(failure=1000, rejuvenation=10))
    copy = pickle.loads(pickle.dumps(found))
    assert copy.to_dict() == found.to_dict()
    for array in (found.elasticities, copy.derivatives, copy.log_values):
        assert not array.flags.writeable
    frame = found.to_dataframe()
    assert len(frame) == len(found.measures) * len(found.names)
    row = frame.loc[("unavailability", "repair")]
    assert row["elasticity"] == found.elasticity("unavailability", "repair")
    assert json.loads(json.dumps(found.to_dict()))["method"] == "closed form"
    assert "<table" in found._repr_html_()
    assert "repair" in found._repr_html_()
    assert repr(found).startswith("Sensitivity of the cost rate")


REFUSED = {
    "grid": (lambda: rj.sensitivity(rj.Cluster(2, DUPLEX.replace(repair=[1, 2]))), "model"),
    "no model": (lambda: rj.sensitivity("cluster"), "model"),  # type: ignore[arg-type]
    "open rate": (lambda: rj.sensitivity(rj.Cluster(2, DUPLEX.replace(rejuvenation=None))), "rejuvenation"),
    "stuck": (lambda: rj.sensitivity(rj.Cluster(2, DUPLEX.replace(rejuvenation=0, failure=0))), "0 and 0"),
    "solver": (lambda: rj.sensitivity(rj.Cluster(2, DUPLEX), solver=rj.Direct()), "solver"),  # type: ignore[arg-type]
    "costs": (lambda: rj.sensitivity(rj.Cluster(2, DUPLEX), costs=3), "costs"),  # type: ignore[arg-type]
    "horizon": (lambda: rj.sensitivity(rj.Cluster(2, DUPLEX), horizon="never"), "horizon"),
    "measure": (lambda: rj.sensitivity(rj.Cluster(2, DUPLEX)).value("cost"), "costs="),
    "parameter": (lambda: rj.sensitivity(rj.Cluster(2, DUPLEX)).elasticity("downtime", "mu"), "parameter"),
    "by": (lambda: rj.sensitivity(rj.Cluster(1, DUPLEX).chain(), by="state"), "by"),
    "no down": (
        lambda: rj.sensitivity(rj.MarkovChain.from_transitions([("a", "b", 1.0), ("b", "a", 1.0)])),
        "down",
    ),
    "closed form of a chain": (
        lambda: rj.sensitivity(rj.Cluster(1, DUPLEX).chain(), solver=rj.ClosedForm()),
        "solver",
    ),
    "closed form of a held pool": (
        lambda: rj.sensitivity(rj.Pool(primaries=2, rates=DUPLEX, slots=1), solver=rj.ClosedForm()),
        "solver",
    ),
    "endless delay": (
        lambda: rj.sensitivity(
            rj.Cluster(2, DUPLEX.replace(rejuvenation=None), trigger=rj.Trigger(rj.Fixed("never")))
        ),
        "mean delay",
    ),
}


@pytest.mark.parametrize(("ask", "named"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_derivatives_is_refused(ask: Any, named: str) -> None:
    """What cannot be differentiated is refused with the argument and the next step."""
    with pytest.raises(rj.InvalidInputError, match=named):
        ask()


def test_work_of_minutes_is_refused() -> None:
    """A chain that would take minutes is refused at once, with an estimate and another way."""
    with pytest.raises(rj.SizeError, match=r"about [\d,]+ s; more than 120 s .* range_effects"):
        rj.sensitivity(rj.Pool(primaries=100, spares=20, rates=DUPLEX, slots=3))


def test_no_trace_of_the_way_to_a_limit() -> None:
    """A rate without influence at a limit has derivative and elasticity exactly 0 there."""
    costs = rj.Costs(failure=1000, rejuvenation=10, capacity=5, degraded=0.1)
    never = rj.sensitivity(rj.Cluster(2, DUPLEX.replace(rejuvenation=0)), costs=costs)
    at_once = rj.sensitivity(rj.Cluster(2, DUPLEX.replace(rejuvenation=np.inf)), costs=costs)
    for found, name in ((never, "restart"), (at_once, "failure")):
        for measure in ("unavailability", "cost_rate"):
            assert found.derivative(measure, name) == 0
        assert found.elasticity("cost_rate", name) == 0
    assert "-0.0000" not in repr(never) + repr(at_once)
