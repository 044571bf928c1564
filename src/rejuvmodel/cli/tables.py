"""The tables of a report: what was put in, and what came out, in columns side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.durations import words
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum_result import mean_wait
from rejuvmodel.parameters import COST_NAMES
from rejuvmodel.reporting.number_texts import availability_text, money_text, small_text, wait_text
from rejuvmodel.reporting.result_rows import (
    PARAMETERS,
    RATES,
    parameter_rows,
    result_rows,
    size_rows,
    span_text,
    wait_name,
)

if TYPE_CHECKING:
    from rejuvmodel.cli.decided import Decided
    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.models.cluster import Cluster
    from rejuvmodel.steady_state import SteadyState


def parameter_table(cluster: Cluster | Pool) -> str:
    """Servers, mean times and rates with their units."""
    return markdown_table(PARAMETERS, parameter_rows(cluster))


def cost_table(file: ClusterFile) -> str:
    """Costs with their units; says what counts instead where there are none."""
    if file.costs is None:
        return "No costs given: the unavailability is minimised."
    rows = [[meaning, money_text(float(getattr(file.costs, name)))] for name, meaning in COST_NAMES.items()]
    return markdown_table(["cost of one", file.currency or "cost"], rows)


def _limits(pool: Pool) -> dict[str, str]:
    return {name: f"{value} {note}".rstrip() for name, _, value, note in size_rows(pool)}


def compare_column(decided: Decided, state: SteadyState) -> dict[str, str]:
    """Parameters and measures of one of several clusters, by name."""
    rates = decided.cluster.rates
    spans = {meaning: span_text(getattr(rates, name)) for name, (meaning, _) in RATES.items()}
    results = result_rows(decided.cluster, state, decided.file)
    model = decided.cluster
    limits = _limits(model) if isinstance(model, Pool) else {}
    return {"servers": str(model.servers), **limits, **spans, **dict(results)}


def grid_table(decided: Decided, state: SteadyState) -> str:
    """One row for each cluster of a grid, with the parameters that vary."""
    file, rates, shape = decided.file, decided.cluster.rates, decided.cluster.shape
    span = words(file.horizon)
    varying = [name for name in RATES if np.ndim(getattr(rates, name))]
    names = [
        "at",
        *varying,
        wait_name(decided.cluster),
        "availability",
        "unavailability",
        f"downtime in {span}",
    ]
    full = {name: np.broadcast_to(getattr(rates, name), shape) for name in varying}
    trigger = decided.cluster.trigger
    with np.errstate(divide="ignore"):
        waits = 1 / np.asarray(rates.rejuvenation) if trigger is None else np.asarray(trigger.mean)
    waits = np.broadcast_to(waits, shape)
    down, log_down = np.asarray(state.unavailability), np.asarray(state.log_unavailability)
    downtime = np.asarray(state.downtime(file.horizon))
    cost = None if file.costs is None else np.asarray(state.cost(file.costs, file.horizon))
    rows = []
    for index in np.ndindex(shape):
        row = [", ".join(map(str, index)), *(words(mean_wait(float(full[name][index]))) for name in varying)]
        row.append(wait_text(float(waits[index])))
        row.append(availability_text(float(down[index]), float(log_down[index])))
        row += [small_text(float(down[index]), float(log_down[index])), words(float(downtime[index]))]
        row += [] if cost is None else [money_text(float(cost[index]), file.currency)]
        rows.append(row)
    return markdown_table([*names, *([] if cost is None else [f"cost in {span}"])], rows)
