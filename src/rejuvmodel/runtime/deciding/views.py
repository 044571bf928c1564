"""Views: what is seen of the servers of a group at one moment. Whatever is not known is None or UNKNOWN."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rejuvmodel.runtime.deciding.states import Admission, Condition, Health


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment on both clocks.

    Parameters
    ----------
    clock : float
        Seconds [s] of a clock that never jumps; every duration is measured on it.
    wall : datetime
        Time of day with its time zone; for windows, cron and the journal only.
    """

    clock: float
    wall: datetime


@dataclass(frozen=True, slots=True)
class ServerView:
    """What is seen of one server.

    Parameters
    ----------
    health : Health
        Its own health check.
    up : bool or None
        Whether every reachable balancer reports a plain UP; None if they differ or none answers.
    admission : Admission or None
        What every reachable balancer has been told; None if they differ or none answers.
    sessions : int or None
        Current sessions, summed over the balancers.
    condition : Condition
        The judgement of the collector.
    identity : str or None
        Tells one life of the server from the next: process id and start time.
    uptime : float or None
        Seconds [s] since its start.
    load : float or None
        Load, in the unit of its capacity.
    evidence : str
        Why the condition is what it is.
    at : float or None
        When it was looked at [s], on the clock that never jumps; None for now.
    memory : float or None
        Memory in use [bytes].
    """

    health: Health = Health.UNKNOWN
    up: bool | None = None
    admission: Admission | None = None
    sessions: int | None = None
    condition: Condition = Condition.UNKNOWN
    identity: str | None = None
    uptime: float | None = None
    load: float | None = None
    evidence: str = ""
    at: float | None = None
    memory: float | None = None

    @property
    def serves(self) -> bool:
        """Whether it is known to serve: admitted, UP and healthy."""
        return self.up is True and self.admission is Admission.READY and self.health is Health.HEALTHY

    @property
    def is_dead(self) -> bool:
        """Whether its own health check and the balancers agree that it is down."""
        return self.up is False and self.health is Health.UNHEALTHY


#: A server of which nothing is known.
UNSEEN = ServerView()


@dataclass(frozen=True, slots=True)
class GroupView:
    """What is seen of a group.

    Parameters
    ----------
    servers : mapping
        Views by the names of the servers; one that is missing is unknown.
    blocked : str or None
        Why a blackout check forbids rejuvenation, an unreachable check included; None if all are clear.
    """

    servers: Mapping[str, ServerView] = field(default_factory=dict)
    blocked: str | None = None

    def of(self, name: str) -> ServerView:
        """Return the view of a server.

        Parameters
        ----------
        name : str
            The server.

        Returns
        -------
        ServerView
            Its view; `UNSEEN` if there is none.
        """
        return self.servers.get(name, UNSEEN)


def known(value: float | None) -> float | None:
    """Return a measured value if it makes sense.

    Parameters
    ----------
    value : float or None
        A load, a length of time, a count.

    Returns
    -------
    float or None
        The value; None for NaN, infinity and below 0.
    """
    return value if value is not None and math.isfinite(value) and value >= 0 else None
