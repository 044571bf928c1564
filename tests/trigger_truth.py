"""Exact answers for triggers, written from the definition of the process; nothing here calls the library.

Two independent oracles:

*Phase-type laws* are chains: the states in which the clock runs are split into phases. ``phase_chain``
writes them down, to be solved in rational arithmetic. The clock "unstable" runs in u_i and starts at every
entry into it; the clock "service" runs in i and u_i, starts at every entry into i, and aging lets it run on.

*Any law* by the theory of semi-Markov processes in many digits, with F*(s) = E[e^{−sD}] in plain
differences: 200 digits leave enough of them. With θ = λ_f + μ[i < n] and ν = iλ:

    clock "unstable":  P_u/P_i = λ_f(1−F*(ν))/ν,  P_r/P_i = λ_f F*(ν)/μ_r,  P_{i−1}/P_i = λ_f(1−F*(ν))/μ
    clock "service", per visit of i:  normal g(θ), unstable w = λ_f(g(ν)−g(θ))/(θ−ν),
        down νw, up μ[i < n]g(θ), expired F*(θ) + λ_f(F*(ν)−F*(θ))/(θ−ν)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import exact
import mpmath
import numpy as np

import rejuvmodel as rj

DIGITS = 300
#: Equal rates are taken this far apart: the slope is then right to nearly as many digits.
APART = mpmath.mpf(10) ** -60


def precise(x: Any) -> Any:
    """A number in as many digits as are worked with."""
    if isinstance(x, mpmath.mpf):
        return x
    ratio = Fraction(x)
    return mpmath.mpf(ratio.numerator) / ratio.denominator


@dataclass(frozen=True)
class Truth:
    """One law by its transform in many digits and its mean."""

    transform: Callable[[Any], Any]
    mean: Any

    def laplace(self, s: Any) -> Any:
        """F*(s)."""
        return self.transform(precise(s)) if s else mpmath.mpf(1)

    def one_minus(self, s: Any) -> Any:
        """1 − F*(s)."""
        return 1 - self.laplace(s)

    def survival(self, s: Any) -> Any:
        """(1 − F*(s))/s, the mean at 0."""
        return self.one_minus(s) / precise(s) if s else self.mean

    def slope(self, x: Any, y: Any) -> Any:
        """(F*(x) − F*(y))/(y − x)."""
        x, y = self._apart(x, y)
        return (self.laplace(x) - self.laplace(y)) / (y - x)

    def survival_slope(self, x: Any, y: Any) -> Any:
        """(g(x) − g(y))/(y − x)."""
        x, y = self._apart(x, y)
        return (self.survival(x) - self.survival(y)) / (y - x)

    def log_laplace(self, s: Any) -> Any:
        """ln F*(s)."""
        return exact.logarithm(self.laplace(s))

    def log_slope(self, x: Any, y: Any) -> Any:
        """Logarithm of the slope of F*."""
        return exact.logarithm(self.slope(x, y))

    def _apart(self, x: Any, y: Any) -> tuple[Any, Any]:
        x, y = precise(x), precise(y)
        if x != y:
            return x, y
        return (x, x * (1 + APART)) if x else (x, APART / self.mean)


def truth_of(law: Any) -> Truth:
    """Return the law in many digits; its parameters are the doubles that the library's law holds."""
    with mpmath.workdps(DIGITS):
        return _truth_of(law)


def _truth_of(law: Any) -> Truth:
    if isinstance(law, rj.Fixed):
        return _samples([law.delay])
    if isinstance(law, rj.Empirical):
        return _samples(np.asarray(law.samples).tolist())
    if isinstance(law, rj.Exponential):
        return _mixture([1.0], [law.mean])
    if isinstance(law, rj.Hyperexponential):
        return _mixture(law.probabilities.tolist(), law.means.tolist())
    if isinstance(law, rj.Erlang):
        k, mean = int(law.k), precise(law.mean)
        return Truth(lambda s: (1 + s * mean / k) ** -k, mean)
    low, high = precise(law.lo), precise(law.hi)
    if low == high:
        return _samples([law.lo])
    return Truth(
        lambda s: (mpmath.exp(-s * low) - mpmath.exp(-s * high)) / (s * (high - low)), (low + high) / 2
    )


def _samples(values: list[float]) -> Truth:
    delays, count = [precise(d) for d in values], len(values)
    return Truth(
        lambda s: mpmath.fsum(mpmath.exp(-s * d) for d in delays) / count, mpmath.fsum(delays) / count
    )


def _mixture(probabilities: list[float], means: list[float]) -> Truth:
    shares, all_means = [precise(p) for p in probabilities], [precise(m) for m in means]
    pairs, total = list(zip(shares, all_means, strict=True)), mpmath.fsum(shares)
    return Truth(
        lambda s: mpmath.fsum(p / (1 + s * m) for p, m in pairs) / total,
        mpmath.fsum(p * m for p, m in pairs) / total,
    )


