"""The collector (702 in the patent's figures): from samples to a state, with the evidence for it.

A server is *normal*, *unstable* (a measured value has reached its limit), *failed* (it says that it is not
well, or is gone), *in transition* (it is being restarted on purpose), or *unknown*. What is unknown is
neither healthy nor unstable, and nothing is done about it.

The rule is a function, `assess`: from the assessment before, a sample and the time to the assessment now.
One look proves nothing. A server becomes unstable only after ``unstable_after`` samples in a row at or over a
limit, and normal again only after ``normal_after`` in a row at which every limited value is below the lower
limit ``clear``; between the two it stays what it was. Failures count likewise. A sample in doubt counts for
nothing: it neither continues a row nor ends it. A sample that is older than ``max_age`` makes any state
unknown until the next; what had been decided before is kept, so that a gap does not reset the rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.memory import size
from rejuvmodel.plain_values import nearest_float
from rejuvmodel.runtime.outside.deadlines import seconds
from rejuvmodel.runtime.watching.samples import QUANTITIES, Sample, another_life

_State = Literal["normal", "unstable", "failed", "in transition", "unknown"]


@dataclass(frozen=True, slots=True)
class Limit:
    """From which value on a server counts as unstable.

    Parameters
    ----------
    quantity : str
        "load", "uptime" [s], "memory" [bytes] or "buffers".
    unstable : float
        At this value and above it is unstable; above 0.
    clear : float, optional
        Below this value it is normal again; nine tenths of ``unstable`` if not given.
    """

    quantity: str
    unstable: float
    clear: float | None = None

    @property
    def lower(self) -> float:
        """The value below which the server is normal again."""
        assert self.clear is not None  # set when it was made
        return self.clear

    def words(self, value: float) -> str:
        """Return a value of this quantity with its unit.

        Parameters
        ----------
        value : float
            The value.

        Returns
        -------
        str
            Such as "1.5 GB".
        """
        if self.quantity == "memory":
            return size(value)
        return f"{value:.0f} s" if self.quantity == "uptime" else f"{value:.4g}"

    def __post_init__(self) -> None:
        if self.quantity not in QUANTITIES:
            rule = f"a quantity is one of {', '.join(QUANTITIES)}"
            raise InvalidInputError("quantity", shown(self.quantity), rule, "Choose one of them.")
        limit = nearest_float(self.unstable)
        if not 0 < limit < math.inf:
            rule = "a limit is a number above 0, and finite"
            raise InvalidInputError(f"{self.quantity}.unstable", shown(self.unstable), rule, "Write one.")
        if self.clear is None:
            object.__setattr__(self, "clear", 0.9 * limit)
        elif not 0 < nearest_float(self.clear) <= limit:
            rule = f"the lower limit is above 0 and not above {self.unstable:g}"
            raise InvalidInputError(f"{self.quantity}.clear", shown(self.clear), rule, "Leave it out.")


@dataclass(frozen=True, slots=True)
class Rules:
    """How samples of a group of servers are read.

    Parameters
    ----------
    limits : tuple of Limit
        Any one of them reached counts; at most one for each quantity.
    unstable_after, normal_after, failed_after : int
        Samples in a row that it takes.
    max_age : float
        How old a sample may be [s].
    """

    limits: tuple[Limit, ...] = ()
    unstable_after: int = 3
    normal_after: int = 3
    failed_after: int = 3
    max_age: float = 10.0

    def __post_init__(self) -> None:
        quantities = [limit.quantity for limit in self.limits]
        if len(set(quantities)) != len(quantities):
            raise InvalidInputError(
                "limits", shown(quantities), "each quantity has one limit", "Remove one of them."
            )
        for name in ("unstable_after", "normal_after", "failed_after"):
            value: object = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidInputError(name, shown(value), "a whole number of at least 1", "Write, say, 3.")
        seconds("max_age", self.max_age)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is known of one server, and why.

    Parameters
    ----------
    server : str
        The server.
    state : str
        "normal", "unstable", "failed", "in transition" or "unknown".
    evidence : tuple of str
        What speaks for it, in words with the values.
    since : float
        When the state began [s], on the clock of the samples.
    restarted : bool
        Whether this sample shows another process than the one before: somebody restarted it.
    last : Sample or None
        The newest sample.
    decided : str
        The last state that was no doubt: what the rows are counted from.
    bad, clear, failing : int
        Samples in a row that speak for unstable, for normal, and for failed.
    """

    server: str
    state: _State = "unknown"
    evidence: tuple[str, ...] = ("no sample yet",)
    since: float = -math.inf
    restarted: bool = False
    last: Sample | None = None
    decided: _State = "unknown"
    bad: int = 0
    clear: int = 0
    failing: int = 0


