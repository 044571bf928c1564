"""What the commands print with ``--json``: the attribute names of the library, and a schema number.

Floats are written so that they read back as the same double. JSON has no infinity: it is written as the text
"infinity" (or "-infinity"), which ``float`` reads in Python; null means that there is no such value.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.models.pool import Pool
from rejuvmodel.models.pool_states import PoolStates

if TYPE_CHECKING:
    from rejuvmodel.cli.decided import Decided
    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.cross_check import Agreement
    from rejuvmodel.markov.chain import MarkovChain
    from rejuvmodel.models.cluster import Cluster
    from rejuvmodel.optimum_result import Optimum
    from rejuvmodel.parameters import Costs
    from rejuvmodel.steady_state import SteadyState

#: Number of the schema; raised when a key changes its meaning or goes away.
SCHEMA = 1
_MEASURES = (
    "availability", "unavailability", "log_unavailability", "planned_unavailability",
    "unplanned_unavailability", "nines",
)  # fmt: skip
_OPTIMUM = (
    "rate", "period", "value", "log_value", "objective", "location", "reason", "critical_points",
    "certified", "flat_region", "break_even", "without", "gain", "bounds",
)  # fmt: skip
_OF_POOLS = ("capacity_availability", "log_probability_all_failed", "up_servers", "reason")
#: States whose probabilities are listed; more are a matter for the library.
_MOST_STATES = 1000


def json_text(command: str, *parts: dict[str, Any], **more: Any) -> str:
    """Return the JSON document of a command.

    Parameters
    ----------
    command : str
        Its name.
    *parts : dict
        Keys of the document, later ones winning.
    **more
        Further keys.

    Returns
    -------
    str
        Valid JSON.
    """
    document: dict[str, Any] = {"schema": SCHEMA, "command": command}
    for part in (*parts, more):
        document.update(part)
    return json.dumps(_plain(document), indent=2, ensure_ascii=False, allow_nan=False)


def file_json(file: ClusterFile, cluster: Cluster | Pool) -> dict[str, Any]:
    """Return what the file says, with the rates of ``cluster``."""
    return {
        "file": file.path, "servers": cluster.servers, "rates": cluster.rates.to_dict(),
        "trigger": None if cluster.trigger is None else cluster.trigger.to_dict(),
        "costs": None if file.costs is None else file.costs.to_dict(), "currency": file.currency,
        "bounds": list(file.bounds), "horizon": file.horizon,
    } | ({"pool": cluster.layout()} if isinstance(cluster, Pool) else {})  # fmt: skip


def state_json(state: SteadyState, costs: Costs | None, horizon: float) -> dict[str, Any]:
    """Return the measures of a steady state; arrays on a grid."""
    found: dict[str, Any] = {name: getattr(state, name) for name in _MEASURES}
    found["downtime"] = state.downtime(horizon)
    found["cost_rate"] = None if costs is None else state.cost_rate(costs)
    found["cost"] = None if costs is None else state.cost(costs, horizon)
    found |= {"method": state.method, "residual": state.residual}
    if not state.shape and len(state.solution.labels) <= _MOST_STATES:
        names = map(str, state.solution.labels)  # of a pool "(h, a, r, f)"
        found["probabilities"] = dict(zip(names, state.probabilities, strict=True))
    labels: object = state.solution.labels
    if isinstance(labels, PoolStates):
        found |= {name: getattr(state, name) for name in _OF_POOLS}
    return found


def decided_json(decided: Decided, state: SteadyState) -> dict[str, Any]:
    """Return file, measures, and where the rate comes from."""
    file = decided.file
    best = None if decided.optimum is None else optimum_json(decided.optimum)
    return {
        **file_json(file, decided.cluster), "shape": list(decided.cluster.shape),
        "rejuvenation_from": decided.source, "optimum": best, **state_json(state, file.costs, file.horizon),
    }  # fmt: skip


def optimum_json(best: Optimum) -> dict[str, Any]:
    """Return the attributes of an optimum."""
    return {name: getattr(best, name) for name in _OPTIMUM}


def agreement_json(found: Agreement, rtol: float) -> dict[str, Any]:
    """Return the attributes of a comparison, and its verdict."""
    return {**found.to_dict(), "rtol": rtol, "agree": found.worst_relative <= rtol}


def chain_json(chain: MarkovChain) -> dict[str, Any]:
    """Return the states and the transition table of a chain, rates per hour."""
    states = chain.states
    rows = [
        {"from": states[i], "to": states[j], "rate": rate, "cause": family.cause}
        for family in chain.families
        for i, j, rate in zip(family.origin, family.target, family.rate, strict=True)
    ]
    return {"states": states, "transitions": rows}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "infinity" if value > 0 else "-infinity"
    return value
