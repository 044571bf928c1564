"""The report of `mission`: a finite time from a fresh start, for a planner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rejuvmodel.cli.tables import cost_table, parameter_table
from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.durations import words
from rejuvmodel.mission import interval_unreliability, mean_time_to_outage, transient
from rejuvmodel.reporting.mission_rows import mission_rows
from rejuvmodel.reporting.result_rows import servers_text

if TYPE_CHECKING:
    from rejuvmodel.cli.decided import Decided
    from rejuvmodel.mission_result import Transient


@dataclass(frozen=True)
class Mission:
    """What a cluster does in a finite time.

    Attributes
    ----------
    decided : Decided
        File and cluster.
    end : Transient
        Its state at the end, and what it has been through.
    unreliability : float
        Probability of an outage.
    mean_time : float
        Mean time to the first outage [h].
    """

    decided: Decided
    end: Transient
    unreliability: float
    mean_time: float


def mission_of(decided: Decided, hours: object) -> Mission:
    """Follow the cluster of a file from its fresh start, by default for its horizon."""
    cluster, span = decided.cluster, decided.file.horizon if hours is None else hours
    end = transient(cluster, span)  # type: ignore[arg-type]  # text is checked there
    outage = float(interval_unreliability(cluster, end.hours))
    return Mission(decided, end, outage, mean_time_to_outage(cluster))


def mission_report(mission: Mission) -> str:
    """Return the report as Markdown text."""
    decided, end = mission.decided, mission.end
    file, cluster = decided.file, decided.cluster
    span = words(end.hours)
    rows = mission_rows(cluster, file, end, mission.unreliability, mission.mean_time)
    count = servers_text(cluster)
    seen = float(end.unavailability) > 0 and mission.unreliability > 0
    parts = [
        f"A mission of {span} of {count} ({file.path}), all fresh at its start", decided.note,
        parameter_table(cluster), cost_table(file), markdown_table(["", f"in {span}"], rows),
        "" if seen else f"Probabilities below {end.resolution:.0e} are shown as 0.",
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part)


def mission_json(mission: Mission) -> dict[str, Any]:
    """Return the attributes of the result, and the measures of the interval."""
    costs = mission.decided.file.costs
    return {
        **mission.end.to_dict(),
        "cost": None if costs is None else mission.end.cost(costs),
        "interval_unreliability": mission.unreliability,
        "mean_time_to_outage": mission.mean_time,
        "rejuvenation_from": mission.decided.source,
    }
