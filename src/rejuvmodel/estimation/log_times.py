"""Times of a log: hours, or time stamps, never both; and all with a time zone, or none."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from numbers import Real
from typing import Any, NoReturn

from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError

_RULE = "a time is hours as a number of at least 0, or a time stamp such as 2026-03-01T08:30:00"
_HOUR = timedelta(hours=1)
_COMMA = re.compile(r"[0-9]+,[0-9]+")


def log_time(value: Any, place: str) -> float | datetime:
    """Return a time of the log: hours, or a time stamp.

    Parameters
    ----------
    value : object
        A number, a ``timedelta``, a ``datetime`` (of pandas and NumPy too), or text of one of them.
    place : str
        What errors give, such as "time in line 3".

    Returns
    -------
    float or datetime
        Hours [h] of at least 0, or the time stamp; in UTC, if it has a zone.

    Raises
    ------
    InvalidInputError
        If it is neither, not finite, or negative.
    """
    if type(value) is float or type(value) is int:  # nearly all times of nearly all logs
        return _finite(float(value), value, place)
    if isinstance(value, str):
        return _from_text(value.strip(), place)
    if getattr(getattr(value, "dtype", None), "kind", "") == "M":  # numpy.datetime64
        value = value.astype("datetime64[us]").item()
    if isinstance(value, datetime):
        if value != value:  # pandas.NaT
            raise InvalidInputError(place, "no time stamp (NaT)", _RULE, "Remove or fill in missing times.")
        return _in_utc(value)
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, bool) or not isinstance(value, Real | timedelta):
        raise InvalidInputError(place, f"{shown(value)} ({type(value).__name__})", _RULE, "Write hours.")
    return _finite(hours(value, place), value, place)


class Times:
    """Turns the times of one log into hours, all measured from the same moment.

    Attributes
    ----------
    epoch : datetime or None
        Time stamp of hour 0: the start of the log. None as long as times are hours.
    first : str or None
        Where the first time stood, which settles of what kind the others are.
    """

    def __init__(self) -> None:
        self.epoch: datetime | None = None
        self.first: str | None = None

    def hours(self, value: Any, place: str) -> float:
        """Return a time in hours.

        Parameters
        ----------
        value : object
            As for `log_time`.
        place : str
            Where it stands.

        Returns
        -------
        float
            Hours [h]; of time stamps, since the first one that was asked for.

        Raises
        ------
        InvalidInputError
            If it is no time, or of another kind than the first one.
        """
        found = log_time(value, place)
        if self.first is None:
            self.first = place
            self.epoch = found if isinstance(found, datetime) else None
        if isinstance(found, float):
            if self.epoch is not None:
                self._refuse(value, place, "a time stamp")
            return found
        if self.epoch is None:
            self._refuse(value, place, "hours")
        if (found.utcoffset() is None) != (self.epoch.utcoffset() is None):
            zone = "none" if self.epoch.utcoffset() is None else "one"
            raise InvalidInputError(
                place, shown(value),
                f"all time stamps have a time zone or none has; that of {self.first} has {zone}",
                "Write all of them in UTC, with a Z at the end.",
            )  # fmt: skip
        return (found - self.epoch) / _HOUR

    def _refuse(self, value: Any, place: str, kind: str) -> NoReturn:
        raise InvalidInputError(
            place, shown(value), f"all times of a log are of one kind; {self.first} is {kind}",
            "Write all of them as hours, or all as time stamps.",
        )  # fmt: skip


def _from_text(text: str, place: str) -> float | datetime:
    try:
        return _finite(float(text), text, place)
    except ValueError:
        pass
    try:
        return _in_utc(datetime.fromisoformat(text))
    except ValueError:
        pass
    try:
        return _finite(hours(text, place), text, place)
    except InvalidInputError:
        advice = "Decimals have a point." if _COMMA.fullmatch(text) else "Write one of the two."
        raise InvalidInputError(place, shown(text), _RULE, advice) from None


def _in_utc(stamp: datetime) -> datetime:
    """The same moment in UTC: differences of local times of one zone leave out that its clocks change."""
    return stamp if stamp.utcoffset() is None else stamp.astimezone(UTC)


def _finite(number: float, value: object, place: str) -> float:
    if not 0 <= number < math.inf:
        raise InvalidInputError(place, shown(value), _RULE, "Count from the start of the log.")
    return number
