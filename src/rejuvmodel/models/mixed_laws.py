"""Laws of the trigger delay that are mixtures: branches drawn anew each time, and delays as observed.

Branches and samples lie on the last axis of their parameters. What holds for all laws is said in ``laws``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.arrays import Numbers, real
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.mean_times import waiting_times
from rejuvmodel.models.law_grid import Law
from rejuvmodel.models.law_transforms import HyperexponentialTransforms, SampleTransforms
from rejuvmodel.models.phases import Phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_EITHER = "its delays are all finite or all infinite"


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Hyperexponential(Law):
    """One of several exponential delays, drawn anew each time.

    Parameters
    ----------
    probabilities : array-like
        Probability of each branch; they sum to 1.
    means : array-like
        Mean delay of each branch [h], on the last axis; all infinite for never.

    Raises
    ------
    InvalidInputError
        If the probabilities are not a distribution, a mean is no duration, or some means alone are infinite.

    Examples
    --------
    >>> Hyperexponential([0.5, 0.5], [100, 300]).mean
    200.0
    """

    probabilities: Floats
    means: Floats
    _mixed = True

    def __init__(self, probabilities: object, means: object) -> None:
        shares = _distribution(probabilities)
        times = np.asarray(waiting_times("means", means))
        if times.ndim == 0 or times.shape[-1] != len(shares):
            raise InvalidInputError(
                "means", f"shape {times.shape}", f"there is one mean for each of the {len(shares)} branches",
                "Give as many means as probabilities.",
            )  # fmt: skip
        _one_kind("means", times, "Hyperexponential")
        object.__setattr__(self, "probabilities", shares)
        object.__setattr__(self, "means", times)

    @property
    def mean(self) -> Numbers:
        """Mean delay [h]."""
        likely = self.probabilities > 0  # 0 times infinity is no number
        return self._plain(np.sum(self.probabilities[likely] * self.means[..., likely], axis=-1))

    def _with_mean(self, mean: Numbers) -> Hyperexponential:
        return Hyperexponential(self.probabilities, self._stretched(self.means, self._factor(mean)))

    def _transforms(self) -> HyperexponentialTransforms:
        return HyperexponentialTransforms(self.probabilities, self._finite(self.means))

    def _phases(self) -> Phases | None:
        if not np.all(self.means > 0):
            return None
        with np.errstate(over="ignore"):
            return Phases(self.probabilities, 1 / self.means, follows=False)

    def _drawn(self, rng: np.random.Generator, size: int) -> Floats:
        edges = np.cumsum(self.probabilities)[:-1]
        drawn: Floats = (
            rng.standard_exponential(size) * self.means[np.searchsorted(edges, rng.random(size), "right")]
        )
        return drawn


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Empirical(Law):
    """Delays as they were observed, each sample with the same probability.

    Parameters
    ----------
    samples : array-like
        Delays [h], on the last axis; at least one. All infinite for never.

    Raises
    ------
    InvalidInputError
        If there is no sample, a sample is no duration, negative or NaN, or some alone are infinite.

    Examples
    --------
    >>> Empirical([250, 300, 350]).mean
    300.0
    """

    samples: Floats
    _mixed = True

    def __init__(self, samples: object) -> None:
        times = np.asarray(waiting_times("samples", samples))
        if times.ndim == 0:
            raise InvalidInputError(
                "samples",
                shown(samples),
                "samples are a list of delays",
                "Write Fixed(delay) for a single one.",
            )
        _one_kind("samples", times, "Empirical")
        object.__setattr__(self, "samples", times)

    @property
    def mean(self) -> Numbers:
        """Mean of the samples [h]."""
        return self._plain(np.mean(self.samples, axis=-1))

    def _with_mean(self, mean: Numbers) -> Empirical:
        return Empirical(self._stretched(self.samples, self._factor(mean)))

    def _transforms(self) -> SampleTransforms:
        samples = self._finite(self.samples)
        if samples.ndim == 1:
            delays, counts = np.unique(samples, return_counts=True)
            return SampleTransforms(delays, counts / len(samples))
        return SampleTransforms(samples, np.full(samples.shape[-1], 1 / samples.shape[-1]))

    def _drawn(self, rng: np.random.Generator, size: int) -> Floats:
        return rng.choice(self.samples, size)


def _distribution(probabilities: object) -> Floats:
    rule = "probabilities are numbers from 0 to 1 that sum to 1"
    shares = np.asarray(real("probabilities", probabilities, rule))
    if shares.ndim != 1:
        raise InvalidInputError(
            "probabilities", shown(probabilities), rule, "Give a list with one number for each branch."
        )
    total = float(shares.sum())
    if not abs(total - 1) <= 1e-9:
        raise InvalidInputError("probabilities", f"a sum of {total!r}", rule, "Divide them by their sum.")
    shares = shares / total
    shares.setflags(write=False)
    return shares


def _one_kind(argument: str, times: Floats, law: str) -> None:
    infinite = np.isinf(times)
    if np.any(infinite.any(axis=-1) & ~infinite.all(axis=-1)):
        raise InvalidInputError(
            argument, shown(times.tolist()), f"in {law} {_EITHER}", "Leave the infinite ones out."
        )
