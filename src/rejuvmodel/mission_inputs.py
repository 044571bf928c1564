"""What users pass for a mission: its hours, and where the model starts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.array_likes import as_array, placed
from rejuvmodel.arrays import Numbers, is_number, real
from rejuvmodel.durations import hours as to_hours
from rejuvmodel.durations import shown as brief
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.state_labels import index_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.chain import MarkovChain

    Floats = NDArray[np.float64]

_RULE = "a mission is a finite time, or a one-dimensional array of them"
_ADVICE = 'Give hours, or "30 d"; solve gives the steady state.'
_CHANCE = "a probability is a number from 0 to 1"
#: What probabilities typed with fifteen digits may miss 1 by.
_MISSING = 1e-9


def mission_hours(value: object) -> Numbers:
    """Return one time or several [h], each finite and at least 0; arrays are read-only."""
    if isinstance(value, str | timedelta) or is_number(value):
        return _finite("hours", value)
    array = as_array("hours", value, _RULE, _ADVICE)
    if array.ndim == 0:
        return _finite("hours", array[()])
    if array.ndim > 1:
        raise InvalidInputError("hours", f"an array of shape {array.shape}", _RULE, "Flatten it first.")
    if array.dtype.kind == "f":
        return real("hours", array, _RULE, advice=_ADVICE, unit=" hours")
    times = np.array([_finite(placed("hours", (k,)), array[k]) for k in range(len(array))])
    times.setflags(write=False)
    return times


def _finite(argument: str, value: object) -> float:
    span = to_hours(value, argument)
    if np.isinf(span):
        raise InvalidInputError(argument, brief(value), _RULE, _ADVICE)
    return span


def start_distribution(chain: MarkovChain, start: object, default: Floats | None = None) -> Floats:
    """Return the probabilities at time 0, shape (states,); by default all in the start of the chain."""
    p = np.zeros(len(chain))
    if start is None:
        if default is not None:
            return default
        if chain.start is None:
            raise InvalidInputError(
                "start", "nothing", "a chain that names no start of its own needs one",
                'Give start="…", the label of a state, or a mapping from labels to probabilities.',
            )  # fmt: skip
        p[chain.start] = 1.0
    elif isinstance(start, str):
        p[index_of(chain.labels, start, "start")] = 1.0
    elif isinstance(start, Mapping):
        for label, value in start.items():
            place = index_of(chain.labels, label, "start")
            number = real(f"start[{label!r}]", value, _CHANCE)
            if not isinstance(number, float):
                raise InvalidInputError(f"start[{label!r}]", f"an array of shape {number.shape}", _CHANCE)
            p[place] = number
    else:
        p = np.array(real("start", start, _CHANCE, advice="Or give the label of a state."))
        if p.shape != (len(chain),):
            raise InvalidInputError(
                "start", f"shape {p.shape}", f"give one probability for each of the {len(chain)} states",
                "Or give a label, or a mapping from labels to probabilities.",
            )  # fmt: skip
    total = float(p.sum())
    if not abs(total - 1.0) <= _MISSING:
        raise InvalidInputError(
            "start", f"probabilities that sum to {total:.10g}", "probabilities sum to 1",
            "Divide them by their sum.",
        )  # fmt: skip
    return p / total
