"""Exact isolation and refinement of the positive roots of integer polynomials."""

from __future__ import annotations

import math
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from rejuvmodel.errors import ConvergenceError, InvalidInputError
from rejuvmodel.polynomials.real_roots import (
    RootInterval,
    isolate_positive_roots,
    refine,
    sign_at,
    sign_variations,
)
from rejuvmodel.polynomials.squarefree import squarefree_part

IRREDUCIBLE = ([1, 0, 1], [1, -1, 1], [101, -20, 1], [10**6 + 1, -2000, 1], [7, -1, 1000])


def product(*factors):
    """Multiply polynomials given by ascending coefficients."""
    total = [1]
    for factor in factors:
        out = [0] * (len(total) + len(factor) - 1)
        for i, a in enumerate(total):
            for j, b in enumerate(factor):
                out[i + j] += a * b
        total = out
    return total


def from_roots(*roots):
    """Return Π (q x − p) over the roots p/q."""
    return product(*([-Fraction(root).numerator, Fraction(root).denominator] for root in roots))


def value(coefficients, x):
    return sum(c * x**k for k, c in enumerate(coefficients))


def is_dyadic(x):
    return x.denominator & (x.denominator - 1) == 0


def check_intervals(coefficients, intervals):
    """Assert every promise about the intervals that does not need the roots."""
    for interval in intervals:
        assert 0 < interval.lower <= interval.upper
        assert is_dyadic(interval.lower)
        assert is_dyadic(interval.upper)
        if interval.lower < interval.upper:
            assert sign_at(coefficients, interval.lower) == interval.sign_below != 0
            assert sign_at(coefficients, interval.upper) == interval.sign_above != 0
        else:
            assert sign_at(coefficients, interval.lower) == 0
    for left, right in pairwise(intervals):
        assert left.upper <= right.lower
        assert left.sign_above == right.sign_below
        assert (left.lower, left.upper) != (right.lower, right.upper)


def check_roots(coefficients, multiplicities):
    """Assert that the intervals hold exactly these positive rational roots with these multiplicities."""
    intervals = isolate_positive_roots(coefficients)
    check_intervals(coefficients, intervals)
    assert len(intervals) == len(multiplicities)
    sign = 1 if coefficients[-1] > 0 else -1
    for interval, root in zip(reversed(intervals), sorted(multiplicities, reverse=True), strict=True):
        assert interval.lower < root < interval.upper or interval.lower == root == interval.upper
        assert interval.sign_above == sign
        sign *= (-1) ** multiplicities[root]
        assert interval.sign_below == sign
        refined = refine(coefficients, interval)
        assert abs(refined - root) * 2**60 <= root


def cost_derivative(n, failure, aging, repair, restart, costs):
    """Return the numerator N'S − N S' of the cost's derivative in the rejuvenation rate, in integers."""
    c_f, c_r, c_cap, c_per, c_d = map(Fraction, costs)
    failure, aging, repair, restart = map(Fraction, (failure, aging, repair, restart))

    def add(*terms):
        width = max(map(len, terms))
        return [sum(term[k] for term in terms if k < len(term)) for k in range(width)]

    ratios = [[Fraction(1)]]
    for k in range(1, n + 1):
        ratios.append(product(ratios[-1], [repair / aging, repair / (k * failure * aging)]))
    unstable = add(
        *([repair / (i * failure) * c for c in row] for i, row in zip(range(1, n + 1), ratios, strict=False))
    )
    s = add(*ratios, product([1, 1 / restart], unstable))
    capacity = (c_cap + restart * c_per) / restart
    n_ = add([c_f, c_r * repair / (restart * failure)], product([c_d, capacity], unstable))
    slopes = [[k * c for k, c in enumerate(p)][1:] for p in (n_, s)]
    fractions = add(product(slopes[0], s), [-c for c in product(n_, slopes[1])])
    scale = math.lcm(*(c.denominator for c in fractions))
    return [int(c * scale) for c in fractions]


def test_variations_skip_zeros():
    """Zeros do not interrupt a run of equal signs."""
    assert sign_variations([1, 0, 0, -2, 0, -3, 4, 0]) == 2
    assert sign_variations([0, 0]) == 0


@given(st.lists(st.integers(-(10**40), 10**40), max_size=9), st.fractions())
def test_sign_is_exact(coefficients, x):
    """The sign equals that of the value in fractions, dyadic or not."""
    exact = value(coefficients, x)
    assert sign_at(coefficients, x) == (exact > 0) - (exact < 0)


