"""The mean field of large pools: operating points, exact limits, and gaps that fall with the pool."""

from __future__ import annotations

import itertools
import json
import math
import pickle
import re
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.models.fluid_limit import operating_points
from rejuvmodel.models.product_form import ProductForm

RATES = {"aging": 0.2, "failure": 0.05, "repair": 0.5, "restart": 1.0, "rejuvenation": 0.4}


def pool(total: int, spare_share: float = 0.2, **changes: Any) -> rj.Pool:
    """A pool; required, slots and crews may be given as shares of all servers."""
    rates = rj.Rates(**(RATES | {name: changes.pop(name) for name in RATES if name in changes}))
    for name in ("required", "slots", "crews"):
        if isinstance(changes.get(name), float):
            changes[name] = round(total * changes[name])
    spares = round(spare_share * total)
    return rj.Pool(primaries=total - spares, spares=spares, rates=rates, **({"crews": total} | changes))


def form(model: rj.Pool) -> ProductForm:
    names = ("aging", "failure", "rejuvenation", "repair", "restart")
    return ProductForm(model.total, model.crews, *(float(getattr(model.rates, name)) for name in names))


def at_two_deviations(total: int, **changes: Any) -> rj.Pool:
    """The pool whose outage is about two standard deviations away."""
    field = rj.mean_field(pool(total, **changes))
    return pool(total, required=round(field.up - 2 * field.up_deviation), **changes)


@cache
def exactly(model: rj.Pool) -> dict[str, float]:
    """Measures of the chain."""
    state = rj.solve(model.chain(), rj.Direct())
    h, a, r, _ = model.states.T
    up, pi = h + a, state.probabilities
    mean = up @ pi
    return {
        "unavailability": float(state.unavailability), "up": mean, "unstable": a @ pi, "rejuvenating": r @ pi,
        "up_deviation": math.sqrt((up - mean) ** 2 @ pi),
        "capacity_availability": (np.minimum(up, model.primaries) / model.primaries) @ pi,
    }  # fmt: skip


def test_independent_servers_are_exact() -> None:
    """Where no server waits for another, means and covariances are those of the multinomial law."""
    field = rj.mean_field(pool(1000))
    weights = np.array([0.45 / 0.2, 1, 0.4 / 1.0, 0.05 / 0.5])
    p = weights / weights.sum()
    found = [field.healthy, field.unstable, field.rejuvenating, field.failed]
    assert found == pytest.approx(1000 * p, rel=1e-12)
    assert field.covariance == pytest.approx(1000 * (np.diag(p) - np.outer(p, p))[1:, 1:], rel=1e-11)
    assert field.up_deviation == pytest.approx(math.sqrt(1000 * (p[0] + p[1]) * (p[2] + p[3])), rel=1e-12)
    assert field.rejuvenations_per_hour == pytest.approx(1000 * p[2], rel=1e-12)
    assert field.regime == "free"


def test_all_crews_at_work() -> None:
    """Where repair is overloaded, as many servers age and are repaired as the crews can repair."""
    field = rj.mean_field(pool(10_000, crews=0.01, rejuvenation=0.05))
    repaired = 100 * 0.5
    assert field.unstable == pytest.approx(repaired / 0.05, rel=1e-12)
    assert field.healthy == pytest.approx((repaired + 0.05 * field.unstable) / 0.2, rel=1e-12)
    assert not field.doubts or all("deviations away; beyond 3" in doubt for doubt in field.doubts)


