"""The events of a log: five kinds, their names, and the other spellings that are understood."""

from __future__ import annotations

from difflib import get_close_matches

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError

UNSTABLE, FAILED, REPAIRED, STARTED, FINISHED = range(5)
#: The names as they are written, by number.
EVENT_NAMES = ("unstable", "failed", "repaired", "rejuvenation started", "rejuvenation finished")
#: Lines that are no event, but say when the log begins and ends.
LOG_START, LOG_END = "start", "end"
_SPELLINGS = {
    "unstable": ("became unstable", "degraded"),
    "failed": ("failure", "fail", "crashed"),
    "repaired": ("repair", "repair finished", "recovered"),
    "rejuvenation started": ("rejuvenation begun", "rejuvenation start", "started rejuvenation", "started"),
    "rejuvenation finished": (
        "rejuvenation ended", "rejuvenation end", "rejuvenation completed", "finished rejuvenation",
        "rejuvenated", "finished",
    ),
    LOG_START: ("log started", "log start"),
    LOG_END: ("log ended", "log end"),
}  # fmt: skip
_MEANING = {other: name for name, others in _SPELLINGS.items() for other in (name, *others)}


def event_name(value: object, place: str) -> str:
    """Return the name of an event in whatever spelling.

    Parameters
    ----------
    value : object
        The text of the log; case, hyphens and underscores do not matter.
    place : str
        Line of the log, for the error.

    Returns
    -------
    str
        One of `EVENT_NAMES`, or "start" or "end".

    Raises
    ------
    InvalidInputError
        If it is none of them; it names the nearest one.
    """
    if isinstance(value, str) and value in _MEANING:
        return _MEANING[value]
    words = value.casefold().replace("_", " ").replace("-", " ").split() if isinstance(value, str) else []
    plain = " ".join(words)
    if plain in _MEANING:
        return _MEANING[plain]
    near = get_close_matches(plain, _MEANING, n=1)
    rule = f"an event is one of {', '.join(EVENT_NAMES)}, or end"
    raise InvalidInputError(
        f"event in {place}", shown(value), rule,
        f'Did you mean "{_MEANING[near[0]]}"?' if near else "Leave lines of other kinds out.",
    )  # fmt: skip
