"""Refusals: why a rejuvenation that is due does not begin. `status` shows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """Kinds of refusals, for programs; the text of a `Refusal` is for people."""

    PAUSED = "paused"
    HALTED = "halted"
    BLOCKED = "blocked"
    WINDOW = "outside the windows"
    UNKNOWN = "unknown"
    NOT_HEALTHY = "not healthy"
    LOAD = "load"
    UPTIME = "uptime"
    RESTING = "resting"
    LAST_TOO_FRESH = "last one too fresh"
    CAP = "restart cap"
    CONCURRENT = "max_concurrent"
    REQUIRED = "required"
    LAST_SERVER = "last server"
    NO_SPARE = "no spare"
    NO_CAPACITY = "no spare capacity"
    SUSPECT = "suspect"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal.

    Parameters
    ----------
    reason : Reason
        Its kind.
    text : str
        What was found and what it has to be.
    """

    reason: Reason
    text: str
