"""Plan: what is expected in the next days, with windows, budget and clocks as they stand.

The runtime's own producer and controller are run over a simulated future (`FutureCourse`), from the state
that the journal tells and the servers as the running runtime shows them. Where nothing is random, one run
gives the timetable. Otherwise many futures are simulated, and numbers are means, moments are quantiles. The
end of a clock whose delay is not drawn yet has its exact quantiles from the policy's law.
"""

from __future__ import annotations

import math
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.plain_values import number, whole
from rejuvmodel.runtime.config.runtime_file import RuntimeFile, read_runtime_file
from rejuvmodel.runtime.deciding.records import Record
from rejuvmodel.runtime.deciding.states import Phase
from rejuvmodel.runtime.foresight.delay_quantiles import delay_quantile
from rejuvmodel.runtime.foresight.future_course import FutureCourse
from rejuvmodel.runtime.foresight.plan_present import Present, present_of
from rejuvmodel.runtime.foresight.plan_result import Plan, PlannedServer, Span
from rejuvmodel.runtime.foresight.simulated_run import Run
from rejuvmodel.runtime.foresight.simulated_tally import Rejuvenation, Tally
from rejuvmodel.runtime.foresight.simulated_world import World

#: Rejuvenations simulated in all futures together, about; and the fewest and most futures.
_EVENTS, _FEWEST, _MOST = 800, 25, 100
_LONGEST = 366.0


class _Counting(Random):
    """Remembers whether anything was drawn."""

    used = False

    def random(self) -> float:
        self.used = True
        return super().random()

    def getrandbits(self, k: int, /) -> int:
        self.used = True
        return super().getrandbits(k)


