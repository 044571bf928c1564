"""A decision in the making. It lives within one call of the controller and is never handed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rejuvmodel.runtime.deciding.actions import (
    Action,
    Alarm,
    Announce,
    Clean,
    Decision,
    Duplex,
    Recover,
    Restart,
)
from rejuvmodel.runtime.deciding.budget import Budget, counted
from rejuvmodel.runtime.deciding.group_state import GroupState, ServerState
from rejuvmodel.runtime.deciding.records import Entered, Held, Record, RestartBegan, RollChanged, RollLeft
from rejuvmodel.runtime.deciding.refusals import Refusal
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.states import Health, Mode, Phase, Role
from rejuvmodel.runtime.deciding.transitions import NEXT, Cause
from rejuvmodel.runtime.deciding.views import GroupView, Moment, ServerView

_ROLES = {Phase.STANDBY: Role.SPARE, Phase.PROMOTING: Role.PRIMARY, Phase.JOINING: Role.PRIMARY}
#: Phases that a recovered server goes on to.
RECOVERED = (Phase.JOINING, Phase.STANDBY)
#: Causes after which a server rests before it is tried again.
_CALLED_BACK = {Cause.UNCOVERED, Cause.RECALLED, Cause.WITHDRAWN}


class Draft:
    """State, actions, records and refusals as they come to be.

    Parameters
    ----------
    settings : GroupSettings
        The group.
    state : GroupState
        What is remembered.
    view : GroupView
        What is seen.
    now : Moment
        When.
    """

    def __init__(self, settings: GroupSettings, state: GroupState, view: GroupView, now: Moment) -> None:
        self.settings = settings
        self.state = state
        self.view = view
        self.now = now
        self.servers: dict[str, ServerState] = dict(state.servers)
        self.actions: list[Action] = []
        self.records: list[Record] = []
        self.refusals: dict[str, Refusal] = {}
        self._budget: Budget | None = None

    @property
    def budget(self) -> Budget:
        """The capacity budget as it is after what has been decided so far."""
        if self._budget is None:
            self._budget = counted(self.settings, self.servers, self.view)
        return self._budget

    def look(self, name: str) -> ServerView:
        """What is seen of a server."""
        return self.view.of(name)

    def age(self, name: str) -> float:
        """Seconds [s] that a server has been in its phase."""
        return self.now.clock - self.servers[name].since

    def note(self, name: str, **changes: Any) -> None:
        """Remember something of a server that no successor needs."""
        self.servers[name] = replace(self.servers[name], **changes)

    def ticket(self) -> int:
        """Number of a new command."""
        self.state = replace(self.state, ticket=self.state.ticket + 1)
        return self.state.ticket

    def move(self, name: str, cause: Cause, **changes: Any) -> None:
        """Take the row of the table, write it down, and do what the new phase begins with."""
        before = self.servers[name]
        row = NEXT[before.phase, cause]
        fresh: dict[str, Any] = {
            "phase": row.target,
            "role": _ROLES.get(row.target, before.role),
            "since": self.now.clock,
            "ticket": 0,
            "step": 0,
            "healthy_since": None,
            "attempt": 0,
        }
        if row.target is Phase.RECOVERING:
            fresh |= {"attempt": before.attempt + 1, "identity": self.look(name).identity}
        elif row.target is Phase.WARMING:
            fresh["attempt"] = before.attempt
            if before.phase is Phase.FAILED:  # somebody else's restart is the first attempt
                fresh["attempt"] += 1
        elif row.target is Phase.FAILED:
            lately = self.now.clock - before.recovered < self.settings.recover_period
            fresh["attempt"] = before.tried if lately else 0
        elif row.target in (Phase.SERVING, Phase.STANDBY):
            fresh |= {"partner": "", "identity": None}
        if before.phase is Phase.WARMING and before.attempt and row.target in RECOVERED:
            fresh |= {"tried": before.attempt, "recovered": self.now.clock}
        if cause is Cause.COMMANDED:
            fresh["why_back"] = ""
        if cause in _CALLED_BACK:
            fresh["not_before"] = self.now.clock + self.settings.gates.retry_after
        after = replace(before, **(fresh | changes))
        self.servers[name] = after
        self._budget = None
        self._enter(name, after, cause)

    def _enter(self, name: str, after: ServerState, cause: Cause) -> None:
        """Write down the phase, then order what it begins with."""
        self.records.append(entered(name, after, cause))
        if after.phase is Phase.WATCHED:
            self.actions.append(Announce(name, self.look(name).evidence))
        elif after.phase is Phase.DUPLEXING and self.settings.duplexed:
            self.order(name, Duplex(name, after.partner or self.other(name), self.ticket()))
        elif after.phase is Phase.CLEANING:
            self.clean(name)
        elif after.phase is Phase.RESTARTING:
            self.restart(name)
        elif after.phase is Phase.RECOVERING:
            self.recover(name)
        elif after.phase is Phase.OUT:
            self.halt(name, f"{cause.value}: it stays out of service until it is healthy or somebody decides")
        elif is_back(after.phase, cause):
            self.state = replace(self.state, last_back=self.now.clock)

    def order(self, name: str, action: Duplex | Clean | Restart | Recover) -> None:
        """Give a command whose end will be reported."""
        self.note(name, ticket=action.ticket, since=self.now.clock)
        self.actions.append(action)

    def clean(self, name: str) -> None:
        """Order the next clean step, if there is one left."""
        step = self.servers[name].step
        if step < len(self.settings.clean_steps):
            self.order(name, Clean(name, self.settings.clean_steps[step], self.ticket()))

    def restart(self, name: str) -> None:
        """Order the restart of the life that was there when it was commanded."""
        self._restarting(name)
        self.order(name, Restart(name, self.servers[name].identity, self.ticket()))

    def recover(self, name: str) -> None:
        """Order the recovery that its attempts have come to."""
        self._restarting(name)
        server, healthy = self.servers[name], self.look(name).health is Health.HEALTHY
        self.order(name, Recover(name, server.attempt, self.ticket(), server.identity, healthy))

    def _restarting(self, name: str) -> None:
        """Write down a restart, and count it against the cap."""
        self.records.append(RestartBegan(name, self.servers[name].identity))
        oldest = self.now.clock - self.settings.gates.restart_period
        kept = tuple(at for at in self.state.restarts if at > oldest)
        self.state = replace(self.state, restarts=(*kept, self.now.clock))

    def alarm(self, name: str, text: str) -> None:
        """Be loud."""
        self.actions.append(Alarm(name, text))

    def halt(self, name: str, text: str) -> None:
        """Begin nothing new until an operator resumes, and be loud."""
        self.alarm(name, text)
        if not self.state.halted:
            self.hold(halted=f"{name}: {text}")

    def hold(self, *, paused: bool | None = None, halted: str | None = None) -> None:
        """Change what holds the group, and write it down."""
        state = self.state
        held = Held(state.paused if paused is None else paused, state.halted if halted is None else halted)
        if (held.paused, held.halted) != (state.paused, state.halted):
            self.state = replace(state, paused=held.paused, halted=held.halted)
            self.records.append(held)

    def change_roll(self, left: Mapping[str, str | None], asked: frozenset[str], why: str) -> None:
        """Begin a roll, add to it, or cancel it."""
        self.state = replace(self.state, roll=left, asked=asked)
        self.records.append(RollChanged(tuple(left.items()), tuple(sorted(asked)), why))

    def rolled(self, name: str) -> None:
        """Take a server off the roll: it has a new life."""
        if name in self.state.roll:
            left = {other: life for other, life in self.state.roll.items() if other != name}
            self.state = replace(self.state, roll=left, asked=self.state.asked - {name})
            self.records.append(RollLeft(name))

    def primaries_without(self, name: str) -> int:
        """Count the servers that do the work or are on the way to it, but for one and for dead ones."""
        doing = (
            Phase.SERVING, Phase.WATCHED, Phase.DUPLEXING, Phase.SWITCHING, Phase.PROMOTING, Phase.JOINING,
        )  # fmt: skip
        return sum(
            server.phase in doing and not self.look(other).is_dead
            for other, server in self.servers.items()
            if other != name
        )

    def other(self, name: str) -> str:
        """Another server that is seen to serve; empty if there is none."""
        return next((one for one in self.servers if one != name and self.look(one).serves), "")

    def stands_by(self, name: str) -> bool:
        """Tell whether a server that is back registers as a spare."""
        return self.settings.mode is Mode.STANDBY and self.primaries_without(name) >= self.settings.primaries

    def decision(self) -> Decision:
        """Return what has come to be."""
        state = replace(self.state, servers=self.servers)
        return Decision(state, tuple(self.actions), tuple(self.records), self.refusals)


def is_back(phase: Phase, cause: Cause) -> bool:
    """Return whether a server is back: the next one waits until it has served for `min_healthy`.

    Parameters
    ----------
    phase : Phase
        The phase that it enters.
    cause : Cause
        Why.

    Returns
    -------
    bool
        True if it serves or stands by after it was away.
    """
    return phase in (Phase.SERVING, Phase.STANDBY) and cause in (Cause.SEEN_UP, Cause.STANDS_BY)


def entered(name: str, server: ServerState, cause: Cause) -> Entered:
    """Return the record of a server's phase.

    Parameters
    ----------
    name : str
        The server.
    server : ServerState
        Its state.
    cause : Cause
        Why.

    Returns
    -------
    Entered
        The record.
    """
    return Entered(
        name, server.phase.value, server.role.value, cause.value,
        server.identity, server.partner, server.step, server.attempt,
    )  # fmt: skip
