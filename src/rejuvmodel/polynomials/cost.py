"""The objective as a quotient of two polynomials in x = λ_r with integer coefficients, exactly.

With P_0 taken as 1 (theory page "where the optimum lies"),

    R_i = Π_{k≤i} μ(x + kλ)/(kλλ_f),   U = Σ_{i=1}^{n} μ/(iλ) · R_{i−1}     (Σ P_{u_i}),
    S = Σ_{i=0}^{n} R_i + (1 + x/μ_r) U                                     (1/P_0),
    N = C_f + C_r xμ/(μ_rλ) + C_deg U + (C_cap + μ_r C_per) (x/μ_r) U,      f = N/S.

Floats are exact rationals: the rates are scaled to integers by a power of two, N and S multiplied by
μ_r Π kλλ_f. Every coefficient is a non-negative integer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import zip_longest
from math import gcd, inf

from rejuvmodel.parameters import Costs, Rates

Polynomial = list[int]


@dataclass(frozen=True)
class CostQuotient:
    """f(x) = unit · N(X)/S(X) with X = scale · x, coefficients ascending.

    Attributes
    ----------
    numerator, denominator : list of int
        Non-negative coefficients without a common factor; S(X) > 0 for X ≥ 0.
    unit : Fraction
        Scale of the costs.
    scale : int
        A power of two that makes all rates whole.
    """

    numerator: Polynomial
    denominator: Polynomial
    unit: Fraction
    scale: int

    def at(self, x: Fraction | float) -> Fraction:
        """Exact value at x ≥ 0; the limit at infinity."""
        if x == inf:
            top = len(self.denominator) - 1
            return self.unit * Fraction(_coefficient(self.numerator, top), self.denominator[top])
        whole = Fraction(x) * self.scale
        return self.unit * value(self.numerator, whole) / value(self.denominator, whole)

    @cached_property
    def slope(self) -> Polynomial:
        """Numerator N'S − NS' of the derivative, in X; its sign is that of f'."""
        n, s = self.numerator, self.denominator
        result = [0] * (len(n) + len(s) - 1)
        for i, a in enumerate(n):
            if a:
                for j, b in enumerate(s):
                    if i != j:
                        result[i + j - 1] += (i - j) * a * b
        return _trimmed(result)

    def excess_over(self, x: float) -> Polynomial:
        """Return a polynomial in X, signed like f − f(x) right of x, without any root at x itself."""
        ratio = Fraction(x) * self.scale
        # N·S(x) − N(x)·S has the root x; dividing it out leaves the other crossings.
        n, s = value(self.numerator, ratio), value(self.denominator, ratio)
        scale = n.denominator * s.denominator
        a, b = int(s * scale), int(n * scale)
        pairs = zip_longest(self.numerator, self.denominator, fillvalue=0)
        difference = _trimmed([p * a - q * b for p, q in pairs])
        while difference and not value(difference, ratio):
            difference = _divided(difference, ratio)
        return difference


def cost_quotient(servers: int, rates: Rates, costs: Costs) -> CostQuotient:
    """Build N and S for one point.

    Parameters
    ----------
    servers : int
        Number of servers n.
    rates : Rates
        Scalar rates [1/h]; the rejuvenation rate is not read.
    costs : Costs
        Scalar costs.

    Returns
    -------
    CostQuotient
        The objective; O(n²) products of integers of O(n) words.
    """
    exact = [Fraction(float(r)) for r in (rates.aging, rates.failure, rates.repair, rates.restart)]
    # All denominators are powers of two: the largest one is common.
    time = max(r.denominator for r in exact)
    aging, failure, repair, restart = (int(r * time) for r in exact)
    priced = [Fraction(float(c)) for c in (costs.failure, costs.rejuvenation, costs.capacity, costs.degraded)]
    # μ_r Σ P_{r_i} rejuvenations per hour: a price on each is one on the capacity.
    priced[2] += exact[3] * Fraction(float(costs.per_rejuvenation))
    money = max(c.denominator for c in priced)
    c_f, c_r, c_cap, c_deg = (int(c * money) for c in priced)
    levels, visits = _weights(servers, aging, failure, repair)
    # D = Π kλλ_f is the weight of P_0; D/λ that of planned downtime.
    zero = levels_product = 1
    for k in range(1, servers + 1):
        levels_product *= k * aging * (failure if k > 1 else 1)
    zero = levels_product * failure
    denominator = _sum(_times(levels, restart), _times(visits, restart), _shifted(visits))
    numerator = _sum(
        [c_f * restart * zero, c_r * repair * levels_product],
        _times(visits, c_deg * restart),
        _times(_shifted(visits), c_cap),
    )
    numerator, denominator = _trimmed(numerator), _trimmed(denominator)
    while denominator[0] == 0 and _coefficient(numerator, 0) == 0:
        # λ = 0: both have the factor x^(n−1).
        numerator, denominator = numerator[1:], denominator[1:]
    common = gcd(*numerator, *denominator)
    numerator, denominator = [c // common for c in numerator], [c // common for c in denominator]
    return CostQuotient(numerator, denominator, Fraction(1, money), time)


def _weights(servers: int, aging: int, failure: int, repair: int) -> tuple[Polynomial, Polynomial]:
    """D · Σ R_i and D · U."""
    # Suffixes Π_{k>i} kλλ_f, from i = n down to 0.
    suffix = [1]
    for k in range(servers, 0, -1):
        suffix.append(suffix[-1] * k * failure * aging)
    suffix.reverse()
    levels = [0] * (servers + 1)
    visits = [0] * servers
    prefix = [1]  # μ^i Π_{k≤i} (x + kλ)
    for i in range(servers + 1):
        for j, c in enumerate(prefix):
            levels[j] += c * suffix[i]
        if i < servers:
            weight = repair * aging * suffix[i + 1]
            for j, c in enumerate(prefix):
                visits[j] += c * weight
            step = (i + 1) * failure
            prefix = [repair * (low + step * c) for low, c in zip([0, *prefix], [*prefix, 0], strict=True)]
    return levels, visits


def value(polynomial: Sequence[int], x: Fraction) -> Fraction:
    """Exact value of a polynomial, by Horner's scheme on the numerator and denominator of x."""
    p, q = x.numerator, x.denominator
    total, power = 0, 1
    for c in reversed(polynomial):
        total = total * p + c * power
        power *= q
    return Fraction(total, q ** max(len(polynomial) - 1, 0))


def _divided(p: Polynomial, root: Fraction) -> Polynomial:
    """Quotient p / (X − root) times a positive integer; the denominator of the root is a power of two."""
    quotient: list[Fraction | int] = []
    carry: Fraction | int = 0
    for c in reversed(p):
        carry = carry * root + c if root else c
        quotient.append(carry)
    quotient.pop()  # the remainder, 0
    common = max((Fraction(c).denominator for c in quotient), default=1)
    return _trimmed([int(c * common) for c in reversed(quotient)])


def _coefficient(p: Polynomial, k: int) -> int:
    return p[k] if k < len(p) else 0


def _times(p: Polynomial, c: int) -> Polynomial:
    return [a * c for a in p]


def _shifted(p: Polynomial) -> Polynomial:
    return [0, *p]


def _sum(*terms: Polynomial) -> Polynomial:
    return [sum(c) for c in zip_longest(*terms, fillvalue=0)]


def _trimmed(p: Polynomial) -> Polynomial:
    while p and p[-1] == 0:
        p = p[:-1]
    return p
