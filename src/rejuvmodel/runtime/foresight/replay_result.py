"""ReplayResult: what a policy would have done over recorded samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Self

from rejuvmodel.durations import words
from rejuvmodel.html_tables import html_table
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.foresight.recorded_course import RecordedCourse
from rejuvmodel.runtime.foresight.simulated_tally import Rejuvenation, Tally

#: Number of the schema of `ReplayResult.to_dict`.
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a policy would have done.

    Parameters
    ----------
    group : str
        The group.
    start, until : datetime
        First and last sample.
    servers : tuple of str
        Its servers.
    required : int
        Servers that must keep serving.
    rejuvenations : tuple of Rejuvenation
        In the order in which they would have begun.
    unstable : mapping of str to float
        Time [h] that each server would have been judged unstable.
    refused : mapping of str to float
        Time [h] that servers would have been due and had to wait, summed over servers, by reason.
    serving : mapping of int to float
        Share of the time in which so many servers would have served.
    short : float
        Time [h] in which fewer than `required` would have served, for whatever reason.
    ours : float
        Such time [h] while a server was away for a rejuvenation: above 0 only if others fail meanwhile.
    notes : tuple of str
        What was assumed.
    """

    group: str
    start: datetime
    until: datetime
    servers: tuple[str, ...]
    required: int
    rejuvenations: tuple[Rejuvenation, ...]
    unstable: Mapping[str, float]
    refused: Mapping[str, float]
    serving: Mapping[int, float]
    short: float
    ours: float
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("unstable", "refused", "serving"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[Any, ...]:
        unstable, refused, serving = dict(self.unstable), dict(self.refused), dict(self.serving)
        return ReplayResult, (
            self.group, self.start, self.until, self.servers, self.required, self.rejuvenations,
            unstable, refused, serving, self.short, self.ours, self.notes,
        )  # fmt: skip

    @classmethod
    def of(cls, group: GroupSettings, course: RecordedCourse, tally: Tally, notes: tuple[str, ...]) -> Self:
        """Return the result of a run.

        Parameters
        ----------
        group : GroupSettings
            The group.
        course : RecordedCourse
            The samples.
        tally : Tally
            What the run has shown.
        notes : tuple of str
            What was assumed.

        Returns
        -------
        ReplayResult
            The result.
        """
        names = tuple(one.name for one in group.servers)
        return cls(
            group.name, course.start, course.start + timedelta(seconds=course.length), names, group.required,
            tuple(tally.rejuvenations),
            {name: tally.unstable[name] / 3600.0 for name in names},
            {reason: time / 3600.0 for reason, time in sorted(tally.refused.items()) if time > 0},
            {number: time / course.length for number, time in sorted(tally.serving.items()) if time > 0},
            tally.short / 3600.0, tally.ours / 3600.0, notes,
        )  # fmt: skip

    @property
    def hours(self) -> float:
        """Length of the record [h]."""
        return (self.until - self.start).total_seconds() / 3600.0

    @property
    def fewest_serving(self) -> int:
        """The fewest servers that would have served at any time."""
        return min(self.serving)

    @property
    def counts(self) -> dict[str, int]:
        """Rejuvenations of each server that ended with the server back."""
        found = Counter(one.server for one in self.rejuvenations if one.outcome == "rejuvenated")
        return {name: found[name] for name in self.servers}

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values.

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
            "hours": self.hours,
            "required": self.required,
            "fewest_serving": self.fewest_serving,
            "hours_below_required": self.short,
            "hours_below_required_while_away": self.ours,
            "serving": {str(number): share for number, share in self.serving.items()},
            "rejuvenated": self.counts,
            "hours_unstable": dict(self.unstable),
            "hours_refused": dict(self.refused),
            "rejuvenations": [
                {
                    "server": one.server,
                    "why": one.why,
                    "due": one.due.isoformat(),
                    "began": one.began.isoformat(),
                    "left": None if one.left is None else one.left.isoformat(),
                    "back": None if one.back is None else one.back.isoformat(),
                    "outcome": one.outcome,
                }
                for one in self.rejuvenations
            ],
            "notes": list(self.notes),
        }

    def rows(self) -> list[tuple[str, str]]:
        """Return the measures in words.

        Returns
        -------
        list of tuple
            Name and value of each.
        """
        done, other = sum(self.counts.values()), Counter(one.outcome for one in self.rejuvenations)
        more = [f"{other[key]} {key}" for key in ("called back", "out", "under way") if other[key]]
        found = [
            (
                "record",
                f"{self.start:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M}, {words(_round(self.hours))}",
            ),
            ("rejuvenations", ", ".join([str(done), *more])),
            *((f"of {name}", f"{number}") for name, number in self.counts.items()),
            ("fewest serving", f"{self.fewest_serving} of {len(self.servers)}, {self.required} required"),
            *((f"{number} serving", f"{share:.4%} of the time") for number, share in self.serving.items()),
            ("below required", words(_round(self.short))),
            ("while one was away for us", words(_round(self.ours))),
            ("unstable", words(_round(sum(self.unstable.values())))),
        ]
        found += [(f"waited: {reason}", words(_round(time))) for reason, time in self.refused.items()]
        return found

    def _repr_html_(self) -> str:
        return html_table(
            f"Replay of {self.group}", [*self.rows(), *(("assumed", one) for one in self.notes)]
        )


def _round(hours: float) -> float:
    """Hours to the second."""
    return round(hours * 3600.0) / 3600.0
