"""What takes a server from its phase to the next: one function for each phase that waits for something.

Each looks at what is seen and at the clock, and returns the cause, or None to go on waiting. Unknown is never
a cause.
"""

from __future__ import annotations

from collections.abc import Callable

from rejuvmodel.runtime.deciding.budget import shortage
from rejuvmodel.runtime.deciding.draft import Draft, entered
from rejuvmodel.runtime.deciding.gates import capped, window_gate
from rejuvmodel.runtime.deciding.recovery import failed, recovering, tries_left
from rejuvmodel.runtime.deciding.spares import first_spare
from rejuvmodel.runtime.deciding.states import Admission, Condition, Health, Mode, Phase, Role
from rejuvmodel.runtime.deciding.transitions import Cause


def _serving(draft: Draft, name: str) -> Cause | None:
    return Cause.UNSTABLE if draft.look(name).condition is Condition.UNSTABLE else None


def _watched(draft: Draft, name: str) -> Cause | None:
    return Cause.STABLE if draft.look(name).condition is Condition.NORMAL else None


def _duplexing(draft: Draft, name: str) -> Cause | None:
    if draft.servers[name].ticket == 0:  # there is no duplexer, or a successor found it here
        return Cause.UNCOVERED if draft.settings.duplexed else Cause.DUPLEXED
    deadlines = draft.settings.deadlines
    return Cause.UNCOVERED if draft.age(name) >= deadlines.duplex + deadlines.ending else None


def _switching(draft: Draft, name: str) -> Cause | None:
    """S105: before anything is drained, the spare is seen UP, or the others have spare capacity."""
    settings, server = draft.settings, draft.servers[name]
    if draft.age(name) >= settings.deadlines.up:
        return Cause.UNCOVERED
    if settings.mode is Mode.STANDBY and (server.partner or not settings.simplex):
        partner = draft.servers[server.partner] if server.partner else None
        look = draft.look(server.partner)
        if partner is not None and partner.phase is Phase.PROMOTING:
            return None
        took_over = partner is not None and partner.phase in (Phase.SERVING, Phase.WATCHED)
        if not took_over or look.health is Health.UNHEALTHY:
            spare = first_spare(draft, name)
            other = spare != server.partner and server.partner
            if not spare or (other and draft.look(name).health is Health.HEALTHY):
                return Cause.UNCOVERED  # the spare died: the old primary is well and stays
            draft.note(name, partner=spare)
            draft.records.append(entered(name, draft.servers[name], Cause.DUPLEXED))
            draft.move(spare, Cause.NEEDED)
            return None
        if not look.serves:
            return None
    return Cause.UNCOVERED if _forbidden(draft, name) else Cause.COVERED


def _forbidden(draft: Draft, name: str) -> bool:
    """Whether what allowed the rejuvenation has changed; asked before each step that is hard to undo."""
    if draft.view.blocked is not None:
        return _because(draft, name, draft.view.blocked)
    if capped(draft.settings.gates, draft.state, draft.now):  # by recoveries: no other begins beside it
        return _because(draft, name, "the restart cap is reached")
    no_window = None if name in draft.state.asked else window_gate(draft.settings.gates, draft.now)
    return _because(draft, name, no_window.text) if no_window is not None else _short(draft, name)


def _short(draft: Draft, name: str) -> bool:
    """Whether too few others serve for a server to stay off the list; a spare is not missed."""
    if draft.servers[name].role is Role.SPARE:
        return False
    budget, least = draft.budget, draft.settings.least_serving
    if budget.serving < least:
        return _because(draft, name, f"{budget.serving} others serve, {least} must")
    if draft.servers[name].phase is Phase.SWITCHING:
        refusal = shortage(draft.settings, budget, draft.look(name), replaced=False)
        return refusal is not None and _because(draft, name, refusal.text)
    return False


def _because(draft: Draft, name: str, why: str) -> bool:
    """Remember why a server is called back; always true."""
    draft.note(name, why_back=why)
    return True


def _draining(draft: Draft, name: str) -> Cause | None:
    look = draft.look(name)
    back = way_back(draft, name)
    if _short(draft, name):
        return back
    drained = look.admission in (Admission.DRAIN, Admission.MAINTENANCE)
    if drained and look.sessions == 0:
        return Cause.DRAINED
    if draft.age(name) < draft.settings.deadlines.drain:
        return None
    if drained and draft.settings.force_drain:
        return Cause.DRAINED
    draft.alarm(name, "not drained in time: it goes back, nothing was restarted")
    _because(draft, name, f"{'its sessions did not end' if drained else 'it was not seen drained'} in time")
    return back


def _parking(draft: Draft, name: str) -> Cause | None:
    """The last step that can be undone: everything is asked again."""
    look, settings = draft.look(name), draft.settings
    back = way_back(draft, name)
    if _forbidden(draft, name):
        return back
    idle = look.sessions == 0 or (look.sessions is not None and settings.force_drain)
    if look.admission is Admission.MAINTENANCE and idle:
        return back if _renewed(draft, name) else Cause.PARKED  # restarted by somebody else
    return back if draft.age(name) >= settings.deadlines.drain else None


