"""Replaying a log: from its events to the condition of every server, or to the state of the cluster.

A *server* is normal, unstable, rejuvenating or failed:

    unstable               normal → unstable
    failed                 unstable → failed
    rejuvenation started   unstable → rejuvenating; or normal → rejuvenating, by a schedule
    rejuvenation finished  rejuvenating → normal
    repaired               failed → normal

A *cluster* is normal, unstable or rejuvenating at level i, the number of servers that work: a failure takes
it from u_i to i − 1, a repair from i − 1 to i, and only a normal cluster is repaired (Fig. 3). Everything
else is an impossible sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import numpy as np

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.estimation.event_kinds import (
    EVENT_NAMES,
    FAILED,
    FINISHED,
    REPAIRED,
    STARTED,
    UNSTABLE,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

NORMAL, SHAKY, RESTARTING, DOWN = range(4)
#: What a server may be, by number; in the order h, a, r, f of the pool.
CONDITIONS = ("normal", "unstable", "rejuvenating", "failed")
_MOVES = {
    (NORMAL, UNSTABLE): SHAKY,
    (SHAKY, FAILED): DOWN,
    (SHAKY, STARTED): RESTARTING,
    (NORMAL, STARTED): RESTARTING,
    (RESTARTING, FINISHED): NORMAL,
    (DOWN, REPAIRED): NORMAL,
}
_RULES = {
    UNSTABLE: "only what is normal becomes unstable",
    FAILED: "only what is unstable fails",
    REPAIRED: "only a failed server is repaired",
    STARTED: "a rejuvenation starts where one is unstable or normal",
    FINISHED: "a rejuvenation finishes after it has started",
}
_ADVICE = {
    UNSTABLE: 'Look for a missing line, such as "rejuvenation finished" or "repaired".',
    FAILED: 'If it was not seen to become unstable, add "unstable" at the latest time it may have been.',
    REPAIRED: 'Look for a missing "failed", or say with initial= that it had failed when the log began.',
    STARTED: 'Look for a missing line, such as "rejuvenation finished" or "repaired".',
    FINISHED: 'Look for a missing "rejuvenation started".',
}


class ServerPath(NamedTuple):
    """Conditions of the servers: of each event's server before it, and how many are in each condition.

    ``counts`` has a row (h, a, r, f) for the start and one after each event.
    """

    before: Integers
    after: Integers
    counts: Integers


class ClusterPath(NamedTuple):
    """Condition and level of the cluster at the start, and after each event."""

    condition: Integers
    level: Integers


def replay_servers(
    initial: Sequence[int],
    who: Sequence[int],
    what: Sequence[int],
    names: Sequence[str],
    place: Callable[[int], str],
) -> ServerPath:
    """Return the conditions of all servers, each by its own clock.

    Parameters
    ----------
    initial : sequence of int
        Condition of each server at the start.
    who, what : sequence of int
        Server and kind of each event, in the order of time.
    names : sequence of str
        Names of the servers.
    place : callable
        Gives the line of an event, for the error.

    Returns
    -------
    ServerPath
        One entry per event.

    Raises
    ------
    InvalidInputError
        If an event is impossible in the condition of its server; it names line, server and event.
    """
    condition, before, after = list(initial), [], []
    since: list[str | None] = [None] * len(condition)
    for k, (server, event) in enumerate(zip(who, what, strict=True)):
        old = condition[server]
        new = _MOVES.get((old, event))
        if new is None:
            when = since[server]
            _refuse(place(k), event, f"server {names[server]!r}", CONDITIONS[old], when)
        condition[server] = new
        since[server] = place(k)
        before.append(old)
        after.append(new)
    left, entered = np.array(before, np.int64), np.array(after, np.int64)
    change = np.zeros((len(left) + 1, 4), np.int64)
    change[0] = np.bincount(np.asarray(initial, np.int64), minlength=4)
    rows = np.arange(1, len(left) + 1)
    change[rows, left] -= 1
    change[rows, entered] += 1
    return ServerPath(left, entered, change.cumsum(axis=0))


def replay_cluster(
    initial: tuple[int, int],
    who: Sequence[int],
    what: Sequence[int],
    names: Sequence[str],
    place: Callable[[int], str],
) -> ClusterPath:
    """Return the states of the cluster by its clock.

    Parameters
    ----------
    initial : tuple of int
        Condition and level at the start.
    who, what : sequence of int
        Server, −1 where the log names none, and kind of each event, in the order of time.
    names : sequence of str
        Names of the servers, n of them.
    place : callable
        Gives the line of an event, for the error.

    Returns
    -------
    ClusterPath
        One entry for the start, and one per event.

    Raises
    ------
    InvalidInputError
        If an event is impossible in the state of the cluster; it names line, server and event.
    """
    n = len(names)
    (condition, level), since = initial, None
    conditions, levels = [condition], [level]
    named: dict[int, str] = {}  # failed servers, and where they failed
    unnamed = n - level  # failures of which the log does not say whose
    for k, (server, event) in enumerate(zip(who, what, strict=True)):
        said = f"the cluster of {n}" if server < 0 else f"server {names[server]!r}"
        if event == REPAIRED:
            if condition != NORMAL:
                _refuse_repair(place(k), said, CONDITIONS[condition])
            if level == n or (server >= 0 and server not in named and not unnamed):
                _refuse(place(k), event, said, "working", since if level == n else None)
            unnamed -= server not in named
            named.pop(server, None)
            level += 1
        else:
            new = _MOVES.get((condition, event))
            if new is None or (condition == NORMAL and level == 0):
                found = "failed as a whole" if level == 0 else CONDITIONS[condition]
                _refuse(place(k), event, said, found, since)
            if event == FAILED:
                if server in named:
                    _refuse(place(k), event, said, "failed", named[server])
                if server >= 0:
                    named[server] = place(k)
                else:
                    unnamed += 1
                level, new = level - 1, NORMAL
            condition = new
        since = place(k)
        conditions.append(condition)
        levels.append(level)
    return ClusterPath(np.array(conditions, np.int64), np.array(levels, np.int64))


def _refuse(place: str, event: int, who: str, found: str, since: str | None) -> NoReturn:
    when = "when the log began" if since is None else f"since {since}"
    was = f"{EVENT_NAMES[event]!r} of {who}, which was {found} {when}"
    raise InvalidInputError(place, was, _RULES[event], _ADVICE[event])


def _refuse_repair(place: str, who: str, found: str) -> NoReturn:
    raise InvalidInputError(
        place, f"'repaired' of {who} while the cluster was {found}",
        "in the model of a cluster only a normal cluster is repaired",
        'Log each server by itself, with clock="server", where repairs do not wait.',
    )  # fmt: skip
