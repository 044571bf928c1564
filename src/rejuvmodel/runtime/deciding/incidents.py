"""Events that are not just time: ends of commands, faults, and what operators ask."""

from __future__ import annotations

from rejuvmodel.runtime.deciding.draft import Draft
from rejuvmodel.runtime.deciding.events import (
    CancelAsked,
    Done,
    Event,
    FaultCleared,
    FaultDetected,
    NotDone,
    PauseAsked,
    ResumeAsked,
    RollAsked,
)
from rejuvmodel.runtime.deciding.progress import way_back
from rejuvmodel.runtime.deciding.recovery import after_failure
from rejuvmodel.runtime.deciding.refusals import Reason, Refusal
from rejuvmodel.runtime.deciding.states import Phase
from rejuvmodel.runtime.deciding.transitions import NEXT, Cause


def told(draft: Draft, event: Event) -> None:
    """Take in an event.

    Parameters
    ----------
    draft : Draft
        The decision in the making.
    event : Event
        What has happened.
    """
    match event:
        case Done() | NotDone():
            _ended(draft, event)
        case FaultDetected():
            _fault(draft, event)
        case FaultCleared(server=name):
            if (server := draft.servers.get(name)) and (server.phase, Cause.REPAIRED) in NEXT:
                draft.move(name, Cause.REPAIRED, identity=None)
        case RollAsked():
            _roll(draft, event)
        case PauseAsked():
            draft.hold(paused=True)
        case ResumeAsked():
            draft.hold(paused=False, halted="")
        case CancelAsked() if draft.state.roll:
            draft.change_roll({}, frozenset(), "cancelled")
        case _:
            pass


def _ended(draft: Draft, event: Done | NotDone) -> None:
    """The end of a command; one that was given up before is ignored."""
    name = event.server
    server = draft.servers.get(name)
    if server is None or server.ticket == 0 or server.ticket != event.ticket:
        return
    problem = event.why if isinstance(event, NotDone) else ""
    match server.phase:
        case Phase.DUPLEXING:
            if problem:
                draft.alarm(name, f"its work could not be handed over: {problem}")
            draft.move(name, Cause.UNCOVERED if problem else Cause.DUPLEXED)
        case Phase.CLEANING:
            if problem:
                step = draft.settings.clean_steps[server.step]
                draft.halt(name, f"clean step {step} failed ({problem}): nothing was restarted")
                draft.move(name, way_back(draft, name))
            else:
                draft.note(name, step=server.step + 1, ticket=0)
                draft.clean(name)
        case Phase.RESTARTING:
            if problem:
                draft.halt(name, f"the restart failed: {problem}")
            draft.move(name, Cause.BROKEN if problem else Cause.RESTARTED)
        case Phase.RECOVERING:
            if not problem:
                draft.move(name, Cause.RESTARTED)
            else:
                draft.move(name, after_failure(draft, name, problem))
        case _:
            pass


def _fault(draft: Draft, event: FaultDetected) -> None:
    """S201: both views must agree, and a server in the middle of its restart is meant to be down."""
    name = event.server
    server = draft.servers.get(name)
    if server is None or (server.phase, Cause.FAULT) not in NEXT:
        return
    look = draft.look(name)
    if not (look.is_dead or (event.missed and look.up is False)):
        text = f"{event.evidence}; but the balancers or its own health check do not have it down"
        draft.refusals[name] = Refusal(Reason.SUSPECT, text)
        return
    draft.alarm(name, f"fault: {event.evidence}")
    draft.move(name, Cause.FAULT, identity=look.identity)


def _roll(draft: Draft, event: RollAsked) -> None:
    """A roll joins the one that is going on."""
    names = [name for name in event.servers or draft.servers if name in draft.servers]
    left = dict(draft.state.roll) | {
        name: draft.look(name).identity for name in names if name not in draft.state.roll
    }
    asked = draft.state.asked | (set(names) if event.by_operator else set())
    draft.change_roll(left, asked, event.why)
