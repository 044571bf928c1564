"""Gates: whether a rejuvenation may begin now, apart from the capacity budget."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo

from rejuvmodel.durations import words
from rejuvmodel.runtime.deciding.events import Demand
from rejuvmodel.runtime.deciding.group_state import GroupState, ServerState
from rejuvmodel.runtime.deciding.refusals import Reason, Refusal
from rejuvmodel.runtime.deciding.settings import GateSettings
from rejuvmodel.runtime.deciding.states import LEAVING, Health, Phase
from rejuvmodel.runtime.deciding.views import GroupView, Moment, ServerView, known

#: Phases of a rejuvenation whose restart is still to come.
_BEFORE_RESTART = LEAVING | {Phase.DRAINING, Phase.PARKING, Phase.CLEANING}


def group_gate(
    gates: GateSettings,
    state: GroupState,
    servers: Mapping[str, ServerState],
    view: GroupView,
    now: Moment,
) -> Refusal | None:
    """Return why no rejuvenation at all may begin; None if one may, beside those on their way."""
    if state.paused:
        return Refusal(Reason.PAUSED, "an operator has paused the group")
    if state.halted:
        return Refusal(Reason.HALTED, f"halted until an operator resumes: {state.halted}")
    if view.blocked is not None:
        return Refusal(Reason.BLOCKED, view.blocked)
    coming = sum(server.phase in _BEFORE_RESTART for server in servers.values()) if gates.restart_cap else 0
    if capped(gates, state, now, coming):
        text = f"the cap of {gates.restart_cap} within {_words(gates.restart_period)} is reached"
        return Refusal(Reason.CAP, text)
    if now.clock - state.last_back < gates.min_healthy:
        text = f"the last one has not yet served for {_words(gates.min_healthy)}"
        return Refusal(Reason.LAST_TOO_FRESH, text)
    return None


def window_gate(gates: GateSettings, now: Moment) -> Refusal | None:
    """Return why the time of day forbids rejuvenations; None within a window, or without windows."""
    if not gates.windows:
        return None
    here = now.wall.astimezone(_zone(gates.zone)).time()
    if any(window.holds(here) for window in gates.windows):
        return None
    spans = ", ".join(f"{window.start:%H:%M}-{window.end:%H:%M}" for window in gates.windows)
    return Refusal(Reason.WINDOW, f"it is {here:%H:%M} ({gates.zone}), the windows are {spans}")


def capped(gates: GateSettings, state: GroupState, now: Moment, coming: int = 0) -> bool:
    """Return whether no restart is left in this period beside those that are coming."""
    if gates.restart_cap == 0:
        return False
    done = sum(at > now.clock - gates.restart_period for at in state.restarts)
    return done + coming >= gates.restart_cap


def server_gate(
    gates: GateSettings, server: ServerState, look: ServerView, demand: Demand, now: Moment, *, asked: bool
) -> Refusal | None:
    """Return why a server may not leave now; None if it may.

    Load and uptime do not matter if the demand is forced, or a person asked for it.
    """
    if look.health is Health.UNKNOWN or look.admission is None or look.sessions is None:
        return Refusal(Reason.UNKNOWN, "its health or what the balancers do with it is not known")
    if look.health is Health.UNHEALTHY:
        return Refusal(Reason.NOT_HEALTHY, "it is not healthy, which is the fault detector's matter")
    if look.identity is None:
        return Refusal(Reason.UNKNOWN, "which process it is is not known, so it could be restarted twice")
    if now.clock < server.not_before:
        wait = _words(server.not_before - now.clock)
        why = f" ({server.why_back})" if server.why_back else ""
        return Refusal(Reason.RESTING, f"the last attempt was called back{why}; next in {wait}")
    if demand.forced or asked:
        return None
    load, uptime = known(look.load), known(look.uptime)
    if gates.max_load < float("inf") and (load is None or load > gates.max_load):
        found = "unknown" if load is None else f"{load:.3g}"
        return Refusal(Reason.LOAD, f"its load is {found}, max_load is {gates.max_load:.3g}")
    if gates.min_uptime > 0 and (uptime is None or uptime < gates.min_uptime):
        found = "unknown" if uptime is None else _words(uptime)
        return Refusal(Reason.UPTIME, f"its uptime is {found}, min_uptime is {_words(gates.min_uptime)}")
    return None


def _words(seconds: float) -> str:
    """Seconds in words."""
    return words(round(max(seconds, 0.0), 3) / 3600.0)


@lru_cache(maxsize=16)
def _zone(name: str) -> ZoneInfo:
    """Time zone, read once."""
    return ZoneInfo(name)
