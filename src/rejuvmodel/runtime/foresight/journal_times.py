"""How long the steps of a rejuvenation have taken, from the journal; what is assumed where it has none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from statistics import median

from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.deciding.records import Entered, Record
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.states import Phase
from rejuvmodel.runtime.deciding.transitions import Cause
from rejuvmodel.runtime.foresight.simulated_world import Assumed

_WARMING = Phase.WARMING.value
_BACK = (Phase.JOINING.value, Phase.STANDBY.value)


def step_times(
    settings: GroupSettings,
    journal: Iterable[tuple[datetime, Record]],
    *,
    restart: float | None = None,
    drain: float | None = None,
) -> tuple[Assumed, list[str]]:
    """Return how long each step is assumed to take.

    Parameters
    ----------
    settings : GroupSettings
        The group, with its deadlines.
    journal : iterable of tuple
        Records with their wall clocks, the oldest first; may be empty.
    restart, drain : float, optional
        Seconds [s] that the caller knows better.

    Returns
    -------
    tuple
        Medians of the journal, and where it has none the deadlines, which are the longest that a step may
        take; and a sentence for each.

    Raises
    ------
    InvalidInputError
        If a given time is not below its deadline.
    """
    found = _durations(journal)
    deadlines = settings.deadlines
    notes = []

    def chosen(name: str, given: float | None, longest: float) -> float:
        if given is not None:
            if given >= longest:
                rule = f"{longest:g} s is the deadline of the file: it would be given up"
                advice = f"Give a shorter one, or raise {name}_timeout."
                raise InvalidInputError(name, f"{given:g} s", rule, advice)
            notes.append(f"{name}: {given:.4g} s, as given")
            return given
        if found[name]:
            middle = median(found[name])
            notes.append(f"{name}: {middle:.4g} s, the median of {len(found[name])} in the journal")
            return middle
        notes.append(f"{name}: {longest:.4g} s, its deadline, because the journal has none")
        return longest

    spare = deadlines.healthy_for  # the health check has to hold for so long after the restart
    took = chosen("restart", restart, deadlines.restart)
    if restart is None and found["restart"]:
        took = max(took - spare, 0.0)
    drained = chosen("drain", drain, deadlines.drain)
    clean = chosen("clean", None, deadlines.clean) if settings.clean_steps else 0.0
    up = median(found["up"]) if found["up"] else 1.0
    recover = max(median(found["recover"]) - spare, 0.0) if found["recover"] else None
    # One at its deadline would be called back: the deadline itself is too late.
    return Assumed(min(took, 0.99 * deadlines.restart), min(drained, 0.99 * deadlines.drain),
                   min(clean, 0.99 * deadlines.clean), min(1.0, 0.99 * deadlines.duplex),
                   min(up, 0.99 * deadlines.up), recover), notes  # fmt: skip


def _durations(journal: Iterable[tuple[datetime, Record]]) -> dict[str, list[float]]:
    """Times [s] of the steps in the journal."""
    found: dict[str, list[float]] = {
        "drain": [], "clean": [], "restart": [], "recover": [], "up": [],
    }  # fmt: skip
    entered: dict[str, dict[str, datetime]] = {}
    for at, record in journal:
        if not isinstance(record, Entered):
            continue
        since = entered.setdefault(record.server, {})
        phase = record.phase
        if phase == Phase.PARKING.value and Phase.DRAINING.value in since:
            found["drain"].append((at - since[Phase.DRAINING.value]).total_seconds())
        elif phase == Phase.RESTARTING.value and Phase.CLEANING.value in since:
            found["clean"].append((at - since[Phase.CLEANING.value]).total_seconds())
        elif phase == Phase.SERVING.value and Phase.JOINING.value in since:
            found["up"].append((at - since[Phase.JOINING.value]).total_seconds())
        elif phase in _BACK and record.cause in (Cause.CAME_BACK.value, Cause.STANDS_BY.value):
            for name, key in (("restart", Phase.RESTARTING.value), ("recover", Phase.RECOVERING.value)):
                if key in since and _WARMING in since:
                    found[name].append((at - since[key]).total_seconds())
        if phase in (*_BACK, Phase.SERVING.value, Phase.OUT.value, Phase.FAILED.value):
            since.clear()
        since.setdefault(phase, at)
    return found


def seconds_of(argument: str, value: object) -> float | None:
    """Return a duration in seconds, if it was given.

    Parameters
    ----------
    argument : str
        The name that errors give.
    value : duration or None
        Hours, or text such as "20 s".

    Returns
    -------
    float or None
        Seconds [s].

    Raises
    ------
    InvalidInputError
        If it is no finite duration.
    """
    if value is None:
        return None
    found = hours(value, argument) * 3600.0
    if found < math.inf:
        return found
    raise InvalidInputError(
        argument, shown(value), "a finite time is expected", 'Write, for example, "20 s".'
    )
