"""From the journal to the events of one server, in the words of the event log (docs/event_log.md).

    unstable               watched: judged unstable (S101); of a spare, its clock begins
    rejuvenation started   draining: off the available list (S105), if a restart follows
    rejuvenation finished  serving or standing by again (S106)
    failed                 a fault was detected (S201)
    repaired               serving or standing by again after a fault (S204)

A server that is drained and called back without a restart was not rejuvenated: it is left as it was. One that
is judged normal again without a restart was not unstable in the sense of the models, where only a restart
helps: that episode is taken out. A failure of a server that was normal comes out of the blue; the models have
none, so it is unstable from the moment of the failure. A fault while a server comes back from a restart makes
its rejuvenation last longer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from rejuvmodel.runtime.deciding.records import Entered
from rejuvmodel.runtime.deciding.states import Phase
from rejuvmodel.runtime.deciding.transitions import Cause
from rejuvmodel.runtime.foresight.seen_failures import SeenFailed, SeenWell

NORMAL, UNSTABLE, REJUVENATING, FAILED = "normal", "unstable", "rejuvenating", "failed"
#: Time [s] within which a server that was called back is judged unstable again, if it still is.
_STILL = 60.0
_BACK = (Phase.SERVING.value, Phase.STANDBY.value)
_AT_START = {
    Phase.WATCHED.value: UNSTABLE, Phase.RESTARTING.value: REJUVENATING, Phase.WARMING.value: REJUVENATING,
    Phase.JOINING.value: REJUVENATING, Phase.FAILED.value: FAILED, Phase.RECOVERING.value: FAILED,
    Phase.OUT.value: FAILED,
}  # fmt: skip


@dataclass(slots=True)
class History:
    """The events of one server.

    Parameters
    ----------
    name : str
        The server.
    initial : str
        Its condition at the start.
    events : list of tuple
        Time [s] and name of each event.
    counts : Counter
        What has no place in the log, by kind, in words.
    lost : float
        Time [s] of unstable episodes that were taken out.
    """

    name: str
    initial: str = NORMAL
    events: list[tuple[float, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lost: float = 0.0
    _now: str = NORMAL
    _left: float | None = None
    _back: float | None = None
    _seen: bool = False
    _phase: str = Phase.SERVING.value

    def begin(self, record: Entered, *, unstable: bool) -> None:
        """Take the state in which the log begins.

        Parameters
        ----------
        record : Entered
            Where the server stood.
        unstable : bool
            Whether its clock of instability ran.
        """
        found = _AT_START.get(record.phase, UNSTABLE if unstable else NORMAL)
        self.initial = self._now = FAILED if record.attempt else found
        self._phase = record.phase
        if self._now in (NORMAL, UNSTABLE) and record.phase not in (*_BACK, Phase.WATCHED.value):
            self._left = 0.0

    def take(self, at: float, record: Entered, *, dry_run: bool) -> None:
        """Take a step.

        Parameters
        ----------
        at : float
            When [s].
        record : Entered
            The step.
        dry_run : bool
            Whether nothing is really restarted.
        """
        phase = self._phase = record.phase
        if phase == Phase.WATCHED.value:
            self._unstable(at)
        elif phase == Phase.DRAINING.value:
            self._left = at
        elif phase == Phase.RESTARTING.value or (
            phase == Phase.WARMING.value and record.cause == Cause.RESTARTED.value and not record.attempt
        ):
            self._restarting(at, dry_run=dry_run)
        elif phase == Phase.FAILED.value:
            self._failed(at)
        elif phase in _BACK:
            self._returned(at, record.cause)

    def clock(self, at: float, *, runs: bool) -> None:
        """Take the begin or the end of the clock of instability, which a spare that stands by has as well.

        Parameters
        ----------
        at : float
            When [s].
        runs : bool
            Whether it begins.
        """
        if runs:
            self._unstable(at)
        elif self._now == UNSTABLE and self._phase in (*_BACK, Phase.WATCHED.value):
            self._take_out(at)

    def see(self, at: float, what: SeenFailed | SeenWell) -> None:
        """Take what only samples show.

        Parameters
        ----------
        at : float
            When [s].
        what : SeenFailed or SeenWell
            What they show.
        """
        if isinstance(what, SeenWell):
            if self._now == FAILED and self._seen:
                self._add(at, "repaired", NORMAL)
            self._seen = False
        elif self._now in (NORMAL, UNSTABLE) and self._left is None:
            self._seen = True
            if what.first and not self.events:
                self.initial = self._now = FAILED
                return
            self.counts["failures that only the samples show, because the balancers had the server up"] += 1
            if self._now == NORMAL:
                self._add(at, "unstable", UNSTABLE)
            self._add(at, "failed", FAILED)

    def _unstable(self, at: float) -> None:
        if self._now == UNSTABLE and self._back is not None and at - self._back > _STILL:
            self._take_out(self._back)  # it was called back and found normal: the episode was over
        self._back = None
        if self._now == NORMAL:
            self._add(at, "unstable", UNSTABLE)

    def _restarting(self, at: float, *, dry_run: bool) -> None:
        if dry_run:
            self.counts["restarts of a dry run, which are none"] += 1
        elif self._now in (NORMAL, UNSTABLE):
            self._add(at if self._left is None else self._left, "rejuvenation started", REJUVENATING)
        self._left = None

    def _failed(self, at: float) -> None:
        self._left = self._back = None
        self._seen = False  # from now on the journal tells
        if self._now == REJUVENATING:
            self.counts["faults on the way back from a restart, which lasts longer for it"] += 1
            return
        if self._now == NORMAL:
            self.counts["failures out of the blue, unstable from the moment of the failure"] += 1
            self._add(at, "unstable", UNSTABLE)
        if self._now == UNSTABLE:
            self._add(at, "failed", FAILED)

    def _returned(self, at: float, cause: str) -> None:
        if self._now == REJUVENATING:
            self._add(at, "rejuvenation finished", NORMAL)
        elif self._now == FAILED:
            self._add(at, "repaired", NORMAL)
        elif cause == Cause.STABLE.value:
            if self._now == UNSTABLE:
                self._take_out(at)
        elif self._left is not None:
            self.counts["called back before the restart, which counts as not taken away"] += 1
            self._back = at
        self._left = None

    def _add(self, at: float, event: str, now: str) -> None:
        self.events.append((at, event))
        self._now = now

    def _take_out(self, at: float) -> None:
        """Take out an unstable episode that ended by itself."""
        self.counts["unstable episodes that ended by themselves, taken out"] += 1
        self._now = NORMAL
        if self.events and self.events[-1][1] == "unstable":
            self.lost += at - self.events.pop()[0]
        else:  # it was unstable when the log began
            self.initial = NORMAL
            self.lost += at
