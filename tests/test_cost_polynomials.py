"""The objective as a quotient of integer polynomials, against the definition of the chain and SymPy."""

from __future__ import annotations

import math
from fractions import Fraction
from math import gcd
from typing import Any

import exact
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy.polys.matrices import DomainMatrix

from rejuvmodel import Costs, Rates
from rejuvmodel.polynomials.cost import CostQuotient, cost_quotient, value
from rejuvmodel.polynomials.real_roots import isolate_positive_roots, refine

F = Fraction
ALL_COSTS = {
    "failure": 900.0,
    "rejuvenation": 35.5,
    "capacity": 4.25,
    "per_rejuvenation": 0.3,
    "degraded": 0.125,
}
FIXED = ("aging", "failure", "repair", "restart")
CHAINS = [
    regime for regime in exact.regimes(12) if regime.rates["rejuvenation"] not in (0, math.inf)
]  # the rate is the variable here

rates_of = st.fixed_dictionaries({name: st.floats(1e-6, 1e3) for name in FIXED})
costs_of = st.fixed_dictionaries({name: st.just(0.0) | st.floats(1e-3, 1e3) for name in ALL_COSTS})


def quotient(n: int, rates: dict[str, float], costs: dict[str, float]) -> CostQuotient:
    return cost_quotient(n, Rates(**{name: rates[name] for name in FIXED}), Costs(**costs))


def defined(n: int, rates: dict[str, float], costs: dict[str, float], x: exact.Number) -> Fraction:
    """Cost per hour by exact elimination on the chain itself."""
    now: dict[str, Any] = {name: rates[name] for name in FIXED} | {"rejuvenation": x}
    return exact.measures(n, exact.cluster_stationary(n, **now), rates["restart"], **costs).cost_rate


@pytest.mark.parametrize("regime", CHAINS, ids=lambda regime: regime.name)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_quotient_is_the_cost_of_the_chain(n: int, regime: exact.Regime) -> None:
    """N/S with all five costs equals the cost of the chain exactly, at 0, between and at infinity."""
    f = quotient(n, regime.rates, ALL_COSTS)
    for x in (0.0, 1e-9, regime.rates["rejuvenation"], 7.5, math.inf):
        if x or regime.rates["failure"]:
            assert f.at(x) == defined(n, regime.rates, ALL_COSTS, x)


@given(st.integers(1, 4), rates_of, costs_of, st.floats(0, 1e6))
def test_quotient_is_the_cost_for_random_prices(
    n: int, rates: dict[str, float], costs: dict[str, float], x: float
) -> None:
    """N/S equals the cost of the chain exactly for random rates and prices, some of them 0."""
    assert quotient(n, rates, costs).at(x) == defined(n, rates, costs, x)


@given(st.integers(1, 8), rates_of, costs_of)
def test_limit_at_infinity(n: int, rates: dict[str, float], costs: dict[str, float]) -> None:
    """The limit is λ_f(C_cap + [n=1]C_r + μ_r C_per)/(μ_r + λ_f)."""
    aging, restart = F(rates["aging"]), F(rates["restart"])
    price = (
        F(costs["capacity"]) + (n == 1) * F(costs["rejuvenation"]) + restart * F(costs["per_rejuvenation"])
    )
    assert quotient(n, rates, costs).at(math.inf) == aging * price / (restart + aging)


@given(st.integers(1, 10), rates_of, costs_of)
def test_coefficients_are_natural_and_reduced(
    n: int, rates: dict[str, float], costs: dict[str, float]
) -> None:
    """All coefficients are integers of at least 0 without a common factor, and S(0) > 0."""
    f = quotient(n, rates, costs)
    both = [*f.numerator, *f.denominator]
    assert all(type(c) is int and c >= 0 for c in both)
    assert gcd(*both) == 1
    assert f.denominator[0] > 0
    assert len(f.numerator) <= len(f.denominator) == n + 1


@given(st.integers(1, 5), rates_of, costs_of, st.floats(1e-6, 1e3))
def test_slope_has_the_sign_of_the_derivative(
    n: int, rates: dict[str, float], costs: dict[str, float], x: float
) -> None:
    """N'S − NS' over S² is the derivative: exact difference quotients of the chain converge to it."""
    f = quotient(n, rates, costs)
    at, step = F(x), F(x) / 2**40
    secant = (defined(n, rates, costs, at + step) - defined(n, rates, costs, at - step)) / (2 * step)
    whole = at * f.scale
    derivative = f.unit * f.scale * value(f.slope, whole) / value(f.denominator, whole) ** 2
    size = f.at(at) / at
    assert abs(secant - derivative) <= size / 2**70


@given(st.integers(1, 4), rates_of, costs_of, st.just(0.0) | st.floats(1e-6, 1e2), st.floats(1e-6, 1e3))
def test_excess_has_the_sign_of_the_difference(
    n: int, rates: dict[str, float], costs: dict[str, float], x: float, beyond: float
) -> None:
    """Right of x the excess polynomial is signed like f − f(x)."""
    f = quotient(n, rates, costs)
    right = F(x) + F(beyond)
    found = value(f.excess_over(x), right * f.scale)
    difference = f.at(right) - f.at(x)
    assert (found > 0) - (found < 0) == (difference > 0) - (difference < 0)


