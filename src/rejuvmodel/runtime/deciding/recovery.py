"""The fault recoverer (802 in the patent's figures): what follows a fault, how often, and when it ends.

Restart; then clean and restart; then out, loudly. A fault soon after a recovery is its next attempt. Whatever
is not known ends nothing: a server that may have a new life, or of which nothing is seen, is not restarted
again.
"""

from __future__ import annotations

from rejuvmodel.runtime.deciding.draft import Draft
from rejuvmodel.runtime.deciding.gates import capped
from rejuvmodel.runtime.deciding.refusals import Reason, Refusal
from rejuvmodel.runtime.deciding.states import Health, Phase
from rejuvmodel.runtime.deciding.transitions import Cause


def failed(draft: Draft, name: str) -> Cause | None:
    """Return what takes a server on that was taken off the list (S202); the spare's part is `spares.fill`.

    None during a pause: nothing is restarted while an operator may be at work.
    """
    if draft.state.paused:
        text = "an operator has paused the group: it is recovered when the pause ends, or is well before"
        draft.refusals[name] = Refusal(Reason.PAUSED, text)
        return None
    look, life = draft.look(name), draft.servers[name].identity
    renewed = look.identity is not None and look.identity != life
    waited = draft.state.servers[name].phase is Phase.FAILED
    if waited and (renewed or look.health is Health.HEALTHY):
        return Cause.REPAIRED  # during the pause, by somebody else
    return Cause.SWITCHED if tries_left(draft, name) else Cause.GIVEN_UP


def recovering(draft: Draft, name: str) -> Cause | None:
    """Return what a recovery that is going on has come to (S203); None while its command has time.

    A successor cannot know whether the command was given, and looks at the life there is: the old one is
    ended, a new one is given time.
    """
    server, look = draft.servers[name], draft.look(name)
    if server.ticket == 0:
        if look.health is Health.HEALTHY:
            return Cause.RESTARTED
        if look.identity is not None and look.identity == server.identity:
            draft.recover(name)
            return None
        if look.identity is not None:
            return Cause.RESTARTED
    deadlines = draft.settings.deadlines
    late = draft.age(name) >= deadlines.recover + (deadlines.ending if server.ticket else 0.0)
    return after_failure(draft, name, "its command did not end in time") if late else None


def after_failure(draft: Draft, name: str, problem: str) -> Cause:
    """Say why a recovery has failed, and return what follows.

    Whoever is healthy by now is taken on; else it is tried once more, or given up.
    """
    draft.alarm(name, f"the recovery failed: {problem}")
    if draft.look(name).health is Health.HEALTHY:
        return Cause.RESTARTED
    return Cause.ESCALATED if tries_left(draft, name) else Cause.GIVEN_UP


def tries_left(draft: Draft, name: str) -> bool:
    """Return whether a recovery may be tried once more.

    Not if its tries are used up, the restart cap is reached, or nothing at all is seen of it: it may be well.
    """
    look = draft.look(name)
    if draft.servers[name].attempt >= draft.settings.recover_attempts:
        return False
    if capped(draft.settings.gates, draft.state, draft.now):
        draft.alarm(name, "not restarted: the restart cap is reached")
        return False
    return look.health is not Health.UNKNOWN or look.identity is not None
