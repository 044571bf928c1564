"""Models whose PRISM texts are tested, and the measures that the library gives for them."""

from __future__ import annotations

import math
from itertools import product
from typing import Any, TypeAlias

import numpy as np

import rejuvmodel as rj

RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3)
USUAL = RATES.replace(rejuvenation=1 / 336)
STRESSED = rj.Rates(aging=0.3, failure=0.07, repair=0.11, restart=0.9, rejuvenation=0.2)
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5, per_rejuvenation=0.1, degraded=0.7)
HOURS = 100.0
Model: TypeAlias = "rj.Cluster | rj.Reactive | rj.Pool | rj.MarkovChain"


def clusters() -> dict[str, rj.Cluster]:
    """Clusters of 1 to 8 servers, with rates at their limits, and with delays in phases."""
    found = {f"cluster {n}": rj.Cluster(n, USUAL) for n in range(1, 9)}
    found |= {f"stressed cluster {n}": rj.Cluster(n, STRESSED) for n in (1, 2, 5, 8)}
    limits = {"rejuvenation": (0.0, math.inf), "aging": (0.0,), "failure": (0.0,)}
    for name, rates in limits.items():
        for rate in rates:
            found[f"{name} {rate}"] = rj.Cluster(3, USUAL.replace(**{name: rate}))
    laws = {
        "Erlang": rj.Erlang(4, 300),
        "hyperexponential": rj.Hyperexponential([0.25, 0.75], [100, 400]),
        "exponential": rj.Exponential(300),
    }
    for (name, law), clock in product(laws.items(), ("unstable", "service")):
        found[f"{name} on {clock}"] = rj.Cluster(3, RATES, trigger=rj.Trigger(law, clock=clock))
    return found


def pools(most: int = 5) -> dict[str, rj.Pool]:
    """Pools of up to five servers, with every rule once and some together."""
    found = {}
    for n in range(1, most + 1):
        found[f"pool {n}"] = rj.Pool(primaries=n, rates=USUAL)
    rules: tuple[dict[str, Any], ...] = (
        {"spares": 2, "primaries": 3, "mode": "active/standby"},
        {"spares": 2, "primaries": 3, "mode": "active/standby", "dormancy": 0.25, "crews": 2},
        {"spares": 1, "primaries": 4, "mode": "active/standby", "slots": 1, "guarded": True, "required": 3},
        {"spares": 1, "primaries": 2, "slots": 1},
        {"primaries": 4, "required": 2, "guarded": True, "crews": 3},
        {"primaries": 3, "required": 3, "guarded": True},
        {"primaries": 3, "slots": 0},
        {"spares": 1, "primaries": 1, "mode": "active/standby", "dormancy": 1.0, "slots": 1},
    )
    found |= {f"pool by rules {k}": rj.Pool(rates=STRESSED, **some) for k, some in enumerate(rules)}
    found["pool without failures"] = rj.Pool(primaries=3, rates=STRESSED.replace(failure=0.0))
    found["pool without aging"] = rj.Pool(primaries=3, rates=STRESSED.replace(aging=0.0))
    found["pool without rejuvenation"] = rj.Pool(primaries=3, rates=STRESSED.replace(rejuvenation=0.0))
    return found


def chains() -> dict[str, rj.MarkovChain]:
    """Chains built by hand: with labels of any text, parallel transitions, an end, and little declared."""
    from_transitions = rj.MarkovChain.from_transitions
    odd = ['a "b" // c', "a_b", "a b", "λ;\n}", "\\u000a"]
    ring = [(odd[k], odd[k - 1], 0.1 * (k + 1), "rejuvenation" if k == 2 else "x") for k in range(5)]
    twice = [("up", "down", 0.01, "failure"), ("up", "down", 0.3, "rejuvenation"), ("down", "up", 2.0)]
    pair = [("a", "b", 0.1), ("b", "a", 0.7)]
    return {
        "odd labels": from_transitions(
            [*ring, (odd[1], odd[4], 1e-9)], down={odd[0]: "planned", odd[3]: "unplanned"}, degraded=odd[1:3],
            rejuvenating=[odd[0]], start=odd[2],
        ),
        "parallel": from_transitions(twice, down={"down": "unplanned"}, rejuvenating=["down"], start="up"),
        "no start": from_transitions([("new", "a", 5.0), *pair], down={"b": "planned"}),
        "absorbing": from_transitions([("up", "lost", 0.125)], down={"lost": "unplanned"}, start="up"),
        "nothing declared": from_transitions(pair, start="b"),
        "never down": from_transitions(pair, down={}, start="b"),
    }  # fmt: skip


def all_models() -> dict[str, Model]:
    """Every model, by name."""
    reactive = {f"reactive {n}": rj.Reactive(servers=n, failure=0.1, repair=0.7) for n in (1, 4)}
    return {**clusters(), **reactive, **pools(), **chains()}


def chain_of(model: Model) -> rj.MarkovChain:
    """The chain of a model."""
    return model if isinstance(model, rj.MarkovChain) else model.chain()


def costs_for(model: Model) -> rj.Costs | None:
    """The costs that a model knows how to count."""
    if isinstance(model, rj.Reactive):
        return COSTS.replace(capacity=0, degraded=0)
    return None if chain_of(model).down is None else COSTS


def measures(model: Model) -> dict[str, float]:
    """What the library gives for every property that the text of a model may have."""
    chain, state, costs = chain_of(model), rj.solve(model), costs_for(model)
    found: dict[str, Any] = {}
    if isinstance(model, rj.Pool):
        found["capacity_availability"] = state.capacity_availability
        found["probability_all_failed"] = np.exp(state.log_probability_all_failed)
    prices = {"rejuvenations_per_hour": "per_rejuvenation"}
    if chain.groups is not None:
        prices |= {"mean_degraded": "degraded", "mean_rejuvenating": "capacity"}
    for name, price in prices.items():
        found[name] = state.cost_rate(rj.Costs(failure=0, rejuvenation=0, **{price: 1}))
    if costs is None:
        return found
    for name in ("availability", "unavailability", "planned_unavailability", "unplanned_unavailability"):
        found[name] = getattr(state, name)
    found["cost_rate"] = state.cost_rate(costs)
    if chain.start is not None:
        mission = rj.transient(chain, HOURS)
        found["unavailability_at"] = mission.unavailability
        found["mission_downtime"] = mission.downtime
        found["mission_cost"] = mission.occupancies @ _prices(model, chain, costs)
        found["interval_unreliability"] = rj.interval_unreliability(chain, HOURS)
        found["mean_time_to_outage"] = rj.mean_time_to_outage(chain)
    return found


def _prices(model: Model, chain: rj.MarkovChain, costs: rj.Costs) -> Any:
    """Cost per hour of each state of the chain, written out."""
    prices = np.zeros(len(chain))
    if isinstance(model, rj.Pool):
        _, unstable, rejuvenating, _ = model.states.T
        prices += costs.degraded * unstable + costs.capacity * rejuvenating
    else:
        for price, group in ((costs.degraded, "degraded"), (costs.capacity, "rejuvenating")):
            prices[(chain.groups or {}).get(group, [])] += price
    for price, cause in ((costs.failure, "unplanned"), (costs.rejuvenation, "planned")):
        prices[chain.down[cause]] += price
    for family in chain.families:
        if family.cause == "rejuvenation":
            np.add.at(prices, family.origin, costs.per_rejuvenation * family.rate)
    return prices
