"""The cross product solvers × regimes × servers: one line in SOLVERS gives a solver every test.

``EVERY_CASE`` parametrizes a test over all of it; ``solution`` and ``truth`` cache both sides of a
comparison, because several tests look at the same solutions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import exact
import numpy as np
import pytest

import rejuvmodel as rj


@dataclass(frozen=True)
class SolverCase:
    """A solver with what it promises.

    ``rtol`` bounds the relative error of a probability; a solver with ``doubles_only`` may refuse a
    chain with a probability that a double holds badly, and no other.
    """

    solver: rj.ClosedForm | rj.GTH | rj.Direct
    rtol: float
    doubles_only: bool = False
    any_chain: bool = True

    @property
    def name(self) -> str:
        return self.solver.name


SOLVERS = (
    SolverCase(rj.ClosedForm(), rtol=1e-12, any_chain=False),
    SolverCase(rj.GTH(), rtol=1e-12),
    SolverCase(rj.Direct(), rtol=1e-9, doubles_only=True),
)
SERVERS = (1, 2, 4, 8, 16)
REGIMES = tuple(exact.regimes(draws=16))
#: Nine decades at their worst: every rate at one of their ends.
CORNERS = tuple(
    exact.Regime(
        f"corner {bits:05b}",
        {
            name: 1.234e-6 if bits >> k & 1 else 777.0
            for k, name in enumerate(("aging", "failure", "rejuvenation", "repair", "restart"))
        },
    )
    for bits in range(32)
)
#: Probabilities above this keep all digits of a double, and Direct promises them.
RESOLVED = Fraction(1, 10**290)
COSTS = {
    "failure": 1000.0,
    "rejuvenation": 10.0,
    "capacity": 5.0,
    "per_rejuvenation": 0.3,
    "degraded": 0.01,
}


@dataclass(frozen=True)
class Case:
    """One cluster and one solver."""

    case: SolverCase
    regime: exact.Regime
    servers: int

    @property
    def cluster(self) -> rj.Cluster:
        return rj.Cluster(self.servers, rj.Rates(**self.regime.rates))

    def __str__(self) -> str:
        return f"{self.case.name}-{self.regime.name}-{self.servers}"


EVERY_SOLVER = pytest.mark.parametrize("case", SOLVERS, ids=lambda case: case.name)
CHAIN_SOLVERS = pytest.mark.parametrize(
    "case", [case for case in SOLVERS if case.any_chain], ids=lambda case: case.name
)
EVERY_CASE = pytest.mark.parametrize(
    "one",
    [
        Case(case, regime, n)
        for case in SOLVERS
        for regimes, servers in ((REGIMES, SERVERS), (CORNERS, (2, 9)))
        for regime in regimes
        for n in servers
    ],
    ids=str,
)


def regime(name: str) -> exact.Regime:
    """Return the regime of that name."""
    return next(one for one in REGIMES if one.name == name)


@cache
def _truth(servers: int, rates: tuple[tuple[str, float], ...]) -> dict[str, Fraction]:
    return exact.cluster_stationary(servers, **dict(rates))


def truth(servers: int, rates: dict[str, float]) -> dict[str, Fraction]:
    """Exact probabilities of the cluster."""
    return _truth(servers, tuple(rates.items()))


@cache
def _solution(one: tuple[SolverCase, int, tuple[tuple[str, float], ...]]) -> rj.SteadyState | None:
    case, servers, rates = one
    try:
        return rj.solve(rj.Cluster(servers, rj.Rates(**dict(rates))), solver=case.solver)
    except rj.ConvergenceError:
        if case.doubles_only and min(p for p in truth(servers, dict(rates)).values() if p) < RESOLVED:
            return None
        raise


def solution(one: Case) -> rj.SteadyState:
    """Return the steady state, or skip the test where the solver may refuse the chain and does."""
    found = _solution((one.case, one.servers, tuple(one.regime.rates.items())))
    if found is None:
        pytest.skip(f"{one.case.name} refuses probabilities below 1e-290, as documented")
    return found


def worst_error(state: rj.SteadyState, pi: dict[str, Fraction], least: Fraction = RESOLVED) -> float:
    """Largest relative error of the probabilities above `least`; infinite if an exact 0 is not 0."""
    return max(
        exact.relative_error(float(p), q)
        for p, q in zip(state.probabilities, pi.values(), strict=True)
        if q == 0 or q >= least
    )


def log_error(found: float, exactly: float) -> float:
    """|ln p − ln q| / max(1, |ln q|); infinite where only one of them is −inf, or for NaN."""
    if exactly == -math.inf or found == -math.inf:
        return 0.0 if found == exactly else math.inf
    gap = abs(found - exactly) / max(1.0, abs(exactly))
    return gap if gap >= 0 else math.inf


def worst_log_error(state: rj.SteadyState, logarithms: list[float]) -> float:
    """Largest error of the log-probabilities."""
    pairs = zip(state.log_probabilities.tolist(), logarithms, strict=True)
    return max(log_error(found, exactly) for found, exactly in pairs)


def transitions(chain: rj.MarkovChain) -> list[exact.Transition]:
    """Transitions of a chain for the exact oracle."""
    return [
        (chain.labels[int(i)], chain.labels[int(j)], Fraction(float(rate)))
        for family in chain.families
        for i, j, rate in zip(family.origin, family.target, family.rate, strict=True)
    ]


def grid(points: int, seed: int = 7, decades: tuple[float, float] = (-4.0, 1.0)) -> rj.Rates:
    """Return random rates, all five varying, over the given decades."""
    chance = np.random.default_rng(seed)
    names = ("aging", "failure", "repair", "restart", "rejuvenation")
    return rj.Rates(**{name: 10 ** chance.uniform(*decades, points) for name in names})
