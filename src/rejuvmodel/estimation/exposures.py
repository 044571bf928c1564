"""Exposure: how many clocks of each kind ran, at every moment of a log.

They are read off the models themselves: with all rates 1/h, the rate of a transition out of a state is the
number of clocks that run towards it. So i servers of an unstable cluster at level i, min(f, crews) repairs
and the waits that a guard or the slots permit are counted as the model counts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.estimation.event_kinds import EVENT_NAMES, FAILED, FINISHED, REPAIRED, STARTED, UNSTABLE
from rejuvmodel.estimation.event_log import EventLog
from rejuvmodel.estimation.log_settings import UNIT
from rejuvmodel.estimation.replay import NORMAL, ClusterPath, ServerPath
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Booleans = NDArray[np.bool_]

#: Event that ends the sojourns of each rate.
EVENT_OF = {
    "aging": UNSTABLE, "failure": FAILED, "repair": REPAIRED, "restart": FINISHED, "rejuvenation": STARTED,
}  # fmt: skip


def running_clocks(log: EventLog) -> dict[str, Floats]:
    """Return how many clocks of each rate run between events.

    Parameters
    ----------
    log : EventLog
        The log.

    Returns
    -------
    dict of ndarray
        By name of the rate, shape (events + 1,): before the first event, between two, and after the last.
    """
    path = log.path
    if isinstance(path, ClusterPath):
        return _of_cluster(path, len(log.servers))
    layout = dict(log.layout) or {"primaries": len(log.servers), "crews": len(log.servers)}
    out = Pool(rates=UNIT, **layout).rates_out(*path.counts.T)
    return {name: np.asarray(getattr(out, name)) for name in EVENT_OF}


def conditions_before(log: EventLog) -> NDArray[np.int64]:
    """Return what was normal, unstable, … before each event: its server, or the cluster."""
    path = log.path
    return path.before if isinstance(path, ServerPath) else path.condition[:-1]


def require_possible(log: EventLog, running: dict[str, Floats], scheduled: Booleans) -> None:
    """Refuse an event of which no clock ran: the limits of the pool forbid it.

    Parameters
    ----------
    log : EventLog
        The log.
    running : dict of ndarray
        From `running_clocks`.
    scheduled : ndarray of bool
        Which events are rejuvenations by a schedule, to which the limits do not apply.

    Raises
    ------
    InvalidInputError
        If there is such an event; it names line, server and event.
    """
    for name, kind in EVENT_OF.items():
        wrong = (log.what == kind) & (running[name][:-1] == 0) & ~scheduled
        if wrong.any():
            k = int(np.argmax(wrong))
            server = log.servers[int(log.who[k])]
            limits = ", ".join(f"{key}={value}" for key, value in log.layout.items() if key in _LIMITS[name])
            raise InvalidInputError(
                log.place(k), f"{EVENT_NAMES[kind]!r} of server {shown(server)}",
                f"with {limits} that is not possible here", "Correct the limits, or the log.",
            )  # fmt: skip


def scheduled_starts(log: EventLog) -> Booleans:
    """Tell which events are rejuvenations of what was not unstable."""
    scheduled: Booleans = (log.what == STARTED) & (conditions_before(log) == NORMAL)
    return scheduled


def _of_cluster(path: ClusterPath, n: int) -> dict[str, Floats]:
    found = {name: np.zeros(3 * n + 1) for name in EVENT_OF}
    for family in Cluster(n, UNIT).chain().families:
        np.add.at(found[family.cause], family.origin, family.rate)
    # The states of a cluster stand in the order n … 0, u_n … u_1, r_n … r_1.
    states = path.condition * n + (path.condition > 0) + n - path.level
    return {name: clocks[states] for name, clocks in found.items()}


_LIMITS = {
    "aging": ("mode", "primaries", "dormancy"), "failure": ("mode", "primaries", "dormancy"),
    "rejuvenation": ("slots", "guarded", "required"), "restart": (), "repair": ("crews",),
}  # fmt: skip
