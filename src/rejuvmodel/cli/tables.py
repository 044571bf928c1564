"""The tables of a report: what was put in, and what came out, in columns side by side."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.cli.numbers import availability_text, money_text, rate_text, small_text, wait_text
from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.durations import words
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum_result import mean_wait
from rejuvmodel.parameters import COST_NAMES, RATE_NAMES, Costs

if TYPE_CHECKING:
    from rejuvmodel.cli.decided import Decided
    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.steady_state import SteadyState

WAIT = "mean wait after becoming unstable"
#: What the wait is called on each clock.
_WAITS = {"unstable": "after becoming unstable", "service": "after entering a normal state"}
#: The rates that are no decision.
_RATES = {name: said for name, said in RATE_NAMES.items() if name != "rejuvenation"}
_EACH_REJUVENATION = Costs(failure=0, rejuvenation=0, per_rejuvenation=1)


def parameter_table(cluster: Cluster | Pool) -> str:
    """Servers, mean times and rates with their units."""
    rows = [["servers", "n", str(cluster.servers), ""]] if isinstance(cluster, Cluster) else _sizes(cluster)
    for name, (meaning, symbol) in _RATES.items():
        rate = getattr(cluster.rates, name)
        rows.append([meaning, symbol, _span(rate), _rates(rate)])
    if cluster.trigger is not None:
        rows.append(["law of the delay, its clock", "D", _law(cluster), ""])
    return markdown_table(["parameter", "symbol", "mean time", "rate"], rows)


def servers_text(model: Cluster | Pool) -> str:
    """How many servers, in words."""
    if isinstance(model, Pool):
        return f"a pool of {model.primaries} + {model.spares} servers"
    return "one server" if model.servers == 1 else f"a cluster of {model.servers} servers"


def _sizes(pool: Pool) -> list[list[str]]:
    """Servers and limits of a pool."""
    standby = f", dormancy {pool.dormancy:g}" if pool.mode == "active/standby" else ""
    guarded = ", guarded" if pool.guarded else ""
    return [
        ["primaries + spares", "n + k", f"{pool.primaries} + {pool.spares}", f"{pool.mode}{standby}"],
        ["servers required", "", str(pool.needed), ""],
        ["rejuvenations, repairs at a time", "", f"{pool.places}, {pool.crews}", guarded.removeprefix(", ")],
    ]


def cost_table(file: ClusterFile) -> str:
    """Costs with their units; says what counts instead where there are none."""
    if file.costs is None:
        return "No costs given: the unavailability is minimised."
    rows = [[meaning, money_text(float(getattr(file.costs, name)))] for name, meaning in COST_NAMES.items()]
    return markdown_table(["cost of one", file.currency or "cost"], rows)


def result_rows(cluster: Cluster | Pool, state: SteadyState, file: ClusterFile) -> list[tuple[str, str]]:
    """Measures of one cluster, each with its name.

    Parameters
    ----------
    cluster : Cluster or Pool
        One model with its rejuvenation rate.
    state : SteadyState
        Its steady state.
    file : ClusterFile
        Costs, currency and horizon.

    Returns
    -------
    list of (str, str)
        Name and value of each row.
    """
    span = words(file.horizon)
    down, log_down = float(state.unavailability), float(state.log_unavailability)
    rows = [
        *wait_rows(cluster),
        ("availability", availability_text(down, log_down)),
        ("nines", f"{state.nines:.2f}"),
        ("unavailability", small_text(down, log_down)),
        ("planned (by rejuvenation)", _mass(state, "planned")),
        ("unplanned (by failure)", _mass(state, "unplanned")),
        *(_of_pool(state) if isinstance(cluster, Pool) else ()),
        (f"downtime in {span}", words(float(state.downtime(file.horizon)))),
        (f"rejuvenations in {span}", f"{state.cost(_EACH_REJUVENATION, file.horizon):.4g}"),
    ]
    if file.costs is not None:
        rows.append(
            (f"cost in {span}", money_text(float(state.cost(file.costs, file.horizon)), file.currency))
        )
    return rows


def _of_pool(state: Any) -> list[tuple[str, str]]:
    """What only the steady state of a pool knows."""
    log_failed = state.log_probability_all_failed
    capacity = state.capacity_availability
    return [
        ("capacity availability", f"{capacity:.12g}"),
        ("all servers failed at once", small_text(exp(log_failed), log_failed)),
    ]


def wait_name(cluster: Cluster | Pool) -> str:
    """What the wait of a cluster is called: a fixed one has no mean."""
    if cluster.trigger is None:
        return WAIT
    from rejuvmodel.models.laws import Fixed

    start = "wait" if isinstance(cluster.trigger.law, Fixed) else "mean wait"
    return f"{start} {_WAITS[cluster.trigger.clock]}"


def wait_rows(cluster: Cluster | Pool) -> list[tuple[str, str]]:
    """The wait of one cluster with its name, and its rate if the law is that of the chain."""
    if cluster.trigger is not None:
        return [(wait_name(cluster), wait_text(float(np.asarray(cluster.trigger.mean))))]
    rate = float(np.asarray(cluster.rates.rejuvenation))
    return [(WAIT, wait_text(mean_wait(rate))), ("rejuvenation rate λ_r", rate_text(rate))]


def _law(cluster: Cluster | Pool) -> str:
    assert cluster.trigger is not None
    stages = getattr(cluster.trigger.law, "k", None)
    count = f" with {stages} stages" if stages is not None else ""
    return f"{cluster.trigger.law.to_dict()['name']}{count}, {cluster.trigger.clock}"


def _mass(state: SteadyState, name: str) -> str:
    mass = state.solution.mass
    return small_text(float(mass(name)), float(mass(name, logarithm=True)))


def _limits(pool: Pool) -> dict[str, str]:
    return {name: f"{value} {note}".rstrip() for name, _, value, note in _sizes(pool)}


def compare_column(decided: Decided, state: SteadyState) -> dict[str, str]:
    """Parameters and measures of one of several clusters, by name."""
    rates = decided.cluster.rates
    spans = {meaning: _span(getattr(rates, name)) for name, (meaning, _) in _RATES.items()}
    results = result_rows(decided.cluster, state, decided.file)
    model = decided.cluster
    limits = _limits(model) if isinstance(model, Pool) else {}
    return {"servers": str(model.servers), **limits, **spans, **dict(results)}


def grid_table(decided: Decided, state: SteadyState) -> str:
    """One row for each cluster of a grid, with the parameters that vary."""
    file, rates, shape = decided.file, decided.cluster.rates, decided.cluster.shape
    span = words(file.horizon)
    varying = [name for name in _RATES if np.ndim(getattr(rates, name))]
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


def _span(rate: object) -> str:
    values = [words(mean_wait(float(x))) for x in (np.max(rate), np.min(rate))]  # type: ignore[call-overload]
    return values[0] if np.ndim(rate) == 0 else f"{values[0]} to {values[1]}"  # type: ignore[arg-type]


def _rates(rate: object) -> str:
    values = [rate_text(float(x)) for x in (np.min(rate), np.max(rate))]  # type: ignore[call-overload]
    return values[0] if np.ndim(rate) == 0 else f"{values[0]} to {values[1]}"  # type: ignore[arg-type]
