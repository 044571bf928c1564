"""States of the servers of a group: what is wanted of them, what is seen of them, and where each stands."""

from __future__ import annotations

from enum import Enum


class _Word(Enum):
    """A word of the controller. There is one object of each, so that its place in memory is its hash."""

    __hash__ = object.__hash__  # Enum's own is a call in Python, some thousand times a tick


class Mode(_Word):
    """How a group takes up the work of a server that leaves."""

    STANDBY = "active/standby"
    ACTIVE = "active/active"


class Role(_Word):
    """Whether a server does the work or stands by."""

    PRIMARY = "primary"
    SPARE = "spare"


class Admission(_Word):
    """What a balancer is told to do with a server."""

    READY = "ready"  #: send work, with the server's weight
    SPARE = "spare"  #: check its health, weight 0
    DRAIN = "drain"  #: nothing new, let sessions end
    MAINTENANCE = "maintenance"  #: nothing at all


class Health(_Word):
    """What a server's own health check says."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"  #: unreachable, stale, or no answer that makes sense


class Condition(_Word):
    """What the collector makes of the samples of a server."""

    NORMAL = "normal"
    UNSTABLE = "unstable"
    FAILED = "failed"
    TRANSITION = "in transition"
    UNKNOWN = "unknown"  #: neither healthy nor unstable: nothing follows from it


class Phase(_Word):
    """Where a server stands in the controller."""

    SERVING = "serving"  #: in the available list
    STANDBY = "standby"  #: a spare: checked, weight 0
    WATCHED = "watched"  #: serving and unstable: its delay runs
    PROMOTING = "promoting"  #: a spare that got its weight and is not yet seen UP
    DUPLEXING = "duplexing"  #: its work is handed over, it still serves
    SWITCHING = "switching"  #: waits until the others are seen to carry its work
    DRAINING = "draining"  #: off the available list, sessions end
    PARKING = "parking"  #: idle, waits for the balancers to confirm maintenance
    CLEANING = "cleaning"  #: file system, buffers, memory
    RESTARTING = "restarting"
    WARMING = "warming"  #: restarted, its own health check has to hold
    JOINING = "joining"  #: ready again, waits for a plain UP
    FAILED = "failed"  #: a fault was detected, a spare takes over
    RECOVERING = "recovering"  #: the recoverer restarts it
    OUT = "out"  #: did not come back: stays out until it is healthy or somebody decides


#: Phases in which a server serves or stands by and nothing is under way.
SETTLED = (Phase.SERVING, Phase.WATCHED, Phase.STANDBY)
#: Phases that a rejuvenation goes through while its server holds a place in the budget.
LEAVING = frozenset({Phase.DUPLEXING, Phase.SWITCHING})
#: Phases in which a server does not serve because of the runtime.
AWAY = frozenset(
    {Phase.DRAINING, Phase.PARKING, Phase.CLEANING, Phase.RESTARTING, Phase.WARMING, Phase.JOINING}
)
#: Phases in which a server does not serve because of a fault.
LOST = frozenset({Phase.FAILED, Phase.RECOVERING, Phase.OUT})

_WANTED = {
    Phase.STANDBY: Admission.SPARE,
    Phase.DRAINING: Admission.DRAIN,
    **dict.fromkeys(
        (Phase.PARKING, Phase.CLEANING, Phase.RESTARTING, Phase.WARMING, *LOST), Admission.MAINTENANCE
    ),
}
#: What the balancers are told in each phase; asserted on every tick.
WANTED = {phase: _WANTED.get(phase, Admission.READY) for phase in Phase}