def _cleaning(draft: Draft, name: str) -> Cause | None:
    server, steps = draft.servers[name], draft.settings.clean_steps
    if server.step >= len(steps):
        if _renewed(draft, name):  # by somebody else
            return Cause.RESTARTED
        # Clean steps take their time: what follows cannot be undone, and everything is asked again.
        return way_back(draft, name) if _forbidden(draft, name) else Cause.CLEANED
    if server.ticket == 0:  # a successor found it here: the step is done again
        draft.clean(name)
    elif draft.age(name) >= draft.settings.deadlines.clean + draft.settings.deadlines.ending:
        draft.halt(name, f"clean step {steps[server.step]} did not end in time: nothing was restarted")
        return way_back(draft, name)
    return None


def way_back(draft: Draft, name: str) -> Cause:
    """Return the cause for which a server goes back to what it was: a spare, or a primary."""
    return Cause.STANDS_BY if draft.servers[name].role is Role.SPARE else Cause.RECALLED


def _renewed(draft: Draft, name: str) -> bool:
    """Whether another life is seen than the one that was commanded to end."""
    old, new = draft.servers[name].identity, draft.look(name).identity
    return old is not None and new is not None and old != new


def _restarting(draft: Draft, name: str) -> Cause | None:
    server, look = draft.servers[name], draft.look(name)
    renewed = _renewed(draft, name)
    deadlines = draft.settings.deadlines
    late = draft.age(name) >= deadlines.restart + (deadlines.ending if server.ticket else 0.0)
    if server.ticket == 0:  # a successor: the command may or may not have been given
        if renewed:
            return Cause.RESTARTED
        if look.identity is not None and look.identity == server.identity:
            draft.restart(name)
        elif late and look.health is Health.UNHEALTHY:
            draft.restart(name)  # the command before ended its life and began no new one
        elif late:
            return Cause.STUCK  # it may be the new life, unseen: not restarted twice
        return None
    if late and renewed:
        return Cause.RESTARTED
    return Cause.STUCK if late else None


def _warming(draft: Draft, name: str) -> Cause | None:
    server, settings = draft.servers[name], draft.settings
    if _healthy_long(draft, name):
        _came_back(draft, name)
        return Cause.STANDS_BY if draft.stands_by(name) else Cause.CAME_BACK
    limit = settings.deadlines.recover if server.attempt else settings.deadlines.restart
    late = draft.age(name) >= limit + settings.deadlines.healthy_for
    if not late or draft.servers[name].healthy_since is not None:  # healthy now: it has to hold
        return None
    died = not server.attempt and _is_gone(draft, name)
    if died:
        draft.halt(name, "its process has died after the restart")
    return Cause.ESCALATED if (server.attempt or died) and tries_left(draft, name) else Cause.STUCK


def _is_gone(draft: Draft, name: str) -> bool:
    """Whether there is no process that could still become healthy."""
    look = draft.look(name)
    return look.health is Health.UNHEALTHY and look.identity is None


def _came_back(draft: Draft, name: str) -> None:
    """Cross a server off the roll; a restart that changed nothing halts the group instead."""
    old, new = draft.servers[name].identity, draft.look(name).identity
    if old is not None and old == new and not draft.servers[name].attempt:
        draft.halt(name, "it is the same process as before: the executor restarts nothing")
    else:
        draft.rolled(name)


def _healthy_long(draft: Draft, name: str) -> bool:
    """Whether its own health check has held without a break, by looks that were taken in this phase."""
    look, server = draft.look(name), draft.servers[name]
    at = draft.now.clock if look.at is None else look.at
    healthy = look.health is Health.HEALTHY and at >= server.since
    since = (at if server.healthy_since is None else server.healthy_since) if healthy else None
    if since != server.healthy_since:
        draft.note(name, healthy_since=since)
    return since is not None and at - since >= draft.settings.deadlines.healthy_for


def _seen_up(draft: Draft, name: str) -> Cause | None:
    if draft.look(name).serves:
        return Cause.SEEN_UP
    if draft.age(name) >= draft.settings.deadlines.up and not draft.servers[name].step:
        ill = draft.look(name).health is Health.UNHEALTHY
        why = "and not healthy any more" if ill else "though healthy"
        draft.halt(name, f"no plain UP in time, {why}; it stays ready and is waited for")
        draft.note(name, step=1)  # said once
    return None


def _promoting(draft: Draft, name: str) -> Cause | None:
    look = draft.look(name)
    if look.serves:
        return Cause.SEEN_UP
    dead = look.health is Health.UNHEALTHY
    return Cause.WITHDRAWN if dead or draft.age(name) >= draft.settings.deadlines.up else None


def _out(draft: Draft, name: str) -> Cause | None:
    if not _healthy_long(draft, name):
        return None
    draft.rolled(name)
    return Cause.STANDS_BY if draft.stands_by(name) else Cause.CAME_BACK


#: What each phase waits for.
PROGRESS: dict[Phase, Callable[[Draft, str], Cause | None]] = {
    Phase.SERVING: _serving,
    Phase.WATCHED: _watched,
    Phase.PROMOTING: _promoting,
    Phase.DUPLEXING: _duplexing,
    Phase.SWITCHING: _switching,
    Phase.DRAINING: _draining,
    Phase.PARKING: _parking,
    Phase.CLEANING: _cleaning,
    Phase.RESTARTING: _restarting,
    Phase.WARMING: _warming,
    Phase.JOINING: _seen_up,
    Phase.FAILED: failed,
    Phase.RECOVERING: recovering,
    Phase.OUT: _out,
}
