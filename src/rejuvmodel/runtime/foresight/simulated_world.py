"""A simulated world for the controller: servers, one balancer and an executor, without time passing.

It knows nothing of the controller's rules. What happens to the servers by itself, and what a monitor would
see of them, says a `Course`: recorded samples for a replay, an expected future for a plan. Everything else is
assumed to go well and to take the times of `Assumed`; the runtime's real collector, producer and controller
decide (`rejuvmodel.runtime.foresight.simulated_run`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

from rejuvmodel.runtime.deciding.actions import Action, Clean, Duplex, Recover, Restart
from rejuvmodel.runtime.deciding.events import Done
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.states import Admission, Condition, Health, Role
from rejuvmodel.runtime.deciding.views import ServerView
from rejuvmodel.runtime.watching.samples import Answer

_CHECKED = (Admission.READY, Admission.SPARE)
_HEALTH = {"healthy": Health.HEALTHY, "unhealthy": Health.UNHEALTHY, "gone": Health.UNHEALTHY}


@dataclass(frozen=True, slots=True)
class Assumed:
    """How long each step takes [s], where nothing is known to the contrary.

    Parameters
    ----------
    restart : float
        From the command until the server's own health check holds.
    drain : float
        Until the last session has ended.
    clean, duplex : float
        One clean step; one handover.
    up : float
        From ready until the balancers have it as a plain UP.
    recover : float or None
        As `restart`, after a fault; None for the same.
    """

    restart: float
    drain: float = 0.0
    clean: float = 1.0
    duplex: float = 1.0
    up: float = 1.0
    recover: float | None = None

    def takes(self, action: Action) -> float:
        """Return how long a command takes [s]; infinity for what nobody waits for."""
        match action:
            case Restart():
                return self.restart
            case Recover():
                return self.restart if self.recover is None else self.recover
            case Clean():
                return self.clean
            case Duplex(ticket=ticket) if ticket:
                return self.duplex
            case _:
                return math.inf


@dataclass(slots=True)
class Seen:
    """What a monitor and the balancers see of a server that nobody has taken away.

    Parameters
    ----------
    answer : str
        As in a sample.
    load, uptime, memory, buffers : float or None
        What is measured.
    up : bool
        Whether the balancers' checks pass.
    sessions : int
        Its sessions while it serves.
    """

    answer: Answer = "healthy"
    load: float | None = None
    uptime: float | None = None
    memory: float | None = None
    buffers: float | None = None
    up: bool = True
    sessions: int = 1


@dataclass(slots=True)
class Machine:
    """One simulated server.

    Parameters
    ----------
    name : str
        The server.
    admission : Admission
        What the balancer was told.
    identity : str
        Its life.
    born : float
        When that began [s].
    alive : bool
        Whether a process is there.
    up_at, idle_at : float
        When the balancer has it UP, and when its last session ends [s].
    """

    name: str
    admission: Admission
    identity: str
    born: float = 0.0
    alive: bool = True
    up_at: float = -math.inf
    idle_at: float = -math.inf


class Course(Protocol):
    """What happens to servers by itself."""

    #: Servers of which a monitor sees something else than at the last call of `advance`.
    changed: set[str]

    def seen(self, machine: Machine, now: float) -> Seen:
        """Return what is seen of a server that is alive."""
        ...

    def advance(self, now: float, limit: float, machines: dict[str, Machine], *, closely: bool) -> float:
        """Return when something changes next, at most the limit; closely: whatever is measured anew."""
        ...

    def reborn(self, machine: Machine, now: float) -> None:
        """Take note of a new life that the runtime has begun."""
        ...


@dataclass(slots=True)
class World:
    """Servers, balancer and executor.

    Parameters
    ----------
    settings : GroupSettings
        The group.
    course : Course
        What happens by itself.
    assumed : Assumed
        How long each step takes.
    machines : dict of str to Machine
        The servers by name; made from the settings.
    commands : list of tuple
        Commands that are out, each with its end [s].
    """

    settings: GroupSettings
    course: Course
    assumed: Assumed
    machines: dict[str, Machine] = field(default_factory=dict)
    commands: list[tuple[float, Action]] = field(default_factory=list)
    lives: int = 0

    def __post_init__(self) -> None:
        for one in self.settings.servers:
            ready = Admission.SPARE if one.role is Role.SPARE else Admission.READY
            self.machines[one.name] = Machine(one.name, ready, f"{one.name}-1")

    def look(self, name: str, condition: Condition, now: float) -> ServerView:
        """Return what the controller is told of a server, of which the collector makes this condition."""
        machine = self.machines[name]
        checked = machine.admission in _CHECKED
        if not machine.alive:
            return ServerView(Health.UNHEALTHY, False, machine.admission, 0, condition)
        seen = self.course.seen(machine, now)
        up = seen.up and seen.answer == "healthy" and checked and now >= machine.up_at
        busy = machine.admission is Admission.READY or now < machine.idle_at
        return ServerView(
            _HEALTH.get(seen.answer, Health.UNKNOWN), up, machine.admission, seen.sessions if busy else 0,
            condition, machine.identity, seen.uptime, seen.load, memory=seen.memory,
        )  # fmt: skip

    def told(self, name: str, wanted: Admission, now: float) -> None:
        """Let the balancer do what it is told."""
        machine = self.machines[name]
        if machine.admission is wanted:
            return
        if machine.admission is Admission.READY:
            machine.idle_at = now + self.assumed.drain
        if wanted in _CHECKED and machine.admission not in _CHECKED:
            machine.up_at = now + self.assumed.up
        machine.admission = wanted

    def begin(self, action: Action, now: float) -> None:
        """Begin a command; a restart ends the life of its server."""
        takes = self.assumed.takes(action)
        if takes == math.inf:
            return
        self.commands.append((now + takes, action))
        if isinstance(action, Restart | Recover):
            self.machines[action.server].alive = False

    def ended(self, now: float) -> list[Done]:
        """Return the commands that have ended; a restart has begun a new life."""
        over = [command for command in self.commands if command[0] <= now]
        self.commands = [command for command in self.commands if command[0] > now]
        done = []
        for _, action in over:
            assert isinstance(action, Duplex | Clean | Restart | Recover)
            if isinstance(action, Restart | Recover):
                machine = self.machines[action.server]
                self.lives += 1
                machine.alive, machine.born = True, now
                machine.identity = f"{machine.name}-simulated-{self.lives}"
                self.course.reborn(machine, now)
            done.append(Done(action.server, action.ticket))
        return done

    def next_time(self, now: float) -> float:
        """Return when [s] something that was begun comes to its end; infinity for never."""
        times = [end for end, _ in self.commands]
        for machine in self.machines.values():
            times += (machine.up_at, machine.idle_at)
        return min((at for at in times if at > now), default=math.inf)
