"""Settings of one group: what the runtime's file says, as values that cannot contradict one another.

Lengths of time are seconds. `rejuvmodel.runtime.config.runtime_file` makes them from a file and says which
key is wrong; the rules that hold between values stand there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import time

from rejuvmodel.policy import RejuvenationPolicy
from rejuvmodel.runtime.deciding.states import Mode, Role
from rejuvmodel.runtime.deciding.trend import TrendSettings


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """One server.

    Parameters
    ----------
    name : str
        Its name, also that in the balancer.
    role : Role
        What it is at the start.
    capacity : float or None
        Load that it can carry; None if only `required` counts.
    address, health, program : str
        Where it serves, where its own health check answers, and its name in the executor.
    weight : int or None
        Its weight in the balancer while it serves; None leaves it alone, and is 100 for spares.
    """

    name: str
    role: Role = Role.PRIMARY
    capacity: float | None = None
    address: str = ""
    health: str = ""
    program: str = ""
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A time of day in which rejuvenations may start; over midnight if it ends before it starts.

    Parameters
    ----------
    start, end : time
        The first moment within, and the first one after it.
    """

    start: time
    end: time

    def holds(self, moment: time) -> bool:
        """Return whether a time of day is within.

        Parameters
        ----------
        moment : time
            The time of day.

        Returns
        -------
        bool
            True from the start to just before the end.
        """
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True, slots=True)
class GateSettings:
    """When a rejuvenation that is due may begin.

    Parameters
    ----------
    max_load : float
        Largest load of the server.
    min_uptime : float
        Shortest time [s] since its start.
    windows : tuple of Window
        Times of day; none for always.
    zone : str
        Time zone of windows and cron.
    min_healthy : float
        Time [s] that the last rejuvenated server must have served before the next.
    restart_cap : int
        Restarts of the group within `restart_period`, recoveries included; 0 for no limit.
    restart_period : float
        Length of that period [s].
    retry_after : float
        Rest [s] after an attempt that was called back.
    """

    max_load: float = math.inf
    min_uptime: float = 0.0
    windows: tuple[Window, ...] = ()
    zone: str = "UTC"
    min_healthy: float = 0.0
    restart_cap: int = 0
    restart_period: float = 86400.0
    retry_after: float = 60.0


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each step may take [s].

    Parameters
    ----------
    duplex, drain, up, clean, restart, recover : float
        The last handover; until idle, and again until maintenance is confirmed; until a plain UP; one clean
        step; restart until healthy; the same after a fault.
    healthy_for : float
        How long a server's own health check must hold before it counts as back.
    ending : float
        How long it takes to end a command that has overrun its time.
    """

    duplex: float = 30.0
    drain: float = 30.0
    up: float = 60.0
    clean: float = 60.0
    restart: float = 60.0
    recover: float = 60.0
    healthy_for: float = 2.0
    ending: float = 0.0


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """One group of servers.

    Parameters
    ----------
    name : str
        The group.
    mode : Mode
        Who takes up the work of a server that leaves.
    servers : tuple of ServerSettings
        In the file's order.
    required : int
        Servers that must keep serving.
    max_concurrent : int
        Servers that may be away at a time.
    simplex : bool
        Whether the last serving server may leave; only with ``required = 0``.
    gates : GateSettings
        When a rejuvenation may begin.
    deadlines : Deadlines
        How long each step may take.
    force_drain : bool
        Whether sessions are cut off at the drain's deadline.
    clean_steps : tuple of str
        Names of the clean steps, in order.
    duplexed : bool
        Whether there is a duplexer.
    checkpoint_every : float
        How often [s] a watched server's work is copied to another; infinity for only once.
    recover_attempts : int
        Restarts tried after a fault before it is given up.
    recover_period : float
        A fault within this time [s] after a recovery is its next attempt, not a new one.

    Attributes
    ----------
    capacities : dict
        Capacities by name; `by_capacity` tells whether any is given.
    primaries : int
        Servers that do the work.
    """

    name: str
    mode: Mode
    servers: tuple[ServerSettings, ...]
    required: int
    max_concurrent: int = 1
    simplex: bool = False
    gates: GateSettings = field(default_factory=GateSettings)
    deadlines: Deadlines = field(default_factory=Deadlines)
    force_drain: bool = False
    clean_steps: tuple[str, ...] = ()
    duplexed: bool = False
    checkpoint_every: float = math.inf
    recover_attempts: int = 2
    recover_period: float = 600.0
    capacities: dict[str, float | None] = field(init=False, repr=False, compare=False)
    by_capacity: bool = field(init=False, repr=False, compare=False)
    primaries: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        capacities = {server.name: server.capacity for server in self.servers}
        object.__setattr__(self, "capacities", capacities)
        object.__setattr__(self, "by_capacity", any(one is not None for one in capacities.values()))
        primaries = sum(server.role is Role.PRIMARY for server in self.servers)
        object.__setattr__(self, "primaries", primaries)

    @property
    def least_serving(self) -> int:
        """Servers that must serve after one has left."""
        return self.required if self.simplex else max(self.required, 1)


@dataclass(frozen=True, slots=True)
class ProducerSettings:
    """What makes rejuvenations due; every part may be left out, and all are combined.

    Parameters
    ----------
    policy : RejuvenationPolicy or None
        From the model.
    confirm_for : float or None
        How long [s] a server must stay unstable; None without such a rule.
    force_after : float
        Time [s] after which an unstable server is due whatever its load and uptime; infinity for never.
    cron : str
        When every server is rejuvenated once; empty for never.
    zone : str
        Time zone of the cron expression.
    cron_grace : float
        How late [s] a slot may still fire.
    trend : TrendSettings or None
        When growing memory makes a server due; None without such a rule.
    """

    policy: RejuvenationPolicy | None = None
    confirm_for: float | None = None
    force_after: float = math.inf
    cron: str = ""
    zone: str = "UTC"
    cron_grace: float = 60.0
    trend: TrendSettings | None = None
