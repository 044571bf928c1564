"""What happened in a simulated run: rejuvenations, times unstable, refusals, and how many served."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from rejuvmodel.runtime.deciding.records import Entered, RollChanged
from rejuvmodel.runtime.deciding.states import AWAY, Phase
from rejuvmodel.runtime.deciding.transitions import Cause
from rejuvmodel.runtime.foresight.simulated_run import Look


@dataclass(frozen=True, slots=True)
class Rejuvenation:
    """One rejuvenation.

    Parameters
    ----------
    server : str
        The server.
    why : str
        What made it due.
    due, began : datetime
        When it was due first, and when gates and budget let it begin.
    left, back : datetime or None
        When the server was taken off the available list, and when it served or stood by again.
    outcome : str
        "rejuvenated", "called back" before the restart, "out" (not back in time), or "under way" at the end.
    """

    server: str
    why: str
    due: datetime
    began: datetime
    left: datetime | None = None
    back: datetime | None = None
    outcome: str = "under way"

    @property
    def away(self) -> float:
        """Time off the available list [h]; 0 while it is not over."""
        if self.left is None or self.back is None:
            return 0.0
        return (self.back - self.left).total_seconds() / 3600.0


class Tally:
    """Counts what a run shows.

    Parameters
    ----------
    required : int
        Servers that must keep serving.

    Attributes
    ----------
    rejuvenations : list of Rejuvenation
        In the order in which they began.
    unstable : dict of str to float
        Time [s] that each server was judged unstable.
    refused : dict of str to float
        Time [s] that servers were due and had to wait, summed over servers, by reason.
    serving : dict of int to float
        Time [s] that so many servers served.
    short, ours : float
        Time [s] with fewer than required, and such time while a server was away for a rejuvenation that
        would have served otherwise.
    """

    def __init__(self, required: int) -> None:
        self.required = required
        self.rejuvenations: list[Rejuvenation] = []
        self.unstable: dict[str, float] = defaultdict(float)
        self.refused: dict[str, float] = defaultdict(float)
        self.serving: dict[int, float] = defaultdict(float)
        self.short = self.ours = 0.0
        self._due: dict[str, tuple[datetime, str]] = {}
        self._open: dict[str, int] = {}
        self._restarted: set[str] = set()
        self._roll = "roll"

    def take(self, look: Look) -> None:
        """Count one look.

        Parameters
        ----------
        look : Look
            What was found.
        """
        wall = look.now.wall
        for name, why in look.due.items():
            if name not in self._due:
                self._due[name] = wall, why
        for record in look.records:
            if isinstance(record, RollChanged) and record.why:
                self._roll = record.why
            elif isinstance(record, Entered):
                self._entered(record, wall)
        for name in set(self._due) - set(look.due) - set(self._open):
            del self._due[name]
        for name in look.unstable:
            self.unstable[name] += look.lasts
        for refusal in look.decision.refusals.values():
            self.refused[refusal.reason.value] += look.lasts
        self.serving[look.serving] += look.lasts
        if look.serving < self.required:
            self.short += look.lasts
            if any(one.phase in AWAY and not one.attempt for one in look.state.servers.values()):
                self.ours += look.lasts

    def _entered(self, record: Entered, wall: datetime) -> None:
        name, phase = record.server, record.phase
        if record.cause == Cause.COMMANDED.value and phase != Phase.RECOVERING.value:
            due, why = self._due.get(name, (wall, "roll"))
            self._open[name] = len(self.rejuvenations)
            why = self._roll if why == "roll" else why
            self.rejuvenations.append(Rejuvenation(name, why, due, wall))
        if name not in self._open:
            return
        place = self._open[name]
        one = self.rejuvenations[place]
        if phase == Phase.DRAINING.value:
            one = replace(one, left=wall)
        elif phase == Phase.RESTARTING.value:
            self._restarted.add(name)
        elif phase in (Phase.OUT.value, Phase.FAILED.value):
            one = self._close(name, replace(one, outcome="out"))
        elif phase in (Phase.SERVING.value, Phase.STANDBY.value):
            outcome = "rejuvenated" if name in self._restarted else "called back"
            one = self._close(name, replace(one, back=wall, outcome=outcome))
        self.rejuvenations[place] = one

    def _close(self, name: str, one: Rejuvenation) -> Rejuvenation:
        del self._open[name]
        self._restarted.discard(name)
        self._due.pop(name, None)
        return one
