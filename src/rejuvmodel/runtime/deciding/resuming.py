"""Resuming: what a successor remembers, from the journal of the one before and from what is seen now.

The records say where each server stood, and no command of an earlier life is out any more (whoever runs the
controller sees to that first). So every server goes on from its phase with ticket 0, and the first decisions
finish or undo what had begun. A deadline starts anew: a successor must not give up a server because nobody
was looking. Windows, budget and all other gates are asked again before the step that cannot be undone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from rejuvmodel.runtime.deciding.draft import RECOVERED, is_back
from rejuvmodel.runtime.deciding.group_state import GroupState, ServerState, first_state
from rejuvmodel.runtime.deciding.producer_state import Episode, ProducerState
from rejuvmodel.runtime.deciding.records import (
    DelayDrawn,
    Entered,
    EpisodeBegan,
    EpisodeEnded,
    Held,
    Record,
    RestartBegan,
    RollChanged,
    RollLeft,
    SlotFired,
    Snapshot,
)
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.states import Admission, Mode, Phase, Role
from rejuvmodel.runtime.deciding.transitions import Cause
from rejuvmodel.runtime.deciding.views import GroupView, Moment

#: Phases without a deadline: they began when they began.
_LASTING = (Phase.SERVING, Phase.WATCHED, Phase.STANDBY)


def resumed(
    settings: GroupSettings, journal: Iterable[tuple[datetime, Record]], view: GroupView, now: Moment
) -> tuple[GroupState, ProducerState, tuple[str, ...]]:
    """Return what a successor remembers.

    Parameters
    ----------
    settings : GroupSettings
        The group, as its file is now.
    journal : iterable of tuple
        Each record with the wall clock at which it was written, the oldest first.
    view : GroupView
        What is seen.
    now : Moment
        When.

    Returns
    -------
    tuple
        States of the controller and of the producer, and what was dropped, in words.
    """
    state = first_state(settings)
    servers, producer, dropped = dict(state.servers), ProducerState(), []
    for at, record in _since_the_snapshot(journal):
        match record:
            case Entered(server=name) if name in servers:
                servers[name] = _entered(record, settings, servers[name], _then(at, now), now)
                if is_back(Phase(record.phase), Cause(record.cause)):
                    state = replace(state, last_back=_then(at, now))
            case Entered(server=name):
                dropped.append(f"{name} is in the journal ({record.phase}), but no longer in the file")
            case RestartBegan():
                state = replace(state, restarts=(*state.restarts, _then(at, now)))
            case RollChanged():
                left = {name: life for name, life in record.left if name in servers}
                state = replace(state, roll=left, asked=frozenset(record.asked) & set(left))
            case RollLeft(server=name):
                left = {other: life for other, life in state.roll.items() if other != name}
                state = replace(state, roll=left, asked=state.asked - {name})
            case Held():
                state = replace(state, paused=record.paused, halted=record.halted)
            case _:
                producer = _produced(producer, record, _then(at, now))
    recorded = {name for name, server in servers.items() if server is not state.servers[name]}
    for name, server in servers.items():
        if name not in recorded and view.of(name).admission in (Admission.DRAIN, Admission.MAINTENANCE):
            # The journal knows nothing of it: back when it is healthy, and not a moment earlier.
            servers[name] = ServerState(Phase.WARMING, server.role, now.clock)
            dropped.append(f"{name} was found drained, and no record says why")
    oldest = now.clock - settings.gates.restart_period
    state = replace(state, restarts=tuple(at for at in state.restarts if at > oldest))
    return replace(state, servers=servers), producer, tuple(dict.fromkeys(dropped))


def _since_the_snapshot(journal: Iterable[tuple[datetime, Record]]) -> list[tuple[datetime, Record]]:
    """What the last snapshot states, and what came after it."""
    found: list[tuple[datetime, Record]] = []
    for at, record in journal:
        if isinstance(record, Snapshot):
            found = list(record.entries)
        else:
            found.append((at, record))
    return found


def _then(at: datetime, now: Moment) -> float:
    """When it was, on the clock that never jumps; a wall clock of the future counts as now."""
    return now.clock - max((now.wall - at).total_seconds(), 0.0)


def _entered(
    record: Entered, settings: GroupSettings, before: ServerState, then: float, now: Moment
) -> ServerState:
    """One server where the journal left it."""
    phase, role = Phase(record.phase), Role(record.role)
    if settings.mode is Mode.ACTIVE:  # the file may have changed its mode
        role = Role.PRIMARY
        if phase in (Phase.STANDBY, Phase.PROMOTING):
            phase = Phase.JOINING
    partner = record.partner if record.partner in settings.capacities else ""
    tried, recovered = before.tried, before.recovered
    if before.phase is Phase.WARMING and before.attempt and phase in RECOVERED:
        tried, recovered = before.attempt, then
    return replace(
        before,
        phase=phase,
        role=role,
        since=then if phase in _LASTING else now.clock,
        identity=record.identity,
        partner=partner,
        step=record.step,
        attempt=record.attempt,
        tried=tried,
        recovered=recovered,
        not_before=-math.inf,
    )


def _produced(state: ProducerState, record: Record, then: float) -> ProducerState:
    """What the producer wrote."""
    episodes = dict(state.episodes)
    match record:
        case EpisodeBegan(clock=clock, mark=mark):
            episodes[clock] = Episode(mark, then, None)
        case DelayDrawn(clock=clock, mark=mark, delay=delay):
            found = episodes.get(clock)
            since = found.since if found is not None and found.mark == mark else then
            episodes[clock] = Episode(mark, since, delay)
        case EpisodeEnded(clock=clock):
            episodes.pop(clock, None)
        case SlotFired(slot=slot):
            return state.with_slot(slot)
        case _:
            pass
    return replace(state, episodes=episodes)
