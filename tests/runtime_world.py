"""A simulated world for the controller: servers, one balancer, an executor, and whatever can go wrong.

It knows nothing of the controller's rules. It moves servers and sessions as real ones move, checks on every
command what the command would destroy, and keeps the journal as text, as a file would.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

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
from rejuvmodel.runtime.deciding.controller import decide
from rejuvmodel.runtime.deciding.events import Demand, Done, Event, NotDone, Tick
from rejuvmodel.runtime.deciding.faults import IN_TRANSITION, Detection, FaultSettings, FaultState, detect
from rejuvmodel.runtime.deciding.group_state import GroupState, first_state
from rejuvmodel.runtime.deciding.producer_state import ProducerState
from rejuvmodel.runtime.deciding.records import Entered, Record, parsed, plain
from rejuvmodel.runtime.deciding.resuming import resumed
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.snapshots import snapshot
from rejuvmodel.runtime.deciding.states import Admission, Condition, Health, Phase, Role
from rejuvmodel.runtime.deciding.transitions import Cause
from rejuvmodel.runtime.deciding.views import GroupView, Moment, ServerView

#: What a successor must know of a server.
KEPT = ("phase", "role", "identity", "partner", "step", "attempt")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Machine:
    """One server as it really is."""

    name: str
    life: int = 1
    alive: bool = True
    born: float = -3600.0
    warm_at: float = -3600.0
    admission: Admission = Admission.READY
    up_at: float = -3600.0
    sessions: int = 2
    load: float = 0.3
    condition: Condition = Condition.NORMAL
    stuck: bool = False  # its sessions never end
    broken: bool = False  # it does not come back after a restart
    hidden: bool = False  # nobody can see it
    unreached: bool = False  # we cannot reach it, the balancer can
    hung: bool = False  # its process is there, and nothing answers
    mute: bool = False  # it reports no more to its watchdog
    failing: int = 0  # looks in a row that were against it


@dataclass
class Command:
    """A command that is being carried out."""

    ends: float
    action: Action
    fails: bool = False
    hangs: bool = False


@dataclass
class World:
    """Everything outside the controller, and the loop around it."""

    settings: GroupSettings
    clock: float = 1000.0
    machines: dict[str, Machine] = field(default_factory=dict)
    state: GroupState | None = None
    decision: Decision | None = None
    faults: FaultSettings | None = None
    watched: FaultState = field(default_factory=FaultState)
    detection: Detection | None = None
    reports: dict[str, float] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    balancer_answers: bool = True
    duplexer_fails: bool = False
    executor_fails: bool = False
    executor_hangs: bool = False
    blocked: str | None = None
    lost: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    commanded: dict[str, int] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    least_seen: int = 10**9
    rejuvenating: set[str] = field(default_factory=set)
    ill: dict[str, int] = field(default_factory=dict)
    reborn: dict[str, int] = field(default_factory=dict)
    tried_again: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for one in self.settings.servers:
            spare = one.role is Role.SPARE
            admission = Admission.SPARE if spare else Admission.READY
            self.machines[one.name] = Machine(one.name, admission=admission, sessions=0 if spare else 2)
        self.state = first_state(self.settings)

    @property
    def now(self) -> Moment:
        return Moment(self.clock, START + timedelta(seconds=self.clock))

    def healthy(self, machine: Machine) -> bool:
        return machine.alive and not machine.hung and self.clock >= machine.warm_at

    def serves(self, machine: Machine) -> bool:
        up = self.healthy(machine) and self.clock >= machine.up_at
        return up and machine.admission is Admission.READY

    def view(self) -> GroupView:
        looks = {}
        for name, one in self.machines.items():
            if one.hidden:
                continue
            checked = one.admission in (Admission.READY, Admission.SPARE)
            up = self.healthy(one) and self.clock >= one.up_at and checked
            seen = self.balancer_answers
            reached = not one.unreached
            looks[name] = ServerView(
                health=self.health(one),
                up=up if seen else None,
                admission=one.admission if seen else None,
                sessions=one.sessions if seen else None,
                condition=self.condition(one),
                identity=f"{name}#{one.life}" if one.alive and reached else None,
                uptime=self.clock - one.born if one.alive and reached else None,
                load=one.load if reached else None,
                evidence="memory" if self.healthy(one) else "its process is gone",
            )
        return GroupView(looks, self.blocked)

    def health(self, machine: Machine) -> Health:
        """What we get from its own health check."""
        if machine.unreached or (machine.hung and machine.alive):
            return Health.UNKNOWN
        return Health.HEALTHY if self.healthy(machine) else Health.UNHEALTHY

    def condition(self, machine: Machine) -> Condition:
        """What the collector makes of the looks so far."""
        if self.health(machine) is Health.HEALTHY:
            return machine.condition
        failed = self.faults is not None and machine.failing >= self.faults.failed_after
        return Condition.FAILED if failed and not machine.unreached else Condition.UNKNOWN

    def tell(self, event: Event) -> Decision:
        """Let the controller decide, write, and act."""
        assert self.state is not None
        before = self.state
        self.decision = decision = decide(self.settings, self.state, self.view(), event, self.now)
        for record in decision.records:
            self.keep(record)
        self.state = decision.state
        self.check(before, decision)
        if self.balancer_answers:
            for name, wanted in decision.state.wanted.items():
                self.admit(self.machines[name], wanted)
        for action in decision.actions:
            self.begin(action)
        return decision

    def keep(self, record: Record) -> None:
        """Write a record, as the journal's file has it."""
        self.journal.append(json.dumps([self.now.wall.isoformat(), plain(record)]))

    def admit(self, machine: Machine, wanted: Admission) -> None:
        """The balancer does what it is told; a server that becomes ready is checked first."""
        was = machine.admission
        machine.admission = wanted
        if wanted in (Admission.READY, Admission.SPARE) and was in (Admission.DRAIN, Admission.MAINTENANCE):
            machine.up_at = self.clock + 1.0

    def begin(self, action: Action) -> None:
        """Carry out what was asked for."""
        match action:
            case Announce():
                return
            case Alarm():
                self.alarms.append(action)
                return
            case Duplex(ticket=0):
                return
            case Duplex():
                command = Command(self.clock + 1, action, fails=self.duplexer_fails)
            case Clean():
                command = Command(self.clock + 1, action, self.executor_fails, self.executor_hangs)
            case Restart() | Recover():
                command = Command(self.clock + 2, action, self.executor_fails, self.executor_hangs)
        if isinstance(action, Restart | Recover) and not command.fails and not command.hangs:
            self.kill(action)
        self.commands.append(command)

    def kill(self, action: Restart | Recover) -> None:
        """The restart begins: whatever the server was doing is gone."""
        machine = self.machines[action.server]
        self.restarted.append(action.server)
        if machine.alive and isinstance(action, Restart):
            assert action.identity == f"{machine.name}#{machine.life}", "another life was restarted"
            self.kills[machine.name] = self.kills.get(machine.name, 0) + 1
            assert self.kills[machine.name] <= self.commanded.get(machine.name, 0), "restarted twice"
            assert machine.admission is Admission.MAINTENANCE, "restarted on the available list"
            self.lost += machine.sessions
            assert machine.sessions == 0 or self.settings.force_drain, "restarted with sessions"
        if isinstance(action, Recover) and machine.alive and not (machine.hidden or machine.unreached):
            assert action.identity == f"{machine.name}#{machine.life}", "another life was restarted"
        if isinstance(action, Recover) and machine.alive and machine.name not in self.tried_again:
            well = self.healthy(machine) and machine.life != self.ill[machine.name]
            assert not well, "a recovery has ended a life that was well"
            young = self.clock - machine.born < self.settings.deadlines.recover
            assert not (young and self.reborn.get(machine.name) == machine.life), "recovered twice"
        self.tried_again.discard(action.server)
        machine.alive = False
        machine.sessions = 0

    def end(self, command: Command) -> Event | None:
        """A command has come to its end."""
        action = command.action
        if isinstance(action, Restart | Recover) and not command.fails:
            self.revive(self.machines[action.server])
        if isinstance(action, Duplex | Clean | Restart | Recover):
            if command.fails:
                return NotDone(action.server, action.ticket, "exit code 1")
            return Done(action.server, action.ticket)
        return None

    def revive(self, machine: Machine) -> None:
        """A new life, cold at first; or none."""
        machine.alive = not machine.broken
        machine.hung = machine.mute = False
        machine.life += 1
        machine.born, machine.warm_at = self.clock, self.clock + 2.0
        machine.condition = Condition.NORMAL

    def step(self, demands: tuple[Demand, ...] = (), seconds: float = 1.0) -> Decision:
        """One tick of the world and of the loop."""
        self.clock += seconds
        for machine in self.machines.values():
            self.work(machine)
        ended = [one for one in self.commands if one.ends <= self.clock and not one.hangs]
        self.commands = [one for one in self.commands if one not in ended]
        for command in ended:
            event = self.end(command)
            if event is not None:
                self.tell(event)
        self.least_seen = min(self.least_seen, sum(map(self.serves, self.machines.values())))
        return self.tell(Tick((*demands, *self.detect())))

    def detect(self) -> tuple[Demand, ...]:
        """Let the fault detector look, where there is one, and tell what it has found."""
        if self.faults is None:
            return ()
        assert self.state is not None
        for name, machine in self.machines.items():
            if self.healthy(machine) and not machine.mute:
                self.reports[name] = self.clock
            lost = self.state.servers[name].phase in IN_TRANSITION
            bad = self.health(machine) is Health.UNHEALTHY and not machine.hidden and not lost
            machine.failing = machine.failing + 1 if bad else 0
        self.detection = detect(self.faults, self.watched, self.view(), self.state, self.reports, self.now)
        self.watched = self.detection.state
        for event in self.detection.events:
            self.tell(event)
        return self.detection.demands

    def work(self, machine: Machine) -> None:
        """Sessions come while it serves and go while it does not."""
        if not machine.alive:
            machine.sessions = 0
        elif self.serves(machine):
            machine.sessions = 2
        elif not machine.stuck:
            machine.sessions = max(machine.sessions - 1, 0)

    def check(self, before: GroupState, decision: Decision) -> None:
        """What must hold of every decision."""
        servers = decision.state.servers
        assert list(servers) == list(self.machines), "a server was forgotten"
        for record in decision.records:
            if isinstance(record, Entered):
                self.check_phase(record, before, decision)
        assert len(self.rejuvenating) <= self.settings.max_concurrent, "too many away"

    def check_phase(self, record: Entered, before: GroupState, decision: Decision) -> None:
        """What must hold when a server goes on."""
        name, phase, cause = record.server, Phase(record.phase), Cause(record.cause)
        if cause is Cause.COMMANDED and phase is not Phase.RECOVERING:
            self.rejuvenating.add(name)
            self.commanded[name] = self.commanded.get(name, 0) + 1
        if cause is Cause.FAULT:
            self.ill[name] = self.machines[name].life
            self.reborn.pop(name, None)
            assert not self.serves(self.machines[name]), "a fault of a server that serves"
        if cause is Cause.COMMANDED and phase is Phase.RECOVERING:
            self.tried_again.add(name)  # an operator's wish
        if phase in (Phase.SERVING, Phase.STANDBY, Phase.OUT, Phase.FAILED):
            self.rejuvenating.discard(name)
        leaves = phase in (Phase.DRAINING, Phase.CLEANING) and cause in (Cause.COVERED, Cause.PARKED)
        if leaves and before.servers[name].role is Role.PRIMARY:
            others = [
                other
                for other, machine in self.machines.items()
                if other != name and self.serves(machine) and decision.state.wanted[other] is Admission.READY
            ]
            assert len(others) >= self.settings.least_serving, "below the required servers"

    def succeed(self, *, commands_go_on: bool) -> tuple[str, ...]:
        """The controller is killed, and a successor reads the journal and looks."""
        for command in self.commands:
            restart = isinstance(command.action, Restart | Recover)
            if restart and commands_go_on and not command.fails and not command.hangs:
                machine = self.machines[command.action.server]
                self.revive(machine)
                self.reborn[machine.name] = machine.life
        self.commands, self.watched, self.reports = [], FaultState(), {}
        self.state, _, dropped = resumed(self.settings, self.entries(), self.view(), self.now)
        return dropped

    def compact(self) -> None:
        """The journal is replaced by a snapshot, from which the same follows as from memory and the whole."""
        assert self.state is not None
        whole, _, dropped = resumed(self.settings, self.entries(), self.view(), self.now)
        self.keep(snapshot(self.state, ProducerState(), self.now))
        self.journal = self.journal[-1:]
        state, _, _ = resumed(self.settings, self.entries(), self.view(), self.now)
        for name, server in state.servers.items():
            memory = self.state.servers[name]
            assert memory == replace(memory, **{key: getattr(server, key) for key in KEPT}), name
            found = whole.servers[name]
            if f"{name} was found drained, and no record says why" not in dropped:
                assert (server.phase, server.role, server.attempt) == (found.phase, found.role, found.attempt)
                assert server.since == pytest.approx(found.since, abs=1e-5)
                if server.phase not in (Phase.SERVING, Phase.STANDBY):  # else it does not matter
                    assert server.identity == found.identity
        assert state.restarts == pytest.approx(whole.restarts, abs=1e-5)
        assert state.last_back == pytest.approx(whole.last_back, abs=1e-5)
        same: dict[str, Any] = {"restarts": (), "servers": {}, "last_back": 0.0}
        assert replace(state, **same) == replace(whole, **same)

    def entries(self) -> list[tuple[datetime, Record]]:
        """The journal as it is read."""
        rows = [json.loads(line) for line in self.journal]
        return [(datetime.fromisoformat(at), parsed(values)) for at, values in rows]

    def mend(self) -> None:
        """Everything that was broken works again; what has happened stays."""
        self.balancer_answers, self.blocked = True, None
        self.duplexer_fails = self.executor_fails = self.executor_hangs = False
        for machine in self.machines.values():
            machine.stuck = machine.broken = machine.hidden = machine.unreached = machine.mute = False
            if self.faults is None or self.faults.heartbeat is None:
                machine.hung = False  # somebody has to see to it
            machine.load = 0.1 if math.isnan(machine.load) else machine.load