def test_excess_leaves_out_the_root_at_the_start() -> None:
    """The excess of x² − 3x + 3 over its value at 1 has the root 2 only."""
    assert CostQuotient([3, -3, 1], [1], F(1), 1).excess_over(1.0) == [-2, 1]


@pytest.mark.parametrize(
    "change",
    [{"failure": 0.0}, {"aging": 0.0}, {"failure": 0.0, "aging": 0.0}],
    ids=" and ".join,
)
@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_rates_of_zero(n: int, change: dict[str, float]) -> None:
    """With failure or aging rate 0 the quotient is reduced and still equals the cost of the chain."""
    rates = {"aging": 1 / 240, "failure": 1 / 2160, "repair": 2.0, "restart": 0.5} | change
    f = quotient(n, rates, ALL_COSTS)
    assert f.denominator[0] > 0
    for x in (0.0, 1e-3, 0.25, 8.0, math.inf):
        assert f.at(x) == defined(n, rates, ALL_COSTS, x)


@pytest.mark.parametrize("rate", [5e-324, 1e-300, 1e300, 1.7e308])
@pytest.mark.parametrize("name", FIXED)
def test_rates_at_the_ends_of_the_doubles(name: str, rate: float) -> None:
    """A rate at either end of the range of doubles loses nothing."""
    rates = {"aging": 1 / 240, "failure": 1 / 2160, "repair": 2.0, "restart": 0.5} | {name: rate}
    assert quotient(2, rates, ALL_COSTS).at(0.75) == defined(2, rates, ALL_COSTS, 0.75)


def test_free_cluster_has_no_numerator() -> None:
    """Without costs N = 0, the slope vanishes and the value is 0 everywhere."""
    f = quotient(3, CHAINS[0].rates, dict.fromkeys(ALL_COSTS, 0.0))
    assert f.numerator == []
    assert f.slope == []
    assert f.at(2.0) == f.at(math.inf) == 0
    assert f.excess_over(1.0) == []


def number(x: exact.Number) -> sympy.Rational:
    return sympy.Rational(F(x))


def critical_points_by_sympy(n: int, rates: dict[str, float], costs: dict[str, float]) -> list[float]:
    """Positive critical points, from SymPy's null space of the balance equations with the rate as symbol."""
    x, order = sympy.Symbol("x"), exact.labels(n)
    generator = sympy.zeros(len(order))
    rates = {name: rates[name] for name in FIXED}
    for source, target, rate in exact.cluster_transitions(n, **rates, rejuvenation=1):
        triggered = source[0] == "u" and target[0] == "r"
        i, j = order.index(source), order.index(target)
        generator[i, j] += x if triggered else number(rate)
        generator[i, i] -= x if triggered else number(rate)
    null = DomainMatrix.from_Matrix(generator.T).to_field().nullspace().to_Matrix()
    weight = dict(zip(order, list(null), strict=True))
    total = number(costs["failure"]) * weight["0"] + number(costs["rejuvenation"]) * weight["r1"]
    each = number(costs["capacity"]) + number(rates["restart"]) * number(costs["per_rejuvenation"])
    for i in range(1, n + 1):
        total += each * weight[f"r{i}"] + number(costs["degraded"]) * weight[f"u{i}"]
    slope = sympy.cancel(sympy.diff(sympy.cancel(total / sum(weight.values())), x))
    roots = sympy.Poly(sympy.numer(slope), x).real_roots(multiple=False)
    return sorted(float(root.evalf(30)) for root, _ in roots if root.is_positive)


EQUAL = {"failure": 1.0, "rejuvenation": 1.0}
WEB = {"failure": 1000.0, "rejuvenation": 10.0, "capacity": 5.0}
DIP = {"failure": 204.029, "rejuvenation": 916.127, "capacity": 0.0471747}


@pytest.mark.parametrize(
    ("n", "rates", "costs", "count"),
    [
        (1, (1 / 240, 1 / 2160, 2.0, 0.5), ALL_COSTS, 0),
        (2, (1 / 168, 1 / 2160, 0.5, 3.0), WEB, 1),
        (2, (1 / 240, 1 / 2160, 2.0, 0.5), EQUAL, 1),
        (3, (1 / 240, 1 / 2160, 0.331255, 0.60481), DIP, 2),
    ],
    ids=["simplex", "dip", "hump", "hump and dip"],
)
def test_critical_points_are_those_of_sympy(
    n: int, rates: tuple[float, ...], costs: dict[str, float], count: int
) -> None:
    """The positive roots of the slope are the critical points that SymPy finds on the chain itself."""
    named = dict(zip(FIXED, rates, strict=True))
    f = quotient(n, named, {"failure": 0.0, "rejuvenation": 0.0} | costs)
    found = [float(refine(f.slope, root) / f.scale) for root in isolate_positive_roots(f.slope)]
    assert len(found) == count
    assert found == pytest.approx(
        critical_points_by_sympy(n, named, dict.fromkeys(ALL_COSTS, 0.0) | costs), rel=1e-15
    )


@pytest.mark.soak
@given(st.integers(5, 16), rates_of, costs_of, st.floats(0, 1e6))
def test_quotient_is_the_cost_of_larger_clusters(
    n: int, rates: dict[str, float], costs: dict[str, float], x: float
) -> None:
    """N/S equals the cost of the chain exactly up to 16 servers."""
    assert quotient(n, rates, costs).at(x) == defined(n, rates, costs, x)
