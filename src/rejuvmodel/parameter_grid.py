"""Parameters on a grid: named fields that broadcast together, compared, indexed and pickled by value."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import Any, Self

import numpy as np

from rejuvmodel.arrays import Numbers, broadcast_shape
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.memory import require_memory


class ParameterGrid:
    """What `Rates` and `Costs` share; for frozen dataclasses whose constructor validates every field."""

    __slots__ = ()
    __iter__ = None  # or Python would iterate through __getitem__, even over scalars

    def _values(self) -> dict[str, Numbers | None]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape to which the fields broadcast together; ``()`` if all are scalars."""
        return broadcast_shape({name: value for name, value in self._values().items() if value is not None})

    def __getitem__(self, index: Any) -> Self:
        """Return the parameters at an index of `shape`; any index that NumPy knows.

        Parameters
        ----------
        index : int, slice, tuple or array
            Index into `shape`.

        Returns
        -------
        Self
            Parameters of the selected points.

        Raises
        ------
        InvalidInputError
            If the index is out of range, selects nothing, or the parameters are scalars.
        SizeError
            If the selected points would not fit in memory.
        """
        shape, name = self.shape, type(self).__name__
        found, rule = f"index {shown(index)}", f"an index selects points of the shape {shape}"
        if not shape:
            raise InvalidInputError(
                f"{name}[...]", found, f"these {name} are scalars and have no index", "Use them as they are."
            )
        try:
            points = np.broadcast_to(np.bool_(True), shape)[index].size
            arrays = sum(isinstance(value, np.ndarray) for value in self._values().values())
            require_memory(f"{name} at {points} points", 8.0 * points * arrays, "Select fewer points.")
            changes = self._picked(shape, index)
        except (IndexError, TypeError, ValueError) as problem:
            raise InvalidInputError(
                f"{name}[...]", f"{found} (index error: {problem})", rule, "Index as in NumPy."
            ) from None
        if points == 0:
            raise InvalidInputError(
                f"{name}[...]", f"{found}, which selects no point", rule, "Select at least one point."
            )
        return type(self)(**changes)

    def on_grid(self, shape: tuple[int, ...], index: Any) -> Self:
        """Return the parameters at an index of a larger grid to whose shape they broadcast.

        Parameters
        ----------
        shape : tuple of int
            Shape of the larger grid.
        index : int, slice, tuple or array
            Index into it, known to be valid.

        Returns
        -------
        Self
            Parameters of the selected points; the same object if they are scalars.
        """
        return type(self)(**self._picked(shape, index)) if self.shape else self

    def _picked(self, shape: tuple[int, ...], index: Any) -> dict[str, Numbers | None]:
        return {
            key: np.broadcast_to(value, shape)[index] if isinstance(value, np.ndarray) else value
            for key, value in self._values().items()
        }

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed.

        Parameters
        ----------
        **changes
            Fields by name, as the constructor takes them.

        Returns
        -------
        Self
            The changed copy, validated again.

        Raises
        ------
        InvalidInputError
            If a new value is not allowed.
        """
        return type(self)(**(self._values() | changes))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain floats, nested lists and None.

        Returns
        -------
        dict
            One entry per field, in the order of the signature.
        """
        return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in self._values().items()}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        pairs = zip(self._values().values(), other._values().values(), strict=True)
        return all(_same(a, b) for a, b in pairs)

    def __hash__(self) -> int:
        return hash((type(self), *(_key(value) for value in self._values().values())))

    def __repr__(self) -> str:
        parts = [f"{name}={_short(value)}" for name, value in self._values().items() if value is not None]
        return f"{type(self).__name__}({', '.join(parts)})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, because unpickled arrays are writable.
        return partial(type(self), **self._values()), ()


def _same(left: Numbers | None, right: Numbers | None) -> bool:
    if left is None or right is None:
        return left is right
    return np.shape(left) == np.shape(right) and bool(np.all(left == right))


def _key(value: Numbers | None) -> object:
    return (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


def _short(value: Numbers | None) -> str:
    if not isinstance(value, np.ndarray):
        return repr(value)
    return (
        repr(value.tolist())
        if value.size <= 6
        else f"<{value.shape} array, {value.min():.4g} to {value.max():.4g}>"
    )
