r"""Square-free part p / gcd(p, p') of an integer polynomial, proved by exact division.

Theory. p has a multiple root iff g = gcd(p, p') has positive degree, and p / g has the same distinct roots,
all simple. Modulo a prime that does not divide the leading coefficient the degree of the gcd never drops. So

1. a constant gcd modulo one prime proves that p is square-free, the usual case, in O(d²) small products;
2. otherwise the monic modular gcd is lifted to rational coefficients and accepted only if it divides p and p'
   without remainder: a common divisor of at least the degree of g is g;
3. if that fails, the prime was too small or unlucky, and a longer Mersenne prime is taken.

Source: von zur Gathen and Gerhard, Modern Computer Algebra, 3rd edition, sections 5.10 and 6.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, isqrt

from rejuvmodel.errors import ConvergenceError

__all__ = ["squarefree_part"]

# 2**e − 1 is prime for each e.
_MERSENNE_EXPONENTS = (61, 127, 521, 1279, 4423, 9689, 19937, 44497, 110503, 216091, 756839, 1398269)


def squarefree_part(coefficients: list[int]) -> list[int]:
    """Return p / gcd(p, p') with coprime coefficients.

    Parameters
    ----------
    coefficients : list of int
        c_k of p(x) = Σ c_k x^k in ascending order, the last one not 0.

    Returns
    -------
    list of int
        Ascending coefficients of a polynomial with the same distinct roots, all of them simple.

    Raises
    ------
    ConvergenceError
        If a repeated factor has coefficients beyond about 350,000 bits.
    """
    content = gcd(*coefficients)
    p = [c // content for c in coefficients]
    slope = [k * c for k, c in enumerate(p)][1:]
    for exponent in _MERSENNE_EXPONENTS:
        prime = (1 << exponent) - 1
        if p[-1] % prime == 0:
            continue
        common = _gcd_modulo(p, slope, prime)
        if len(common) == 1:
            return p
        candidate = _lifted(common, prime)
        if candidate and _quotient(slope, candidate) and (simple := _quotient(p, candidate)):
            return simple
    raise ConvergenceError(
        f"coefficients: a repeated factor of this polynomial of degree {len(p) - 1} needs more than "
        f"{_MERSENNE_EXPONENTS[-1] // 4} bits per coefficient; divide the polynomial by that factor first."
    )


def _gcd_modulo(first: list[int], second: list[int], prime: int) -> list[int]:
    """Return the monic gcd modulo a prime, ascending."""
    a, b = ([c % prime for c in reversed(f)] for f in (first, second))
    while b:
        inverse = pow(b[0], -1, prime)
        b = [c * inverse % prime for c in b]
        while len(a) >= len(b):
            factor, tail = a[0], a[len(b) :]
            a = [(x - factor * y) % prime for x, y in zip(a[1:], b[1:], strict=False)] + tail
        start = next((k for k, c in enumerate(a) if c), len(a))
        a, b = b, a[start:]
    return a[::-1]


def _lifted(monic: list[int], prime: int) -> list[int] | None:
    """Return the coprime integer polynomial whose monic form has these residues, if there is a small one."""
    limit = isqrt(prime // 2)
    scale, fractions = 1, []
    for residue in monic:
        # Invariant of Euclid's scheme: low = u · residue · scale modulo the prime.
        low, high, u, v = residue * scale % prime, prime, 1, 0
        while low > limit:
            factor = high // low
            low, high, u, v = high - factor * low, low, v - factor * u, u
        if abs(u) > limit:
            return None
        fractions.append(Fraction(low, u * scale))
        scale *= abs(u)
    cleared = [int(c * scale) for c in fractions]
    content = gcd(*cleared)
    return [c // content for c in cleared]


def _quotient(p: list[int], divisor: list[int]) -> list[int] | None:
    """Return p / divisor if it has integer coefficients and no remainder."""
    row, down, out = p[::-1], divisor[::-1], []
    while len(row) >= len(down):
        factor, remainder = divmod(row[0], down[0])
        if remainder:
            return None
        out.append(factor)
        row = [x - factor * y for x, y in zip(row[1:], down[1:], strict=False)] + row[len(down) :]
    return None if any(row) else out[::-1]
