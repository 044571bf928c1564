"""The report and the JSON of the command that simulates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rejuvmodel.cli.decided import Decided
from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.durations import words
from rejuvmodel.models.pool import Pool
from rejuvmodel.reporting.number_texts import money_text

if TYPE_CHECKING:
    from rejuvmodel.simulation.estimate import Estimate
    from rejuvmodel.simulation.result import Simulation


def simulation_report(decided: Decided, sim: Simulation) -> str:
    """Return the estimates over the horizon of the file, or over the mission.

    Parameters
    ----------
    decided : Decided
        File and cluster.
    sim : Simulation
        What was simulated.

    Returns
    -------
    str
        Markdown text.
    """
    file, span = decided.file, sim.hours or decided.file.horizon
    title = "down, share of the time"
    found = {
        title: sim.unavailability, "planned (by rejuvenation)": sim.planned_unavailability,
        "unplanned (by failure)": sim.unplanned_unavailability,
    }  # fmt: skip
    rows = [_row(name, one, lambda x: f"{x:.6g}") for name, one in found.items()]
    rows.append(_row(f"downtime in {words(span)}", sim.downtime(span), words))
    events = {"rejuvenations": sim.rejuvenations_per_hour, "failures": sim.failures_per_hour}
    rows += [
        _row(f"{name} in {words(span)}", one.times(span), lambda x: f"{x:.4g}")
        for name, one in events.items()
    ]
    if sim.hours is None:
        rows.append(_row("mean time to the first outage", sim.mean_time_to_outage, words))
    else:
        rows.append(_row("an outage, probability", sim.interval_unreliability, lambda x: f"{x:.6g}"))
    if file.costs is not None:
        cost = sim.cost(file.costs, span)
        rows.append(_row(f"cost in {words(span)}", cost, lambda x: money_text(x, file.currency)))
    table = markdown_table(["", "estimate", f"{100 * sim.confidence:g} % from", "to"], rows)
    servers = decided.cluster.servers
    kind = "pool" if isinstance(decided.cluster, Pool) else "cluster"
    head = f"Simulation of a {kind} of {servers} server{'' if servers == 1 else 's'} ({file.path})"
    notes = "\n".join(f"- {line}" for line in (decided.note, *_played(sim)) if line)
    return f"{head}\n\n{table}\n\n{notes}"


def simulation_json(decided: Decided, sim: Simulation) -> dict[str, Any]:
    """Return the estimates, downtime and cost over the horizon of the file, or over the mission."""
    costs, span = decided.file.costs, sim.hours or decided.file.horizon
    return {
        "rejuvenation_from": decided.source,
        **sim.to_dict(),
        "downtime": sim.downtime(span).to_dict(),
        "cost_rate": None if costs is None else sim.cost_rate(costs).to_dict(),
        "cost": None if costs is None else sim.cost(costs, span).to_dict(),
    }


def _row(name: str, one: Estimate, text: Any) -> list[str]:
    return [name, text(one.mean), text(one.low), text(one.high)]


def _played(sim: Simulation) -> list[str]:
    if sim.hours is None:
        what = f"{sim.replications:,} cycles from state {sim.start} to its next entry"
    else:
        what = f"{sim.replications:,} missions of {words(sim.hours)} from state {sim.start}"
    return [
        f"Played: {what}, {sim.events:,} events.",
        f"Outages were seen in {sim.unavailability.seen:,} of them.",
        f"The same numbers again: --seed {sim.seed}.",
    ]
