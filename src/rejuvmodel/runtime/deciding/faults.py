"""The fault detector (801 in the patent's figures), pure: who is down, suspected, back again (S201, S204).

    detect(settings, state, view, group, reports, now) -> Detection(state, events, suspects, demands)

Our own view is against a server

- *samples*: when its health check has been gone or unhealthy for ``failed_after`` samples in a row;
- *heartbeat*, if set: when it has given no answer that can be believed for that long;
- *watchdog*, if set: when its last report is older than that. The count begins with the first report of a
  life; where none came, one whole watchdog after the watching began.

**Suspect is not dead.** A fault is what every reachable balancer has down as well. A server that the
balancers have UP, or of which they say nothing, is a suspect: shown, and nothing else. The one exception has
a name, ``watchdog_alone``: then a server that had reported and stopped is *due for a rejuvenation*, which
asks every gate, drains first and is no kill.

A process that has just begun (by somebody else, or before the watching began) has ``grace`` to become
healthy for the first time. Servers that we are draining or restarting have deadlines of their own and are not
watched. Heartbeat and watchdog need ``failed_after`` looks in a row as well, so that the time in which this
program itself stood still is held against nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rejuvmodel.durations import words
from rejuvmodel.runtime.deciding.events import Demand, FaultCleared, FaultDetected
from rejuvmodel.runtime.deciding.group_state import GroupState, ServerState
from rejuvmodel.runtime.deciding.states import AWAY, LOST, SETTLED, Condition, Health, Phase
from rejuvmodel.runtime.deciding.views import UNSEEN, GroupView, Moment, ServerView, known

#: Phases in which nothing that a server shows is held against it: "in transition" for the collector.
IN_TRANSITION = (AWAY - {Phase.JOINING}) | LOST


@dataclass(frozen=True, slots=True)
class FaultSettings:
    """How faults are detected.

    Parameters
    ----------
    heartbeat : float or None
        Longest time [s] without an answer that can be believed; None for samples alone.
    watchdog : float or None
        Longest time [s] between two reports of a server; None if servers do not report.
    watchdog_socket : str
        Where they report; empty if they do not.
    watchdog_alone : bool
        Whether a missed watchdog makes a server that the balancers have UP due for a rejuvenation.
    grace : float
        How long [s] a process that has just begun may be unhealthy.
    failed_after : int
        Looks in a row that it takes.
    steady : float
        How long [s] a lost server must be healthy before it counts as brought back by somebody else.
    """

    heartbeat: float | None = None
    watchdog: float | None = None
    watchdog_socket: str = ""
    watchdog_alone: bool = False
    grace: float = 60.0
    failed_after: int = 3
    steady: float = 2.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What the detector remembers of one server that it watches.

    Parameters
    ----------
    life : str or None
        The last identity that was seen.
    since : float
        Since when [s] this life is watched.
    seen_well : bool
        Whether this life was ever seen healthy.
    ill_since, silent_since : float or None
        Since when [s] it has not been healthy, and has given no answer; None if it is, and does.
    silent, missed : int
        Looks in a row without an answer, and with a watchdog that is too old.
    """

    life: str | None
    since: float
    seen_well: bool = False
    ill_since: float | None = None
    silent_since: float | None = None
    silent: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class FaultState:
    """What the detector remembers of a group; never changed in place.

    Parameters
    ----------
    began : bool
        Whether the watching has begun.
    watches : mapping of str to Watch
        Servers that are watched.
    back_since : mapping of str to float
        Lost servers, and since when [s] they have been healthy again.
    """

    began: bool = False
    watches: Mapping[str, Watch] = field(default_factory=dict)
    back_since: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Detection:
    """What the detector has found.

    Parameters
    ----------
    state : FaultState
        What it remembers from now on.
    events : tuple of FaultDetected or FaultCleared
        For the controller, each an event of its own, before the tick.
    suspects : mapping of str to str
        Servers that one side doubts, and why nothing is done; for `status` and the log.
    demands : tuple of Demand
        For the controller's next `Tick`, beside those of the producer.
    """

    state: FaultState
    events: tuple[FaultDetected | FaultCleared, ...] = ()
    suspects: Mapping[str, str] = field(default_factory=dict)
    demands: tuple[Demand, ...] = ()


