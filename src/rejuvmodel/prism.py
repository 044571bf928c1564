"""to_prism(model): a model and its measures in the language of the model checkers PRISM and Storm."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rejuvmodel import measures
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.prism_chain import MOST_LABELLED, chain_model
from rejuvmodel.markov.prism_commands import Coordinates, lifted, listed, numbered
from rejuvmodel.markov.prism_text import Constant, PrismModel, PrismText, number
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.pool_prism import pool_model
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.parameters import Costs
from rejuvmodel.reward_rates import priced_masses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PrismSource: TypeAlias = "Cluster | Reactive | Pool | MarkovChain"

#: Measures of the long run, by the names of the library where it has one, and what they are.
_LONG_RUN = {
    "availability": 'S=? [ !"down" ]',
    "unavailability": 'S=? [ "down" ]',
    "planned_unavailability": 'S=? [ "planned" ]',
    "unplanned_unavailability": 'S=? [ "unplanned" ]',
    "probability_all_failed": 'S=? [ "all_failed" ]',
    "capacity_availability": 'R{"capacity"}=? [ S ]',
    "mean_degraded": 'R{"degraded"}=? [ S ]',
    "mean_rejuvenating": 'R{"rejuvenating"}=? [ S ]',
    "rejuvenations_per_hour": 'R{"rejuvenations"}=? [ S ]',
    "cost_rate": 'R{"cost"}=? [ S ]',
}
#: Measures in time, from the start.
_IN_TIME = {
    "unavailability_at": 'P=? [ F[hours,hours] "down" ]',
    "interval_unreliability": 'P=? [ F<=hours "down" ]',
    "mission_downtime": 'R{"downtime"}=? [ C<=hours ]',
    "mission_cost": 'R{"cost"}=? [ C<=hours ]',
    "mean_time_to_outage": 'R{"time"}=? [ F "down" ]',
}
_SYMBOLS = {
    "aging": ("lambda_f", "aging"),
    "failure": ("lambda", "failure of one server"),
    "rejuvenation": ("lambda_r", "rejuvenation once unstable"),
    "restart": ("mu_r", "restart"),
    "repair": ("mu", "repair"),
}


def to_prism(model: PrismSource, costs: Costs | None = None) -> PrismText:
    """Return a model and its measures in the language of the model checkers PRISM and Storm.

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        One model; a cluster on its exponential or phase-type trigger.
    costs : Costs, optional
        Costs per hour of each condition, for the cost per hour and the cost of a mission.

    Returns
    -------
    PrismText
        The model, and the properties.

    Raises
    ------
    InvalidInputError
        If the model is a grid, leaves its rejuvenation rate open, has a trigger without phases, or a chain
        does not say which states a cost applies to.
    SizeError
        If a chain built by hand has more than 20,000 transitions.

    Notes
    -----
    Numbers are written as the exact decimal values of their doubles, and i·λ as a product, so that a checker
    in exact mode solves the very model, with no rounding in between. Clusters and pools are a few lines at
    any size. A chain built by hand that names no start begins in a recurrent state and has no measures in
    time.

    Examples
    --------
    >>> from rejuvmodel import Cluster, Rates
    >>> rates = Rates(aging=0.25, failure=0.125, repair=2, restart=8, rejuvenation=1)
    >>> text = to_prism(Cluster(2, rates))
    >>> next(line for line in text.model.splitlines() if line.endswith("// failure"))
    "  [] kind=1 -> level*lambda : (kind'=0) & (level'=level-1);  // failure"
    >>> text.properties.splitlines()[2]
    '"unavailability": S=? [ "down" ];'
    """
    timed = True
    if isinstance(model, Pool):
        parts = pool_model(model)
    elif isinstance(model, Cluster):
        parts, timed = _cluster_model(model)
    elif isinstance(model, Reactive):
        parts = _reactive_model(model)
    elif isinstance(model, MarkovChain):
        title = f"Chain of {len(model)} states, s = 0 to {len(model) - 1} in order."
        parts, timed = chain_model(title, model, numbered(model), listed(model)), model.start is not None
    else:
        raise InvalidInputError(
            "model", shown(model), "a model is a Cluster, a Reactive, a Pool or a MarkovChain",
            "Build one first.",
        )  # fmt: skip
    if costs is not None:
        parts = _priced(parts, costs)
    return PrismText(parts.text(), _properties(parts, timed))


def _cluster_model(cluster: Cluster) -> tuple[PrismModel, bool]:
    """The model of a cluster, and whether it starts in one state."""
    expansion = cluster.expansion()
    chain, places = expansion.chain, expansion.label_places
    kind, level = cluster.labels.kinds_and_levels(places)
    first = np.flatnonzero(np.diff(places, prepend=-1))
    phase = np.arange(len(places)) - first[places] + 1
    rates = {name: rate for name, rate in cluster.rates.to_dict().items() if name in _SYMBOLS}
    constants, name_of = _named(rates)
    trigger = "" if cluster.trigger is None else f", {cluster.trigger!r}"
    servers = "1 server" if cluster.servers == 1 else f"{cluster.servers} servers"
    title = (
        f"Cluster of {servers}{trigger}; {len(chain)} states. "
        "Kind 0 is normal (level 0: all failed), 1 unstable, 2 rejuvenating."
    )
    labels = cluster.labels if len(cluster.labels) <= MOST_LABELLED else []
    states = [(label, np.flatnonzero(places == k)) for k, label in enumerate(labels)]
    where = Coordinates(kind, level, phase)
    parts = chain_model(title, chain, where, lifted(chain, where, name_of), constants, states)
    return parts, int(np.count_nonzero(expansion.start)) == 1


def _reactive_model(model: Reactive) -> PrismModel:
    chain = model.chain()
    none = np.zeros(len(chain), np.int64)
    where = Coordinates(none, model.servers - np.arange(len(chain)), none)
    constants, name_of = _named({"failure": model.failure, "repair": model.repair})
    title = f"Prior-art model of {model.servers} servers, failures and repairs only; {len(chain)} states."
    return chain_model(title, chain, where, lifted(chain, where, name_of), constants)


def _named(rates: Mapping[str, Any]) -> tuple[tuple[Constant, ...], Callable[[str, float], str]]:
    """Constants for the finite rates of a model, and how a rate of a cause is written with them."""
    values = {_SYMBOLS[cause]: float(rate) for cause, rate in rates.items() if rate is not None}
    finite = {key: rate for key, rate in values.items() if np.isfinite(rate)}
    constants = tuple(Constant(name, rate, words) for (name, words), rate in finite.items())
    known = {constant.name: constant.value for constant in constants}

    def name_of(cause: str, rate: float) -> str:
        # With rejuvenation at once, aging leads to rejuvenation.
        candidates = [_SYMBOLS[cause][0] if cause in _SYMBOLS else "", "lambda_f" * (cause == "rejuvenation")]
        return next((name for name in candidates if known.get(name) == rate), number(rate))

    return constants, name_of


def _priced(parts: PrismModel, costs: Costs) -> PrismModel:
    """The model with the costs as constants, and a reward rate made of them."""
    needed = priced_masses(costs, ())
    if costs.shape:
        raise InvalidInputError(
            "costs", f"a grid of shape {costs.shape}", "a model has one number for each cost",
            "Write costs[index].",
        )  # fmt: skip
    items, constants = [], []
    for cost, mass in measures.PRICED.items():
        if mass not in needed:
            continue
        if mass not in parts.rewards and mass != "rejuvenations":
            argument = mass if mass in ("degraded", "rejuvenating") else "down"
            raise InvalidInputError(
                argument, "nothing", f"this model does not say which states count as {mass!r}",
                f"Give {argument}= when building the chain, or leave out the cost.",
            )  # fmt: skip
        constants.append(Constant(f"cost_{cost}", float(np.asarray(getattr(costs, cost))), "cost"))
        for guard, rate in parts.rewards.get(mass, ()):
            items.append((guard, f"cost_{cost}" if rate == "1" else f"cost_{cost}*({rate})"))
    rewards = {**parts.rewards, "cost": tuple(items) or (("true", "0"),)}
    return replace(parts, constants=(*parts.constants, *constants), rewards=rewards)


def _properties(parts: PrismModel, timed: bool) -> str:
    """The measures for which the model has labels and rewards."""
    known = {*parts.labels, *parts.rewards}
    long_run, in_time = (
        [
            f'"{name}": {text};'
            for name, text in measures_of.items()
            if set(re.findall(r'"(\w+)"', text)) <= known
        ]
        for measures_of in (_LONG_RUN, _IN_TIME)
    )
    blocks = [["// In the long run", *long_run]] if long_run else []
    if timed and in_time:
        blocks.append(["// From the start, in time", "const double hours;", *in_time])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"
