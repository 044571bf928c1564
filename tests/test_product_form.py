"""ProductForm against exact fractions, 60 digits of mpmath, and the chain of the pool."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import exact
import exact_pool
import mpmath
import numpy as np
import pytest
from exact_pool import Definition, State
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.models.product_form import ProductForm

RTOL = 1e-13
#: Per hour: aging, failure, repair, restart, rejuvenation.
REGIMES = {
    "realistic": (1 / 240, 1 / 2160, 1 / 2, 3.0, 1 / 336),
    "all equal": (1.0, 1.0, 1.0, 1.0, 1.0),
    "repair overloaded": (1 / 24, 1 / 48, 1 / 10, 6.0, 1 / 100),
    "slow restart": (1 / 168, 1 / 2160, 1 / 2, 0.02, 1 / 24),
    "rare failures": (1e-4, 1e-9, 1.0, 60.0, 1e-3),
    "nine decades": (1e-6, 777.0, 1e-6, 777.0, 1e-6),
}


def rates_of(regime: str) -> dict[str, float]:
    return dict(zip(("aging", "failure", "repair", "restart", "rejuvenation"), REGIMES[regime], strict=True))


def definition(total: int, crews: int, rates: dict[str, Any], required: int = 1) -> Definition:
    exactly = {name: Fraction(rate) for name, rate in rates.items()}
    return Definition(total, 0, False, required, total, crews, Fraction(0), False, **exactly)


@cache
def exact_weights(pool: Definition) -> dict[State, Fraction]:
    """Probabilities by the product form in fractions."""
    weight = (
        (pool.failure + pool.rejuvenation) / pool.aging, Fraction(1), pool.rejuvenation / pool.restart,
        pool.failure / pool.repair,
    )  # fmt: skip
    found = {}
    for state in itertools.product(range(pool.total + 1), repeat=4):
        if sum(state) == pool.total:
            found[state] = math.prod(w**x for w, x in zip(weight, state, strict=True))
            found[state] /= math.prod(math.factorial(x) for x in state[:3])
            found[state] /= math.prod(min(j, pool.crews) for j in range(1, state[3] + 1))
    whole = sum(found.values())
    return {state: p / whole for state, p in found.items()}


def right(logarithm: float, value: Fraction | Any) -> bool:
    expected = exact.log_fraction(value) if isinstance(value, Fraction) else float(exact.logarithm(value))
    return abs(logarithm - expected) <= RTOL * max(1.0, abs(expected))


@pytest.mark.parametrize(("total", "crews"), [(1, 1), (2, 1), (3, 2), (4, 4), (6, 1), (8, 3)])
def test_product_form_balances(total: int, crews: int) -> None:
    """In exact arithmetic the product form satisfies every balance equation of the definition."""
    pool = definition(total, crews, exact_pool.RATES)
    pi = exact_weights(pool)
    net = dict.fromkeys(pi, Fraction(0))
    for source, target, rate in pool.chain:
        net[source] -= pi[source] * rate
        net[target] += pi[source] * rate
    assert set(net.values()) == {Fraction(0)}
    assert set(pi) == pool.states


def small() -> list[tuple[str, int, int]]:
    return [(regime, n, c) for regime in REGIMES for n, c in ((1, 1), (2, 1), (3, 2), (5, 5), (8, 1), (8, 3))]


@pytest.mark.parametrize(("regime", "total", "crews"), small())
def test_every_measure_is_exact(regime: str, total: int, crews: int) -> None:
    """States, levels, up servers, unavailabilities, capacity and means are right to 1e-13 in logarithms."""
    rates = rates_of(regime)
    form, pi = ProductForm(total, crews, **rates), exact_weights(definition(total, crews, rates))
    rows = np.array(list(pi))
    logs = form.log_probability(*rows.T[1:])
    assert all(right(one, p) for one, p in zip(logs, pi.values(), strict=True))

    def sum_of(weight: Callable[[State], Any]) -> Fraction:
        return sum((Fraction(weight(s)) * p for s, p in pi.items()), Fraction(0))

    for k in range(total + 1):
        assert right(form.log_levels[k], sum_of(lambda s, k=k: s[3] == k))
        assert right(form.log_up[k], sum_of(lambda s, k=k: s[0] + s[1] == k))
    assert right(form.log_all_failed, pi[0, 0, 0, total])
    for need in range(1, total + 1):
        planned = sum_of(lambda s, need=need: s[0] + s[1] < need <= total - s[3])
        unplanned = sum_of(lambda s, need=need: total - s[3] < need)
        assert right(form.log_unplanned(need), unplanned)
        assert right(form.log_planned(need), planned)
        assert right(form.log_unavailability(need), planned + unplanned)
        share = sum_of(lambda s, need=need: Fraction(min(s[0] + s[1], need), need))
        assert exact.relative_error(form.capacity_availability(need), share) < RTOL
        assert right(form.log_capacity_lost(need), 1 - share)
    for k, name in enumerate(("healthy", "unstable", "rejuvenating", "failed")):
        assert right(form.log_means[name], sum_of(lambda s, k=k: s[k]))
    assert exact.relative_error(form.mean_unstable, sum_of(lambda s: s[1])) < RTOL
    assert exact.relative_error(form.mean_rejuvenating, sum_of(lambda s: s[2])) < RTOL
    starts = sum_of(lambda s: Fraction(rates["rejuvenation"]) * s[1])
    assert exact.relative_error(form.rejuvenations_per_hour, starts) < RTOL


def in_digits(total: int, crews: int, rates: dict[str, float]) -> dict[str, list[Any]]:
    """Levels, up servers and planned outages of N servers in 60 digits, by plain convolutions."""
    with mpmath.workdps(60):
        aging, failure, repair, restart, rejuvenation = (mpmath.mpf(rates[name]) for name in exact_pool.RATES)
        w = {
            "h": (failure + rejuvenation) / aging,
            "a": 1,
            "r": rejuvenation / restart,
            "f": failure / repair,
        }

        def series(x: Any, most_busy: int = total) -> list[Any]:
            terms = [mpmath.mpf(1)]
            for j in range(1, total + 1):
                terms.append(terms[-1] * x / min(j, most_busy))
            return terms

        ups, rs, fs = series(w["h"] + w["a"]), series(w["r"]), series(w["f"], crews)
        frees = series(w["h"] + w["a"] + w["r"])
        levels = [frees[total - f] * fs[f] for f in range(total + 1)]
        whole = mpmath.fsum(levels)
        up = [ups[u] * mpmath.fdot(rs[: total - u + 1], fs[total - u :: -1]) for u in range(total + 1)]
        need = total - 3
        planned = mpmath.fsum(
            ups[u] * mpmath.fdot(rs[need - u : total - u + 1], fs[: total - need + 1][::-1])
            for u in range(need)
        )
        state = ups[0] * series(w["h"])[total - 9] * rs[4] * fs[3] * series(w["a"])[2]
        return {
            "levels": [x / whole for x in levels],
            "up": [x / whole for x in up],
            "planned": [planned / whole],
            "state": [state / whole],
        }


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize(("total", "crews"), [(60, 4), (500, 1), (500, 40)])
def test_hundreds_of_servers(regime: str, total: int, crews: int) -> None:
    """With 500 servers all logarithms, of 1e-1000 too, are right to 1e-13."""
    form, digits = ProductForm(total, crews, **rates_of(regime)), in_digits(total, crews, rates_of(regime))
    assert all(map(right, form.log_levels, digits["levels"]))
    assert all(map(right, form.log_up, digits["up"]))
    assert right(form.log_planned(total - 3), digits["planned"][0])
    assert right(float(form.log_probability(2, 4, 3)), digits["state"][0])


def test_outages_far_below_doubles() -> None:
    """All of 500 servers have failed with probability 10^-3887, which no double can hold."""
    form = ProductForm(500, 1, **rates_of("rare failures"))
    assert form.log_all_failed / math.log(10) == pytest.approx(-3886.61, abs=0.01)


LIMITS = {
    "never rejuvenated": {"rejuvenation": 0.0},
    "never ages": {"aging": 0.0},
    "never fails": {"failure": 0.0},
    "never fails nor rejuvenates": {"failure": 0.0, "rejuvenation": 0.0},
    "nothing happens": {"failure": 0.0, "rejuvenation": 0.0, "aging": 0.0},
}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("crews", [1, 2, 4])
def test_limits(limit: str, crews: int) -> None:
    """With rates of 0 every state is exact, and what cannot be reached has logarithm −∞."""
    rates = rates_of("realistic") | LIMITS[limit]
    pool, form = definition(4, crews, rates, required=3), ProductForm(4, crews, **rates)
    for state in exact_weights(definition(4, crews, rates_of("all equal"))):
        expected = exact.log_fraction(pool.probabilities.get(state, Fraction(0)))
        assert float(form.log_probability(*state[1:])) == pytest.approx(expected, rel=RTOL, abs=RTOL)
    for cause in ("planned", "unplanned"):
        expected = exact.log_fraction(pool.mass(cause))
        assert getattr(form, f"log_{cause}")(3) == pytest.approx(expected, rel=RTOL, abs=RTOL)
    assert np.exp(form.log_up).sum() == pytest.approx(1, rel=1e-15)
    assert not np.isnan(list(form.log_means.values())).any()


def test_random_rates_against_the_chain() -> None:
    """For random rates over nine decades every state agrees with the elimination of the chain."""
    chance = random.Random(5)
    for _ in range(8):
        rates = {name: 10 ** chance.uniform(-6, 3) for name in exact_pool.RATES}
        pool = definition(chance.randint(1, 3), 1, rates)
        form = ProductForm(pool.total, 1, **rates)
        for state, p in pool.probabilities.items():
            assert right(float(form.log_probability(*state[1:])), p)


decades = st.floats(-280, 280).map(lambda x: 10.0**x)
or_never = decades | st.just(0.0)


@given(st.sampled_from([1, 2, 7, 60, 900]), st.data())
def test_any_rates_at_all(total: int, data: st.DataObject) -> None:
    """With rates over 560 decades the distributions sum to 1 and the two causes to the unavailability."""
    servers = st.integers(1, total)
    rates = [data.draw(kind) for kind in (or_never, or_never, or_never, decades, decades)]
    form, need = ProductForm(total, data.draw(servers), *rates), data.draw(servers)
    for logs in (form.log_up, form.log_levels):
        assert np.exp(logs).sum() == pytest.approx(1, rel=1e-11)
    both = np.logaddexp(form.log_planned(need), form.log_unplanned(need))
    assert both == pytest.approx(form.log_unavailability(need), rel=1e-11, abs=1e-11)
    lost = math.exp(form.log_capacity_lost(need))
    assert form.capacity_availability(need) == pytest.approx(1 - lost, rel=1e-11, abs=1e-11)
    assert sum(map(math.exp, form.log_means.values())) == pytest.approx(total, rel=1e-11)


def test_independent_servers() -> None:
    """With a crew for each server the up servers are binomial."""
    form = ProductForm(40, 40, **rates_of("realistic"))
    one = ProductForm(1, 1, **rates_of("realistic"))
    up, down = np.exp(one.log_up[1]), np.exp(one.log_up[0])
    expected = [math.log(math.comb(40, u)) + u * math.log(up) + (40 - u) * math.log(down) for u in range(41)]
    assert form.log_up == pytest.approx(np.array(expected), rel=1e-13)


def test_one_server_is_the_cluster_of_one() -> None:
    """One server has the unavailabilities of the closed form of Fig. 3 with n = 1."""
    rates = rates_of("realistic")
    state, form = rj.solve(rj.Cluster(1, rj.Rates(**rates))), ProductForm(1, 1, **rates)
    assert math.exp(form.log_planned(1)) == pytest.approx(state.planned_unavailability, rel=1e-14)
    assert math.exp(form.log_unplanned(1)) == pytest.approx(state.unplanned_unavailability, rel=1e-14)


def test_what_is_no_state_has_no_probability() -> None:
    """Negative numbers of servers and sums beyond N have logarithm −∞."""
    logs = ProductForm(3, 1, **rates_of("all equal")).log_probability(
        [-1, 0, 4, 2], [0, -1, 0, 1], [0, 0, 0, 1]
    )
    assert np.isneginf(logs).all()


@pytest.mark.parametrize("scale", [1e-250, 1e250])
def test_unit_of_time_does_not_matter(scale: float) -> None:
    """Rates that are all 1e250 times as large or as small leave every probability as it is."""
    rates = rates_of("realistic")
    scaled = ProductForm(30, 2, **{name: rate * scale for name, rate in rates.items()})
    assert scaled.log_up == pytest.approx(ProductForm(30, 2, **rates).log_up, rel=1e-13)


def test_probabilities_are_at_most_one() -> None:
    """Rounding makes no probability larger than 1, and those of 5,000 servers still sum to 1."""
    form = ProductForm(5000, 3, **rates_of("repair overloaded"))
    assert max(form.log_up.max(), form.log_levels.max(), form.log_unavailability(5000)) <= 0
    for logs in (form.log_up, form.log_levels):
        assert np.exp(logs).sum() == pytest.approx(1, rel=1e-12)
