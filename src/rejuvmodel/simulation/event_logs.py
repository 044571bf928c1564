"""event_log(model, hours): one path of a model, as the log that its operation would have kept.

A cluster is played by its clock, with whatever trigger it has; a pool server by server. The rates of a pool
depend only on how many servers are in each condition, so the total rate of each transition is that of the
model, and which server it strikes is drawn among those whose clock runs: the first primaries work, unstable
ones before healthy ones, the others stand by; whoever failed first is repaired first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from rejuvmodel.arrays import whole_number
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, SizeError
from rejuvmodel.estimation.event_kinds import FAILED, FINISHED, REPAIRED, STARTED, UNSTABLE
from rejuvmodel.estimation.event_log import EventLog
from rejuvmodel.estimation.replay import CONDITIONS, NORMAL
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.plain_records import Record, record
from rejuvmodel.simulation.horizons import mission_length
from rejuvmodel.simulation.server_paths import pool_events
from rejuvmodel.simulation.state_paths import transitions
from rejuvmodel.simulation.timed_chain import timed_chain

_KINDS = {
    "aging": UNSTABLE, "failure": FAILED, "repair": REPAIRED, "rejuvenation": STARTED, "restart": FINISHED,
}  # fmt: skip
#: A log of more events is refused: it would take minutes, and gigabytes.
_MOST_EVENTS = 10_000_000


def event_log(model: Any, hours: float | timedelta | str, *, seed: int | None = None) -> EventLog:
    """Return a synthetic event log: one path of a model, drawn at random.

    Parameters
    ----------
    model : Cluster or Pool
        A cluster gives a log by the clock of the cluster, a pool one by the clock of each server.
    hours : float, timedelta or str
        Length of the log [h], or "365 d". It begins with everything normal.
    seed : int, optional
        The same seed gives the same log. By default the system's randomness.

    Returns
    -------
    EventLog
        Events with the name of a server each; ``steps()`` gives the state over time.

    Raises
    ------
    InvalidInputError
        If an argument is out of its range, the model is a grid, its rejuvenation rate is left open, or a law
        cannot be sampled.
    SizeError
        If there would be more than 10 million events.

    Notes
    -----
    Exact: every sojourn is drawn from its law, no time step is involved. About 10 µs for each event.

    Examples
    --------
    >>> from rejuvmodel import Cluster, Rates, event_log
    >>> web = Cluster(2, Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3, rejuvenation=1/336))
    >>> log = event_log(web, "365 d", seed=1)
    >>> log.clock, log.events[:2]
    ('cluster', ('unstable', 'failed'))
    """
    span = mission_length(hours)
    rng = np.random.default_rng(None if seed is None else whole_number("seed", seed, 0))
    if isinstance(model, Pool):
        model.require_rejuvenation()
        names, initial = _names(model.total), (CONDITIONS[NORMAL],) * model.total
        return _log("server", names, _limited(pool_events(model, span, rng)), span, initial, _layout(model))
    if not isinstance(model, Cluster):
        raise InvalidInputError(
            "model", shown(model), "a log is drawn from a Cluster or a Pool", "Build one, or use simulate."
        )
    names, initial = _names(model.servers), (str(model.servers),)
    return _log("cluster", names, _limited(_cluster_events(model, span, rng)), span, initial, Record(()))


def _cluster_events(
    cluster: Cluster, span: float, rng: np.random.Generator
) -> Iterator[tuple[float, int, int]]:
    """Events of a cluster; a failure strikes any server that works, repairs go in the order of failures."""
    working, failed = list(range(cluster.servers)), []
    timed = timed_chain(cluster)
    at_once = cluster.trigger is None and cluster.rates.rejuvenation == np.inf
    for time, cause in transitions(timed, span, rng):
        kind, who = _KINDS[cause], -1
        if kind == FAILED:
            who = working.pop(int(rng.integers(len(working))))
            failed.append(who)
        elif kind == REPAIRED:
            who = failed.pop(0)
            working.append(who)
        elif kind == STARTED and at_once:  # the chain has no unstable states then, but the cluster has
            yield time, -1, UNSTABLE
        yield time, who, kind


def _limited(events: Iterator[tuple[float, int, int]]) -> Iterator[tuple[float, int, int]]:
    for count, event in enumerate(events):
        if count == _MOST_EVENTS:
            raise SizeError(
                f"A log of more than {_MOST_EVENTS} events is too long: the last was at {event[0]:g} h. "
                "Ask for fewer hours."
            )
        yield event


def _log(
    clock: str,
    names: tuple[str, ...],
    events: Iterator[tuple[float, int, int]],
    span: float,
    initial: tuple[str, ...],
    layout: Record,
) -> EventLog:
    rows = list(events)
    times = np.array([time for time, *_ in rows], np.float64)
    who = np.array([server for _, server, _ in rows], np.int64)
    what = np.array([kind for *_, kind in rows], np.int64)
    return EventLog(clock, names, times, who, what, 0.0, span, initial, None, layout)


def _names(count: int) -> tuple[str, ...]:
    return tuple(f"server{k + 1}" for k in range(count))


def _layout(pool: Pool) -> Record:
    return record("layout", pool.layout())
