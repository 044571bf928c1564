"""Recorded samples of one server as rows: what was seen from when on, in which life, how far it has grown.

Rows in which the runtime itself was restarting the server, until it is up again, are left out, and a row of
its own says where nothing is known. Growth is the sum of the recorded increments within lives: what a restart
took away is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Literal

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.foresight.sample_records import SampleRecord
from rejuvmodel.runtime.foresight.simulated_world import Seen
from rejuvmodel.runtime.watching.samples import Answer, another_life

#: Which recorded restarts a replay leaves out.
Undone = Literal["own", "all", "none"]
UNDONE: tuple[Undone, ...] = ("own", "all", "none")
#: Ages of a record, in the usual time between two, after which nothing is known any more.
_LONG = 2.5
_ANSWERS: dict[str, Answer] = {
    "healthy": "healthy", "unhealthy": "unhealthy", "gone": "gone", "unknown": "unknown"
}  # fmt: skip


@dataclass(slots=True)
class Track:
    """What was recorded of one server, row by row, and where the simulated one stands on it.

    Parameters
    ----------
    at : list of float
        When each row begins [s].
    seen : list of Seen
        What was seen then.
    names : list of str
        The life that it was.
    grown : list of tuple
        Sums of the increments of memory and buffers so far.
    kept : list of bool
        Whether the row begins a life that begins in the replay as well.
    fresh : list of tuple
        Memory and buffers with which each life began, that of the first unknown.
    row : int
        The row at which the simulated server is; −1 before the first.
    kind : str
        What that row speaks for.
    offset : tuple
        Memory and buffers of the simulated server less what they have grown.
    recorded : bool
        Whether its life is one of the record.
    """

    at: list[float] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    grown: list[tuple[float, float]] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)
    fresh: list[tuple[float | None, float | None]] = field(default_factory=list)
    row: int = -1
    kind: str = ""
    offset: tuple[float | None, float | None] = (None, None)
    recorded: bool = True


def track_of(
    name: str, records: Sequence[SampleRecord], start: datetime, max_age: float, undone: Undone
) -> Track:
    """Return the rows of one server.

    Parameters
    ----------
    name : str
        The server.
    records : sequence of SampleRecord
        Its samples in the order of time, at least one.
    start : datetime
        When 0 s is.
    max_age : float
        How old [s] a sample may be at least before nothing is known.
    undone : str
        Which restarts are left out: "own", "all" or "none".

    Returns
    -------
    Track
        The rows.

    Raises
    ------
    InvalidInputError
        If no sample is left.
    """
    track = Track()
    gaps = sorted((b.at - a.at).total_seconds() for a, b in pairwise(records))
    usual = gaps[len(gaps) // 2] if gaps else 0.0
    hold = max(_LONG * usual, max_age)
    before: SampleRecord | None = None
    passed = away = False
    for one in records:
        if one.condition == "in transition":
            passed = away = True
            continue
        if away and (one.answer != "healthy" or one.up is False or one.condition == "unknown"):
            continue  # not yet back from its own restart
        at = (one.at - start).total_seconds()
        if before is not None and not away and (one.at - before.at).total_seconds() > hold:
            _append(track, track.at[-1] + hold, Seen("unknown"), track.names[-1], kept=False)
        other = before is not None and _is_other(before, one)
        left_out = undone == "all" or (undone == "own" and passed)
        if before is None or other:
            track.fresh.append((one.memory, one.buffers) if other else (None, None))
            passed = False
        life = one.identity or f"{name}-recorded-{len(track.fresh)}"
        seen = Seen(
            _ANSWERS[one.answer], one.load, one.uptime, one.memory, one.buffers, one.up is not False,
            one.sessions if one.sessions is not None else 1,
        )  # fmt: skip
        _append(track, at, seen, life, kept=before is None or (other and not left_out), other=other)
        before, away = one, False
    if before is None:
        raise InvalidInputError(
            "samples", f"only samples in transition of {shown(name)}", "each server has samples", ""
        )
    if track.at[0] <= hold:
        track.at[0] = 0.0  # the first looks at all servers are one moment
    return track


def _append(track: Track, at: float, seen: Seen, name: str, *, kept: bool, other: bool = False) -> None:
    """Add a row, with how far memory and buffers have grown since the first."""
    memory, buffers = track.grown[-1] if track.grown else (0.0, 0.0)
    if track.seen and not other:
        last_memory, last_buffers = _last_known(track)
        if seen.memory is not None and last_memory is not None:
            memory += seen.memory - last_memory
        if seen.buffers is not None and last_buffers is not None:
            buffers += seen.buffers - last_buffers
    track.at.append(at)
    track.seen.append(seen)
    track.names.append(name)
    track.grown.append((memory, buffers))
    track.kept.append(kept)


def _last_known(track: Track) -> tuple[float | None, float | None]:
    """Memory and buffers of the row before; of the one before a gap, if it is one."""
    last = track.seen[-1]
    if last.answer == "unknown" and len(track.seen) > 1 and last.memory is None:
        last = track.seen[-2]
    return last.memory, last.buffers


def _is_other(before: SampleRecord, one: SampleRecord) -> bool:
    """Whether two records are of two lives of a server."""
    passed = (one.at - before.at).total_seconds()
    return another_life((before.identity, one.identity), (before.uptime, one.uptime), passed)
