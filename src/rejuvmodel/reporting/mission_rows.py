"""What a report says of a finite time from a fresh start."""

from __future__ import annotations

from math import inf, log
from typing import TYPE_CHECKING

from rejuvmodel.durations import words
from rejuvmodel.reporting.number_texts import availability_text, money_text, small_text
from rejuvmodel.reporting.result_rows import EACH_REJUVENATION, wait_rows

if TYPE_CHECKING:
    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.mission_result import Transient
    from rejuvmodel.models.cluster import Cluster
    from rejuvmodel.models.pool import Pool


def mission_rows(
    cluster: Cluster | Pool, file: ClusterFile, end: Transient, unreliability: float, mean_time: float
) -> list[list[str]]:
    """Return the measures of a mission, each with its name.

    Parameters
    ----------
    cluster : Cluster or Pool
        One model with its rejuvenation rate.
    file : ClusterFile
        Costs and currency.
    end : Transient
        The state at its end, and what it has been through.
    unreliability : float
        Probability of an outage.
    mean_time : float
        Mean time to the first outage [h].

    Returns
    -------
    list of list of str
        Name and value of each row.
    """
    down, mean_down = float(end.unavailability), float(end.interval_unavailability)
    rows = [
        list(wait_rows(cluster)[0]),
        ["mean availability", availability_text(mean_down, _log(mean_down))],
        ["availability at the end", availability_text(down, _log(down))],
        ["downtime", words(float(end.downtime))],
        ["no outage at all, probability", availability_text(unreliability, _log(unreliability))],
        ["an outage, probability", small_text(unreliability, _log(unreliability))],
        ["mean time to the first outage", words(mean_time)],
        ["rejuvenations started", f"{end.cost(EACH_REJUVENATION):.4g}"],
    ]
    if file.costs is not None:
        rows.append(["cost", money_text(float(end.cost(file.costs)), file.currency)])
    return rows


def _log(x: float) -> float:
    return log(x) if x > 0 else -inf
