"""What a sweep is, as digests: with the same digests, two sweeps have the same chunks and results."""

from __future__ import annotations

import hashlib
import json
import pickle
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.model_parameters import model_trigger
from rejuvmodel.models.law_grid import Law
from rejuvmodel.sweeping.blocks import Grid
from rejuvmodel.sweeping.jobs import Setting

if TYPE_CHECKING:
    from collections.abc import Callable


def library_version() -> str:
    """Return the version of the library, "unknown" if it runs without being installed."""
    try:
        return version("rejuvmodel")
    except PackageNotFoundError:
        return "unknown"


def identity(setting: Setting, grid: Grid, chunk: int) -> dict[str, str]:
    """Return the parts of what a sweep is.

    Parameters
    ----------
    setting : Setting
        What is done at every point.
    grid : Grid
        The points.
    chunk : int
        Points of a chunk.

    Returns
    -------
    dict of str
        Version and chunk as they are, the other parts as digests.

    Raises
    ------
    InvalidInputError
        If a law or a function of the user's own cannot be told from another.
    """
    model, costs = setting.model, setting.costs
    trigger = model_trigger(model)
    own = None if trigger is None or isinstance(trigger.law, Law) else _pickled("trigger", trigger.law)
    points = hashlib.sha256()
    for axis in (*grid.outer, *grid.inner):
        for column in axis.columns:
            points.update(f"{axis.name}\0{column.parameter}\0{len(axis)}\0".encode())
            values = column.values
            if values.dtype.kind == "U":
                points.update("\0".join(values).encode())
            else:
                points.update(np.ascontiguousarray(values).data)
    return {
        "version": library_version(),
        "chunk size": str(chunk),
        "model": _digest([type(model).__name__, model.to_dict(), own]),
        "costs": _digest(None if costs is None else costs.to_dict()),
        "grid": points.hexdigest(),
        "measures": _digest([(one.name, one.state, _code(one.function)) for one in setting.measures]),
        "settings": _digest(
            [
                setting.horizon,
                repr(setting.search),
                repr(setting.solver),
                setting.keep_going,
                setting.in_blocks,
            ]
        ),
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _code(function: Callable[..., Any] | None) -> Any:
    """What a function does, as far as can be told: its code where it has some, else the whole object."""
    if function is None:
        return None
    code = getattr(function, "__code__", None)
    if code is None or getattr(function, "__closure__", None):
        return _pickled("measures", function)
    return [function.__module__, function.__qualname__, code.co_code.hex(), repr(code.co_names)] + [
        constant if isinstance(constant, str | int | float | None) else repr(type(constant))
        for constant in code.co_consts
    ]


def _pickled(argument: str, value: object) -> str:
    try:
        return hashlib.sha256(pickle.dumps(value)).hexdigest()
    except (pickle.PicklingError, AttributeError, TypeError) as problem:
        raise InvalidInputError(
            argument, f"an object that cannot be pickled ({problem})",
            "with keep, what a sweep does must be told from what another does",
            "Define it at the top of a module, or sweep without keep.",
        ) from None  # fmt: skip
