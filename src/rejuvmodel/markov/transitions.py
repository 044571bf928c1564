"""Transitions as users write them by hand, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.arrays import real
from rejuvmodel.durations import shown as brief
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.state_labels import index_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

#: Causes of being down, in the order in which they are added up.
DOWN_CAUSES = ("unplanned", "planned")
_RATE_RULE = "a transition rate is a finite number per hour, at least 0"


def checked(transitions: Iterable[object]) -> list[tuple[str, str, float, str]]:
    """Transitions as (from, to, rate, cause), each checked."""
    given: object = transitions
    # A set has no order, so the states would have none.
    if isinstance(given, str | bytes | Mapping | Set) or not _is_iterable(given):
        raise InvalidInputError(
            "transitions",
            brief(transitions),
            "give a list of (from, to, rate) or (from, to, rate, cause) tuples",
        )
    rows = []
    for k, row in enumerate(transitions):
        place = f"transitions[{k}]"
        if not isinstance(row, Sequence) or isinstance(row, str | bytes) or len(row) not in (3, 4):
            raise InvalidInputError(
                place, brief(row), "a transition is (from, to, rate) or (from, to, rate, cause)"
            )
        origin, target, rate, cause = row if len(row) == 4 else (*row, "")
        for name, label in (("from", origin), ("to", target)):
            if not isinstance(label, str) or not label:
                raise InvalidInputError(
                    f"{place} {name}", brief(label), "a state's label is text and not empty"
                )
        if not isinstance(cause, str):
            raise InvalidInputError(f"{place} cause", brief(cause), "a cause is text, such as 'failure'")
        if origin == target:
            raise InvalidInputError(
                place, f"{origin!r} → {target!r}", "a transition leads to another state", "Leave it out."
            )
        number = real(f"{place} rate", rate, _RATE_RULE)
        if not isinstance(number, float):
            raise InvalidInputError(f"{place} rate", "an array", _RATE_RULE)
        rows.append((origin, target, number, cause))
    if not rows:
        raise InvalidInputError("transitions", "none", "a chain has at least one transition")
    return rows


def _is_iterable(value: object) -> bool:
    try:
        iter(value)  # type: ignore[call-overload]  # a 0-d array is Iterable by type, and is not
    except TypeError:
        return False
    return True


def places_of(labels: Sequence[str], names: Iterable[str], argument: str) -> Integers:
    """Places of the named states, in order."""
    if isinstance(names, str):
        names = (names,)
    given: object = names
    if isinstance(given, bytes | Mapping) or not _is_iterable(given):
        raise InvalidInputError(
            argument, brief(names), "give the labels of some states, such as ['u1', 'u2']"
        )
    return np.unique(np.array([index_of(labels, name, argument) for name in names], np.int64))


def down_places(labels: Sequence[str], down: Mapping[str, str] | None) -> dict[str, Integers] | None:
    """Places of the down states by cause."""
    if down is None:
        return None
    if not isinstance(down, Mapping):
        raise InvalidInputError("down", brief(down), "give a mapping such as {'down': 'unplanned'}")
    causes: Mapping[str, object] = down
    for label, cause in causes.items():
        if not isinstance(cause, str) or cause not in DOWN_CAUSES:
            raise InvalidInputError(
                f"down[{brief(label)}]", brief(cause), "a cause is 'planned' or 'unplanned'"
            )
    return {
        cause: places_of(labels, [label for label, its in down.items() if its == cause], "down")
        for cause in DOWN_CAUSES
    }
