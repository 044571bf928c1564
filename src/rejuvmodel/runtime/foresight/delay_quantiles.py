"""Quantiles of the delay of a policy, without NumPy: when a clock that is not yet drawn will end.

With D the delay in units of its mean, G(x) = E[(x − D)⁺] = ∫₀ˣ P(D ≤ t) dt has a closed form for every law:

    exponential        x − (1 − e^(−x))
    fixed              (x − 1)⁺
    erlang             x·F_k(x) − F_(k+1)(x), F_k the law of k phases of rate k
    uniform, lo to hi  ((x − lo)⁺² − (x − hi)⁺²) / (2 (hi − lo))
    hyperexponential   Σ p_j (x − m_j (1 − e^(−x/m_j)))
    empirical          the mean of (x − s)⁺ over the samples

Without jitter the distribution function is G'; with a jitter U(0, J) on top it is (G(x) − G(x − J)) / J. The
quantile is found by bisection to a relative 1e-9.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from rejuvmodel.policy import RejuvenationPolicy
from rejuvmodel.policy_laws import (
    DelayLaw,
    EmpiricalDelay,
    ErlangDelay,
    ExponentialDelay,
    HyperexponentialDelay,
    UniformDelay,
)

_Function = Callable[[float], float]


def delay_quantile(policy: RejuvenationPolicy, share: float) -> float:
    """Return the delay that a share of all drawn delays does not exceed.

    Parameters
    ----------
    policy : RejuvenationPolicy
        The policy.
    share : float
        Between 0 and 1.

    Returns
    -------
    float
        The delay [h]; infinity for a policy that never rejuvenates.
    """
    if policy.mean == math.inf:
        return math.inf
    if policy.mean == 0:
        return share * policy.jitter
    below, integral = _functions(policy.law)
    jitter = policy.jitter / policy.mean
    if jitter > 1e-6:
        return policy.mean * _inverse(lambda x: (integral(x) - integral(x - jitter)) / jitter, share)
    return policy.mean * _inverse(below, share) + share * policy.jitter


def _inverse(function: _Function, share: float) -> float:
    """Smallest x at which a distribution function reaches a share."""
    low, high = 0.0, 1.0
    while function(high) < share:
        low, high = high, 2.0 * high
    while high - low > 1e-9 * high:
        middle = 0.5 * (low + high)
        if function(middle) < share:
            low = middle
        else:
            high = middle
    return high


def _functions(law: DelayLaw) -> tuple[_Function, _Function]:
    """Distribution function of a law of mean 1, and its integral from 0."""
    match law:
        case ExponentialDelay():
            return (lambda x: -math.expm1(-x)), (lambda x: x + math.expm1(-x) if x > 0 else 0.0)
        case ErlangDelay(k=k):
            return (lambda x: _erlang(k, k * x)), lambda x: x * _erlang(k, k * x) - _erlang(k + 1, k * x)
        case UniformDelay(lo=lo, hi=hi):
            return _uniform(2.0 * lo / (lo + hi), 2.0 * hi / (lo + hi))
        case HyperexponentialDelay(probabilities=shares, means=means):
            return _hyperexponential(shares, means)
        case EmpiricalDelay(samples=samples):
            return _empirical(samples)
        case _:  # fixed
            return (lambda x: float(x >= 1.0)), lambda x: max(x - 1.0, 0.0)


def _erlang(k: int, y: float) -> float:
    """P(at least k events) of a Poisson law of mean y."""
    if y <= 0:
        return 0.0
    first = k if y < k else 0
    # The tail or the head, whichever is smaller, from its largest term on.
    log_term = first * math.log(y) - y - math.lgamma(first + 1)
    if first:
        term, total, n = math.exp(log_term), 0.0, k
        while term > 1e-17 * total:
            total += term
            n += 1
            term *= y / n
        return total
    head = math.fsum(math.exp(n * math.log(y) - y - math.lgamma(n + 1)) for n in range(k))
    return 1.0 - min(head, 1.0)


def _uniform(lo: float, hi: float) -> tuple[_Function, _Function]:
    def below(x: float) -> float:
        return min(max((x - lo) / (hi - lo), 0.0), 1.0)

    def integral(x: float) -> float:
        inside = min(max(x - lo, 0.0), hi - lo)
        return inside * inside / (2.0 * (hi - lo)) + max(x - hi, 0.0)

    return below, integral


def _hyperexponential(shares: tuple[float, ...], means: tuple[float, ...]) -> tuple[_Function, _Function]:
    most = max(means)
    weights = [share / math.fsum(shares) for share in shares]
    mean = math.fsum(weight * (one / most) for weight, one in zip(weights, means, strict=True))
    branches = [(weight, one / most / mean) for weight, one in zip(weights, means, strict=True)]

    def below(x: float) -> float:
        return math.fsum(weight * -math.expm1(-x / one) for weight, one in branches)

    def integral(x: float) -> float:
        if x <= 0:
            return 0.0
        return math.fsum(weight * (x + one * math.expm1(-x / one)) for weight, one in branches)

    return below, integral


def _empirical(samples: tuple[float, ...]) -> tuple[_Function, _Function]:
    most = max(samples)
    mean = math.fsum(one / most for one in samples) / len(samples)
    delays = [one / most / mean for one in samples]

    def below(x: float) -> float:
        # Rounding must not take a sample for one that is longer than itself.
        return sum(one <= x * (1 + 1e-12) for one in delays) / len(delays)

    def integral(x: float) -> float:
        return math.fsum(max(x - one, 0.0) for one in delays) / len(delays)

    return below, integral
