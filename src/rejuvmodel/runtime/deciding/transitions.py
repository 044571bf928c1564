"""The one table of the controller: from which phase, for which cause, to which phase, in which step.

The steps are those of Fig. 10 (S101 to S106) and Fig. 11 (S201 to S204) of the patent. Nothing moves a server
but a row of this table; docs/_ext/controller_figure.py draws the documents' figure from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rejuvmodel.runtime.deciding.states import Phase


class Cause(Enum):
    """Why a server goes from one phase to the next."""

    UNSTABLE = "judged unstable"
    STABLE = "recovered by itself"
    COMMANDED = "rejuvenation commanded"
    DUPLEXED = "work handed over"
    UNCOVERED = "nobody to carry its work"
    COVERED = "others carry its work"
    DRAINED = "idle"
    RECALLED = "called back before the restart"
    PARKED = "maintenance confirmed"
    CLEANED = "clean"
    RESTARTED = "restarted"
    BROKEN = "the command failed"
    CAME_BACK = "healthy long enough"
    STANDS_BY = "registered as a spare"
    SEEN_UP = "a plain UP"
    STUCK = "not back in time"
    NEEDED = "takes over"
    WITHDRAWN = "not UP in time, or dead"
    SURPLUS = "the others are enough"
    FAULT = "fault detected"
    SWITCHED = "taken off the list"
    ESCALATED = "recovery failed, tried again"
    REPAIRED = "fault cleared by somebody else"
    GIVEN_UP = "recovery failed for good"
    RESTATED = "as it stood"  #: only in a snapshot of the journal; no row of the table


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table.

    Parameters
    ----------
    source, target : Phase
        From where to where.
    cause : Cause
        Why.
    step : str
        The step of the patent's figures.
    """

    source: Phase
    cause: Cause
    target: Phase
    step: str


_P, _C = Phase, Cause
_REJUVENATION = (
    (_P.SERVING, _C.UNSTABLE, _P.WATCHED, "S101"),
    (_P.WATCHED, _C.STABLE, _P.SERVING, "S104"),
    (_P.WATCHED, _C.COMMANDED, _P.DUPLEXING, "S103"),
    (_P.SERVING, _C.COMMANDED, _P.DUPLEXING, "S103"),
    (_P.STANDBY, _C.COMMANDED, _P.DRAINING, "S105"),
    (_P.DUPLEXING, _C.DUPLEXED, _P.SWITCHING, "S105"),
    (_P.DUPLEXING, _C.UNCOVERED, _P.SERVING, "S102"),
    (_P.SWITCHING, _C.UNCOVERED, _P.SERVING, "S102"),
    (_P.SWITCHING, _C.COVERED, _P.DRAINING, "S105"),
    (_P.DRAINING, _C.DRAINED, _P.PARKING, "S105"),
    (_P.DRAINING, _C.RECALLED, _P.JOINING, "S105"),
    (_P.PARKING, _C.RECALLED, _P.JOINING, "S105"),
    (_P.DRAINING, _C.STANDS_BY, _P.STANDBY, "S105"),
    (_P.PARKING, _C.STANDS_BY, _P.STANDBY, "S105"),
    (_P.PARKING, _C.PARKED, _P.CLEANING, "S106"),
    (_P.CLEANING, _C.RECALLED, _P.JOINING, "S106"),
    (_P.CLEANING, _C.STANDS_BY, _P.STANDBY, "S106"),
    (_P.CLEANING, _C.CLEANED, _P.RESTARTING, "S106"),
    (_P.CLEANING, _C.RESTARTED, _P.WARMING, "S106"),
    (_P.RESTARTING, _C.RESTARTED, _P.WARMING, "S106"),
    (_P.RESTARTING, _C.BROKEN, _P.WARMING, "S106"),
    (_P.RESTARTING, _C.STUCK, _P.OUT, "S106"),
    (_P.WARMING, _C.STANDS_BY, _P.STANDBY, "S106"),
    (_P.WARMING, _C.CAME_BACK, _P.JOINING, "S106"),
    (_P.WARMING, _C.STUCK, _P.OUT, "S106"),
    (_P.JOINING, _C.SEEN_UP, _P.SERVING, "S106"),
    (_P.STANDBY, _C.NEEDED, _P.PROMOTING, "S105"),
    (_P.PROMOTING, _C.SEEN_UP, _P.SERVING, "S105"),
    (_P.PROMOTING, _C.WITHDRAWN, _P.STANDBY, "S105"),
    (_P.SERVING, _C.SURPLUS, _P.STANDBY, "S106"),
    (_P.WATCHED, _C.SURPLUS, _P.STANDBY, "S106"),
    (_P.OUT, _C.STANDS_BY, _P.STANDBY, "S106"),
    (_P.OUT, _C.CAME_BACK, _P.JOINING, "S106"),
)
_FAULTY = (
    _P.SERVING, _P.STANDBY, _P.WATCHED, _P.PROMOTING, _P.DUPLEXING, _P.SWITCHING, _P.DRAINING, _P.PARKING,
    _P.JOINING,
)  # fmt: skip
_FAULTS = (
    *((phase, _C.FAULT, _P.FAILED, "S201") for phase in _FAULTY),
    (_P.FAILED, _C.SWITCHED, _P.RECOVERING, "S202"),
    (_P.FAILED, _C.GIVEN_UP, _P.OUT, "S203"),
    (_P.RECOVERING, _C.RESTARTED, _P.WARMING, "S203"),
    (_P.RECOVERING, _C.ESCALATED, _P.RECOVERING, "S203"),
    (_P.WARMING, _C.ESCALATED, _P.RECOVERING, "S203"),
    (_P.RECOVERING, _C.GIVEN_UP, _P.OUT, "S203"),
    (_P.OUT, _C.COMMANDED, _P.RECOVERING, "S203"),
    *((phase, _C.REPAIRED, _P.WARMING, "S204") for phase in (_P.FAILED, _P.RECOVERING, _P.OUT)),
)
#: Every way from one phase to another.
TABLE = tuple(Transition(*row) for row in (*_REJUVENATION, *_FAULTS))
#: The same by phase and cause.
NEXT = {(row.source, row.cause): row for row in TABLE}


def step_of(source: Phase, cause: str) -> str:
    """Return the step of the patent's figures in which a server goes on.

    Parameters
    ----------
    source : Phase
        From where.
    cause : str
        Why, as a record has it.

    Returns
    -------
    str
        Such as "S105"; empty if the table has no such row.
    """
    row = NEXT.get((source, Cause(cause)))
    return "" if row is None else row.step
