"""Times as a simulation takes them: the length of a mission, and the horizon of a downtime or a cost."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from rejuvmodel.durations import hours as to_hours
from rejuvmodel.durations import shown, words
from rejuvmodel.errors import InvalidInputError


def mission_length(hours: float | timedelta | str) -> float:
    """Return the length of a mission [h], finite and above 0."""
    span = to_hours(hours, "hours")
    if not 0 < span < np.inf:
        raise InvalidInputError(
            "hours", shown(hours), "a mission takes a finite time above 0",
            'Give hours, or "365 d"; leave hours out for long-run values.',
        )  # fmt: skip
    return span


def horizon(hours: float | timedelta | str | None, mission: float | None) -> float:
    """Return the horizon [h]; that of a mission is its length and no other."""
    if hours is None:
        if mission is None:
            raise InvalidInputError(
                "hours", "None", "long-run values need a horizon", 'Give hours, or "365 d".'
            )
        return mission
    span = to_hours(hours, "hours")
    if not np.isfinite(span):
        raise InvalidInputError(
            "hours", shown(hours), "a horizon is a finite time", 'Give hours, or "365 d".'
        )
    if mission is not None and span != mission:
        raise InvalidInputError(
            "hours", shown(hours), f"this mission of {words(mission)} says nothing of other times",
            "Leave hours out, or simulate the other mission.",
        )  # fmt: skip
    return span
