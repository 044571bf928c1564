"""Laws of the trigger delay: how long after its clock starts the cluster is sent to rejuvenate.

Every law is given in hours, has a mean, and is scaled in time by ``scaled``, its shape kept. A delay of 0 is
"at once", an infinite one "never". Parameters may be arrays, which make a grid of laws.

The closed form reads the transforms of a law, which are those of ``law_transforms``; the numeric road reads
its phases, if it has any, and simulation its samples. They have nothing in common but the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.arrays import Numbers, is_number, real, whole_number
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.mean_times import waiting_times
from rejuvmodel.memory import require_memory
from rejuvmodel.models.law_grid import Law
from rejuvmodel.models.law_transforms import (
    ErlangTransforms,
    FixedTransforms,
    UniformTransforms,
)
from rejuvmodel.models.phases import Phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Beyond this a double does not hold every whole number.
_MOST_STAGES = 2**53
_EITHER = "its delays are all finite or all infinite"


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Exponential(Law):
    """Exponential delay: the trigger of Fig. 3, with λ_r = 1/mean.

    Parameters
    ----------
    mean : float, timedelta, str or array-like
        Mean delay [h]; 0 for at once, infinity for never.

    Raises
    ------
    InvalidInputError
        If the mean is no duration, negative or NaN.

    Examples
    --------
    >>> Exponential("14 d").mean
    336.0
    """

    mean: Numbers
    _hazard_grows = True

    def __init__(self, mean: object) -> None:
        object.__setattr__(self, "mean", waiting_times("mean", mean))

    def _with_mean(self, mean: Numbers) -> Exponential:
        return Exponential(mean)

    def _transforms(self) -> ErlangTransforms:
        return ErlangTransforms(np.ones(()), self._finite(self.mean))

    def _phases(self) -> Phases:
        return Phases(np.ones(1), np.array([1 / float(self.mean)]), follows=True)

    def _drawn(self, rng: np.random.Generator, size: int) -> Floats:
        return rng.exponential(float(self.mean), size)


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Fixed(Law):
    """The same delay every time.

    Parameters
    ----------
    delay : float, timedelta, str or array-like
        Delay [h]; 0 for at once, infinity for never.

    Raises
    ------
    InvalidInputError
        If the delay is no duration, negative or NaN.

    Examples
    --------
    >>> Fixed("300 h").mean
    300.0
    """

    delay: Numbers
    _hazard_grows = True

    def __init__(self, delay: object) -> None:
        object.__setattr__(self, "delay", waiting_times("delay", delay))

    @property
    def mean(self) -> Numbers:
        """The delay [h]."""
        return self.delay

    def _with_mean(self, mean: Numbers) -> Fixed:
        return Fixed(mean)

    def _transforms(self) -> FixedTransforms:
        return FixedTransforms(self._finite(self.delay))

    def _drawn(self, rng: np.random.Generator, size: int) -> Floats:  # noqa: ARG002
        return np.full(size, self.delay)


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Erlang(Law):
    """Sum of k exponential stages: exponential for k = 1, nearly fixed for large k.

    Parameters
    ----------
    k : int or array-like of int
        Number of stages, from 1 to 2^53.
    mean : float, timedelta, str or array-like
        Mean of the whole delay [h]; 0 for at once, infinity for never.

    Raises
    ------
    InvalidInputError
        If k is not a whole number from 1 to 2^53, or the mean is not a duration.

    Examples
    --------
    >>> Erlang(5, "12 d").mean
    288.0
    """

    k: int | Numbers
    mean: Numbers
    _hazard_grows = True

    def __init__(self, k: object, mean: object) -> None:
        object.__setattr__(self, "k", _stages(k))
        object.__setattr__(self, "mean", waiting_times("mean", mean))
        _ = self.shape

    def _with_mean(self, mean: Numbers) -> Erlang:
        return Erlang(self.k, mean)

    def _transforms(self) -> ErlangTransforms:
        k, mean = np.broadcast_arrays(np.float64(self.k), self._finite(self.mean))
        return ErlangTransforms(k, mean / k)

    def _picked(self, shape: tuple[int, ...], index: Any) -> dict[str, Any]:
        picked = Law._picked(self, shape, index)
        if np.ndim(picked["k"]) == 0:
            picked["k"] = int(picked["k"])
        return picked

    def _phases(self) -> Phases:
        k = int(self.k)
        require_memory(f"The {k} phases of {self!r}", 16.0 * k, "Use the closed form (solve).")
        start = np.zeros(k)
        start[0] = 1.0
        return Phases(start, np.full(k, k / float(self.mean)), follows=True)

    def _drawn(self, rng: np.random.Generator, size: int) -> Floats:
        return rng.gamma(float(self.k), float(self.mean) / float(self.k), size)


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Uniform(Law):
    """Any delay between two ends with the same density.

    Parameters
    ----------
    lo, hi : float, timedelta, str or array-like
        Shortest and longest delay [h], lo ≤ hi; both infinite for never.

    Raises
    ------
    InvalidInputError
        If an end is no duration, the ends are in the wrong order, or one alone is infinite.

    Examples
    --------
    >>> Uniform("200 h", "400 h").mean
    300.0
    """

    lo: Numbers
    hi: Numbers
    _hazard_grows = True

    def __init__(self, lo: object, hi: object) -> None:
        low, high = waiting_times("lo", lo), waiting_times("hi", hi)
        object.__setattr__(self, "lo", low)
        object.__setattr__(self, "hi", high)
        _ = self.shape
        if np.any(np.greater(low, high)):
            raise InvalidInputError("lo", shown(lo), f"lo is at most hi, here {shown(hi)}", "Swap them.")
        if np.any(np.isinf(low) != np.isinf(high)):
            raise InvalidInputError(
                "hi", shown(hi), f"in Uniform {_EITHER}", 'Give a finite hi; "never" for both ends is never.'
            )

    @property
    def mean(self) -> Numbers:
        """Mean delay [h]."""
        return self.lo / 2 + self.hi / 2

    def _with_mean(self, mean: Numbers) -> Uniform:
        factor = self._factor(mean)
        return Uniform(self._stretched(self.lo, factor), self._stretched(self.hi, factor))

    def _transforms(self) -> UniformTransforms:
        low, high = np.broadcast_arrays(self._finite(self.lo), self._finite(self.hi))
        return UniformTransforms(low, high - low)

    def _drawn(self, rng: np.random.Generator, size: int) -> Floats:
        return self.lo + (0.0 if np.isinf(self.lo) else self.hi - self.lo) * rng.random(size)


def _stages(k: object) -> int | Numbers:
    rule = "the number of stages k is a whole number from 1 to 2^53"
    stages: int | Numbers
    if is_number(k) or not (isinstance(k, list | tuple) or hasattr(k, "__array__")):
        stages = whole_number("k", k, 1, rule)
    else:
        stages = real("k", k, rule, minimum=1.0)
        if np.any(stages != np.floor(stages)):
            raise InvalidInputError("k", shown(k), rule, "Use whole numbers.")
    if np.any(np.greater(stages, _MOST_STAGES)):
        raise InvalidInputError("k", shown(k), rule, "Use Fixed(delay), the limit of many stages.")
    return stages
