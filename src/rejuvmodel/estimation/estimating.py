"""estimate(events): from an event log to the rates of a model, with exact intervals and a test of the law.

Every transition of the models is a clock that runs at a constant rate while the state permits it. Of N
events in T hours during which the clock ran (of several at once, their hours together) the likelihood is
λ^N·exp(−λT), whatever stopped the others and whenever the log ends: λ̂ = N/T. Unstable servers leave by
failure or by rejuvenation; each censors the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rejuvmodel.confidence import confidence_level
from rejuvmodel.estimation.event_log import EventLog
from rejuvmodel.estimation.exposures import EVENT_OF, require_possible, running_clocks, scheduled_starts
from rejuvmodel.estimation.fitting import sojourn_fit
from rejuvmodel.estimation.log_reading import read_event_log
from rejuvmodel.estimation.rate_estimate import RateEstimate
from rejuvmodel.estimation.rate_estimates import RateEstimates
from rejuvmodel.estimation.replay import ServerPath
from rejuvmodel.estimation.sojourns import sojourns


def estimate(
    events: Any,
    *,
    clock: str | None = None,
    servers: Any = None,
    start: Any = None,
    until: Any = None,
    initial: Any = None,
    layout: Mapping[str, Any] | None = None,
    confidence: float = 0.95,
) -> RateEstimates:
    """Estimate the rates of a cluster or pool from its event log.

    Parameters
    ----------
    events : str, path, DataFrame, iterable of records, or EventLog
        A CSV file; a table with the columns server, time and event; mappings, objects with these attributes,
        or tuples in this order. Time is hours, or ISO 8601 time stamps. Events are unstable, failed,
        repaired, rejuvenation started, rejuvenation finished, and end for the end of the log.
    clock : {"cluster", "server"}, optional
        Whether the lines tell of the cluster as a whole, or of each server by itself. A file may say so in a
        line "# clock: server", a data frame in its ``attrs``; one of them has to.
    servers : int or list of str, optional
        All servers, those without an event too. A cluster has to say how many; otherwise those in the log.
    start, until : float, str or datetime, optional
        Times between which the log was kept. By default 0, or the first time stamp, and the last event.
    initial : str or mapping, optional
        What is not normal at the start: the state of a cluster, such as "u2"; conditions of servers by name.
    layout : mapping, optional
        Limits of a pool that were in force, such as ``{"crews": 1, "slots": 1}``; names as of `Pool`, and
        all servers at work and repaired at the same time by default.
    confidence : float
        Confidence of each interval, above 0 and below 1.

    Returns
    -------
    RateEstimates
        Rates [1/h] with events, exposure, limits, goodness of fit, and advice in words.

    Raises
    ------
    InvalidInputError
        If the log cannot be read, does not say whose clock it measures, or holds an impossible sequence; the
        error names line, server and event.

    Notes
    -----
    Intervals are those of Garwood (1936), exact for a fixed exposure; after no event there is a one-sided
    upper bound. Time and memory grow with the events: some 10 µs and 1 kB each.

    Examples
    --------
    >>> log = [("web1", 10, "unstable"), ("web1", 14, "failed"), ("web1", 16, "repaired")]
    >>> found = estimate(log, clock="server", until=40)
    >>> found.aging.exposure_hours, found.failure.exposure_hours, found.repair.rate
    (34.0, 4.0, 0.5)
    """
    level = confidence_level(confidence)
    log = read_event_log(
        events, clock=clock, servers=servers, start=start, until=until, initial=initial, layout=layout
    )
    running, scheduled = running_clocks(log), scheduled_starts(log)
    require_possible(log, running, scheduled)
    ends = np.concatenate([[log.start], log.times, [log.until]])
    lengths, spells = np.diff(ends), sojourns(log)

    def one(name: str) -> RateEstimate:
        count = int(np.count_nonzero((log.what == EVENT_OF[name]) & ~scheduled))
        exposure = float(running[name] @ lengths)
        return RateEstimate(name, count, exposure, level, sojourn_fit(spells[name]))

    return RateEstimates(
        log.clock, len(log.servers), one("aging"), one("failure"), one("repair"), one("restart"),
        one("rejuvenation"), log.hours, log.layout, int(scheduled.sum()), _notes(log, int(scheduled.sum())),
    )  # fmt: skip


def _notes(log: EventLog, scheduled: int) -> tuple[str, ...]:
    found = list(log.notes)
    path = log.path
    if isinstance(path, ServerPath) and not log.layout and (most := int(path.counts[:, 3].max())) > 1:
        found.append(
            f"Up to {most} servers had failed at the same time, and each is taken to be repaired at once. "
            'If fewer crews repair them, give layout={"crews": …}.'
        )
    if scheduled:
        found.append(
            f"{scheduled} rejuvenation{'s' * (scheduled > 1)} began while nothing was unstable: a schedule, "
            "not a wait. The wait is left open in rates; give the schedule as a trigger."
        )
    return tuple(found)
