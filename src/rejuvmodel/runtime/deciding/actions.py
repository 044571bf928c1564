"""Actions: everything that the controller asks for, once.

What the balancers shall do is not among them: it is asserted on every tick, from `GroupState.wanted`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rejuvmodel.runtime.deciding.group_state import GroupState
from rejuvmodel.runtime.deciding.records import Record
from rejuvmodel.runtime.deciding.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell whoever watches that a server is unstable and subject to rejuvenation (S101).

    Parameters
    ----------
    server : str
        The server.
    evidence : str
        Why.
    """

    server: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Duplex:
    """Copy the work of a server to another (S103).

    Parameters
    ----------
    server : str
        From where.
    partner : str
        To where; empty if nobody else serves, which only simplex operation allows.
    ticket : int
        Number under which the end of the last handover is reported; 0 for a checkpoint, which nobody waits
        for.
    """

    server: str
    partner: str
    ticket: int = 0


@dataclass(frozen=True, slots=True)
class Clean:
    """Do one clean step (S106).

    Parameters
    ----------
    server : str
        The server.
    step : str
        The step's name.
    ticket : int
        Number under which its end is reported.
    """

    server: str
    step: str
    ticket: int


@dataclass(frozen=True, slots=True)
class Restart:
    """Restart a server (S106).

    Parameters
    ----------
    server : str
        The server.
    identity : str or None
        The life to end: whoever finds another must not restart it.
    ticket : int
        Number under which its end is reported.
    """

    server: str
    identity: str | None
    ticket: int


@dataclass(frozen=True, slots=True)
class Recover:
    """Restart a server after a fault (S203).

    Parameters
    ----------
    server : str
        The server.
    attempt : int
        From 1; each harder than the last.
    ticket : int
        Number under which its end is reported.
    identity : str or None
        The life to end, where it is known: whoever finds another must not restart it.
    though_healthy : bool
        Whether it is to be restarted though its health check holds: its watchdog was missed.
    """

    server: str
    attempt: int
    ticket: int
    identity: str | None = None
    though_healthy: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """Be loud: an ERROR in the log, exit code 1 of `status`, and the `notify` command.

    Parameters
    ----------
    server : str
        The server.
    text : str
        What happened and what is needed.
    """

    server: str
    text: str


Action = Announce | Duplex | Clean | Restart | Recover | Alarm


@dataclass(frozen=True, slots=True)
class Decision:
    """What the controller has decided.

    Parameters
    ----------
    state : GroupState
        What it remembers from now on.
    actions : tuple
        What is to be done, in this order, after the records are safe.
    records : tuple
        What the journal must hold before anything is done.
    refusals : mapping of str to Refusal
        Servers that are due and must wait, and why.
    """

    state: GroupState
    actions: tuple[Action, ...]
    records: tuple[Record, ...]
    refusals: Mapping[str, Refusal]