def visit_times(n: int, law: Truth, clock: str, rates: Mapping[str, float]) -> dict[str, Any]:
    """Unnormalised probabilities of all 3n+1 states in many digits; rates above 0, the library's order."""
    aging, failure, repair, restart = (precise(rates[x]) for x in ("aging", "failure", "repair", "restart"))
    found: dict[str, Any] = dict.fromkeys(exact.labels(n))
    visits, down = mpmath.mpf(1), mpmath.mpf(0)
    for i in range(n, 0, -1):
        nu = i * failure
        if clock == "unstable":
            found[f"{i}"] = visits
            found[f"u{i}"] = visits * aging * law.survival(nu)
            found[f"r{i}"] = visits * aging * law.laplace(nu) / restart
            visits *= aging * law.one_minus(nu) / repair
            continue
        theta = aging + (repair if i < n else 0)
        if i < n:
            visits = down / (repair * law.survival(theta))
        unstable = visits * aging * law.survival_slope(nu, theta)
        found[f"{i}"] = visits * law.survival(theta)
        found[f"u{i}"] = unstable
        found[f"r{i}"] = visits * (law.laplace(theta) + aging * law.slope(nu, theta)) / restart
        down = nu * unstable
    found["0"] = visits if clock == "unstable" else down / repair
    return found


def probabilities(
    n: int, law: Any, clock: str, rates: Mapping[str, float], digits: int = DIGITS
) -> dict[str, Any]:
    """Return the probabilities of all 3n+1 states in many digits; rates above 0."""
    with mpmath.workdps(digits):
        weights = visit_times(n, law if isinstance(law, Truth) else truth_of(law), clock, rates)
        total = mpmath.fsum(weights.values())
        return {label: weight / total for label, weight in weights.items()}


def worst_error(state: rj.SteadyState, right: Mapping[str, Any]) -> float:
    """Largest relative error of the probabilities; of ln p over max(1, |ln p|) where they underflow."""
    worst = 0.0
    with mpmath.workdps(DIGITS):
        for p, log_p, q in zip(
            state.probabilities.tolist(), state.log_probabilities.tolist(), right.values(), strict=True
        ):
            log_q = exact.logarithm(q)
            if q > mpmath.mpf(10) ** -290:
                worst = max(worst, float(abs(mpmath.mpf(p) / q - 1)))
            gap = abs(mpmath.mpf(log_p) - log_q) / max(1, abs(log_q))
            worst = max(worst, float(gap) if math.isfinite(log_p) else math.inf)
    return worst


# ---------------------------------------------------------------------------- phase-type laws, exactly


@dataclass(frozen=True)
class Stages:
    """Phases of a delay: probabilities to start in each, rates, and whether each leads to the next."""

    start: tuple[Fraction, ...]
    rate: tuple[Fraction, ...]
    in_a_row: bool


def stages_of(law: Any) -> Stages:
    """Return the phases of an exponential, Erlang or hyperexponential law, exactly."""
    if isinstance(law, rj.Hyperexponential):
        shares = [Fraction(p) for p in law.probabilities.tolist()]
        return Stages(
            tuple(p / sum(shares) for p in shares), tuple(1 / Fraction(m) for m in law.means.tolist()), False
        )
    k = int(law.k) if isinstance(law, rj.Erlang) else 1
    return Stages((Fraction(1), *[Fraction(0)] * (k - 1)), (k / Fraction(law.mean),) * k, True)


def phase_chain(
    n: int, stages: Stages, clock: str, rates: Mapping[str, float]
) -> list[tuple[str, str, Fraction]]:
    """Transitions of the chain in which every wait for the trigger is spelt out in phases."""
    aging, failure, repair, restart = (Fraction(rates[x]) for x in ("aging", "failure", "repair", "restart"))
    phases = range(len(stages.rate))
    service = clock == "service"
    found: list[tuple[str, str, Fraction]] = []

    def enter(origin: str, state: str, rate: Fraction) -> None:
        """Go to a state in which the clock starts, if it has one."""
        starts = state[0] == "u" or (service and state != "0")
        if starts:
            found.extend((origin, f"{state}.{b}", rate * stages.start[b]) for b in phases)
        else:
            found.append((origin, state, rate))

    def run(state: str, level: int) -> None:
        for b in phases:
            last = b == phases[-1] or not stages.in_a_row
            found.append((f"{state}.{b}", f"r{level}" if last else f"{state}.{b + 1}", stages.rate[b]))

    for i in range(n, 0, -1):
        run(f"u{i}", i)
        if service:
            run(f"{i}", i)
        enter(f"r{i}", f"{i}", restart)
        for b in phases:
            enter(f"u{i}.{b}", f"{i - 1}", i * failure)
            if service:
                found.append((f"{i}.{b}", f"u{i}.{b}", aging))
        if not service:
            enter(f"{i}", f"u{i}", aging)
        for origin in [f"{i - 1}.{b}" for b in phases] if service and i > 1 else [f"{i - 1}"]:
            enter(origin, f"{i}", repair)
    return [(a, b, rate) for a, b, rate in found if rate > 0]


def phase_stationary(
    n: int, law: Any, clock: str, rates: Mapping[str, float]
) -> tuple[dict[str, Fraction], Fraction]:
    """Exact probabilities of all 3n+1 states, phases summed, and rejuvenations per hour."""
    stages = stages_of(law)
    moves = phase_chain(n, stages, clock, rates)
    top = f"{n}.{[bool(p) for p in stages.start].index(True)}" if clock == "service" else f"{n}"
    pi = exact.stationary(moves, start=top)
    folded = dict.fromkeys(exact.labels(n), Fraction(0))
    for state, p in pi.items():
        folded[state.partition(".")[0]] += p
    started = sum((pi[a] * rate for a, b, rate in moves if b[0] == "r"), Fraction(0))
    return folded, started
