"""The status document: what `rejuvmodel runtime status` shows, as JSON values (docs/runtime_commands.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.budget import counted
from rejuvmodel.runtime.deciding.events import Demand
from rejuvmodel.runtime.deciding.group_state import GroupState, ServerState
from rejuvmodel.runtime.deciding.refusals import Refusal
from rejuvmodel.runtime.deciding.states import AWAY, LOST
from rejuvmodel.runtime.deciding.views import GroupView, Moment, known
from rejuvmodel.runtime.operating.attention import Loud
from rejuvmodel.runtime.watching.collector import Assessment

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class TickSnapshot:
    """Everything that a status tells, as it was at the end of one tick.

    Parameters
    ----------
    now : Moment
        When.
    state : GroupState or None
        What the controller remembers; None while it has not begun, or stands by.
    view : GroupView
        What was seen.
    assessments : mapping of str to Assessment
        What the collector made of it.
    demands : mapping of str to Demand
        What is due.
    refusals : mapping of str to Refusal
        Why it has to wait.
    loud : tuple of Loud
        Alarms.
    problems : tuple of str
        What is wrong now.
    dropped : tuple of str
        What of the journal could not be used.
    acting, stopping : bool
        Whether this controller is the one that acts, and whether it is about to end.
    holder : str
        Who acts.
    epoch : int
        The epoch of the lease.
    """

    now: Moment
    state: GroupState | None = None
    view: GroupView = field(default_factory=GroupView)
    assessments: Mapping[str, Assessment] = field(default_factory=dict)
    demands: Mapping[str, Demand] = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    loud: tuple[Loud, ...] = ()
    problems: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    acting: bool = False
    stopping: bool = False
    holder: str = ""
    epoch: int = 0


def status(file: RuntimeFile, shot: TickSnapshot) -> dict[str, Any]:
    """Return the status document of a group.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    shot : TickSnapshot
        The end of a tick.

    Returns
    -------
    dict
        JSON values; times as ISO 8601 in UTC, durations in seconds [s].
    """
    group, state = file.group, shot.state
    budget = None if state is None else counted(group, state.servers, shot.view)
    away = None if state is None else sum(one.phase in AWAY | LOST for one in state.servers.values())
    return {
        "schema": SCHEMA,
        "group": group.name,
        "mode": group.mode.value,
        "at": _iso(shot.now.wall),
        "acting": shot.acting,
        "holder": shot.holder,
        "epoch": shot.epoch,
        "dry_run": file.connections.executor.type == "dry-run",
        "stopping": shot.stopping,
        "paused": state is not None and state.paused,
        "halted": "" if state is None else state.halted,
        "required": group.required,
        "serving": None if budget is None else budget.serving,
        "away": away,
        "max_concurrent": group.max_concurrent,
        "roll": [] if state is None else list(state.roll),
        "loud": [{"at": _iso(one.at), "server": one.server, "text": one.text} for one in shot.loud],
        "problems": list(shot.problems),
        "dropped": list(shot.dropped),
        "servers": [
            _server(name, None if state is None else state.servers[name], shot) for name in group.capacities
        ],
    }


def is_loud(document: Mapping[str, Any]) -> bool:
    """Return whether a status asks for somebody's attention: exit code 1.

    Parameters
    ----------
    document : mapping
        What `status` returned.

    Returns
    -------
    bool
        True if the group is halted, an alarm was raised, or something is wrong now.
    """
    return bool(document["halted"] or document["loud"] or document["problems"])


def _server(name: str, server: ServerState | None, shot: TickSnapshot) -> dict[str, Any]:
    """One server of the document."""
    look, one = shot.view.of(name), shot.assessments.get(name)
    sample = None if one is None else one.last
    demand, refusal = shot.demands.get(name), shot.refusals.get(name)
    since = None if server is None else _when(server.since, shot.now)
    return {
        "name": name,
        "role": None if server is None else server.role.value,
        "phase": None if server is None else server.phase.value,
        "since": since,
        "condition": look.condition.value,
        "evidence": look.evidence,
        "health": look.health.value,
        "up": look.up,
        "admission": None if look.admission is None else look.admission.value,
        "sessions": look.sessions,
        "load": known(look.load),
        "uptime": known(look.uptime),
        "memory": None if sample is None else known(sample.memory),
        "identity": look.identity,
        "due": None if demand is None else demand.why,
        "refusal": None if refusal is None else {"reason": refusal.reason.value, "text": refusal.text},
    }


def _when(clock: float, now: Moment) -> str | None:
    """When it was on the wall clock; None for what was so before anybody looked."""
    return _iso(now.wall - timedelta(seconds=now.clock - clock)) if clock > 0 else None


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
