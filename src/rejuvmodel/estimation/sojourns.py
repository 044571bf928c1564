"""Sojourns: the times that the goodness of fit looks at, complete, censored, or of unknown age.

A sojourn begins when a server, or the cluster, enters a condition and ends when it leaves it. What was there
when the log began is left out, for its age is unknown. By the clock of a cluster, sojourns of an unstable one
at level i count i-fold towards failure, so that all are of one law.

Where a limit of the pool decides whose clock runs (crews, slots, a guard, standby) the log does not tell it.
There the exposure between one event and the next is taken instead, which is exponential if the clocks are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.estimation.event_log import EventLog
from rejuvmodel.estimation.exposures import EVENT_OF, running_clocks
from rejuvmodel.estimation.replay import CONDITIONS, DOWN, NORMAL, RESTARTING, SHAKY, ClusterPath

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Booleans = NDArray[np.bool_]
    Integers = NDArray[np.int64]

#: Condition in which the clock of each rate runs, of a server by its own clock.
_CONDITION = {"aging": NORMAL, "failure": SHAKY, "rejuvenation": SHAKY, "restart": RESTARTING, "repair": DOWN}


class Sojourns(NamedTuple):
    """Sojourns that end in one kind of event, if nothing ends them before.

    Attributes
    ----------
    hours : ndarray
        Length of each [h]; of an unstable cluster towards a failure, in server-hours.
    complete : ndarray of bool
        Whether it ended in the event; else it was censored.
    left_out : int
        Sojourns that had begun before the log did.
    whole : bool
        Whether these are sojourns; else the exposure between one event and the next.
    """

    hours: Floats
    complete: Booleans
    left_out: int
    whole: bool


def sojourns(log: EventLog) -> dict[str, Sojourns]:
    """Return the sojourns in a log that end in each kind of event, complete or censored.

    Parameters
    ----------
    log : EventLog
        The log, from `read_event_log` or `event_log`.

    Returns
    -------
    dict of Sojourns
        By name of the rate; each with ``hours`` [h] and ``complete``, whether it ended in the event. What was
        there when the log began is left out, and counted in ``left_out``.

    Raises
    ------
    InvalidInputError
        If the sequence of events is impossible.

    Examples
    --------
    >>> from rejuvmodel import read_event_log
    >>> rows = [("a", 5, "unstable"), ("a", 8, "rejuvenation started"), ("a", 9, "rejuvenation finished")]
    >>> sojourns(read_event_log(rows, clock="server", until=20))["rejuvenation"].hours
    array([3.])
    """
    path = log.path
    if isinstance(path, ClusterPath):
        return _of_cluster(log, path)
    found, running = {}, running_clocks(log)
    for name, event in EVENT_OF.items():
        free = np.array_equal(running[name], path.counts[:, _CONDITION[name]])
        found[name] = _of_servers(log, name) if free else _between(log, running[name], event)
    return found


def _of_servers(log: EventLog, name: str) -> Sojourns:
    """Sojourns of all servers in one condition, each by its own clock."""
    path = log.path
    assert not isinstance(path, ClusterPath)
    order = np.argsort(log.who, kind="stable")
    who, times = log.who[order], log.times[order]
    first = np.append(True, who[1:] != who[:-1])[: len(who)]
    # A sojourn ends with an event, or with the log: one more for every server.
    begun = np.where(first, log.start, np.roll(times, 1))
    ended = path.before[order] == _CONDITION[name]
    inside = ended & ~first
    last = np.append(first[1:], True)[: len(who)]
    open_ended = last & (path.after[order] == _CONDITION[name])
    hours = np.concatenate([(times - begun)[inside], log.until - times[open_ended]])
    complete = np.concatenate(
        [log.what[order][inside] == EVENT_OF[name], np.zeros(int(open_ended.sum()), bool)]
    )
    silent = np.setdiff1d(np.arange(len(log.servers)), who)
    unseen = sum(log.initial[k] == CONDITIONS[_CONDITION[name]] for k in silent.tolist())
    return Sojourns(hours, complete, int((ended & first).sum()) + unseen, True)


def _of_cluster(log: EventLog, path: ClusterPath) -> dict[str, Sojourns]:
    """Sojourns in the states of a cluster, the first one left out."""
    n = len(log.servers)
    ends = np.append(log.times, log.until)
    hours = np.diff(ends)
    condition, level = path.condition[1:], path.level[1:]
    ended_by = np.append(log.what[1:], -1)[: len(hours)]
    normal, shaky = condition == NORMAL, condition == SHAKY
    runs = {
        "aging": normal & (level > 0), "failure": shaky, "repair": normal & (level < n),
        "restart": condition == RESTARTING, "rejuvenation": shaky,
    }  # fmt: skip
    begun = {
        "aging": path.condition[0] == NORMAL and path.level[0] > 0, "failure": path.condition[0] == SHAKY,
        "repair": path.condition[0] == NORMAL and path.level[0] < n,
        "restart": path.condition[0] == RESTARTING, "rejuvenation": path.condition[0] == SHAKY,
    }  # fmt: skip
    found = {}
    for name, some in runs.items():
        scaled = hours * level if name == "failure" else hours
        found[name] = Sojourns(scaled[some], ended_by[some] == EVENT_OF[name], int(begun[name]), True)
    return found


def _between(log: EventLog, running: Floats, event: int) -> Sojourns:
    """Exposure between one event of a kind and the next, the last one censored by the end of the log."""
    ends = np.concatenate([[log.start], log.times, [log.until]])
    passed = np.append(0.0, np.cumsum(running * np.diff(ends)))
    at = np.concatenate([[0.0], passed[1:-1][log.what == event], passed[-1:]])
    gaps = np.diff(at)
    complete = np.append(np.ones(len(gaps) - 1, bool), False)
    return Sojourns(gaps, complete, 0, False)
