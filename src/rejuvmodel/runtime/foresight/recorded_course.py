"""Recorded samples as the course of a simulated world: what would have been seen under another policy.

What is taken from the record, and what is assumed, stands here, because nothing else of a replay is assumed:

- A recorded value holds until the next one, for at most 2.5 times the usual time between two, or ``max_age``
  if that is longer; then nothing is known.
- Load, sessions, failures and repairs come as they were recorded, whatever the replayed policy does. That the
  others carry more while one is away is not in it, nor that a younger server might not have failed.
- Memory and buffers begin, after a rejuvenation that was not in the record, at the level that was recorded
  after restarts (the median, of this server or else of the group; without any restart the lowest level of the
  server), and go on with the recorded increments: the work does the same harm to a young process.
- A restart in the record is left out if the runtime itself did it (``own``: samples "in transition" stand
  between the two lives): under another policy it would not have been there, and memory goes on growing across
  it. Other restarts, of people and crashes, happen as recorded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.foresight.recorded_track import Track, Undone, track_of
from rejuvmodel.runtime.foresight.sample_records import SampleRecord
from rejuvmodel.runtime.foresight.simulated_world import Machine, Seen
from rejuvmodel.runtime.watching.collector import Rules

#: Records so close together [s] are one look at the group.
_TOGETHER = 1.0


class RecordedCourse:
    """The course of recorded samples.

    Parameters
    ----------
    records : iterable of SampleRecord
        The samples.
    servers : sequence of str
        The group's servers; each needs a sample, and there are no others.
    rules : Rules
        Limits of the collector.
    undone : str
        Which recorded restarts are left out: "own", "all" or "none".

    Attributes
    ----------
    start : datetime
        Time of the first record; 0 s of this course.
    length : float
        Time from the first to the last [s].
    notes : list of str
        What was left out or assumed, in words.
    """

    def __init__(
        self, records: Iterable[SampleRecord], servers: Sequence[str], rules: Rules, undone: Undone = "own"
    ) -> None:
        self.changed: set[str] = set()
        self.notes: list[str] = []
        self._rules = rules
        self._tracks = dict.fromkeys(servers, Track())
        ordered = sorted(records, key=lambda one: one.at)
        self._check(ordered)
        self.start: datetime = ordered[0].at
        self.length = (ordered[-1].at - self.start).total_seconds()
        by_server: dict[str, list[SampleRecord]] = {name: [] for name in servers}
        for one in ordered:
            by_server[one.server].append(one)
        for name, own in by_server.items():
            self._tracks[name] = track_of(name, own, self.start, rules.max_age, undone)
        self._levels()
        self._order = sorted(
            (at, name, k) for name, one in self._tracks.items() for k, at in enumerate(one.at)
        )
        self._place = 0

    def _check(self, records: Sequence[SampleRecord]) -> None:
        """Each server has samples, and all samples are of servers."""
        found = {one.server for one in records}
        for name in found - set(self._tracks):
            rule = f"the group's servers are {', '.join(self._tracks)}"
            raise InvalidInputError("samples", f"samples of {shown(name)}", rule, "Leave its lines out.")
        for name in self._tracks:
            if name not in found:
                raise InvalidInputError(
                    "samples", f"no sample of {shown(name)}", "each server of the group has samples",
                    "Record them, or take the server out of the file.",
                )  # fmt: skip

    def _levels(self) -> None:
        """The level of memory and buffers after a restart, for each server."""
        everywhere = [level for track in self._tracks.values() for level in track.fresh]
        self._level: dict[str, list[float | None]] = {}
        for name, track in self._tracks.items():
            self._level[name] = []
            for k, what in enumerate(("memory", "buffers")):
                own = [one[k] for one in track.fresh if one[k] is not None]
                all_ = [one[k] for one in everywhere if one[k] is not None]
                values = [value for one in track.seen if (value := getattr(one, what)) is not None]
                level = median(own or all_ or [min(values)]) if values else None
                if values and k == 0 and not own:
                    source = "that of the others" if all_ else "its lowest level"
                    self.notes.append(f"no restart of {name} is recorded: after one its memory is {source}")
                self._level[name].append(level)

    def seen(self, machine: Machine, now: float) -> Seen:
        """Return what is seen of a server that is alive."""
        track = self._tracks[machine.name]
        if track.row < 0:
            return Seen("unknown")
        row = track.seen[track.row]
        uptime = row.uptime if track.recorded else None
        if not track.recorded or uptime is not None:
            uptime = now - machine.born
        memory, buffers = track.grown[track.row]
        return Seen(
            row.answer, row.load, uptime, _level(row.memory, memory, track.offset[0]),
            _level(row.buffers, buffers, track.offset[1]), row.up, row.sessions,
        )  # fmt: skip

    def advance(self, now: float, limit: float, machines: dict[str, Machine], *, closely: bool) -> float:
        """Return when a server is seen to change next, at most the limit; closely: when it is measured."""
        self.changed.clear()
        end = math.inf
        while self._place < len(self._order):
            at, name, row = self._order[self._place]
            if at > min(limit, end):
                break
            self._place += 1
            if self._take(at, self._tracks[name], row, machines[name]):
                self.changed.add(name)
            if (closely or self.changed) and end == math.inf:
                end = max(at, now) + _TOGETHER
        if end == math.inf:
            return limit
        return min(max(self._order[self._place - 1][0], math.nextafter(now, math.inf)), limit)

    def _take(self, at: float, track: Track, row: int, machine: Machine) -> bool:
        """Go on to a row; return whether the collector would see something else now."""
        track.row = row
        lives_again = track.kept[row] and machine.alive
        if lives_again:
            uptime = track.seen[row].uptime
            machine.identity = track.names[row]
            machine.born = at - uptime if uptime is not None else at
            track.recorded, track.offset = True, (None, None)
        if None in track.offset:  # where nothing was measured before, the recorded level is taken up
            one, (memory, buffers) = track.seen[row], track.grown[row]
            track.offset = (
                _started(track.offset[0], one.memory, memory), _started(track.offset[1], one.buffers, buffers)
            )  # fmt: skip
        kind = kind_of(self.seen(machine, at), self._rules) if machine.alive else "gone"
        differs = lives_again or kind != track.kind
        track.kind = kind
        return differs

    def reborn(self, machine: Machine, now: float) -> None:
        """Take note of a new life that the runtime has begun."""
        track = self._tracks[machine.name]
        track.recorded = False
        levels, grown = self._level[machine.name], track.grown[track.row]
        track.offset = _started(None, levels[0], grown[0]), _started(None, levels[1], grown[1])
        track.kind = kind_of(self.seen(machine, now), self._rules)


def kind_of(seen: Seen, rules: Rules) -> str:
    """Return what a look speaks for: while that stays, nobody judges the server in another way.

    Parameters
    ----------
    seen : Seen
        What is seen.
    rules : Rules
        Limits of the collector.

    Returns
    -------
    str
        The answer; of a healthy one also "unknown", "bad", "between" or "clear"; and whether the balancers
        have it down.
    """
    up = "" if seen.up else ", down"
    if seen.answer != "healthy":
        return seen.answer + up
    kind = "clear"
    for limit in rules.limits:
        value: float | None = getattr(seen, limit.quantity)
        if value is None:
            return f"healthy, unknown{up}"
        if value >= limit.unstable:
            kind = "bad"
        elif value >= limit.lower and kind == "clear":
            kind = "between"
    return f"healthy, {kind}{up}"


def _level(recorded: float | None, grown: float, offset: float | None) -> float | None:
    """A value on the simulated course; None where none was recorded."""
    return None if recorded is None or offset is None else max(grown + offset, 0.0)


def _started(offset: float | None, level: float | None, grown: float) -> float | None:
    """How far a simulated value is from its growth since the start; None while nothing is known."""
    return level - grown if offset is None and level is not None else offset
