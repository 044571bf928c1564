"""Trigger: when a cluster is sent to rejuvenate. A law of the delay, and the clock that it is counted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.arrays import Numbers, is_number
from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.models.law_grid import Law
from rejuvmodel.models.phases import Phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.models.law_transforms import Transforms

#: What each clock counts.
CLOCKS = {
    "unstable": "since the cluster became unstable",
    "service": "since the cluster last entered a normal state",
}
_OURS = "a law is one of the library, or has laplace(s) and one_minus_laplace(s)"


@dataclass(frozen=True)
class Trigger:
    """When a cluster is sent to rejuvenate.

    Parameters
    ----------
    law : Exponential, Fixed, Erlang, Uniform, Hyperexponential, Empirical or object
        Law of the delay D [h]. Any object with ``laplace(s)`` = E[e^{−sD}] and ``one_minus_laplace(s)``,
        accurate for small s and written for arrays, is a law too. Its further attributes are used where they
        are needed: ``mean`` [h], ``scaled(mean)`` to optimise, ``sample(rng, size)`` to simulate.
    clock : {"unstable", "service"}
        Where the delay is counted from. "unstable": from becoming unstable, drawn anew each time. "service":
        from entering a normal state (after a rejuvenation, a failure or a repair), through normal and
        unstable: the patent's periodic rejuvenation.

    Raises
    ------
    InvalidInputError
        If the law is none, a transform is above 1 or rises, or the clock is unknown.

    Notes
    -----
    A delay of 0 on the clock "unstable" is λ_r = ∞; on the clock "service" the cluster rejuvenates all the
    time (P_{r_n} = 1). An infinite delay is never, λ_r = 0, on both. Theory: ``docs/theory/triggers.md``.

    Examples
    --------
    >>> from rejuvmodel import Fixed
    >>> Trigger(Fixed("300 h"), clock="unstable")
    Trigger(law=Fixed(delay=300.0), clock='unstable')
    """

    law: Any
    clock: str = "unstable"

    def __post_init__(self) -> None:
        if isinstance(self.law, type):
            name = self.law.__name__
            raise InvalidInputError(
                "law", f"the class {name}", _OURS, f"Write {name}(…) with its parameters."
            )
        if is_number(self.law) or isinstance(self.law, str):
            raise InvalidInputError("law", shown(self.law), _OURS, "Write Fixed(delay) or Exponential(mean).")
        if not isinstance(self.law, Law):
            from rejuvmodel.models.user_law import check_law

            check_law(self.law)
        clock: object = self.clock
        if not isinstance(clock, str) or clock not in CLOCKS:
            raise InvalidInputError(
                "clock", shown(clock), 'a clock is "unstable" or "service"',
                '"unstable" counts from becoming unstable, "service" from the last restart or repair.',
            )  # fmt: skip

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid of laws; ``()`` for one."""
        return self.law.shape if isinstance(self.law, Law) else ()

    @property
    def mean(self) -> Numbers | None:
        """Mean delay [h]; None if the user's law does not say."""
        mean: Numbers | None = getattr(self.law, "mean", None)
        return mean if isinstance(self.law, Law) or mean is None else float(mean)

    @property
    def never(self) -> bool | NDArray[np.bool_]:
        """Whether, and where on a grid, the delay is infinite."""
        return np.isinf(self.law.mean) if isinstance(self.law, Law) else False

    @property
    def hazard_grows(self) -> bool:
        """Whether t times the hazard rate of the delay at t is known to rise with t."""
        return isinstance(self.law, Law) and self.law._hazard_grows

    def on_grid(self, shape: tuple[int, ...], index: Any) -> Trigger:
        """Return the triggers at an index of a larger grid to whose shape they broadcast.

        Parameters
        ----------
        shape : tuple of int
            Shape of the larger grid.
        index : int, slice, tuple or array
            Index into it, known to be valid.

        Returns
        -------
        Trigger
            The triggers there; the same object if this is one trigger.
        """
        return Trigger(self.law.on_grid(shape, index), self.clock) if self.shape else self

    def __getitem__(self, index: Any) -> Trigger:
        """Return the trigger, or grid, at an index of `shape`."""
        if not isinstance(self.law, Law):
            raise InvalidInputError(
                "Trigger[...]", f"index {shown(index)}", "a law of your own is one law", "Use it as it is."
            )
        return Trigger(self.law[index], self.clock)

    __iter__ = None  # or Python would iterate through __getitem__

    def scaled(self, mean: Any) -> Trigger:
        """Return the trigger with its law stretched in time to another mean.

        Parameters
        ----------
        mean : float, timedelta, str or array-like
            New mean delay [h]; 0 for at once, infinity for never.

        Returns
        -------
        Trigger
            The same clock, a law of the same shape.

        Raises
        ------
        InvalidInputError
            If the mean is no duration, or a law of your own has no ``scaled(mean)``, or one that returns
            another mean or another shape.
        """
        if not isinstance(self.law, Law):
            mean = hours(mean, "mean")
            if mean in (0, np.inf):
                from rejuvmodel.models.laws import Fixed

                return Trigger(Fixed(mean), self.clock)  # at once and never are the same for every law
        if not callable(getattr(self.law, "scaled", None)):
            raise InvalidInputError(
                "law", shown(self.law), "to change its mean, a law needs a method scaled(mean)",
                "Add one that returns the law stretched in time.",
            )  # fmt: skip
        scaled = Trigger(self.law.scaled(mean), self.clock)
        if not isinstance(self.law, Law):
            from rejuvmodel.models.user_law import check_stretched

            check_stretched(self.law, scaled.law, mean)
        return scaled

    def transforms(self, shape: tuple[int, ...], part: slice) -> Transforms:
        """Return the transforms of the law at some points of a grid, as the closed form reads them.

        Parameters
        ----------
        shape : tuple of int
            Shape of the grid, to which this trigger broadcasts.
        part : slice
            Points of the flattened grid.

        Returns
        -------
        Transforms
            For rates of shape (points, levels).
        """
        if isinstance(self.law, Law):
            return self.law._columns(shape, part)
        from rejuvmodel.models.user_law import UserTransforms

        return UserTransforms(self.law, None if self.mean is None else float(self.mean))

    def phases(self) -> Phases | None:
        """Return the phases of the law, as the numeric road reads them.

        Returns
        -------
        Phases or None
            None for grids and laws without exponential phases.
        """
        return self.law._phases() if isinstance(self.law, Law) and not self.shape else None

    def to_dict(self) -> dict[str, Any]:
        """Return law and clock as plain values.

        Returns
        -------
        dict
            The ``clock``, and the ``law`` with its name and parameters.
        """
        law = self.law.to_dict() if isinstance(self.law, Law) else {"name": type(self.law).__name__}
        return {"clock": self.clock, "law": law}

    def _html_rows(self) -> list[tuple[str, str]]:
        return [("trigger", repr(self.law)), ("delay counted", CLOCKS[self.clock])]

    def _repr_html_(self) -> str:
        return html_table("Trigger", self._html_rows())
