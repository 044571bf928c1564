"""Levels of the states of a chain as users declare them, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.arrays import whole_number
from rejuvmodel.durations import shown as brief
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.state_labels import index_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.flows import Family

    Integers = NDArray[np.int64]

_RULE = "a level is a whole number, at least 0"
_ALL = "levels are 0, 1, … without a gap, one for each state"


def level_numbers(labels: Sequence[str], levels: Mapping[str, int]) -> Integers:
    """Levels in the order of the states, from a mapping of labels."""
    given: object = levels
    if not isinstance(given, Mapping):
        raise InvalidInputError("levels", brief(levels), "give a mapping such as {'up': 0, 'down': 1}")
    found = np.full(len(labels), -1, np.int64)
    for label, number in levels.items():
        place = index_of(labels, label, "levels")
        found[place] = whole_number(f"levels[{brief(label)}]", number, 0, _RULE)
    without = np.flatnonzero(found < 0)
    if len(without):
        raise InvalidInputError("levels", f"no level for {labels[int(without[0])]!r}", _ALL)
    return found


def checked_levels(labels: Sequence[Any], families: Sequence[Family], levels: Any) -> Integers:
    """Levels as an array, if every transition leads to the same level or a neighbouring one."""
    try:
        found: Integers = np.array(levels).astype(np.int64, casting="safe")
    except (TypeError, ValueError):
        raise InvalidInputError("levels", brief(levels), "levels are an array of whole numbers") from None
    if found.shape != (len(labels),):
        raise InvalidInputError(
            "levels", f"an array of shape {found.shape}", f"{_ALL}, and there are {len(labels)}"
        )
    numbers = np.unique(found)
    if not np.array_equal(numbers, np.arange(len(numbers))):
        gap = int(np.flatnonzero(numbers != np.arange(len(numbers)))[0])
        raise InvalidInputError(
            "levels", f"no state of level {gap}, and one of level {int(numbers[gap])}", _ALL
        )
    for family in families:
        far = np.flatnonzero(np.abs(found[family.origin] - found[family.target]) > 1)
        if len(far):
            ends = int(family.origin[far[0]]), int(family.target[far[0]])
            (a, b), (j, k) = (labels[s] for s in ends), found[list(ends)]
            raise InvalidInputError(
                "levels", f"{a!r} → {b!r} from level {j} to level {k}",
                "transitions lead to the same or a neighbouring level",
                "Number the levels otherwise, or solve by GTH(), which needs none.",
            )  # fmt: skip
    return found
