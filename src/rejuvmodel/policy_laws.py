"""Laws of the delay of a policy: plain data, and one drawing of each with nothing but the standard library.

A law here is a *shape*: it is stretched until its mean is the mean m of the policy. With X drawn from the law
as it is written, and E[X] its mean, the delay is D = m·X/E[X]; so only the ratios of its parameters count.

    exponential        X ~ Exp(1)
    fixed              X = 1
    erlang             X ~ Gamma(k, 1/k), the sum of k exponential phases
    uniform            X ~ U(lo, hi)
    hyperexponential   X ~ Exp(1/means[j]) with probability probabilities[j]
    empirical          X = samples[j], each equally likely

The names are those of the laws of `rejuvmodel.models.laws`, without the time that is the policy's mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from random import Random
from typing import Any, ClassVar

from rejuvmodel.durations import words


@dataclass(frozen=True, slots=True)
class DelayLaw:
    """Shape of a delay; made by `policy_law_tables.delay_law`, which checks it."""

    name: ClassVar[str]

    def relative(self, random: Random) -> float:
        """Return one delay in units of its mean.

        Parameters
        ----------
        random : random.Random
            Where chance comes from.

        Returns
        -------
        float
            X/E[X].
        """
        raise NotImplementedError

    def phrase(self, mean: float) -> str:
        """Return the law in words.

        Parameters
        ----------
        mean : float
            Mean of the delay [h], above 0 and finite.

        Returns
        -------
        str
            With its article: "an exponential law".
        """
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return the law as plain data.

        Returns
        -------
        dict
            Its name and its parameters.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
        return {"name": self.name} | plain


@dataclass(frozen=True, slots=True)
class ExponentialDelay(DelayLaw):
    """Memoryless delay."""

    name: ClassVar[str] = "exponential"

    def relative(self, random: Random) -> float:
        """One delay in units of its mean."""
        return random.expovariate(1.0)

    def phrase(self, mean: float) -> str:  # noqa: ARG002
        """The law in words."""
        return "an exponential law"


@dataclass(frozen=True, slots=True)
class FixedDelay(DelayLaw):
    """Delay that is always the same."""

    name: ClassVar[str] = "fixed"

    def relative(self, random: Random) -> float:  # noqa: ARG002
        """One delay in units of its mean."""
        return 1.0

    def phrase(self, mean: float) -> str:
        """The law in words."""
        return f"a fixed delay of {words(mean)}"


@dataclass(frozen=True, slots=True)
class ErlangDelay(DelayLaw):
    """Sum of k equal exponential phases."""

    name: ClassVar[str] = "erlang"
    k: int

    def relative(self, random: Random) -> float:
        """One delay in units of its mean."""
        return random.gammavariate(self.k, 1.0) / self.k

    def phrase(self, mean: float) -> str:  # noqa: ARG002
        """The law in words."""
        return f"an Erlang law of k = {self.k}"


@dataclass(frozen=True, slots=True)
class UniformDelay(DelayLaw):
    """Delay anywhere between two ends."""

    name: ClassVar[str] = "uniform"
    lo: float
    hi: float

    def relative(self, random: Random) -> float:
        """One delay in units of its mean."""
        return random.uniform(self._least(), 1.0) * 2.0 / (self._least() + 1.0)

    def phrase(self, mean: float) -> str:
        """The law in words."""
        low, high = (words(mean * (2.0 * end / (self._least() + 1.0))) for end in (self._least(), 1.0))
        return f"a uniform law from {low} to {high}"

    def _least(self) -> float:
        return self.lo / self.hi


@dataclass(frozen=True, slots=True)
class HyperexponentialDelay(DelayLaw):
    """One of several exponential branches, chosen by chance."""

    name: ClassVar[str] = "hyperexponential"
    probabilities: tuple[float, ...]
    means: tuple[float, ...]

    def relative(self, random: Random) -> float:
        """One delay in units of its mean."""
        branch = random.choices(self.means, self.probabilities)[0]
        return _ratio(branch, self.means, self.probabilities) * random.expovariate(1.0)

    def phrase(self, mean: float) -> str:
        """The law in words."""
        low, high = _ends(mean, self.means, self.probabilities)
        return f"a hyperexponential law with {len(self.means)} branches of mean {low} to {high}"


@dataclass(frozen=True, slots=True)
class EmpiricalDelay(DelayLaw):
    """One of the delays that were given."""

    name: ClassVar[str] = "empirical"
    samples: tuple[float, ...]

    def relative(self, random: Random) -> float:
        """One delay in units of its mean."""
        return _ratio(random.choice(self.samples), self.samples)

    def phrase(self, mean: float) -> str:
        """The law in words."""
        low, high = _ends(mean, self.samples)
        return f"an empirical law of {len(self.samples)} delays from {low} to {high}"


def _ratio(value: float, values: tuple[float, ...], probabilities: tuple[float, ...] = ()) -> float:
    """Value over the mean of all of them; each by the largest, so that nothing overflows."""
    most = max(values)
    weights = probabilities or (1.0,) * len(values)
    mean = math.fsum(p * (one / most) for p, one in zip(weights, values, strict=True)) / math.fsum(weights)
    return (value / most) / mean


def _ends(mean: float, values: tuple[float, ...], probabilities: tuple[float, ...] = ()) -> tuple[str, str]:
    """Smallest and largest of the values in words, stretched to the mean."""
    low, high = (words(mean * _ratio(end, values, probabilities)) for end in (min(values), max(values)))
    return low, high
