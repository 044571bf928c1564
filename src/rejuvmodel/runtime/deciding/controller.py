"""The cluster controller (602), pure: from what is remembered and seen, an event and the time to a decision.

    decide(settings, state, view, event, now) -> Decision(state, actions, records, refusals)

It reads no clock, draws nothing and touches nothing. Whoever runs it (1) writes the records to the journal
and waits until they are safe, (2) holds `GroupState.wanted` at the balancers on every tick, whether or not
anything changed, (3) carries out the actions, and reports the end of those that have a ticket as `Done` or
`NotDone`.

The order within a decision: the event; what servers in the middle of something may do next; spares; and only
then anything new, because whatever has begun is finished or undone first. New rejuvenations pass the gates
(`rejuvmodel.runtime.deciding.gates`) and the budget (`rejuvmodel.runtime.deciding.budget`); who is refused
learns why. Which server first: unstable longest, then uptime, then lowest load.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from rejuvmodel.runtime.deciding.actions import Decision, Duplex
from rejuvmodel.runtime.deciding.budget import Budget, full, shortage
from rejuvmodel.runtime.deciding.draft import Draft
from rejuvmodel.runtime.deciding.events import Demand, Event, Tick
from rejuvmodel.runtime.deciding.gates import group_gate, server_gate, window_gate
from rejuvmodel.runtime.deciding.group_state import GroupState, ServerState
from rejuvmodel.runtime.deciding.incidents import told
from rejuvmodel.runtime.deciding.progress import PROGRESS
from rejuvmodel.runtime.deciding.refusals import Reason, Refusal
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.spares import fill, first_spare
from rejuvmodel.runtime.deciding.states import SETTLED, Condition, Health, Mode, Phase, Role
from rejuvmodel.runtime.deciding.transitions import Cause
from rejuvmodel.runtime.deciding.views import GroupView, Moment, known

#: What has to be seen of a server on the list before it goes on.
_TURNS = {Phase.SERVING: Condition.UNSTABLE, Phase.WATCHED: Condition.NORMAL}
#: More steps than any server can take in one decision.
_MOST_STEPS = 8


def decide(
    settings: GroupSettings, state: GroupState, view: GroupView, event: Event, now: Moment
) -> Decision:
    """Return what is to be remembered, done and written down.

    Parameters
    ----------
    settings : GroupSettings
        The group.
    state : GroupState
        What is remembered.
    view : GroupView
        What is seen.
    event : Event
        What has happened.
    now : Moment
        When.

    Returns
    -------
    Decision
        The new state, the actions, the records that come before them, and the refusals.
    """
    draft = Draft(settings, state, view, now)
    demands = {demand.server: demand for demand in event.demands} if isinstance(event, Tick) else {}
    told(draft, event)
    _advance(draft)
    fill(draft)
    _cross_off(draft)
    _begin(draft, demands)
    if settings.duplexed:
        _copy(draft)
    return draft.decision()


def is_idle(state: GroupState) -> bool:
    """Return whether nothing is going on in a group.

    Parameters
    ----------
    state : GroupState
        The group.

    Returns
    -------
    bool
        True if there is no roll, and every server serves or stands by.
    """
    return not state.roll and all(server.phase in SETTLED for server in state.servers.values())


def _advance(draft: Draft) -> None:
    """Let every server go on as far as it may."""
    seen = draft.view.servers
    for name, server in list(draft.servers.items()):
        turn = _TURNS.get(server.phase)
        if turn is not None:  # nearly all of them: no call for each
            look = seen.get(name)
            if look is None or look.condition is not turn:
                continue
        elif server.phase is Phase.STANDBY:
            continue
        for _ in range(_MOST_STEPS):
            wait = PROGRESS.get(draft.servers[name].phase)
            cause = wait(draft, name) if wait is not None else None
            if cause is None:
                break
            draft.move(name, cause)
            if draft.servers[name].phase in (Phase.SERVING, Phase.STANDBY):
                break  # whatever comes next begins on the next tick


def _cross_off(draft: Draft) -> None:
    """Take servers off the roll that somebody else has restarted meanwhile."""
    for name, life in draft.state.roll.items():
        found = draft.look(name).identity
        other = life is not None and found is not None and found != life
        if other and draft.servers[name].phase in SETTLED:
            draft.rolled(name)


def _begin(draft: Draft, demands: Mapping[str, Demand]) -> None:
    """Begin what is due, the worst first, as far as gates and budget allow."""
    due = _due(draft, demands)
    if not due:
        return
    gates = draft.settings.gates
    stop = group_gate(gates, draft.state, draft.servers, draft.view, draft.now)
    if stop is not None:
        draft.refusals.update(dict.fromkeys(due, stop))
        return
    no_window = window_gate(gates, draft.now)
    spare = first_spare(draft) if draft.settings.mode is Mode.STANDBY else ""
    no_place = full(draft.settings, draft.budget)
    waits = no_place is not None and not draft.state.asked  # all of them, whoever would come first
    for name in due if waits else sorted(due, key=lambda one: _urgency(draft, one, due[one])):
        refusal = stop or _refused(draft, name, due[name], no_window, spare, no_place)
        if refusal is not None:
            draft.refusals[name] = refusal
            continue
        primary = draft.servers[name].role is Role.PRIMARY
        partner = spare if primary else ""
        draft.move(name, Cause.COMMANDED, identity=draft.look(name).identity, partner=partner)
        no_place = full(draft.settings, draft.budget)
        stop = group_gate(gates, draft.state, draft.servers, draft.view, draft.now)  # this one counts
        if draft.settings.mode is Mode.STANDBY:
            spare = first_spare(draft)


def _due(draft: Draft, demands: Mapping[str, Demand]) -> dict[str, Demand]:
    """Servers that are due, by the producer or by the roll, and not in the middle of something."""
    roll = {
        name: Demand(name, draft.servers[name].since if _watched(draft, name) else math.inf, "roll")
        for name in draft.state.roll
    }
    both = roll | {name: demand for name, demand in demands.items() if name in draft.servers}
    due = {}
    for name, demand in both.items():
        phase = draft.servers[name].phase
        if phase in SETTLED or (phase is Phase.OUT and name in draft.state.asked):
            due[name] = demand
    return due


def _watched(draft: Draft, name: str) -> bool:
    return draft.servers[name].phase is Phase.WATCHED


def _urgency(draft: Draft, name: str, demand: Demand) -> tuple[float, float, float, str]:
    """Unstable longest, then uptime, then lowest load."""
    look = draft.look(name)
    uptime, load = known(look.uptime), known(look.load)
    return demand.since, -(uptime or 0.0), math.inf if load is None else load, name


def _refused(
    draft: Draft, name: str, demand: Demand, no_window: Refusal | None, spare: str, no_place: Refusal | None
) -> Refusal | None:
    """Why a server that is due must wait (S102, S104); the budget first, because it refuses most of them."""
    settings, server = draft.settings, draft.servers[name]
    if server.phase is Phase.OUT:
        return None  # an operator asks to try it again: it is out already
    asked, look = name in draft.state.asked, draft.look(name)
    if no_place is not None and look.health is not Health.UNHEALTHY:  # that says more than its place does
        return no_place
    if no_window is not None and not asked:
        return no_window
    refusal = server_gate(settings.gates, server, look, demand, draft.now, asked=asked)
    return refusal or no_place or _uncovered(draft, name, spare)


def _uncovered(draft: Draft, name: str, spare: str) -> Refusal | None:
    """Whether nobody would carry its work (S102)."""
    settings, look, budget = draft.settings, draft.look(name), draft.budget
    if draft.servers[name].role is Role.SPARE:
        if budget.serving >= settings.least_serving:
            return None
        text = f"{budget.serving} serve, {settings.least_serving} must: the spare is needed"
        return Refusal(Reason.REQUIRED, text)
    if settings.mode is Mode.STANDBY and not spare and not settings.simplex:
        return Refusal(Reason.NO_SPARE, "no spare is healthy and free")
    if not look.serves:
        return Refusal(Reason.UNKNOWN, "it is healthy, but the balancers do not have it as a plain UP")
    load, capacity, room = known(look.load), settings.capacities[name], budget.room
    if room is not None and load is not None and capacity is not None:
        room -= capacity - load
    others = Budget(budget.serving - 1, budget.used, room)
    return shortage(settings, others, look, replaced=bool(spare))


def _copy(draft: Draft) -> None:
    """S103 for servers that still serve: a crashed server cannot be duplexed any more."""
    every = draft.settings.checkpoint_every
    for name, server in draft.servers.items():
        if server.phase is Phase.WATCHED:
            wait = every if server.copied >= server.since else 0.0
        elif server.phase is Phase.SERVING and every < math.inf:
            wait = every
        else:
            continue
        if draft.now.clock - server.copied >= wait and draft.look(name).serves:
            taker = _taker(draft, name, server)
            if taker:  # else as soon as there is one
                draft.note(name, copied=draft.now.clock)
                draft.actions.append(Duplex(name, taker))


def _taker(draft: Draft, name: str, server: ServerState) -> str:
    """Who gets the copy: a spare, or one of the others; empty if there is nobody."""
    if draft.settings.mode is Mode.STANDBY:
        return server.partner or first_spare(draft)
    return draft.other(name)