@st.composite
def some_pools(draw: st.DrawFn) -> rj.Pool:
    total = draw(st.sampled_from([5, 50, 1000, 10**6]))
    primaries = draw(st.integers(max(1, total // 2), total))
    rate = st.floats(-3, 3).map(lambda x: 10.0**x)
    rates = {name: draw(rate) for name in RATES}
    for name in draw(st.sets(st.sampled_from(["aging", "failure", "rejuvenation"]), max_size=1)):
        rates[name] = 0.0
    servers = st.integers(1, total)
    return rj.Pool(
        primaries=primaries, spares=total - primaries, rates=rj.Rates(**rates), required=draw(servers),
        mode=draw(st.sampled_from(["active/active", "active/standby"])), crews=draw(servers),
        dormancy=draw(st.sampled_from([0.0, 0.3, 1.0])), guarded=draw(st.booleans()),
        slots=draw(st.integers(0, total)),
    )  # fmt: skip


#: Its operating point lies where slots and crews are both just taken: those that lag behind move it on.
ON_THE_EDGE = rj.Pool(
    primaries=2, spares=3, rates=rj.Rates(aging=1, failure=1, repair=1, restart=1, rejuvenation=1.4),
    mode="active/active", required=1, slots=1, crews=1, guarded=False,
)  # fmt: skip


@example(ON_THE_EDGE)
@given(some_pools())
def test_operating_points_balance(model: rj.Pool) -> None:
    """Every pool has an operating point; there its own rates balance, and starts keep its rules."""
    points = operating_points(model)
    assert points
    for point in points:
        h, a, r, f = model.total * point.shares
        rates, flows = model.rates_out(h, a, r, f), model.total * point.flows
        tolerance = {"rel": 1e-5, "abs": 1e-5 * flows.max()}
        aging, failure, starts, restart, repair = flows
        assert [*rates[:2], *rates[3:]] == pytest.approx([aging, failure, restart, repair], **tolerance)
        assert [aging, failure, restart] == pytest.approx([failure + starts, repair, starts], **tolerance)
        assert point.shares.sum() == pytest.approx(1, rel=1e-9)
        assert starts <= model.require_rejuvenation() * a + tolerance["abs"]
        assert r <= model.places + 1e-6 * model.total
        if point.regime == "free":
            assert starts == pytest.approx(model.require_rejuvenation() * a, **tolerance)
        if point.regime == "slots":  # whoever lags behind starts at λ_r·a
            lag = point.lag
            late = lag.chances @ np.where(lag.lags > 0, a - lag.mean + lag.lags, 0.0)
            assert starts == pytest.approx(model.require_rejuvenation() * late, **tolerance)
        assert np.linalg.eigvalsh(point.noise).min() >= -1e-9 * (1 + np.abs(point.noise).max())


@given(some_pools())
def test_fields_of_any_pool(model: rj.Pool) -> None:
    """Whatever the pool, the numbers are finite and probabilities lie between 0 and 1."""
    field = rj.mean_field(model)
    assert 0 <= field.unavailability <= 1
    assert -1e-9 <= field.capacity_availability <= 1
    assert math.isfinite(field.rejuvenations_per_hour)
    assert field.healthy + field.unstable + field.rejuvenating + field.failed == pytest.approx(model.total)
    assert not np.isnan(field.covariance).any()


def gap(model: rj.Pool) -> float:
    """Relative error of the unavailability against the product form."""
    return rj.mean_field(model).unavailability / math.exp(form(model).log_unavailability(model.needed)) - 1


@pytest.mark.parametrize("crews", [1.0, 0.2])
def test_gap_falls_with_the_servers(crews: float) -> None:
    """At two standard deviations the unavailability comes nearer to the product form like 1/N."""
    gaps = [abs(gap(at_two_deviations(total, crews=crews))) for total in (100, 400, 1600, 6400)]
    assert gaps[0] < 0.08
    for one, next_one in itertools.pairwise(gaps):
        assert 3 < one / next_one < 6


@pytest.mark.parametrize(("total", "most"), [(500, 0.06), (5000, 0.007), (50_000, 0.0007)])
def test_gap_at_three_deviations(total: int, most: float) -> None:
    """At three standard deviations the gap is below 6 % at 500 servers and falls like 1/N."""
    field = rj.mean_field(pool(total))
    assert abs(gap(pool(total, required=round(field.up - 3 * field.up_deviation)))) < most


def test_skewness_is_exact_for_independent_servers() -> None:
    """Where no server waits, the skewness of the up servers is that of the binomial law."""
    (point,) = operating_points(pool(1000))
    up = point.shares[:2].sum()
    assert point.up_skewness == pytest.approx((1 - 2 * up) / math.sqrt(up * (1 - up)), rel=1e-11)


def test_gap_of_the_capacity() -> None:
    """The capacity lost comes within 1 % of the product form at 400 servers, and nearer with more."""
    errors = []
    for total in (100, 400, 1600):
        model = pool(total, spare_share=0.13)
        lost = 1 - rj.mean_field(model).capacity_availability
        errors.append(abs(lost / math.exp(form(model).log_capacity_lost(model.primaries)) - 1))
    assert errors[0] > errors[1] > errors[2]
    assert errors[1] < 0.002


#: Pools away from every kink, one for each regime.
REGIMES = {
    "slots": {"slots": 0.05, "crews": 0.3},
    "guard": {"guarded": True, "required": 0.8, "crews": 0.3, "failure": 0.01, "restart": 0.3},
    "off": {"rejuvenation": 0.0, "crews": 0.3},
    "free": {"mode": "active/standby", "dormancy": 0.2, "spare_share": 0.5},
}


@pytest.mark.parametrize("regime", ["slots", "guard", "off"])
def test_gap_to_the_chain_falls(regime: str) -> None:
    """In each regime the shares of servers come nearer to those of the chain as the pool grows."""
    errors = []
    for total in (20, 40):
        model = pool(total, **REGIMES[regime])
        field, right = rj.mean_field(model), exactly(model)
        assert field.regime == regime
        errors.append(max(abs(getattr(field, x) - right[x]) for x in ("up", "unstable")) / total)
    assert errors[1] < errors[0] / 1.8
    assert errors[1] < 0.0025


@pytest.mark.parametrize("regime", ["slots", "off"])
def test_deviation_of_the_chain(regime: str) -> None:
    """The standard deviation of the up servers is within 0.5 % of that of the chain at 60 servers."""
    model = pool(60, **REGIMES[regime])
    field, right = rj.mean_field(model), exactly(model)
    assert field.up_deviation == pytest.approx(right["up_deviation"], rel=0.005)


def test_standby_against_the_chain() -> None:
    """With half the servers on standby the means of 30 servers are within 1 % of those of the chain."""
    model = pool(30, **REGIMES["free"])
    field, right = rj.mean_field(model), exactly(model)
    assert field.unstable == pytest.approx(right["unstable"], rel=0.01)
    assert field.up_deviation == pytest.approx(right["up_deviation"], rel=0.01)


def test_guard_holds_the_required_servers() -> None:
    """Where a guard holds the up servers, the unavailability is within 1 % of that of the chain."""
    for total in (20, 40):
        model = pool(total, **REGIMES["guard"])
        field, right = rj.mean_field(model), exactly(model)
        assert field.unavailability == pytest.approx(right["unavailability"], rel=0.01)
        assert field.unavailability > 0.04  # nothing rare
        lost = 1 - field.capacity_availability, 1 - right["capacity_availability"]
        assert lost[0] == pytest.approx(lost[1], rel=0.02)


def test_all_slots_taken() -> None:
    """With 3 slots for 60 servers all taken, the free ones, 0.25 on average, are right to 5 %."""
    model = pool(60, **REGIMES["slots"])
    free = 3 - rj.mean_field(model).rejuvenating, 3 - exactly(model)["rejuvenating"]
    assert free[0] == pytest.approx(free[1], rel=0.05)
    assert 0.2 < free[0] < 0.3


def test_guarded_pools_can_have_two_operating_points() -> None:
    """A guard can keep a pool that has once lost its servers from rejuvenating: the result says so."""
    field = rj.mean_field(
        pool(100, aging=0.1, repair=0.4, rejuvenation=0.2, crews=5, guarded=True, required=70)
    )
    assert field.regime == "free"
    assert "second stable operating point has 60 servers up" in field.doubts[-1]


DOUBTS = {
    "rare outage": ({"required": 0.5}, "The outage is .* beyond 3 the tail"),
    "crews": ({"crews": 28}, "limit of the repair crews is .* within 3"),
    "slots at the kink": ({"slots": 107}, "limit of the rejuvenation slots is 0.[0-3]"),
    "guard": ({"guarded": True, "required": 0.866}, "limit of the guard is 0"),
    "spares": ({"mode": "active/standby", "spare_share": 0.13}, "limit of the spares"),
    "active places": (
        {"mode": "active/standby", "spare_share": 0.76, "rejuvenation": 1e-3, "failure": 1e-3},
        "active places",
    ),
    "few out": ({"aging": 1e-4}, "servers are out; so small a count is not normal"),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_doubts(name: str) -> None:
    """What spoils the approximation is named in its result."""
    changes, words = DOUBTS[name]
    doubts = rj.mean_field(pool(1000, **changes)).doubts
    assert any(re.search(words, doubt) for doubt in doubts), doubts


def test_no_doubts() -> None:
    """A pool of 10,000 with an outage two deviations away gives no cause for doubt."""
    assert rj.mean_field(at_two_deviations(10_000)).doubts == ()


@pytest.mark.parametrize(
    ("rates", "up", "unavailability"),
    [
        ({"aging": 0.0}, 100, 0.0), ({"failure": 0.0, "rejuvenation": 0.0}, 100, 0.0),
        ({"failure": 0.0, "slots": 0}, 100, 0.0),
    ],
)  # fmt: skip
def test_pools_without_noise(rates: dict[str, Any], up: float, unavailability: float) -> None:
    """Where nothing ever fails or rejuvenates, all servers are up, always."""
    field = rj.mean_field(pool(100, **rates))
    assert field.up == pytest.approx(up, rel=1e-12)
    assert field.unavailability == unavailability
    assert field.log_unavailability == -math.inf
    assert field.to_dict()["log_unavailability"] == "-infinity"


def test_effort_does_not_depend_on_the_servers() -> None:
    """A thousand million servers are no more work than ten, and the shares are the same."""
    large, small = rj.mean_field(pool(10**9)), rj.mean_field(pool(10))
    assert large.up / 10**9 == pytest.approx(small.up / 10, rel=1e-12)
    assert large.up_deviation == pytest.approx(small.up_deviation * 10**4, rel=1e-12)


def test_rare_outages_keep_their_logarithm() -> None:
    """The logarithm stays finite, and within a tenth of the right one, where the value underflows."""
    model = pool(50_000, required=0.5)
    field = rj.mean_field(model)
    assert field.unavailability == 0
    assert field.log_unavailability == pytest.approx(form(model).log_unavailability(25_000), rel=0.1)


def test_rare_outages_are_shown_by_their_exponent() -> None:
    """Where the unavailability underflows, text and table show its power of ten, not 0."""
    field = rj.mean_field(pool(20_000, required=0.5))
    assert field.unavailability == 0.0
    assert f"10^{field.log_unavailability / math.log(10):.1f}" in repr(field)


def test_capacity_above_the_mean() -> None:
    """Primaries that outnumber the up servers lose about the difference."""
    field = rj.mean_field(pool(10_000, spare_share=0.0))
    assert 1 - field.capacity_availability == pytest.approx(1 - field.up / 10_000, rel=1e-12)


@pytest.mark.parametrize("wrong", [None, 3, rj.Cluster(1, rj.Rates(**RATES)), "pool"])
def test_only_pools(wrong: Any) -> None:
    """Anything but a pool is refused."""
    with pytest.raises(rj.InvalidInputError, match=r"pool: got .* mean_field takes a Pool"):
        rj.mean_field(wrong)


def test_open_rate() -> None:
    """A pool whose rejuvenation rate is left open is refused by the name of the rate."""
    with pytest.raises(rj.InvalidInputError, match=r"rates.rejuvenation: got nothing"):
        rj.mean_field(pool(10, rejuvenation=None))


def test_result_as_value() -> None:
    """A result is frozen, pickles, goes through JSON, and shows itself as text and as a table."""
    field = rj.mean_field(pool(100))
    copy = pickle.loads(pickle.dumps(field))
    assert copy.to_dict() == field.to_dict()
    assert not copy.covariance.flags.writeable
    plain = json.loads(json.dumps(field.to_dict()))
    assert plain["pool"]["primaries"] == 80
    assert np.shape(plain["covariance"]) == (3, 3)
    assert plain["unavailability"] + field.availability == pytest.approx(1)
    with pytest.raises(AttributeError):
        field.z = 1.0  # type: ignore[misc]
    for text in (repr(field), field._repr_html_()):
        assert "not certified" in text
        assert "standard deviations" in text


def test_gap_to_the_exact_solution() -> None:
    """The gap is the ratio of the unavailabilities and the difference of the capacities."""
    rates = rj.Rates(aging=0.2, failure=0.05, repair=0.5, restart=1, rejuvenation=0.4)
    forty = rj.Pool(primaries=40, rates=rates, required=33, crews=12, slots=2)
    field, state = rj.mean_field(forty), rj.solve(forty)
    gap = field.gap(state)
    assert gap["unavailability"] == pytest.approx(field.unavailability / state.unavailability - 1, rel=1e-12)
    assert gap["log_unavailability"] == pytest.approx(math.log1p(gap["unavailability"]), rel=1e-12)
    assert gap["capacity_availability"] == pytest.approx(
        field.capacity_availability - state.capacity_availability, abs=1e-15
    )


def test_gap_is_of_one_pool() -> None:
    """The steady state of another pool, or of no pool, is refused."""
    rates = rj.Rates(aging=0.2, failure=0.05, repair=0.5, restart=1, rejuvenation=0.4)
    field = rj.mean_field(rj.Pool(primaries=40, rates=rates, slots=2))
    for other in (
        rj.solve(rj.Pool(primaries=40, rates=rates, slots=3)),
        rj.solve(rj.Cluster(2, rates)),
        None,
    ):
        with pytest.raises(rj.InvalidInputError, match="same pool"):
            field.gap(other)
