"""What a controller remembers, never ahead of what its journal holds.

A decision counts only when its records are on the disk. If they cannot be written, nothing begins and the
state stays as it was, with one exception: a step that only brings a server back is taken, and its records are
written as soon as the disk lets them; a successor that does not find them comes to the same step by itself.

Once a day, and early after a long journal was read, a snapshot is written and old history is deleted.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from random import Random

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.actions import Alarm, Announce, Decision
from rejuvmodel.runtime.deciding.attendance import Attendance
from rejuvmodel.runtime.deciding.controller import decide
from rejuvmodel.runtime.deciding.events import Event
from rejuvmodel.runtime.deciding.group_state import GroupState
from rejuvmodel.runtime.deciding.producer import Production, produce_drawn
from rejuvmodel.runtime.deciding.producer_state import ProducerState
from rejuvmodel.runtime.deciding.records import Held, Record, RollChanged, plain
from rejuvmodel.runtime.deciding.resuming import resumed
from rejuvmodel.runtime.deciding.snapshots import snapshot
from rejuvmodel.runtime.deciding.states import LEAVING, WANTED, Admission
from rejuvmodel.runtime.deciding.views import GroupView, Moment
from rejuvmodel.runtime.journal.base_journal import BaseJournal
from rejuvmodel.runtime.journal.journal_errors import JournalError, StaleEpochError
from rejuvmodel.runtime.journal.journal_reading import understood
from rejuvmodel.runtime.operating.attention import Attention

_log = logging.getLogger(__name__)
#: How long nothing new is tried after the journal could not be written [s].
_REST = 5.0
#: Records that may wait for a disk.
_MOST_WAITING = 1000
#: Time [s] from one snapshot to the next.
_DAY = 86400.0
#: A journal with more records is given its snapshot at once.
_LONG = 10_000
#: How long history is kept.
_KEPT = timedelta(days=400)
_AVAILABLE = {Admission.READY: 3, Admission.SPARE: 2, Admission.DRAIN: 1, Admission.MAINTENANCE: 0}


class Keeper:
    """State of one group and its journal.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    journal : BaseJournal
        Its journal.
    attention : Attention
        Where it is said that the journal cannot be written.
    random : Random
        Draws the delays of the policy.
    """

    def __init__(self, file: RuntimeFile, journal: BaseJournal, attention: Attention, random: Random) -> None:
        self._file = file
        self._journal = journal
        self._attention = attention
        self._random = random
        self._waiting: list[Record] = []
        self.state: GroupState | None = None
        self.producer = ProducerState()
        self.dropped: tuple[str, ...] = ()
        self._failed = -math.inf
        self._next_snapshot = math.inf
        self._attendance = self._new_attendance()

    def _new_attendance(self) -> Attendance:
        return Attendance(dry_run=self._file.connections.executor.type == "dry-run")

    @property
    def failed_lately(self) -> bool:
        """Whether the journal could not be written some seconds ago; after that it is tried again."""
        return time.monotonic() - self._failed < _REST

    def resume(self, view: GroupView, now: Moment) -> None:
        """Remember what the journal says, in the light of what is seen.

        Parameters
        ----------
        view : GroupView
            What is seen.
        now : Moment
            When.

        Raises
        ------
        JournalError
            If the journal cannot be read.
        """
        entries, dropped = understood(self._journal.records(self._file.group.name))
        self.state, self.producer, gone = resumed(self._file.group, entries, view, now)
        self._waiting = []
        self._next_snapshot = now.clock + (0.0 if len(entries) > _LONG else _DAY)
        self._attendance = self._new_attendance()
        self.dropped = (*self._journal.dropped, *dropped, *gone)
        for words in self.dropped:
            _log.warning("%s: %s", self._file.group.name, words)

    def produce(self, view: GroupView, now: Moment) -> Production:
        """Return what is due; delays that have to be drawn are drawn.

        Parameters
        ----------
        view : GroupView
            What is seen.
        now : Moment
            When.

        Returns
        -------
        Production
            What is due; it counts once its records have been written with a decision.
        """
        assert self.state is not None
        return produce_drawn(self._file.producer, self.producer, self.state, view, now, self._random)

    def decide(
        self, event: Event, view: GroupView, now: Moment, epoch: int | None, made: Production | None = None
    ) -> Decision | None:
        """Decide, write, and only then remember.

        Parameters
        ----------
        event : Event
            What has happened.
        view : GroupView
            What is seen.
        now : Moment
            When.
        epoch : int or None
            The epoch of the lease under which this controller acts.
        made : Production, optional
            What the producer's records and state come from.

        Returns
        -------
        Decision or None
            The decision, to be carried out; None if it could not be written.

        Raises
        ------
        StaleEpochError
            If another controller acts meanwhile.
        """
        assert self.state is not None
        decision = decide(self._file.group, self.state, view, event, now)
        attended = self._attendance.due(now)
        records = [*attended, *(made.records if made is not None else ()), *decision.records]
        if not self._written(records, now, epoch) and not self._may_wait(decision, records):
            return None
        if attended:
            self._attendance.written(now)
        if made is not None:
            self.producer = made.state
        self.state = decision.state
        if now.clock >= self._next_snapshot and not self._waiting:
            self._snapshot(decision.state, now, epoch)
        return decision

    def leave(self, now: Moment, epoch: int | None) -> None:
        """Write down that this controller looks after the group no longer, as far as that is possible.

        Parameters
        ----------
        now : Moment
            When.
        epoch : int or None
            The epoch of the lease under which it acted.
        """
        if self.state is not None:
            with suppress(JournalError):  # a stale epoch as well: another one has begun by then
                self._written(self._attendance.ended(), now, epoch)

    def _snapshot(self, state: GroupState, now: Moment, epoch: int | None) -> None:
        """Write down how everything stands, so that old records are no longer needed."""
        self._next_snapshot = now.clock + _DAY
        record = plain(snapshot(state, self.producer, now))
        try:
            self._journal.compact(self._file.group.name, [record], _KEPT, now.wall, epoch)
        except StaleEpochError:
            raise
        except JournalError as problem:  # nothing was changed, and everything is still there
            _log.warning("%s: no snapshot today: %s", self._file.group.name, problem)

    def _written(self, records: Sequence[Record], now: Moment, epoch: int | None) -> bool:
        """Write what waits and what is new; tell whether it is on the disk."""
        if not records and not self._waiting:
            return True
        values = [plain(record) for record in (*self._waiting, *records)]
        try:
            self._journal.append(self._file.group.name, values, now.wall, epoch)
        except StaleEpochError:
            raise
        except JournalError as problem:
            self._attention.problem("journal", str(problem))
            self._failed = now.clock
            return False
        self._waiting = []
        self._attention.problem("journal", None)
        return True

    def _may_wait(self, decision: Decision, records: Sequence[Record]) -> bool:
        """Whether a decision does nothing but bring servers back; then its records wait."""
        assert self.state is not None
        harmless = all(isinstance(action, Announce | Alarm) for action in decision.actions) and all(
            after.phase not in LEAVING
            and _AVAILABLE[WANTED[after.phase]] >= _AVAILABLE[WANTED[self.state.servers[name].phase]]
            for name, after in decision.state.servers.items()
            if after.phase is not self.state.servers[name].phase
        )
        # What somebody asks for, or a slot of cron, is refused: it would be lost with this process.
        wish = any(isinstance(record, RollChanged) for record in records) or (
            not decision.actions and any(isinstance(record, Held) for record in records)
        )
        if wish or not harmless or len(self._waiting) + len(records) > _MOST_WAITING:
            return False
        self._waiting += records
        return True
