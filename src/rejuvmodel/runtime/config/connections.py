"""What the runtime is connected to, as its file says: balancer, executor, commands, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rejuvmodel.runtime.acting.commands import Command

#: While something is under way the runtime does not wait longer than this [s].
_BUSY_TICK = 0.25


@dataclass(frozen=True, slots=True)
class HomeSettings:
    """The files of a group on this host, and its pulse.

    Parameters
    ----------
    journal : str
        The journal.
    control : str
        The control socket; a second controller of the group listens on the same name with ".2".
    tick : float
        Time [s] from one decision to the next.
    """

    journal: str
    control: str
    tick: float = 1.0

    @property
    def busy_tick(self) -> float:
        """The same [s] while something is under way."""
        return min(self.tick, _BUSY_TICK)


@dataclass(frozen=True, slots=True)
class BalancerSettings:
    """The table [balancer].

    Parameters
    ----------
    type : str
        "haproxy" or "in-process".
    sockets : tuple of str
        One or two control sockets.
    backend : str
        The backend in HAProxy.
    timeout : float
        Time for one call [s].
    allow : tuple of str
        Hosts beyond this one that are allowed by name.
    reload_grace : float
        How long after a reload no server counts as drained [s].
    """

    type: str
    sockets: tuple[str, ...] = ()
    backend: str = ""
    timeout: float = 2.0
    allow: tuple[str, ...] = ()
    reload_grace: float = 30.0


@dataclass(frozen=True, slots=True)
class ExecutorSettings:
    """The table [executor].

    Parameters
    ----------
    type : str
        "dry-run", "command", "supervisor", "process", or the name of one that another distribution brings.
    restart, identity : Command or None
        Of a command executor.
    url, user, password_file, password_env : str
        Of a supervisor; the password itself stands in a file or in the environment.
    directory : str
        Of a process executor.
    timeout : float
        Time for one call [s].
    allow : tuple of str
        Hosts beyond this one that are allowed by name.
    others : mapping
        Every other key, for an executor that another distribution brings.
    """

    type: str
    restart: Command | None = None
    identity: Command | None = None
    url: str = ""
    user: str = ""
    password_file: str = ""
    password_env: str = ""
    directory: str = ""
    timeout: float = 5.0
    allow: tuple[str, ...] = ()
    others: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """The table [health].

    Parameters
    ----------
    allow : tuple of str
        Hosts beyond this one that are allowed by name.
    timeout : float
        Time for one look [s].
    fields : mapping of str to str
        Where a health body has a quantity under another name; points lead into inner objects.
    """

    allow: tuple[str, ...] = ()
    timeout: float = 2.0
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connections:
    """Everything outside the controller that the file names.

    Parameters
    ----------
    balancer : BalancerSettings
        The balancer.
    executor : ExecutorSettings
        The executor.
    programs : mapping of str to Command
        Commands of a process executor, by program.
    duplexer : Command or None
        What hands the work over; None for servers without state.
    clean : mapping of str to Command
        Clean steps by name, in order.
    blackout : tuple of Command
        Checks that must all exit with 0 before anything is rejuvenated.
    notify : Command or None
        What is run when the runtime is loud.
    health : HealthSettings
        How health endpoints are asked.
    """

    balancer: BalancerSettings
    executor: ExecutorSettings
    programs: Mapping[str, Command] = field(default_factory=dict)
    duplexer: Command | None = None
    clean: Mapping[str, Command] = field(default_factory=dict)
    blackout: tuple[Command, ...] = ()
    notify: Command | None = None
    health: HealthSettings = field(default_factory=HealthSettings)


@dataclass(frozen=True, slots=True)
class SampleSettings:
    """The keys samples, samples_every and samples_keep of [group].

    Parameters
    ----------
    directory : str
        The folder of recorded samples.
    every : float
        Time [s] from one line of a server to its next.
    keep : float
        Time [s] after which a file is deleted.
    """

    directory: str
    every: float = 60.0
    keep: float = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """The table [metrics].

    Parameters
    ----------
    host : str
        Address on which Prometheus asks.
    port : int
        Its port.
    """

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class LeaseSettings:
    """The table [lease].

    Parameters
    ----------
    type : str
        "sqlite", in the journal's file, for controllers on this host; "etcd" for several hosts, and then the
        journal is in etcd as well.
    ttl : float
        Time [s] for which the lease is taken and renewed.
    url : str
        Of etcd.
    prefix : str
        What the keys in etcd begin with.
    timeout : float
        Time for one call to etcd [s].
    ca, cert, key : str
        Files of the authority and of this client, for https.
    """

    type: str = "sqlite"
    ttl: float = 10.0
    url: str = ""
    prefix: str = "/rejuvmodel"
    timeout: float = 1.0
    ca: str = ""
    cert: str = ""
    key: str = ""
