"""Plan: what is expected of a group in the next days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from rejuvmodel.durations import words
from rejuvmodel.html_tables import html_table

#: Number of the schema of `Plan.to_dict`.
SCHEMA = 1
HEAD = ("server", "next rejuvenation", "5 %", "95 %", "expected", "away", "because")


@dataclass(frozen=True, slots=True)
class Span:
    """A moment that may be random: its median and where 90 % of it lies.

    Parameters
    ----------
    median, low, high : datetime or None
        Quantiles of 50 %, 5 % and 95 %; None if it does not come within the plan in so many cases.
    """

    median: datetime | None
    low: datetime | None
    high: datetime | None

    @property
    def exact(self) -> bool:
        """Whether it is not random."""
        return self.low == self.high

    def texts(self) -> tuple[str, str, str]:
        """Return median, low and high end as text; the ends empty where it is exact.

        Returns
        -------
        tuple of str
            Times of day in the zone of the plan.
        """
        middle, low, high = (_time(one) for one in (self.median, self.low, self.high))
        return (middle, "", "") if self.exact else (middle, low, high)


@dataclass(frozen=True, slots=True)
class PlannedServer:
    """What is expected of one server.

    Parameters
    ----------
    name : str
        The server.
    due : Span or None
        When its clock that runs now ends, apart from windows and the budget; None if none runs.
    drawn : bool
        Whether the delay of that clock is drawn already, so that its end is no longer random.
    next : Span
        When its next rejuvenation begins, with windows and the budget.
    expected, low, high : float
        Rejuvenations within the plan: mean, and quantiles of 5 % and 95 %.
    away : float
        Expected time off the available list [h].
    why : str
        What makes the next one due, in most cases; empty if none is expected.
    """

    name: str
    due: Span | None
    drawn: bool
    next: Span
    expected: float
    low: float
    high: float
    away: float
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is expected of a group.

    Parameters
    ----------
    group : str
        The group.
    start, until : datetime
        From when to when.
    runs : int
        Futures that were simulated; 1 if nothing is random.
    servers : tuple of PlannedServer
        Each server.
    per_day : mapping of str to mapping
        Expected rejuvenations by day (in the zone of windows and cron) and server.
    timetable : tuple of tuple
        Time and server of every rejuvenation, if nothing is random; empty otherwise.
    waits : mapping of str to float
        Expected time [h] that servers are due and have to wait, by reason.
    notes : tuple of str
        What was assumed, and what is not known.
    """

    group: str
    start: datetime
    until: datetime
    runs: int
    servers: tuple[PlannedServer, ...]
    per_day: Mapping[str, Mapping[str, float]]
    timetable: tuple[tuple[datetime, str, str], ...]
    waits: Mapping[str, float]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        days = {day: MappingProxyType(dict(row)) for day, row in self.per_day.items()}
        object.__setattr__(self, "per_day", MappingProxyType(days))
        object.__setattr__(self, "waits", MappingProxyType(dict(self.waits)))

    def __reduce__(self) -> tuple[Any, ...]:
        days = {day: dict(row) for day, row in self.per_day.items()}
        return Plan, (
            self.group, self.start, self.until, self.runs, self.servers, days, self.timetable,
            dict(self.waits), self.notes,
        )  # fmt: skip

    @property
    def random(self) -> bool:
        """Whether anything of it is random."""
        return self.runs > 1

    @property
    def expected(self) -> float:
        """Expected rejuvenations of all servers."""
        return sum(one.expected for one in self.servers)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain values.

        Returns
        -------
        dict
            ``schema`` first; times as ISO 8601 text, lengths of time in hours.
        """
        return {
            "schema": SCHEMA,
            "group": self.group,
            "start": self.start.isoformat(),
            "until": self.until.isoformat(),
            "random": self.random,
            "runs": self.runs,
            "expected": self.expected,
            "servers": [_plain(asdict(one)) for one in self.servers],
            "per_day": {day: dict(row) for day, row in self.per_day.items()},
            "timetable": [
                {"at": at.isoformat(), "server": name, "why": why} for at, name, why in self.timetable
            ],
            "hours_waiting": dict(self.waits),
            "notes": list(self.notes),
        }

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each server, under `HEAD`.

        Returns
        -------
        list of tuple
            Cells as text.
        """
        return [
            (
                one.name, *one.next.texts(), _number(one.expected),
                words(round(one.away * 3600.0) / 3600.0), one.why or "nothing expected",
            )
            for one in self.servers
        ]  # fmt: skip

    def day_rows(self) -> list[tuple[str, ...]]:
        """Return a row for each day: the day, and the expected number of each server.

        Returns
        -------
        list of tuple
            Cells as text.
        """
        return [(day, *map(_number, row.values())) for day, row in self.per_day.items()]

    def _repr_html_(self) -> str:
        title = f"Plan of {self.group}, {self.start:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M %Z}"
        days = html_table(
            "Expected rejuvenations", self.day_rows(), ("", *(one.name for one in self.servers))
        )
        notes = html_table("Assumed", [("", note) for note in self.notes])
        return html_table(title, self.rows(), HEAD) + days + notes


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Moments as text, at any depth."""
    found = {key: _plain(value) if isinstance(value, dict) else value for key, value in values.items()}
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in found.items()}


def _time(at: datetime | None) -> str:
    return "later" if at is None else f"{at:%a %Y-%m-%d %H:%M}"


def _number(value: float) -> str:
    return f"{value:g}" if value == int(value) else f"{value:.2f}"
