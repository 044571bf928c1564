"""Spares of a group in active/standby: which takes over, when one more is needed, when one is too many."""

from __future__ import annotations

from rejuvmodel.runtime.deciding.draft import Draft
from rejuvmodel.runtime.deciding.states import LEAVING, Health, Mode, Phase, Role
from rejuvmodel.runtime.deciding.transitions import Cause


def first_spare(draft: Draft, name: str = "", *, urgent: bool = False) -> str:
    """Return the spare that could take over.

    Parameters
    ----------
    draft : Draft
        The decision in the making.
    name : str
        For whom; its partner is preferred.
    urgent : bool
        Whether for a lost primary: that comes before rejuvenations that count on a spare.

    Returns
    -------
    str
        A healthy spare, by preference one that nobody else counts on; empty if there is none.
    """
    reserved = {
        server.partner for other, server in draft.servers.items() if server.phase in LEAVING and other != name
    }
    if urgent:
        reserved = set()
    wished = draft.servers[name].partner if name else ""
    free = [
        other
        for other, server in draft.servers.items()
        if server.phase is Phase.STANDBY
        and other not in reserved
        and server.not_before <= draft.now.clock
        and draft.look(other).health is Health.HEALTHY
    ]
    return wished if wished in free else next(iter(free), "")


def fill(draft: Draft) -> None:
    """Promote a spare for each primary that is lost, and let one stand by where they are too many."""
    settings = draft.settings
    if settings.mode is not Mode.STANDBY:
        return
    doing = draft.primaries_without("")
    while doing < settings.primaries:
        spare = first_spare(draft) or first_spare(draft, urgent=True)
        if not spare:
            return
        draft.move(spare, Cause.NEEDED)
        doing += 1
    if doing > settings.primaries:
        _stand_down(draft)


def _stand_down(draft: Draft) -> None:
    """One of too many primaries becomes a spare, once the others are seen to serve."""
    busy = {*LEAVING, Phase.DRAINING, Phase.PARKING, Phase.PROMOTING, Phase.JOINING}
    if any(server.phase in busy for server in draft.servers.values()):
        return
    serving = [
        name
        for name, server in draft.servers.items()
        if server.phase in (Phase.SERVING, Phase.WATCHED) and draft.look(name).serves
    ]
    if len(serving) <= max(draft.settings.primaries, draft.settings.least_serving):
        return
    spares = {one.name for one in draft.settings.servers if one.role is Role.SPARE}
    draft.move(next((name for name in serving if name in spares), serving[-1]), Cause.SURPLUS)
