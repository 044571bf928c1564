"""One tick of one group: hold the lease, look, decide, write, hold the balancers, begin the commands.

The order is the safety: nothing is done before its records are on the disk, and nothing at all by a
controller that does not hold the lease. Whoever loses the lease forgets what it knew; whoever takes it ends
the commands of the life before, waits until everything has answered, and goes on where the journal ends.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import SystemRandom
from typing import Any

from rejuvmodel.runtime.acting.actor import Actor
from rejuvmodel.runtime.acting.blackout import Blackout
from rejuvmodel.runtime.acting.earlier_commands import end_earlier
from rejuvmodel.runtime.acting.workers import Workers
from rejuvmodel.runtime.balancing.holding import hold
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.actions import Action, Alarm, Decision
from rejuvmodel.runtime.deciding.controller import is_idle
from rejuvmodel.runtime.deciding.events import Demand, Event, ResumeAsked, RollAsked, Tick
from rejuvmodel.runtime.deciding.faults import IN_TRANSITION
from rejuvmodel.runtime.deciding.producer import Production
from rejuvmodel.runtime.deciding.records import Record
from rejuvmodel.runtime.deciding.refusals import Reason, Refusal
from rejuvmodel.runtime.deciding.states import LOST, SETTLED, Phase
from rejuvmodel.runtime.deciding.views import Moment
from rejuvmodel.runtime.dry_running import DryRunning
from rejuvmodel.runtime.journal.claim import Claim
from rejuvmodel.runtime.journal.journal_errors import JournalError, StaleEpochError
from rejuvmodel.runtime.journal.keeping import Keeper
from rejuvmodel.runtime.journal.leasing import journal_and_lease
from rejuvmodel.runtime.operating.attention import Attention
from rejuvmodel.runtime.operating.move_log import log_moves
from rejuvmodel.runtime.operating.recorders import Recorders
from rejuvmodel.runtime.operating.requests import Inbox
from rejuvmodel.runtime.operating.status import TickSnapshot, status
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.parts import balancer_of, duplexer_of, executor_of, monitors_of
from rejuvmodel.runtime.watching.fault_watch import FaultWatch
from rejuvmodel.runtime.watching.sight import Sight, Watch

_log = logging.getLogger(__name__)
#: Nothing is under way; what has failed waits only while the group is paused.
_QUIET = (*SETTLED, Phase.OUT, Phase.FAILED)
#: Phases whose server joins as soon as it is well.
_COMMANDED = LOST | {Phase.WARMING}
_STOPPING = "the runtime is about to stop"


@dataclass
class _Outcome:
    """What the decisions of one tick have come to."""

    actions: list[Action] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    refusals: dict[str, Refusal] = field(default_factory=dict)
    written: bool = True


class Ticks:
    """Everything that keeps one group, one tick at a time.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    by_policy : bool
        Whether the policy makes rejuvenations due; False leaves it to operators.
    wake : callable
        Called when something has come that the next tick should not wait for.

    Attributes
    ----------
    inbox : Inbox
        Where operators ask.
    stopping : bool
        Set it, and nothing new begins.
    """

    def __init__(self, file: RuntimeFile, *, by_policy: bool, wake: Callable[[], None]) -> None:
        self.file = file
        self.stopping = False
        self.inbox = Inbox(file, wake)
        self._by_policy = by_policy
        self._attention = Attention(file.group.name)
        self._owner = os.path.realpath(file.home.journal)
        self._balancer, executor = balancer_of(file), executor_of(file)
        monitors = monitors_of(file, executor)
        self._recorders = Recorders(file, self._attention)
        self._watch = Watch(file, self._balancer, monitors, self._attention)
        self._workers = Workers(wake)
        self._journal, lease = journal_and_lease(file)
        self._claim = Claim(lease, self._attention)
        self._keeper = Keeper(file, self._journal, self._attention, SystemRandom())
        self._actor = Actor(
            file, self._balancer, executor, duplexer_of(file), monitors, self._workers,
            lambda: self._claim.may_command, self._owner,
        )  # fmt: skip
        self._blackout = Blackout(file.connections.blackout, wake)
        self._dry = DryRunning(file) if file.connections.executor.type == "dry-run" else None
        self._faults = FaultWatch(file, self._attention)
        self._asked: list[Event] = []
        self._ended_earlier = False
        self._shot = TickSnapshot(_now())

    @property
    def ready(self) -> bool:
        """Whether this controller acts, and knows where every server stands."""
        return self._keeper.state is not None

    @property
    def at_rest(self) -> bool:
        """Whether no server is in the middle of something."""
        state = self._keeper.state
        return state is None or all(one.phase in _QUIET for one in state.servers.values())

    @property
    def idle(self) -> bool:
        """Whether there is no roll either."""
        return self._keeper.state is not None and is_idle(self._keeper.state)

    def status(self) -> dict[str, Any]:
        """Return the status document as of the end of the last tick; from any thread.

        Returns
        -------
        dict
            JSON values; docs/runtime_commands.md lists the keys.
        """
        return status(self.file, self._shot)

    def take_no_more(self) -> None:
        """Turn what the policy has made due into a roll, and let nothing more become due."""
        self._by_policy = False
        if self._shot.demands:
            self._asked.append(RollAsked("due in a single pass", servers=tuple(self._shot.demands)))

    def close(self) -> None:
        """Give the lease back and close everything."""
        self._keeper.leave(_now(), self._claim.epoch)
        self._watch.close()
        self._faults.forget()
        self._recorders.close()
        self._claim.release(busy=self._workers.command_runs())
        self._journal.close()

    def tick(self) -> None:
        """Do everything once."""
        now = _now()
        epoch = self._claim.hold()
        if epoch is None and self.ready:
            self._stand_by("the lease is no longer its own")
        sight = self._seen()
        records: list[Record] = []
        began: float | None = None
        if epoch is not None and self._begun(sight, now):
            began = time.perf_counter()
            try:
                records = self._decided(sight, now, epoch)
            except StaleEpochError as problem:
                self._stand_by(str(problem))
        elif epoch is None:
            self.inbox.refuse(f"this controller stands by: {self._claim.holder or 'another'} acts")
        elif not self.ready and (why := self._attention.first("balancer", "resuming")):
            self.inbox.refuse(f"nobody knows yet where every server stands ({why})")
        if not self.ready:
            self._shot = self._snapshot(sight, now, {}, {})
        for _ in self._attention.overdue():
            self._actor.notify()
        seconds = None if began is None else time.perf_counter() - began
        self._recorders.note(sight, now, self.status, records, seconds)

    def _stand_by(self, why: str) -> None:
        """Act no more."""
        _log.warning("%s: %s; this controller stands by", self.file.group.name, why)
        self._keeper.state = None
        self._faults.forget()
        self._ended_earlier = False
        self._workers.forget()

    def _seen(self) -> Sight:
        """Look, and ask the blackout checks if that matters."""
        state = self._keeper.state
        servers = {} if state is None else state.servers
        away = {name for name, one in servers.items() if one.phase in IN_TRANSITION}
        sight = self._watch.look(away, min(0.2, self.file.home.tick / 4))
        commanded = [name for name, one in servers.items() if one.phase in _COMMANDED]
        matters = bool(self._shot.demands) or (state is not None and not is_idle(state))
        blocked = sight.view.blocked or self._blackout.blocked(matters=matters)
        blocked = blocked or (_STOPPING if self.stopping else None)
        if "lease" in self._attention.problems or self._keeper.failed_lately:
            blocked = blocked or "the journal cannot be written"
        return sight.amended(filter(self._workers.command_runs, commanded), blocked)

    def _begun(self, sight: Sight, now: Moment) -> bool:
        """Resume where the journal ends, once everything has answered; tell whether that is done."""
        if self.ready:
            return True
        try:
            if not self._ended_earlier:
                for words in end_earlier(self._owner):
                    _log.warning("%s: ended a command of an earlier life: %s", self.file.group.name, words)
                self._ended_earlier = True
            if not sight.answered:
                return False
            self._keeper.resume(sight.view, now)
        except (JournalError, OutsideError) as problem:
            self._attention.problem("resuming", str(problem))
            return False
        self._attention.problem("resuming", None)
        return True

    def _decided(self, sight: Sight, now: Moment, epoch: int) -> list[Record]:
        """Let the controller decide on everything that has happened, and carry it out."""
        keeper = self._keeper
        assert keeper.state is not None
        made = keeper.produce(sight.view, now) if self._by_policy else None
        found = self._faults.detect(sight.view, keeper.state, now)
        demands = {one.server: one for one in (*found.demands, *(made.demands if made is not None else ()))}
        rolls = () if made is None else made.rolls
        out = _Outcome()
        asked, self._asked = self._asked, []
        for event in (*self._workers.ends(), *self.inbox.events(), *asked, *found.events):
            self._take(event, out, sight, now, epoch)
        dues: tuple[Event, ...] = (*rolls, Tick(tuple(demands.values())))
        for event in dues:
            if self._take(event, out, sight, now, epoch, made):
                made = None  # its records are written
        if self._dry is None and self._claim.may_hold:
            hold(self._balancer, self.file.group, keeper.state, self._attention, sight.balanced)
        for action in out.actions:
            if isinstance(action, Alarm):
                self._attention.alarm(now.wall, action.server, action.text)
            self._actor.carry_out(action)
        suspects = {name: Refusal(Reason.SUSPECT, text) for name, text in found.suspects.items()}
        self._shot = self._snapshot(sight, now, demands, {**suspects, **out.refusals})
        self.inbox.answer(self.status, "" if out.written else "the journal cannot be written")
        return out.records

    def _take(
        self,
        event: Event,
        out: _Outcome,
        sight: Sight,
        now: Moment,
        epoch: int,
        made: Production | None = None,
    ) -> bool:
        """Decide on one event; its moves are logged once they are written. Tell whether they were."""
        decision = self._decide(event, sight, now, epoch, made)
        if decision is None:
            out.written = False
            return False
        out.actions += decision.actions
        out.records += decision.records
        out.refusals.update(decision.refusals)
        if isinstance(event, ResumeAsked):
            self._attention.resolved()
        return True

    def _decide(
        self, event: Event, sight: Sight, now: Moment, epoch: int, made: Production | None
    ) -> Decision | None:
        """The controller's decision, remembered; None if it could not be written."""
        keeper = self._keeper
        assert keeper.state is not None
        if self._dry is not None:
            return self._dry.told(keeper, event, sight.view, now, epoch, made)
        before = keeper.state.servers
        decision = keeper.decide(event, sight.view, now, epoch, made)
        if decision is not None:
            log_moves(self.file.group.name, before, decision.state.servers, decision.records)
        return decision

    def _snapshot(
        self, sight: Sight, now: Moment, due: Mapping[str, Demand], refusals: Mapping[str, Refusal]
    ) -> TickSnapshot:
        """What the status tells."""
        return TickSnapshot(
            now, self._keeper.state, sight.view, sight.assessments, due, refusals,
            self._attention.loud, self._attention.lines, self._keeper.dropped,
            self.ready, self.stopping, self._claim.holder, self._claim.epoch,
        )  # fmt: skip


def _now() -> Moment:
    """Both clocks."""
    return Moment(time.monotonic(), datetime.now(UTC))
