"""The capacity budget: who serves, who is away, and whether one more may leave.

    serving   servers in the phases serving or watched that are *seen* to serve
    used      servers that hold a place of `max_concurrent`: on their way out or back, lost by a fault, or on
              the list and not seen to serve (a crash nobody has reported yet, or unknown: in doubt, away)
    room      Σ (capacity − load) over the serving ones

One more may leave if used < max_concurrent; if `least_serving` others serve without it (in active/standby a
healthy spare counts, because it is promoted and seen UP first); and in active/active, where capacities are
given, if its load ≤ room of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rejuvmodel.runtime.deciding.group_state import ServerState
from rejuvmodel.runtime.deciding.refusals import Reason, Refusal
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.states import AWAY, LEAVING, LOST, Mode, Phase
from rejuvmodel.runtime.deciding.views import GroupView, ServerView, known

_HOLDS_A_PLACE = AWAY | LEAVING | LOST


@dataclass(frozen=True, slots=True)
class Budget:
    """The budget at one moment.

    Parameters
    ----------
    serving : int
        Servers that are seen to serve and are not about to leave.
    used : int
        Places of `max_concurrent` that are taken.
    room : float or None
        Load that the serving ones could carry on top; None if a load or a capacity is unknown.
    """

    serving: int
    used: int
    room: float | None


def counted(settings: GroupSettings, servers: Mapping[str, ServerState], view: GroupView) -> Budget:
    """Return the budget.

    Parameters
    ----------
    settings : GroupSettings
        The group.
    servers : mapping of str to ServerState
        What is remembered.
    view : GroupView
        What is seen.

    Returns
    -------
    Budget
        The budget.
    """
    serving = used = 0
    room: float | None = 0.0
    capacities = settings.capacities
    seen = view.servers
    for name, server in servers.items():
        phase = server.phase
        if phase is Phase.SERVING or phase is Phase.WATCHED:
            look = seen.get(name)
            if look is None or not look.serves:
                used += 1
                continue
            serving += 1
            load, capacity = known(look.load), capacities[name]
            room = None if load is None or capacity is None or room is None else room + capacity - load
        elif phase in _HOLDS_A_PLACE:
            used += 1
    return Budget(serving, used, room)


def shortage(settings: GroupSettings, budget: Budget, look: ServerView, *, replaced: bool) -> Refusal | None:
    """Return why a server on the list must stay there; None if the others are enough.

    Parameters
    ----------
    settings : GroupSettings
        The group.
    budget : Budget
        With this server not among the serving.
    look : ServerView
        The server.
    replaced : bool
        Whether a spare that does not serve yet takes over.
    """
    left = budget.serving + replaced
    if left < settings.required:
        return Refusal(Reason.REQUIRED, f"without it {left} would serve, {settings.required} required")
    if left < settings.least_serving:
        return Refusal(Reason.LAST_SERVER, "nobody else would serve, and simplex operation is not allowed")
    if settings.mode is Mode.ACTIVE and settings.by_capacity:
        if left == 0:
            return None  # simplex: nothing can be carried, and that is allowed by name
        load = known(look.load)
        if load is None or budget.room is None:
            return Refusal(Reason.NO_CAPACITY, "a load is unknown, so spare capacity cannot be told")
        if load > budget.room:
            text = f"its load of {load:.3g} is above the spare capacity {budget.room:.3g} of the others"
            return Refusal(Reason.NO_CAPACITY, text)
    return None


def full(settings: GroupSettings, budget: Budget) -> Refusal | None:
    """Return why no further server may leave; None if there is a place."""
    if budget.used < settings.max_concurrent:
        return None
    text = f"away or not seen to serve: {budget.used}, at most {settings.max_concurrent}"
    return Refusal(Reason.CONCURRENT, text)