def test_sign_sees_one_unit_among_thousands_of_bits():
    """A sum that cancels in all but its last bit keeps its sign."""
    big = 3**4000
    assert sign_at([-big - 1, 0, 4 * big], Fraction(1, 2)) == -1
    assert sign_at([-big, 0, 4 * big], Fraction(1, 2)) == 0


@pytest.mark.parametrize("coefficients", [[], [0], [0, 0, 0]])
def test_zero_polynomial_is_refused(coefficients):
    """The zero polynomial has no isolated roots and raises an error that names the argument."""
    with pytest.raises(InvalidInputError, match=r"^coefficients: got"):
        isolate_positive_roots(coefficients)


@pytest.mark.parametrize(
    "coefficients",
    [
        [5],
        [0, 0, -5],
        [1, 2, 3],
        [0, 1, 2],
        [1, 0, 1],
        [1, -1, 1],
        [1000, -1, 1],
        [1, -1, 1000, 0, 0],
        product([1, -1, 1], [1, -1, 1], [1, 1]),
        product([101, -20, 1], [10**6 + 1, -2000, 1]),
        product(*[[10**12 + 1, -2 * 10**6, 1]] * 2),
    ],
)
def test_no_positive_root(coefficients):
    """Polynomials without positive roots give an empty list, whatever their sign variations."""
    assert isolate_positive_roots(coefficients) == []


@pytest.mark.parametrize(
    "multiplicities",
    [
        {1: 1},
        {Fraction(1, 3): 1},
        {1: 2},
        {1: 1, 2: 1, 4: 1, 8: 1},
        {2: 3, 3: 2, Fraction(7, 2): 1},
        {Fraction(5, 4): 1, Fraction(3, 2): 1, Fraction(7, 4): 1},
        {Fraction(3, 2): 4, Fraction(10, 7): 2, Fraction(11, 7): 2},
        {Fraction(1, 10**12): 1, 10**9: 1},
        {Fraction(1, 10**12): 2, 1: 1, 10**9: 3},
        {Fraction(1, 2**1000): 1, 2**1000: 1},
        {Fraction(1, 3**600): 1, 3**600: 2},
        {Fraction(1, 3): 1, Fraction(1, 3) + Fraction(1, 10**20): 1},
        {1 - Fraction(1, 10**20): 1, 1: 1, 1 + Fraction(1, 10**20): 1},
        {2 - Fraction(1, 10**20): 1, 2: 2, 2 + Fraction(1, 10**20): 1},
        {10**300: 1},
        dict.fromkeys(range(1, 21), 1),
        {k: 1 + k % 2 for k in range(1, 11)},
    ],
)
def test_hand_made_roots(multiplicities):
    """Each known root, of any size, spacing or multiplicity, lies in an interval of its own."""
    coefficients = from_roots(*(root for root, times in multiplicities.items() for _ in range(times)))
    check_roots(coefficients, multiplicities)
    check_roots([0, 0, *(-6 * c for c in coefficients), 0], multiplicities)


def test_one_variation_needs_no_bisection():
    """A single sign variation gives one interval at once, with the signs of the outer coefficients."""
    (interval,) = isolate_positive_roots([-1, -(10**400), 0, 7])
    assert (interval.sign_below, interval.sign_above) == (-1, 1)


@pytest.mark.parametrize("degree", [10, 21])
def test_mignotte_roots_are_separated(degree):
    """The two very close roots of x^d − 2 (1000 x − 1)² near 1/1000 fall into two intervals."""
    coefficients = [-2, 4000, -2_000_000] + [0] * (degree - 3) + [1]
    intervals = isolate_positive_roots(coefficients)
    check_intervals(coefficients, intervals)
    assert len(intervals) == 3
    assert (
        refine(coefficients, intervals[0], 300) < Fraction(1, 1000) < refine(coefficients, intervals[1], 300)
    )


rationals = st.builds(Fraction, st.integers(1, 1000), st.integers(1, 50))


@given(
    st.dictionaries(rationals, st.integers(1, 3), max_size=5),
    st.lists(rationals, max_size=2),
    st.lists(st.sampled_from(IRREDUCIBLE), max_size=3),
    st.sampled_from([1, -1, 12, 2**61 - 1]),
)
def test_products_of_known_factors(multiplicities, negative, quadratics, content):
    """The intervals hold exactly the positive roots that were multiplied in, with signs by multiplicity."""
    positive = [root for root, times in multiplicities.items() for _ in range(times)]
    coefficients = product([content], from_roots(*positive, *(-x for x in negative)), *quadratics)
    check_roots(coefficients, multiplicities)


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=12).filter(any))
def test_count_agrees_with_sympy(coefficients):
    """SymPy counts the same number of distinct positive roots."""
    intervals = isolate_positive_roots(coefficients)
    check_intervals(coefficients, intervals)
    poly = sympy.Poly(coefficients[::-1], sympy.Symbol("x"))
    at_zero = next(c for c in (coefficients, [1]) if any(c))[0] == 0
    assert len(intervals) == poly.count_roots(0, None) - at_zero


