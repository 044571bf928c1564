"""Snapshots: one record from which everything can be resumed, so that what came before it is history only."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, timedelta

from rejuvmodel.runtime.deciding.draft import entered
from rejuvmodel.runtime.deciding.group_state import GroupState
from rejuvmodel.runtime.deciding.producer_state import ProducerState
from rejuvmodel.runtime.deciding.records import (
    DelayDrawn,
    EpisodeBegan,
    Held,
    Record,
    RestartBegan,
    RollChanged,
    SlotFired,
    Snapshot,
)
from rejuvmodel.runtime.deciding.states import Phase
from rejuvmodel.runtime.deciding.transitions import Cause
from rejuvmodel.runtime.deciding.views import Moment


def snapshot(state: GroupState, producer: ProducerState, now: Moment) -> Snapshot:
    """Return how everything stands, as a record for the journal.

    Parameters
    ----------
    state : GroupState
        What the controller remembers.
    producer : ProducerState
        What the producer remembers.
    now : Moment
        When.

    Returns
    -------
    Snapshot
        What `rejuvmodel.runtime.deciding.resuming.resumed` makes of it is what it makes of the whole journal;
        write it with `Journal.compact`.
    """
    entries: list[tuple[float, Record]] = []
    if state.last_back > -math.inf:  # whoever it was: what it does now is stated below
        name, server = next(iter(state.servers.items()))
        entries.append((state.last_back, entered(name, replace(server, phase=Phase.SERVING), Cause.SEEN_UP)))
    for name, server in state.servers.items():
        if server.tried:  # its last recovery ended then, after so many attempts
            for phase, attempt in ((Phase.WARMING, server.tried), (Phase.JOINING, 0)):
                then = replace(server, phase=phase, attempt=attempt)
                entries.append((server.recovered, entered(name, then, Cause.RESTATED)))
        entries.append((server.since, entered(name, server, Cause.RESTATED)))
    entries += [(at, RestartBegan("", None)) for at in state.restarts]
    if state.roll:
        entries.append(
            (now.clock, RollChanged(tuple(state.roll.items()), tuple(sorted(state.asked)), "restated"))
        )
    if state.paused or state.halted:
        entries.append((now.clock, Held(state.paused, state.halted)))
    for clock, episode in producer.episodes.items():
        entries.append((episode.since, EpisodeBegan(clock, episode.mark)))
        if episode.delay is not None:
            entries.append((episode.since, DelayDrawn(clock, episode.mark, episode.delay)))
    entries += [(now.clock, SlotFired(slot)) for slot in producer.fired]
    wall = now.wall.astimezone(UTC)
    return Snapshot(tuple((wall - timedelta(seconds=now.clock - at), record) for at, record in entries))
