"""Elasticities of the masses of a chain, by elimination; the parameters of a chain built by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.influences import InputParameter
from rejuvmodel.markov.groups import weighted_groups
from rejuvmodel.markov.sensitivities import stationary_elasticities
from rejuvmodel.mass_elasticities import NOTHING, Size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.chain import MarkovChain

    Floats = NDArray[np.float64]

#: The words that stand for transitions without a cause.
NO_CAUSE = "no cause"


def eliminated_masses(
    chain: MarkovChain, slopes: list[Floats], count: int
) -> tuple[dict[str, Size], dict[str, Floats]]:
    """Masses of a chain and their elasticities, from those of its transitions."""
    members = chain.recurrent_states
    number = np.full(len(chain), -1)
    number[members] = np.arange(len(members))
    flows = chain.flows
    every = np.concatenate([np.zeros((0, count)), *slopes])
    inside = (number[flows.origin] >= 0) & (number[flows.target] >= 0)
    found = stationary_elasticities(chain.recurrent_flows()[1], every[inside])
    groups = weighted_groups(chain)
    if "unavailability" in groups:
        up = np.setdiff1d(np.arange(len(chain)), groups["unavailability"][0])
        groups["up"] = (up, np.ones(len(up)))
    starts = [s for family, s in zip(chain.families, slopes, strict=True) if family.cause == "rejuvenation"]
    whole, top, middle = found.weighted(np.arange(len(members)), np.ones(len(members)))
    sizes, elasticities = {}, {}
    for name, (states, weights) in groups.items():
        own = np.concatenate([np.zeros((0, count)), *starts]) if name == "rejuvenations" else None
        some = number[states] >= 0
        m, e, mean = found.weighted(number[states[some]], weights[some], None if own is None else own[some])
        share, shift = m / whole, max(e - top, -2000)
        if m > 0:
            log = float(np.log(share) + (e - top) * np.log(2.0))
            sizes[name], elasticities[name] = Size(float(np.ldexp(share, shift)), log), mean - middle
        else:
            sizes[name], elasticities[name] = NOTHING, np.zeros(count)
    return sizes, elasticities


def by_cause(chain: MarkovChain) -> tuple[tuple[InputParameter, ...], list[Floats]]:
    """One parameter for each cause: the common rate of its transitions, or a factor of all of them."""
    causes = list(dict.fromkeys(family.cause for family in chain.families if len(family.rate)))
    rates = {
        cause: np.concatenate([family.rate for family in chain.families if family.cause == cause])
        for cause in causes
    }
    parameters = []
    for cause, every in rates.items():
        one = bool(np.all(every == every[0]))
        what = (
            f"rate of the transitions by {cause or NO_CAUSE}"
            if one
            else f"factor of all rates by {cause or NO_CAUSE}"
        )
        value = float(every[0]) if one else 1.0
        parameters.append(InputParameter(cause or NO_CAUSE, what, "", "1/h" if one else "1", value))
    eye = np.eye(len(causes))
    slopes = [
        np.repeat(eye[[causes.index(family.cause)]], len(family.rate), axis=0)
        if len(family.rate)
        else np.zeros((0, len(causes)))
        for family in chain.families
    ]
    return tuple(parameters), slopes


def by_transition(chain: MarkovChain) -> tuple[tuple[InputParameter, ...], list[Floats]]:
    """One parameter for each transition."""
    parameters: list[InputParameter] = []
    seen: dict[str, int] = {}
    for family in chain.families:
        for a, b, rate in zip(
            family.origin.tolist(), family.target.tolist(), family.rate.tolist(), strict=True
        ):
            ends = f"{_label(chain, a)} → {_label(chain, b)}"
            seen[ends] = seen.get(ends, 0) + 1
            name = ends if seen[ends] == 1 else f"{ends} ({seen[ends]})"
            parameters.append(InputParameter(name, f"rate by {family.cause or NO_CAUSE}", "", "1/h", rate))
    eye = np.eye(len(parameters))
    cuts = np.cumsum([len(family.rate) for family in chain.families])[:-1]
    return tuple(parameters), list(np.split(eye, cuts))


def _label(chain: MarkovChain, state: int) -> Any:
    return chain.labels[state]
