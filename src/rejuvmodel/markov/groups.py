"""Which states of a chain make up each mass of the measures, and with what weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.chain import MarkovChain

    Floats = NDArray[np.float64]


def weighted_groups(chain: MarkovChain) -> dict[str, tuple[NDArray[np.int64], Floats]]:
    """Places and weights of every mass that the chain declares."""
    counted = chain.weights or {}
    groups = {
        name: (places, counted[name] if name in counted else np.ones(len(places)))
        for name, places in (chain.groups or {}).items()
    }
    if chain.down is not None:
        groups |= {cause: (places, np.ones(len(places))) for cause, places in chain.down.items()}
        both = np.concatenate(list(chain.down.values()))
        groups["unavailability"] = (both, np.ones(len(both)))
    starts = [family for family in chain.families if family.cause == "rejuvenation"]
    none = np.zeros(0, np.int64)
    groups["rejuvenations"] = (
        np.concatenate([none, *(family.origin for family in starts)]),
        np.concatenate([np.zeros(0), *(family.rate for family in starts)]),
    )
    return groups
