"""The reports that the commands print: tables and sentences for a planner, to be pasted as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rejuvmodel.cli.tables import compare_column, cost_table, grid_table, parameter_table
from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.durations import words
from rejuvmodel.reporting.number_texts import ratio_text, small_text
from rejuvmodel.reporting.optimum_notes import decision_notes
from rejuvmodel.reporting.result_rows import result_rows, servers_text

if TYPE_CHECKING:
    from rejuvmodel.cli.decided import Decided
    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.models.cluster import Cluster
    from rejuvmodel.models.pool import Pool
    from rejuvmodel.optimum_result import Optimum
    from rejuvmodel.steady_state import SteadyState

PRIOR_ART = "prior-art model (Fig. 2), other repair assumption"


def optimum_report(
    file: ClusterFile, best: Optimum, columns: Sequence[tuple[str, Cluster | Pool, SteadyState]], agree: str
) -> str:
    """Return the report of the main job.

    Parameters
    ----------
    file : ClusterFile
        What was asked.
    best : Optimum
        The answer.
    columns : sequence of (str, Cluster, SteadyState)
        What stands side by side, each with its title.
    agree : str
        What the comparison of the two roads found.

    Returns
    -------
    str
        Markdown text.
    """
    tables = [result_rows(cluster, state, file) for _, cluster, state in columns]
    rows = [[line[0][0], *(cell[1] for cell in line)] for line in zip(*tables, strict=True)]
    results = markdown_table(["", *(title for title, _, _ in columns)], rows)
    return "\n\n".join(
        [
            f"When to rejuvenate {servers_text(best.model)} ({file.path})",
            parameter_table(best.model),
            cost_table(file),
            results,
            "\n".join(f"- {line}" for line in (*decision_notes(file, best), agree)),
        ]
    )


def solve_report(decided: Decided, state: SteadyState, prior_art: SteadyState | None) -> str:
    """Return the report of `solve`; a grid gets one row for each cluster."""
    file, cluster = decided.file, decided.cluster
    title = f"Steady state of {servers_text(cluster)} ({file.path}), {state.method}"
    why = getattr(state, "reason", "")  # of pools
    if cluster.shape:
        results = grid_table(decided, state)
    else:
        results = markdown_table(["", "steady state"], result_rows(cluster, state, file))
    parts = [title, decided.note, parameter_table(cluster), cost_table(file), results]
    if why:
        parts.append(f"Solved by {state.method}: {why}.")
    if prior_art is not None:
        amount = small_text(float(prior_art.unavailability), float(prior_art.log_unavailability))
        parts.append(f"{PRIOR_ART}: unavailability {amount}. It may repair at once, so it is no baseline.")
    return "\n\n".join(part for part in parts if part)


def compare_report(pairs: Sequence[tuple[Decided, SteadyState]]) -> str:
    """Return the report of `compare`.

    Parameters
    ----------
    pairs : sequence of (Decided, SteadyState)
        Two clusters, both to be reported over the same horizon and in the same order as named.

    Returns
    -------
    str
        Markdown text: both side by side, and the second as a multiple of the first.
    """
    columns = [compare_column(decided, state) for decided, state in pairs]
    names = list(dict.fromkeys(name for column in columns for name in column))
    ratios = _ratios(pairs)
    rows = [[name, *(column.get(name, "-") for column in columns), ratios.get(name, "")] for name in names]
    titles = [f"{letter}: {decided.file.path}" for letter, (decided, _) in zip("AB", pairs, strict=True)]
    notes = [f"{title}. {pair[0].note}" for title, pair in zip(titles, pairs, strict=True) if pair[0].note]
    return "\n\n".join([markdown_table(["", *titles, "B / A"], rows), *notes])


def _ratios(pairs: Sequence[tuple[Decided, SteadyState]]) -> dict[str, str]:
    """The second as a multiple of the first, where both have the number and mean the same by it."""
    (first, one), (second, two) = pairs
    span = words(first.file.horizon)
    logs = [(float(one.log_unavailability), float(two.log_unavailability))] * 2
    names = ["unavailability", f"downtime in {span}"]
    if first.file.costs and second.file.costs and first.file.currency == second.file.currency:
        names.append(f"cost in {span}")
        costs = one.log_cost_rate(first.file.costs), two.log_cost_rate(second.file.costs)
        logs.append((float(costs[0]), float(costs[1])))
    return {name: ratio_text(*pair) for name, pair in zip(names, logs, strict=True)}