def detect(
    settings: FaultSettings,
    state: FaultState,
    view: GroupView,
    group: GroupState,
    reports: Mapping[str, float],
    now: Moment,
) -> Detection:
    """Return who is down, who is suspected and who is back.

    Parameters
    ----------
    settings : FaultSettings
        The rules.
    state : FaultState
        What is remembered; ``FaultState()`` at first.
    view : GroupView
        What is seen.
    group : GroupState
        What the controller remembers.
    reports : mapping of str to float
        When [s] servers last reported, on the clock of ``now``.
    now : Moment
        When.

    Returns
    -------
    Detection
        What was found, and what is to be remembered.
    """
    watches: dict[str, Watch] = {}
    back: dict[str, float] = {}
    events: list[FaultDetected | FaultCleared] = []
    suspects: dict[str, str] = {}
    demands: list[Demand] = []
    for name, server in group.servers.items():
        look = view.servers.get(name, UNSEEN)
        if server.phase in (Phase.FAILED, Phase.RECOVERING):
            if _brought_back(settings, server, look, reports.get(name), now):
                back[name] = since = state.back_since.get(name, now.clock)
                if now.clock - since >= settings.steady:
                    events.append(FaultCleared(name))
            continue
        if server.phase in IN_TRANSITION:
            continue
        report = reports.get(name)
        before = state.watches.get(name)
        if before is None:  # whoever we have just put back on the list was seen healthy before
            before = Watch(look.identity, now.clock, seen_well=state.began)
        watch = watches[name] = _watched(settings, before, look, report, now)
        if watch.ill_since is None and not watch.missed:
            continue
        found, missed = _against(settings, watch, look, now)
        if not found:
            continue
        doubt = _doubt(settings, watch, look, now)
        if not doubt:
            events.append(FaultDetected(name, f"{found}, and the balancers have it down", missed))
            continue
        suspects[name] = f"{found}; {doubt}"
        reported = report is not None and report > watch.since
        if settings.watchdog_alone and reported and watch.missed and look.up and server.phase in SETTLED:
            assert settings.watchdog is not None  # it was missed
            assert report is not None
            demands.append(Demand(name, report + settings.watchdog, "its watchdog was missed"))
    return Detection(FaultState(True, watches, back), tuple(events), suspects, tuple(demands))


def _watched(
    settings: FaultSettings, watch: Watch, look: ServerView, report: float | None, now: Moment
) -> Watch:
    """What is remembered after one more look; the same object while all is well."""
    life = look.identity
    if life is not None and life != watch.life:
        new = watch.life is not None
        watch = replace(
            watch,
            life=life,
            since=now.clock if new else watch.since,
            seen_well=watch.seen_well and not new,
        )
    missed = watch.missed + 1 if _is_late(settings, watch, report, now) else 0
    if look.health is Health.HEALTHY:
        if watch.seen_well and watch.ill_since is None and watch.missed == missed:
            return watch
        return Watch(watch.life, watch.since, seen_well=True, missed=missed)
    silent = look.health is Health.UNKNOWN
    return replace(
        watch,
        ill_since=now.clock if watch.ill_since is None else watch.ill_since,
        silent_since=(now.clock if watch.silent_since is None else watch.silent_since) if silent else None,
        silent=watch.silent + 1 if silent else 0,
        missed=missed,
    )


def _is_late(settings: FaultSettings, watch: Watch, report: float | None, now: Moment) -> bool:
    """Whether the last report of this life is too old."""
    if settings.watchdog is None:
        return False
    reported = report is not None and report > watch.since
    begin = report if reported and report is not None else watch.since + settings.watchdog
    return now.clock - begin > settings.watchdog


def _against(settings: FaultSettings, watch: Watch, look: ServerView, now: Moment) -> tuple[str, bool]:
    """What our own view has against a server, in words; and whether a beat was missed that its file sets."""
    if look.condition is Condition.FAILED and look.health is Health.UNHEALTHY:
        return look.evidence or "its health check fails", False
    heartbeat, silent_since = settings.heartbeat, watch.silent_since
    often = watch.silent >= settings.failed_after
    if heartbeat is not None and silent_since is not None and often and now.clock - silent_since >= heartbeat:
        return f"no answer within the heartbeat of {_words(heartbeat)}", True
    if watch.missed >= settings.failed_after and settings.watchdog is not None:
        return f"it has not reported within its watchdog of {_words(settings.watchdog)}", True
    return "", False


def _doubt(settings: FaultSettings, watch: Watch, look: ServerView, now: Moment) -> str:
    """Why a server that our own view is against is not down; empty if it is."""
    if look.up is None:
        return "no balancer says, or they differ"
    if look.up:
        return "the balancers have it up"
    uptime = known(look.uptime)
    young = not watch.seen_well and (uptime is None or uptime < settings.grace)
    if young and watch.ill_since is not None and now.clock - watch.ill_since < settings.grace:
        return f"it may have just begun, and has {_words(settings.grace)} to become healthy"
    return ""


def _brought_back(
    settings: FaultSettings, server: ServerState, look: ServerView, report: float | None, now: Moment
) -> bool:
    """Whether a lost server is well, and not by a command of ours that may still end it."""
    if look.health is not Health.HEALTHY:
        return False
    if look.identity is not None and look.identity != server.identity:
        return True
    late = report is not None and settings.watchdog is not None and now.clock - report > settings.watchdog
    return server.phase is Phase.FAILED and not late


def _words(seconds: float) -> str:
    """Seconds in words."""
    return words(round(seconds, 3) / 3600.0)