def plan(
    file: RuntimeFile | str | os.PathLike[str],
    *,
    days: float = 7.0,
    now: datetime | None = None,
    journal: Iterable[tuple[datetime, Record]] = (),
    status: Mapping[str, Any] | None = None,
    unstable_at: Mapping[str, datetime] | None = None,
    aging: object = None,
    restart: object = None,
    drain: object = None,
    seed: int = 1,
) -> Plan:
    """Return what is expected of a group in the next days.

    Parameters
    ----------
    file : RuntimeFile, str or path
        The runtime's file.
    days : float
        Length of the plan, more than 0 and at most 366.
    now : datetime, optional
        When it begins, with a time zone; now if left out.
    journal : iterable of tuple
        Records of the group with their wall clocks; drawn delays, slots that have fired, and times of steps.
    status : mapping, optional
        The status document of the running runtime: lives, uptimes and conditions of the servers.
    unstable_at : mapping of str to datetime, optional
        When servers are expected to reach their limit, where a trend is known.
    aging : duration, optional
        Mean time in which a normal server becomes unstable; that of the policy's rates, or of the journal, if
        left out.
    restart, drain : duration, optional
        How long these steps take; medians of the journal if left out, or else the deadlines.
    seed : int
        For what is random.

    Returns
    -------
    Plan
        Next rejuvenations, expected numbers by server and day, and time away.

    Raises
    ------
    InvalidInputError
        If the file or an argument is not valid.
    """
    if not isinstance(file, RuntimeFile):
        file = read_runtime_file(file)
    rule = f"a number above 0 and at most {_LONGEST:g} is expected"
    days = number("days", days, rule, minimum=0.0, maximum=_LONGEST, open_minimum=True)
    seed = whole("seed", seed, "a whole number of at least 0 is expected", minimum=0)
    now = datetime.now(UTC) if now is None else now
    if getattr(now, "tzinfo", None) is None:
        raise InvalidInputError("now", shown(now), "a moment has a time zone", "Write datetime.now(UTC).")
    present, notes = present_of(
        file, now.astimezone(UTC), list(journal), status, unstable_at or {}, aging, restart, drain
    )
    if file.producer.trend is not None:
        notes.append("a trend that the journal has counts; those of lives to come are not foreseen")
    length = days * 86400.0
    first, random = _future(file, present, length, seed)
    tallies = [first]
    if random:
        done = max(len(first.rejuvenations), 1)
        runs = min(max(_EVENTS // done, _FEWEST), _MOST)
        tallies += [_future(file, present, length, seed + k)[0] for k in range(1, runs)]
        notes.append(f"numbers are means of {runs} simulated futures, moments their quantiles")
    return _plan(file, present, length, tallies, notes)


def _future(file: RuntimeFile, present: Present, length: float, seed: int) -> tuple[Tally, bool]:
    """One future, and whether anything in it was drawn."""
    random = _Counting(seed)
    course = FutureCourse(file.rules, present.aging, random, present.unstable)
    world = World(file.group, course, present.assumed)
    for name, machine in world.machines.items():
        machine.born, machine.identity = present.born[name], present.lives[name]
        phase = present.state.servers[name].phase
        machine.alive = phase is not Phase.OUT
    run = Run(
        file.group, file.producer, file.rules, world, present.now, random,
        state=present.state, produced=present.produced, tick=file.home.busy_tick,
    )  # fmt: skip
    tally = Tally(file.group.required)
    run.go(length, tally.take)
    return tally, random.used


def _plan(
    file: RuntimeFile, present: Present, length: float, tallies: Sequence[Tally], notes: list[str]
) -> Plan:
    """Put the futures together."""
    zone = ZoneInfo(file.group.gates.zone)
    start = present.now.astimezone(zone)
    until = (present.now + timedelta(seconds=length)).astimezone(zone)
    runs = len(tallies)
    per_day = _days(start, until, list(present.lives))
    for tally in tallies:
        for one in tally.rejuvenations:
            per_day[f"{one.began.astimezone(zone):%Y-%m-%d}"][one.server] += 1 / runs
    waits: dict[str, float] = defaultdict(float)
    for tally in tallies:
        for reason, seconds in tally.refused.items():
            if seconds > 0:
                waits[reason] += seconds / 3600.0 / runs
    timetable = (
        tuple((one.began.astimezone(zone), one.server, one.why) for one in tallies[0].rejuvenations)
        if runs == 1
        else ()
    )
    servers = tuple(_server(file, name, present, tallies, zone) for name in present.lives)
    return Plan(
        file.group.name, start, until, runs, servers, per_day, timetable, dict(sorted(waits.items())),
        tuple(notes),
    )  # fmt: skip


def _days(start: datetime, until: datetime, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """A row of zeros for each day of the plan."""
    last = (until - timedelta(microseconds=1)).date()
    number = (last - start.date()).days + 1
    return {
        f"{start.date() + timedelta(days=day):%Y-%m-%d}": dict.fromkeys(names, 0.0) for day in range(number)
    }


def _server(
    file: RuntimeFile, name: str, present: Present, tallies: Sequence[Tally], zone: ZoneInfo
) -> PlannedServer:
    """What is expected of one server."""
    own: list[list[Rejuvenation]] = [
        [one for one in tally.rejuvenations if one.server == name] for tally in tallies
    ]
    begins = [one[0].began.astimezone(zone) if one else None for one in own]
    counts = sorted(len(one) for one in own)
    causes = Counter(one[0].why for one in own if one)
    due, drawn = _due(file, name, present, zone)
    return PlannedServer(
        name, due, drawn, _span(begins),
        sum(counts) / len(own), float(_rank(counts, 0.05)), float(_rank(counts, 0.95)),
        sum(one.away for some in own for one in some) / len(own),
        causes.most_common(1)[0][0] if causes else "",
    )  # fmt: skip


def _due(file: RuntimeFile, name: str, present: Present, zone: ZoneInfo) -> tuple[Span | None, bool]:
    """When the clock of a server that runs now ends, and whether its delay is drawn."""
    policy = file.producer.policy
    if policy is None or policy.mean == math.inf:
        return None, False
    server = name if policy.scope == "server" else ""
    episode = present.produced.episodes.get(f"{policy.clock}:{server}")
    if policy.clock == "service":
        since = present.born[name] if server else max(present.born.values())
    elif episode is not None:
        since = min(episode.since, 0.0)
    else:
        return None, False
    if episode is not None and episode.delay is not None and episode.mark in ("cluster", present.lives[name]):
        at = None if episode.delay == math.inf else _moment(present.now, since + episode.delay, zone)
        return Span(at, at, at), True
    quantiles = [delay_quantile(policy, share) * 3600.0 + since for share in (0.5, 0.05, 0.95)]
    return Span(*(_moment(present.now, max(one, 0.0), zone) for one in quantiles)), False


def _moment(now: datetime, seconds: float, zone: ZoneInfo) -> datetime | None:
    """A moment of the future; None for one beyond the calendar."""
    try:
        return (now + timedelta(seconds=seconds)).astimezone(zone)
    except OverflowError:
        return None


def _span(moments: Sequence[datetime | None]) -> Span:
    """Quantiles of moments, of which some do not come."""
    known = sorted(one for one in moments if one is not None)
    ordered = [*known, *[None] * (len(moments) - len(known))]
    return Span(*(_rank(ordered, share) for share in (0.5, 0.05, 0.95)))


def _rank(ordered: Sequence[Any], share: float) -> Any:
    """The smallest value that a share of all does not exceed."""
    return ordered[min(max(math.ceil(share * len(ordered)) - 1, 0), len(ordered) - 1)]
