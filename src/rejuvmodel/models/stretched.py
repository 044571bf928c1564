"""One law stretched in time to many means, without making the laws: E[e^{−s·T·D}] is F*(s·T)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.models.law_transforms import Transforms

    Floats = NDArray[np.float64]


class StretchedTransforms(NamedTuple):
    """Transforms of T·D; the names are those of ``law_transforms``."""

    base: Transforms
    factor: Floats

    def laplace(self, s: Floats) -> Floats:
        """F*(sT)."""
        return self.base.laplace(s * self.factor)

    def one_minus(self, s: Floats) -> Floats:
        """1 − F*(sT)."""
        return self.base.one_minus(s * self.factor)

    def log_laplace(self, s: Floats) -> Floats:
        """Logarithm of F*(sT)."""
        return self.base.log_laplace(s * self.factor)

    def slope(self, x: Floats, y: Floats) -> Floats:
        """(F*(xT) − F*(yT))/(y − x)."""
        return self.factor * self.base.slope(x * self.factor, y * self.factor)

    def log_slope(self, x: Floats, y: Floats) -> Floats:
        """Logarithm of the slope."""
        return np.log(self.factor) + self.base.log_slope(x * self.factor, y * self.factor)

    def survival(self, s: Floats) -> Floats:
        """T·g(sT)."""
        return self.factor * self.base.survival(s * self.factor)

    def survival_slope(self, x: Floats, y: Floats) -> Floats:
        """T·(g(xT) − g(yT))/(y − x)."""
        # A delay of 0 has none, whatever the second moment of the law.
        slope = self.base.survival_slope(x * self.factor, y * self.factor)
        return self.factor * np.where(self.factor > 0, self.factor * slope, 0.0)


class StretchedTrigger(NamedTuple):
    """A trigger whose law of mean 1 is stretched to each of the given means, for the closed form.

    Attributes
    ----------
    clock : str
        What the delay is counted from.
    base : Transforms
        Transforms of the law of mean 1 h.
    means : ndarray
        Means [h], 0 and infinity included; one axis.
    """

    clock: str
    base: Transforms
    means: Floats

    @property
    def never(self) -> NDArray[np.bool_]:
        """Where the mean is infinite."""
        return np.isinf(self.means)

    def transforms(self, shape: tuple[int, ...], part: slice) -> StretchedTransforms:  # noqa: ARG002
        """Return transforms at some of the means."""
        means = self.means[part].reshape(-1, 1)
        return StretchedTransforms(self.base, np.where(np.isinf(means), 1.0, means))