rates = st.floats(1e-4, 1e2)


@given(st.integers(2, 4), rates, rates, rates, rates, st.tuples(*[st.floats(0, 1e4)] * 5))
def test_cost_derivatives_agree_with_sympy(n, failure, aging, repair, restart, costs):
    """The critical rates of a cluster's cost are as many as SymPy counts, and lie where SymPy puts them."""
    coefficients = cost_derivative(n, failure, aging, repair, restart, costs)
    if not any(coefficients):
        return
    intervals = isolate_positive_roots(coefficients)
    check_intervals(coefficients, intervals)
    poly = sympy.Poly(coefficients[::-1], sympy.Symbol("x"))
    at_zero = coefficients[0] == 0
    assert len(intervals) == poly.count_roots(0, None) - at_zero
    for interval in intervals:
        assert poly.count_roots(*map(sympy.Rational, (interval.lower, interval.upper))) == 1


def test_published_local_minimum_of_the_cost():
    """A three-server cluster with a capacity cost has its local minimum at 9.860e-4 per hour."""
    costs = (204.029, 916.127, 0.0471747, 0, 0)
    coefficients = cost_derivative(3, 1 / 2160, 1 / 240, 0.331255, 0.604810, costs)
    intervals = isolate_positive_roots(coefficients)
    assert [(i.sign_below, i.sign_above) for i in intervals] == [(1, -1), (-1, 1)]
    assert float(refine(coefficients, intervals[1])) == pytest.approx(9.860e-4, rel=1e-4)


@given(st.integers(1, 10**30), st.integers(2, 7), st.integers(0, 200), st.integers(1, 2))
def test_refined_root_is_the_nearest_double_or_its_neighbour(radicand, degree, shift, multiplicity):
    """The refined root of (2^shift x^d − a)^m is within one unit in the last place, for even m as well."""
    coefficients = product(*[[-radicand] + [0] * (degree - 1) + [2**shift]] * multiplicity)
    (interval,) = isolate_positive_roots(coefficients)
    refined = refine(coefficients, interval)
    assert interval.lower <= refined <= interval.upper
    x = float(refined)
    below, above = (Fraction(math.nextafter(x, limit)) for limit in (0, math.inf))
    assert below**degree * 2**shift <= radicand <= above**degree * 2**shift


@pytest.mark.parametrize("bits", [1, 10, 60, 400])
def test_refinement_reaches_the_width_asked_for(bits):
    """The refined point differs from the root by at most 2^−bits of it."""
    coefficients = [-2, 0, 1]
    (interval,) = isolate_positive_roots(coefficients)
    refined = refine(coefficients, interval, bits)
    error = Fraction(1, 2**bits)
    assert (refined * (1 - error)) ** 2 < 2 < (refined * (1 + error)) ** 2


def test_exact_root_is_returned_unchanged():
    """A point interval refines to itself, and a dyadic root met on the way is returned exactly."""
    assert refine([-3, 4], RootInterval(Fraction(3, 4), Fraction(3, 4), -1, 1)) == Fraction(3, 4)
    (interval,) = isolate_positive_roots([-1, 0, 0, 64])
    assert refine([-1, 0, 0, 64], interval) == Fraction(1, 4)


def test_repeated_factor_longer_than_the_first_primes():
    """A repeated factor with 600-bit coefficients is found, though it fits no small prime."""
    factor, simple = [3**380, -(5**250), 7**200], [-(11**50), 13**40]
    found = squarefree_part(product(factor, factor, factor, simple))
    assert found == product(factor, simple)


def test_leading_coefficient_divisible_by_the_first_prime():
    """A prime that divides the leading coefficient is passed over, not trusted."""
    root = Fraction(5, 2**61 - 1)
    check_roots(from_roots(root, root, 3), {root: 2, 3: 1})


def test_repeated_factor_beyond_the_longest_prime(monkeypatch):
    """When no prime is long enough the error says so instead of returning a guess."""
    monkeypatch.setattr("rejuvmodel.polynomials.squarefree._MERSENNE_EXPONENTS", (61,))
    with pytest.raises(ConvergenceError, match="repeated factor"):
        squarefree_part(from_roots(*[Fraction(3**90, 5**70)] * 2))


def test_needs_no_numerical_library():
    """Importing the module loads neither NumPy nor SymPy."""
    code = (
        "import sys, rejuvmodel.polynomials.real_roots; sys.exit(bool({'numpy', 'sympy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
