"""The present of a group, from its journal and the status of its runtime: where a plan begins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rejuvmodel.durations import shown, words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.group_state import GroupState
from rejuvmodel.runtime.deciding.producer_state import ProducerState
from rejuvmodel.runtime.deciding.records import Record
from rejuvmodel.runtime.deciding.resuming import resumed
from rejuvmodel.runtime.deciding.states import Phase, Role
from rejuvmodel.runtime.deciding.views import GroupView, Moment
from rejuvmodel.runtime.foresight.exporting import export_log
from rejuvmodel.runtime.foresight.journal_times import seconds_of, step_times
from rejuvmodel.runtime.foresight.simulated_times import QUIET
from rejuvmodel.runtime.foresight.simulated_world import Assumed


@dataclass(frozen=True, slots=True)
class Present:
    """How everything stands when a plan begins.

    Parameters
    ----------
    now : datetime
        When.
    state, produced : GroupState, ProducerState
        What controller and producer remember.
    born, lives : dict
        When [s] each server's life began, and which it is.
    unstable : dict of str to float
        When [s] servers become unstable, of which it is known.
    aging : float or None
        Rate [1/s] at which normal servers become unstable.
    assumed : Assumed
        How long the steps take.
    """

    now: datetime
    state: GroupState
    produced: ProducerState
    born: dict[str, float]
    lives: dict[str, str]
    unstable: dict[str, float]
    aging: float | None
    assumed: Assumed


def present_of(
    file: RuntimeFile,
    now: datetime,
    journal: Sequence[tuple[datetime, Record]],
    status: Mapping[str, Any] | None,
    trend: Mapping[str, datetime],
    aging: object,
    restart: object,
    drain: object,
) -> tuple[Present, list[str]]:
    """Return how everything stands, and what was assumed for it.

    Parameters
    ----------
    file : RuntimeFile
        The runtime's file.
    now : datetime
        When, in UTC.
    journal : sequence of tuple
        Records with their wall clocks.
    status : mapping or None
        The status document of the running runtime.
    trend : mapping of str to datetime
        When servers are expected to reach their limit.
    aging, restart, drain : duration or None
        What the caller knows better.

    Returns
    -------
    tuple
        The present, and a sentence for each assumption.

    Raises
    ------
    InvalidInputError
        If a duration is not valid.
    """
    state, produced, _ = resumed(file.group, journal, GroupView(), Moment(0.0, now))
    assumed, notes = step_times(
        file.group, journal, restart=seconds_of("restart", restart), drain=seconds_of("drain", drain)
    )
    servers = {one.name: one for one in file.group.servers}
    seen = {} if status is None else {str(one["name"]): one for one in status["servers"]}
    if status is None:
        notes.append("no runtime is running: every server is taken as just started and normal")
    born, lives, unstable = {}, {}, {}
    for name in servers:
        one = seen.get(name, {})
        uptime = one.get("uptime")
        born[name] = -float(uptime) if uptime is not None else 0.0
        lives[name] = one.get("identity") or _marked(produced, name) or f"{name}-now"
        if one.get("condition") == "unstable" or state.servers[name].phase is Phase.WATCHED:
            unstable[name] = 0.0
        elif name in trend:
            unstable[name] = max((trend[name] - now).total_seconds(), 0.0)
            notes.append(f"{name} is expected to reach its limit at {trend[name]:%Y-%m-%d %H:%M %Z}")
    busy = [name for name, one in state.servers.items() if one.phase not in QUIET]
    if busy:
        notes.append(f"{', '.join(busy)}: in the middle of something, which is taken as over")
        calm = {
            name: replace(one, phase=Phase.STANDBY if one.role is Role.SPARE else Phase.SERVING)
            if name in busy
            else one
            for name, one in state.servers.items()
        }
        state = replace(state, servers=calm)
    if state.paused or state.halted:
        notes.append("the group is paused or halted: the plan is for when it is resumed now")
        state = replace(state, paused=False, halted="")
    rate, words_ = _aging(file, journal, aging)
    notes += words_
    return Present(now, state, produced, born, lives, unstable, rate, assumed), notes


def _marked(produced: ProducerState, name: str) -> str:
    """The life for which a clock of a server runs."""
    found = produced.episodes.get(f"service:{name}") or produced.episodes.get(f"unstable:{name}")
    return "" if found is None else found.mark


def _aging(
    file: RuntimeFile, journal: Sequence[tuple[datetime, Record]], given: object
) -> tuple[float | None, list[str]]:
    """The rate [1/s] at which normal servers become unstable, and where it comes from."""
    if not any(one.quantity != "uptime" for one in file.rules.limits):
        return None, []
    if given is not None:
        seconds = seconds_of("aging", given)
        if not seconds:
            raise InvalidInputError("aging", shown(given), "a time above 0 is expected", 'Try "7 d".')
        return 1 / seconds, [
            f"a normal server becomes unstable after {words(seconds / 3600)} on average, as given"
        ]
    policy = file.producer.policy
    rates: Mapping[str, Any] = {}
    if policy is not None and policy.computed_from is not None:
        rates = policy.computed_from.get("rates") or {}
    rate = rates.get("aging")
    if isinstance(rate, int | float) and 0 < rate < math.inf:
        return rate / 3600, [
            f"a normal server becomes unstable after {words(1 / rate)} on average, as in the policy"
        ]
    events, exposure = _observed(file, journal)
    if events:
        mean = words(exposure / events / 3600)
        text = f"a normal server becomes unstable after {mean} on average, from {events} times in the journal"
        return events / exposure, [text]
    return None, ["how fast servers become unstable is not known: only those that are so now are planned for"]


def _observed(file: RuntimeFile, journal: Sequence[tuple[datetime, Record]]) -> tuple[int, float]:
    """How often servers have become unstable, and in which time [s] they were normal."""
    try:
        log = export_log(file, journal)
    except InvalidInputError:
        return 0, 0.0
    last = {name: (_stamp(log.start), True) for name in log.servers}
    last |= {name: (_stamp(log.start), False) for name, _ in log.initial}
    events, exposure = 0, 0.0
    for one in log.events:
        at = _stamp(one.time)
        since, normal = last[one.server]
        if normal:
            exposure += at - since
            events += one.event == "unstable"
        last[one.server] = at, one.event in ("repaired", "rejuvenation finished")
    exposure += sum(_stamp(log.until) - since for since, normal in last.values() if normal)
    return events, exposure


def _stamp(at: str | float) -> float:
    """A moment of an event log [s]."""
    return datetime.fromisoformat(at).timestamp() if isinstance(at, str) else at * 3600.0
