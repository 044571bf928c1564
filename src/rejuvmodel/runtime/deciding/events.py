"""Events: everything that the controller is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Demand:
    """A rejuvenation that is due.

    Parameters
    ----------
    server : str
        The server.
    since : float
        Since when [s] it has been unstable, or due.
    why : str
        The rule, in words.
    forced : bool
        Whether load and uptime no longer matter.
    """

    server: str
    since: float
    why: str
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed.

    Parameters
    ----------
    demands : tuple of Demand
        What the producer finds due.
    """

    demands: tuple[Demand, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """A command has ended well.

    Parameters
    ----------
    server : str
        Its server.
    ticket : int
        Its number.
    """

    server: str
    ticket: int


@dataclass(frozen=True, slots=True)
class NotDone:
    """A command has failed.

    Parameters
    ----------
    server : str
        Its server.
    ticket : int
        Its number.
    why : str
        What happened.
    """

    server: str
    ticket: int
    why: str


@dataclass(frozen=True, slots=True)
class FaultDetected:
    """The fault detector reports a server (S201).

    Parameters
    ----------
    server : str
        The server.
    evidence : str
        What was seen.
    missed : bool
        Whether it missed a heartbeat or a watchdog that its file sets: its own health check need not say
        that it is down then, the balancers still must.
    """

    server: str
    evidence: str
    missed: bool = False


@dataclass(frozen=True, slots=True)
class FaultCleared:
    """Somebody else has recovered a server (S204: register it).

    Parameters
    ----------
    server : str
        The server.
    """

    server: str


@dataclass(frozen=True, slots=True)
class RollAsked:
    """Every server shall be rejuvenated once.

    Parameters
    ----------
    why : str
        Who asks: the policy, cron, an operator.
    by_operator : bool
        Whether load, uptime and windows do not matter.
    servers : tuple of str
        Only these; empty for all.
    """

    why: str
    by_operator: bool = False
    servers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PauseAsked:
    """Nothing new shall begin."""


@dataclass(frozen=True, slots=True)
class ResumeAsked:
    """The pause is over, and whatever halted the group has been seen to."""


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """Whoever is not yet on the way is taken off the roll."""


Event = (
    CancelAsked | Tick | Done | NotDone | FaultDetected | FaultCleared | RollAsked | PauseAsked | ResumeAsked
)
