"""Laws that a user supplies: an object with ``laplace(s)`` and a stable ``one_minus_laplace(s)``.

The slopes that the closed form needs are quotients of differences of these two. Where x and y are close they
would cancel; there they are the divided differences of a polynomial that interpolates the transform at
Chebyshev's points around x and y. That costs one digit or two, more only for laws of very long tails.

Accuracy: relative error 3e-12 for the laws of ``laws`` given in this way, with their mean, if their functions
are as accurate as doubles allow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rejuvmodel.arrays import is_number
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Rates [1/h] at which a law is looked at when it is given.
_RATES = np.concatenate([[0.0], np.logspace(-12, 12, 97)])
#: Rates [1/h] above this are taken as this, so that a law may multiply and square them.
_LARGEST = 1e150
#: The same for the ends of slopes, which take sums and differences only.
_FARTHEST = 1e300
#: Rates, in units of 1/mean, at which a stretched law is compared, how closely, and up to which mean [h].
_COMPARED = np.array([0.01, 0.1, 0.5, 1.0, 2.0, 10.0])
_ALIKE = 1e-8
_LONGEST = 1e100
#: How far F*(s) + (1 − F*(s)) may be from 1.
_ROUNDING = 1e-12
#: Chebyshev points of an interpolation, and how small its last coefficients must be against the largest.
_POINTS = 18
_SETTLED = 1e-14
#: Coefficients below this against the largest are rounding.
_NOISE = 2e-16
#: Ends of the interpolations that begin at 0, in units of 1/mean, to try one after the other.
_SIZES = (0.5, 0.05, 0.005, 0.0005, 5e-5)


class UserTransforms(NamedTuple):
    """Transforms of a user's law; the names are those of ``law_transforms``."""

    law: Any
    known_mean: float | None

    def laplace(self, s: Floats) -> Floats:
        """F*(s)."""
        return evaluated(self.law, "laplace", s)

    def one_minus(self, s: Floats) -> Floats:
        """1 − F*(s)."""
        return evaluated(self.law, "one_minus_laplace", s)

    def log_laplace(self, s: Floats) -> Floats:
        """Logarithm of F*(s), from the law's own ``log_laplace`` if it has one."""
        with np.errstate(divide="ignore"):
            if not hasattr(self.law, "log_laplace"):
                return np.log(self.laplace(s))
            return np.asarray(self.law.log_laplace(s), dtype=np.float64)

    def log_slope(self, x: Floats, y: Floats) -> Floats:
        """Logarithm of the slope of F*."""
        with np.errstate(divide="ignore"):
            return np.log(self.slope(x, y))

    def survival(self, s: Floats) -> Floats:
        """g(s)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(s > 0, self.one_minus(s) / s, self._mean() if np.any(s == 0) else 0.0)

    def slope(self, x: Floats, y: Floats) -> Floats:
        """−F*[x, y]."""
        x, y = np.broadcast_arrays(np.minimum(x, _FARTHEST), np.minimum(y, _FARTHEST))
        low = self.laplace(x) < 0.5
        found = np.where(low, -_straight(self.laplace, x, y), _straight(self.one_minus, x, y))
        close = (y < 2 * x) & ~(low & (self.laplace(y) < self.laplace(x) / 8))
        short = close & (y * self._scale() < 1) & ~low
        if np.any(short):
            found[short] = self._from_zero(self.one_minus, x[short], y[short])
        for where, function, sign in (
            (close & low, self.laplace, -1.0),
            (close & ~low & ~short, self.one_minus, 1.0),
        ):
            if np.any(where):
                found[where] = sign * self._around(function, x[where], y[where])
        if np.any(y == 0):
            found[y == 0] = self._mean()
        return np.maximum(found, 0.0)  # where F* underflows rounding can be below it

    def survival_slope(self, x: Floats, y: Floats) -> Floats:
        """−g[x, y]."""
        x, y = np.broadcast_arrays(np.minimum(x, _FARTHEST), np.minimum(y, _FARTHEST))
        with np.errstate(divide="ignore", invalid="ignore"):
            # From the definition of g; nothing is lost where y is not small.
            found = np.asarray((self.survival(x) - self.slope(x, y)) / y)
        short = y * self._scale() < 1
        if np.any(short):
            found[short] = -self._from_zero(self.survival, x[short], y[short])
        return found

    def _from_zero(self, function: Callable[[Floats], Floats], x: Floats, y: Floats) -> Floats:
        """Slope of a function between two small rates, by an interpolation that begins at 0."""
        found, open_ = np.empty(x.shape), np.ones(x.shape, dtype=bool)
        for size in _SIZES:
            top = np.maximum(1.25 * y[open_], size / self._scale())
            found[open_], settled = _interpolated(function, x[open_], y[open_], np.zeros_like(top), top)
            open_[open_] = ~settled
            if not open_.any():
                return found
        # Tails too long to see from 0.
        near = open_ & (y < 2 * x)
        found[open_] = _straight(function, x[open_], y[open_])
        found[open_ & (y == 0)] = -np.inf  # the second moment may be infinite
        if near.any():
            found[near] = self._around(function, x[near], y[near])
        return found

    def _around(self, function: Callable[[Floats], Floats], x: Floats, y: Floats) -> Floats:
        """Slope of a function between two close rates, by an interpolation around them."""
        middle = (x + y) / 2
        at, step = self.laplace(middle), middle / 1000
        before, after = (self.one_minus(middle + k * step) for k in (-1, 1))
        change = np.where(at < 0.5, self.laplace(middle - step) - self.laplace(middle + step), after - before)
        with np.errstate(divide="ignore", invalid="ignore"):
            fall = np.nan_to_num(np.maximum(change, 0.0) / (2 * step) / at, nan=0.0, posinf=0.0)
            radius = np.minimum(middle / 4, 1 / fall)  # within it F* changes by a small factor only
        radius = np.maximum(radius, (y - x) / 2)
        return _interpolated(function, x, y, middle - radius, middle + radius)[0]

    def _mean(self) -> float:
        if self.known_mean is None:
            raise InvalidInputError(
                "law", shown(self.law), "with a rate of 0 the mean delay of a law must be known",
                "Give the law an attribute mean [h].",
            )  # fmt: skip
        return self.known_mean

    def _scale(self) -> float:
        """A typical delay [h]: the mean if it is known, else where 1 − F* reaches about a half."""
        if self.known_mean is not None and 0 < self.known_mean < np.inf:
            return self.known_mean
        falls = self.one_minus(_RATES)
        rate = float(_RATES[min(int(np.searchsorted(falls, 0.4)), len(_RATES) - 1)])
        return 1 / rate


def evaluated(law: Any, name: str, s: Floats) -> Floats:
    """Return ``law.name(s)``, checked for its shape and range."""
    argument, s = f"law.{name}(s)", np.minimum(s, _LARGEST)
    try:
        values = np.asarray(getattr(law, name)(s), dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise InvalidInputError(
            argument, f"{type(problem).__name__}: {problem}", "the function takes an array s and returns one",
            "Write it with NumPy functions.",
        ) from None  # fmt: skip
    if values.shape != np.shape(s):
        raise InvalidInputError(
            argument, f"shape {values.shape} for s of shape {np.shape(s)}",
            "the function returns one value for each s", "Write it with NumPy functions.",
        )  # fmt: skip
    wrong = ~((values >= 0) & (values <= 1 + _ROUNDING))
    if wrong.any():
        place = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        raise InvalidInputError(
            argument, f"{float(values[place])!r} at s = {float(np.asarray(s)[place]):g} per hour",
            "a transform of a delay of at least 0 lies between 0 and 1",
            "Check the law: are all delays at least 0?",
        )  # fmt: skip
    return np.minimum(values, 1.0)


def check_law(law: object) -> None:
    """Refuse an object that cannot be the law of a delay."""
    for name in ("laplace", "one_minus_laplace"):
        if not callable(getattr(law, name, None)):
            raise InvalidInputError(
                "law", shown(law), f"a law is one of the library, or has a method {name}(s)",
                "Use Exponential, Fixed, Erlang, Uniform, Hyperexponential or Empirical.",
            )  # fmt: skip
    values, rest = (evaluated(law, name, _RATES) for name in ("laplace", "one_minus_laplace"))
    _refuse_where(
        np.diff(values) > _ROUNDING * values[:-1], "law.laplace(s)",
        "a value that rises at s = {s:g} per hour",
        "a transform falls as s grows", "Check the law: are all delays at least 0?",
    )  # fmt: skip
    _refuse_where(
        np.diff(rest) < -_ROUNDING * rest[1:], "law.one_minus_laplace(s)",
        "a value that falls at s = {s:g} per hour",
        "1 − F*(s) grows with s", "Check it against laplace(s).",
    )  # fmt: skip
    _refuse_where(
        (np.abs(values + rest - 1) > _ROUNDING)[1:], "law.one_minus_laplace(s)",
        "a value at s = {s:g} per hour that does not add up with laplace(s) to 1",
        "it is 1 − F*(s)", "Check the two functions against each other.",
    )  # fmt: skip
    if abs(values[0] - 1) > _ROUNDING:
        raise InvalidInputError(
            "law.laplace(s)", f"{float(values[0])!r} at s = 0", "the delay is over some time, so F*(0) = 1",
            "Use Fixed(float('inf')) for never.",
        )  # fmt: skip
    mean = getattr(law, "mean", None)
    if mean is not None and not (is_number(mean) and not isinstance(mean, bool | np.bool_) and mean >= 0):
        raise InvalidInputError(
            "law.mean", shown(mean), "the mean of a law is a number of at least 0 hours",
            "Leave it out, or give it.",
        )  # fmt: skip


def check_stretched(law: Any, stretched: Any, mean: float) -> None:
    """Refuse what ``law.scaled(mean)`` returned if it has another mean or shape, as far as they are known.

    Parameters
    ----------
    law, stretched : object
        A user's law, and what its ``scaled`` made of it; both are laws.
    mean : float
        The mean that was asked for [h], above 0 and finite.

    Raises
    ------
    InvalidInputError
        If it is not the law stretched in time.
    """
    argument, rule = "law.scaled(mean)", "scaled returns the law stretched in time to that mean"
    old, new = (getattr(one, "mean", None) for one in (law, stretched))
    if new is not None and not abs(new - mean) <= _ALIKE * mean:
        raise InvalidInputError(
            argument, f"a law of mean {float(new):g} for scaled({mean:g})", rule,
            "Its argument is the new mean in hours, not a factor.",
        )  # fmt: skip
    if old is None or not all(1 / _LONGEST < one < _LONGEST for one in (old, mean)):
        return
    before, after = (evaluated(one, "laplace", _COMPARED / m) for one, m in ((law, old), (stretched, mean)))
    if np.any(np.abs(before - after) > _ALIKE):
        raise InvalidInputError(
            argument, f"a law of another shape for scaled({mean:g})", rule,
            "Multiply all its times by one factor, and check its mean.",
        )  # fmt: skip


def _refuse_where(wrong: NDArray[np.bool_], argument: str, found: str, rule: str, advice: str) -> None:
    if wrong.any():
        place = int(np.argmax(wrong)) + 1
        raise InvalidInputError(argument, found.format(s=_RATES[place]), rule, advice)


def _straight(function: Callable[[Floats], Floats], x: Floats, y: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return (function(y) - function(x)) / (y - x)


def _interpolated(
    function: Callable[[Floats], Floats], x: Floats, y: Floats, low: Floats, high: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """(f(y) − f(x))/(y − x) of the interpolating polynomial, and whether its coefficients have settled."""
    k = np.arange(_POINTS)
    angles = (2 * k + 1) * np.pi / (2 * _POINTS)
    middle, radius = (low + high)[:, None] / 2, (high - low)[:, None] / 2
    values = function(middle + radius * np.cos(angles))
    coefficients = values @ np.cos(np.outer(angles, k)) * (2 / _POINTS)
    coefficients[:, 0] /= 2
    largest = np.abs(coefficients).max(axis=1, keepdims=True)
    settled = np.all(np.abs(coefficients[:, -2:]) <= _SETTLED * largest, axis=1)
    coefficients[np.abs(coefficients) < _NOISE * largest] = 0.0
    u, v = ((z[:, None] - middle) / radius for z in (x, y))
    # T_{k+1}[u, v] = 2u·T_k[u, v] + 2T_k(v) − T_{k−1}[u, v]
    slopes, polynomials = [np.zeros_like(u), np.ones_like(u)], [np.ones_like(v), v]
    for _ in range(2, _POINTS):
        slopes.append(2 * u * slopes[-1] + 2 * polynomials[-1] - slopes[-2])
        polynomials.append(2 * v * polynomials[-1] - polynomials[-2])
    total: Floats = np.sum(coefficients * np.hstack(slopes), axis=1) / radius[:, 0]
    return total, settled
