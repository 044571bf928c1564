"""What a report says in rows: what was put into a model, and what came out."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import words
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum_result import mean_wait
from rejuvmodel.parameters import RATE_NAMES, Costs
from rejuvmodel.reporting.number_texts import availability_text, money_text, rate_text, small_text, wait_text

if TYPE_CHECKING:
    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.steady_state import SteadyState

WAIT = "mean wait after becoming unstable"
#: What the wait is called on each clock.
_WAITS = {"unstable": "after becoming unstable", "service": "after entering a normal state"}
#: The rates that are no decision.
RATES = {name: said for name, said in RATE_NAMES.items() if name != "rejuvenation"}
EACH_REJUVENATION = Costs(failure=0, rejuvenation=0, per_rejuvenation=1)


def parameter_rows(cluster: Cluster | Pool) -> list[list[str]]:
    """Servers, mean times and rates with their units, in the columns of `PARAMETERS`."""
    rows = (
        [["servers", "n", str(cluster.servers), ""]] if isinstance(cluster, Cluster) else size_rows(cluster)
    )
    for name, (meaning, symbol) in RATES.items():
        rate = getattr(cluster.rates, name)
        rows.append([meaning, symbol, span_text(rate), rates_text(rate)])
    if cluster.trigger is not None:
        rows.append(["law of the delay, its clock", "D", _law(cluster), ""])
    return rows


PARAMETERS = ("parameter", "symbol", "mean time", "rate")


def servers_text(model: Cluster | Pool) -> str:
    """How many servers, in words."""
    if isinstance(model, Pool):
        return f"a pool of {model.primaries} + {model.spares} servers"
    return "one server" if model.servers == 1 else f"a cluster of {model.servers} servers"


def size_rows(pool: Pool) -> list[list[str]]:
    """Servers and limits of a pool, in the columns of `PARAMETERS`."""
    standby = f", dormancy {pool.dormancy:g}" if pool.mode == "active/standby" else ""
    guarded = ", guarded" if pool.guarded else ""
    return [
        ["primaries + spares", "n + k", f"{pool.primaries} + {pool.spares}", f"{pool.mode}{standby}"],
        ["servers required", "", str(pool.needed), ""],
        ["rejuvenations, repairs at a time", "", f"{pool.places}, {pool.crews}", guarded.removeprefix(", ")],
    ]


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
        (f"rejuvenations in {span}", f"{state.cost(EACH_REJUVENATION, file.horizon):.4g}"),
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


def span_text(rate: object) -> str:
    """Mean time of a rate, or the shortest and the longest of a grid."""
    values = [words(mean_wait(float(x))) for x in (np.max(rate), np.min(rate))]  # type: ignore[call-overload]
    return values[0] if np.ndim(rate) == 0 else f"{values[0]} to {values[1]}"  # type: ignore[arg-type]


def rates_text(rate: object) -> str:
    """Rate, or the least and the greatest of a grid."""
    values = [rate_text(float(x)) for x in (np.min(rate), np.max(rate))]  # type: ignore[call-overload]
    return values[0] if np.ndim(rate) == 0 else f"{values[0]} to {values[1]}"  # type: ignore[arg-type]
