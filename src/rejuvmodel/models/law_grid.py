"""What the laws of the trigger delay share: grids of parameters, checked transforms, stretching in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from rejuvmodel.arrays import Numbers, broadcast_shape, real
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.mean_times import waiting_times
from rejuvmodel.parameter_grid import ParameterGrid

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from rejuvmodel.models.law_transforms import Transforms
    from rejuvmodel.models.phases import Phases

    Floats = NDArray[np.float64]


class Law(ParameterGrid):
    """A law of the trigger delay D; see ``laws`` and ``mixed_laws`` for those there are."""

    __slots__ = ()
    #: Whether the last axis of array parameters counts branches or samples.
    _mixed = False
    #: Whether t times the hazard rate at t rises with t, whatever the parameters.
    _hazard_grows = False

    if TYPE_CHECKING:

        @property
        def mean(self) -> Numbers:
            """Mean delay [h]."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid of laws; ``()`` for one."""
        tail = 1 if self._mixed else 0
        named = {name: np.asarray(value) for name, value in self._values().items()}
        return broadcast_shape(
            {name: np.empty(value.shape[: value.ndim - tail]) for name, value in named.items()}
        )

    def scaled(self, mean: object) -> Self:
        """Return the law stretched in time to another mean, its shape kept.

        Parameters
        ----------
        mean : float, timedelta, str or array-like
            New mean [h]; 0 for at once, infinity for never.

        Returns
        -------
        Law
            The same kind of law, with the same ratios between its times.

        Raises
        ------
        InvalidInputError
            If the mean is no duration, or the law has mean 0 or infinity and so no ratios to keep.
        """
        return self._with_mean(waiting_times("mean", mean))

    def to_dict(self) -> dict[str, Any]:
        """Return name and parameters as plain values.

        Returns
        -------
        dict
            The ``name`` of the law in lower case, and its parameters [h] by their names.
        """
        return {"name": type(self).__name__.lower(), **super().to_dict()}

    def laplace(self, s: ArrayLike) -> float | Floats:
        """Return the Laplace–Stieltjes transform F*(s) = E[e^{−sD}].

        Parameters
        ----------
        s : float or array-like
            Rates [1/h], at least 0; they broadcast against the parameters.

        Returns
        -------
        float or ndarray
            F*(s), from 1 (at once) to 0 (never, at every s).

        Raises
        ------
        InvalidInputError
            If s is no rate.
        """
        at = self._rates(s)
        return self._plain(np.where(np.isinf(self.mean), 0.0, self._transforms().laplace(at)))

    def one_minus_laplace(self, s: ArrayLike) -> float | Floats:
        """Return 1 − F*(s), with all its digits where it is small.

        Parameters
        ----------
        s : float or array-like
            Rates [1/h], at least 0; they broadcast against the parameters.

        Returns
        -------
        float or ndarray
            1 − F*(s).

        Raises
        ------
        InvalidInputError
            If s is no rate.
        """
        at = self._rates(s)
        return self._plain(np.where(np.isinf(self.mean), 1.0, self._transforms().one_minus(at)))

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Return random delays.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : int
            Number of delays.

        Returns
        -------
        ndarray
            Delays [h].

        Raises
        ------
        InvalidInputError
            If the parameters are a grid.
        """
        if self.shape:
            raise InvalidInputError(
                "law", f"a grid of shape {self.shape}", "samples belong to one law", "Write law[index]."
            )
        return np.full(size, np.inf) if np.isinf(self.mean) else self._drawn(rng, size)

    def _columns(self, shape: tuple[int, ...], part: slice) -> Transforms:
        """Return the transforms at a part of a flattened grid, for rates of shape (points, levels)."""
        law = self
        if self.shape:
            law = self.on_grid(shape, np.unravel_index(np.arange(part.start, part.stop), shape))
        found: Any = law._transforms()
        tail = 1 if self._mixed else 0
        columns: Transforms = type(found)(*(np.reshape(x, (-1, 1, *x.shape[x.ndim - tail :])) for x in found))
        return columns

    def _transforms(self) -> Transforms:
        """The transforms; where the delay is infinite, those of any finite one."""
        raise NotImplementedError

    def _phases(self) -> Phases | None:
        """The phases of one phase-type law with finite mean above 0; None for other laws."""
        return None

    def _with_mean(self, mean: Numbers) -> Self:
        raise NotImplementedError

    def _drawn(self, rng: np.random.Generator, size: int) -> Floats:
        raise NotImplementedError

    def _picked(self, shape: tuple[int, ...], index: Any) -> dict[str, Any]:
        if not self._mixed:
            return super()._picked(shape, index)
        places = np.arange(int(np.prod(shape))).reshape(shape)[index]
        picked: dict[str, Any] = dict(self._values())
        for key, value in picked.items():
            if value.ndim > 1:
                rows = np.broadcast_to(value, (*shape, value.shape[-1])).reshape(-1, value.shape[-1])
                picked[key] = rows[places]
        return picked

    @staticmethod
    def _rates(s: ArrayLike) -> Floats:
        return np.asarray(real("s", s, "s is a finite rate of at least 0 per hour"))

    @staticmethod
    def _finite(times: Numbers) -> Floats:
        return np.where(np.isinf(times), 1.0, times)

    @staticmethod
    def _plain(values: Floats) -> Numbers:
        if np.ndim(values) == 0:
            return float(values)
        return values

    def _factor(self, mean: Numbers) -> Floats:
        """What to multiply delays with to get another mean; infinite for never."""
        old = self.mean
        if np.any(np.isinf(old) | np.equal(old, 0)):
            raise InvalidInputError(
                "mean", "a law of mean 0 or infinity", "such a law has no shape that a new mean could keep",
                "Scale the law that it was made from.",
            )  # fmt: skip
        return np.asarray(mean) / old

    def _stretched(self, times: Numbers, factor: Floats) -> Numbers:
        wide = factor[..., None] if self._mixed else factor
        with np.errstate(invalid="ignore"):
            stretched = np.where(np.isinf(wide), np.inf, times * wide)
        return self._plain(stretched)