def assess(
    before: Assessment, sample: Sample | None, now: float, rules: Rules, *, in_transition: bool = False
) -> Assessment:
    """Return the assessment after one more sample.

    Parameters
    ----------
    before : Assessment
        The one before; ``Assessment(server)`` at first.
    sample : Sample or None
        The newest sample; None, or the same one again, if there is no new one.
    now : float
        The time [s], on the clock of the samples.
    rules : Rules
        Limits, rows and ages.
    in_transition : bool
        Whether the server is being restarted on purpose: then nothing that it shows is held against it.

    Returns
    -------
    Assessment
        What is known now.
    """
    newest = before.last if sample is None else sample
    is_new = newest is not None and (before.last is None or newest.at > before.last.at)
    restarted = newest is not None and is_new and _restarted(before.last, newest)
    known = not (in_transition or restarted or before.state == "in transition")
    rows = _Rows(before.decided, before.bad, before.clear, before.failing) if known else _Rows()
    state: _State
    evidence: tuple[str, ...]
    if in_transition:
        state, evidence = "in transition", ("restarted on purpose",)
    elif newest is None or now - newest.at > rules.max_age:
        age = "no sample yet" if newest is None else f"the newest sample is {now - newest.at:.1f} s old"
        state, evidence = "unknown", (age,)
    elif not is_new:
        state, evidence = before.state, before.evidence
    elif (missing := _missing(newest, rules.limits)) or newest.answer == "unknown":
        state, evidence = "unknown", (*newest.doubts, *missing) or ("nobody says whether it is well",)
    else:
        rows, evidence = _counted(rows, newest, rules)
        state = rows.decided
    since = before.since if before.state == state and not restarted else now
    return Assessment(before.server, state, evidence, since, restarted, newest, *rows)


class _Rows(NamedTuple):
    """The last state that was no doubt, and samples in a row that speak for another."""

    decided: _State = "unknown"
    bad: int = 0
    clear: int = 0
    failing: int = 0


def _counted(rows: _Rows, sample: Sample, rules: Rules) -> tuple[_Rows, tuple[str, ...]]:
    """Return the rows after a sample that is believed, and what it shows."""
    bad, clear, failing, evidence = _added(rows, sample, rules.limits)
    decided: _State = rows.decided  # where the rows are too short
    if failing >= rules.failed_after:
        decided = "failed"
    elif bad >= rules.unstable_after:
        decided = "unstable"
    elif clear >= rules.normal_after:
        decided = "normal"
    if decided == "unknown":
        evidence = (*evidence, "too few samples yet")
    return _Rows(decided, bad, clear, failing), evidence


def _added(rows: _Rows, sample: Sample, limits: Iterable[Limit]) -> tuple[int, int, int, tuple[str, ...]]:
    """Return how many samples in a row are bad, clear and failing now, and what this one shows."""
    if sample.answer != "healthy":
        shows = "its process is gone" if sample.answer == "gone" else "it says that it is not well"
        return rows.bad, 0, rows.failing + 1, tuple(dict.fromkeys((shows, *sample.doubts)))
    reached = tuple(
        f"{_found(sample, limit)}, the limit {limit.words(limit.unstable)}"
        for limit in limits
        if _value(sample, limit) >= limit.unstable
    )
    if reached:
        return rows.bad + 1, 0, 0, reached
    between = tuple(
        f"{_found(sample, limit)}, between {limit.words(limit.lower)} and {limit.words(limit.unstable)}"
        for limit in limits
        if _value(sample, limit) >= limit.lower
    )
    if between:
        return 0, 0, 0, between
    return 0, rows.clear + 1, 0, ("all values are below their limits",)


def _missing(sample: Sample, limits: Iterable[Limit]) -> tuple[str, ...]:
    """Return which limited values a healthy server did not show."""
    if sample.answer != "healthy":
        return ()
    names = [limit.quantity for limit in limits]
    return tuple(f"{name} is not known" for name in names if sample.value(name) is None)


def _restarted(old: Sample | None, new: Sample) -> bool:
    """Return whether two samples are of two processes."""
    return old is not None and another_life(
        (old.identity, new.identity), (old.uptime, new.uptime), new.at - old.at
    )


def _value(sample: Sample, limit: Limit) -> float:
    """Return a value that is known to be there."""
    value = sample.value(limit.quantity)
    assert value is not None
    return value


def _found(sample: Sample, limit: Limit) -> str:
    """Return what a sample shows of a limited value."""
    return f"{limit.quantity} is {limit.words(_value(sample, limit))}"
