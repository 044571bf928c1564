"""Attendance: when a controller looked after a group, so that its history knows what it has missed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rejuvmodel.runtime.deciding.views import Moment

#: Time [s] from one record to the next; a longer silence of the journal counts as nobody there.
EVERY = 600.0


@dataclass(frozen=True, slots=True)
class Attended:
    """A controller has begun to look after the group, still does, or stops: what is not seen is no history.

    Parameters
    ----------
    what : str
        "began", "goes on" or "ended".
    dry_run : bool
        Whether nothing is really restarted.
    """

    what: str
    dry_run: bool


class Attendance:
    """Says what is to be written.

    Parameters
    ----------
    dry_run : bool
        Whether nothing is really restarted.
    """

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run
        self._due = -math.inf
        self._what = "began"

    def due(self, now: Moment) -> tuple[Attended, ...]:
        """Return what the journal should have by now; asked at every tick while this controller acts.

        Parameters
        ----------
        now : Moment
            When.

        Returns
        -------
        tuple of Attended
            "began" at first, then "goes on" every ten minutes, each until it is written.
        """
        return (Attended(self._what, self._dry_run),) if now.clock >= self._due else ()

    def written(self, now: Moment) -> None:
        """Take note that what was due is in the journal.

        Parameters
        ----------
        now : Moment
            When.
        """
        self._due, self._what = now.clock + EVERY, "goes on"

    def ended(self) -> tuple[Attended, ...]:
        """Return what is to be written when this controller stops.

        Returns
        -------
        tuple of Attended
            "ended", if it had begun; the next record is "began" again.
        """
        if self._what == "began":
            return ()
        self._due, self._what = -math.inf, "began"
        return (Attended("ended", self._dry_run),)
