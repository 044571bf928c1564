"""Words for what a runtime tells: lengths of time, numbers that may be missing, and text of any origin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

#: From the longest unit: seconds [s] and the name; two units side by side are shown.
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def rough(seconds: float | None) -> str:
    """Return a length of time as people say it.

    Parameters
    ----------
    seconds : float or None
        Seconds [s]; None if it is not known.

    Returns
    -------
    str
        At most two units, the rest cut off: "3 d 4 h", "12 min 5 s"; "?" if it is not known.

    Examples
    --------
    >>> rough(0.4), rough(725), rough(273600), rough(None)
    ('0 s', '12 min 5 s', '3 d 4 h', '?')
    """
    if seconds is None:
        return "?"
    left = max(0, int(seconds))
    for place, (size, name) in enumerate(_UNITS[:-1]):
        if left >= size:
            smaller, other = _UNITS[place + 1]
            rest = left % size // smaller
            return f"{left // size} {name}" + (f" {rest} {other}" if rest else "")
    return f"{left} s"


def since(then: str | None, now: str) -> str:
    """Return how long ago something was.

    Parameters
    ----------
    then, now : str
        Both as ISO 8601; None for what was so before anybody looked.

    Returns
    -------
    str
        Such as "12 min 5 s"; empty if it is not known.
    """
    try:
        return "" if then is None else rough((_moment(now) - _moment(then)).total_seconds())
    except ValueError:
        return ""


def number(value: Any) -> str:
    """Return a measured value.

    Parameters
    ----------
    value : object
        A number; None if it is not known.

    Returns
    -------
    str
        Three digits, or "?".
    """
    return "?" if value is None else f"{value:.3g}"


def _moment(text: str) -> datetime:
    """A moment; without a zone it is one in UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
