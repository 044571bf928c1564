"""Laws, rates and clusters that the tests of triggers share."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import rejuvmodel as rj

#: The form of Garg et al. 1995.
RATES = rj.Rates(aging=1 / 240, failure=1 / 2160, repair=2, restart=60)
LAWS = (
    rj.Exponential(100),
    rj.Fixed(100),
    rj.Erlang(4, 100),
    rj.Uniform(40, 160),
    rj.Hyperexponential([0.9, 0.1], [50, 550]),
    rj.Empirical([30, 70, 200]),
)


class UserLaw:
    """A law of the library as a user would write it: two functions, a mean, and how to stretch it."""

    def __init__(self, law: Any) -> None:
        self.law, self.mean = law, law.mean

    def laplace(self, s: np.ndarray) -> Any:
        return self.law.laplace(s)

    def one_minus_laplace(self, s: np.ndarray) -> Any:
        return self.law.one_minus_laplace(s)

    def scaled(self, mean: float) -> UserLaw:
        return UserLaw(self.law.scaled(mean))

    def __repr__(self) -> str:
        return f"UserLaw({self.law!r})"


class HeavyTail:
    """Lomax's law with P(D > t) = (1 + t/c)^{−3/2}, c = mean/2, whose second moment is infinite."""

    def __init__(self, mean: float) -> None:
        self.mean = mean

    def __repr__(self) -> str:
        return f"HeavyTail({self.mean})"

    def scaled(self, mean: float) -> HeavyTail:
        return HeavyTail(mean)

    def one_minus_laplace(self, s: np.ndarray) -> np.ndarray:
        from scipy.special import erfcx

        z = np.asarray(s) * (self.mean / 2)
        root = np.sqrt(z)
        # 1 − √(πz)·e^z·erfc(√z) is 1/(2z) − 3/(4z²) + … for large z.
        far = np.maximum(z, 1.0)
        tail = (1 - (3 / 2) / far * (1 - (5 / 2) / far * (1 - (7 / 2) / far))) / (2 * far)
        return 2 * z * np.where(z > 1e4, tail, 1 - np.sqrt(np.pi) * root * erfcx(root))

    def laplace(self, s: np.ndarray) -> np.ndarray:
        z = np.asarray(s) * (self.mean / 2)
        far = np.maximum(z, 1.0)
        value = (3 / 2) / far * (1 - (5 / 2) / far * (1 - (7 / 2) / far))
        return np.where(z > 1e4, value, 1 - self.one_minus_laplace(s))


def timed(law: Any, clock: str, servers: int, rates: rj.Rates = RATES) -> rj.Cluster:
    """A cluster with a trigger."""
    return rj.Cluster(servers, rates, trigger=rj.Trigger(law, clock))


def random_rates(chance: random.Random, decades: tuple[float, float] = (-6, 3)) -> dict[str, float]:
    """Four rates, each over the decades given."""
    names = ("aging", "failure", "repair", "restart")
    return {name: 10 ** chance.uniform(*decades) for name in names}
