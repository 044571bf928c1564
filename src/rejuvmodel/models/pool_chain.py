"""The Markov chain of a pool, made of all reachable states at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.flows import Family
from rejuvmodel.memory import require_memory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from rejuvmodel.models.pool_states import PoolStates

#: Bytes for each state.
_BYTES = 300.0
#: By how much each cause changes the unstable, the rejuvenating and the failed servers.
_MOVES = {
    "aging": (1, 0, 0), "failure": (-1, 0, 1), "rejuvenation": (-1, 1, 0), "restart": (0, -1, 0),
    "repair": (0, 0, -1),
}  # fmt: skip


def require_chain_fits(states: PoolStates) -> None:
    """Refuse a chain that would not fit in memory."""
    require_memory(
        f"The chain of {len(states)} states", _BYTES * len(states),
        "Use fewer servers; the steady state needs no chain if the solver is left out.",
    )  # fmt: skip


def pool_chain(states: PoolStates, rates: Mapping[str, NDArray[np.float64]], required: int) -> MarkovChain:
    """Return the chain of the states, by the rates [1/h] out of each for each cause; all healthy at first."""
    h, a, r, f = states.rows.T
    places = np.arange(len(states))
    families = []
    for cause, (da, dr, df) in _MOVES.items():
        rate = rates[cause]
        some = np.flatnonzero(rate > 0)
        target = states.numbers(a[some] + da, r[some] + dr, f[some] + df)
        families.append(Family(cause, places[some], target, rate[some]))
    up = h + a
    down = up < required
    planned = down & (up + r >= required)
    groups = {"degraded": np.flatnonzero(a > 0), "rejuvenating": np.flatnonzero(r > 0)}
    causes = {"unplanned": np.flatnonzero(down & ~planned), "planned": np.flatnonzero(planned)}
    servers = {"degraded": a[a > 0].astype(np.float64), "rejuvenating": r[r > 0].astype(np.float64)}
    start = int(states.numbers(0, 0, 0))
    return MarkovChain(states, tuple(families), causes, groups, start, servers)  # type: ignore[arg-type]
