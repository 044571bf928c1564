"""One path of a pool, server by server: which server ages, fails, rejuvenates or is repaired, and when."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rejuvmodel.estimation.event_kinds import FAILED, FINISHED, REPAIRED, STARTED, UNSTABLE
from rejuvmodel.estimation.replay import DOWN, NORMAL, RESTARTING, SHAKY
from rejuvmodel.models.pool import Pool

#: Event, condition before and condition after, in the order of the pool's rates.
_MOVES = (
    (UNSTABLE, NORMAL, SHAKY), (FAILED, SHAKY, DOWN), (STARTED, SHAKY, RESTARTING),
    (FINISHED, RESTARTING, NORMAL), (REPAIRED, DOWN, NORMAL),
)  # fmt: skip
#: Rates of so many states are kept: a path comes back to few.
_KEPT = 100_000


def pool_events(pool: Pool, span: float, rng: np.random.Generator) -> Iterator[tuple[float, int, int]]:
    """Yield the events of one path, all servers healthy at the start.

    Parameters
    ----------
    pool : Pool
        Its rates and limits.
    span : float
        Length [h].
    rng : numpy.random.Generator
        Where the chance comes from.

    Yields
    ------
    tuple of float, int and int
        Time [h], server and kind of event.
    """
    groups: tuple[list[int], ...] = (list(range(pool.total)), [], [], [])
    rates: dict[tuple[int, ...], tuple[float, ...]] = {}
    now = 0.0
    while True:
        counts = tuple(len(group) for group in groups)
        if (out := rates.get(counts)) is None:
            out = tuple(float(rate) for rate in pool.rates_out(*counts))
            if len(rates) < _KEPT:
                rates[counts] = out
        total = sum(out)
        if not total or (now := now + rng.standard_exponential() / total) > span:
            return
        kind, old, new = _MOVES[_drawn(out, rng.random() * total)]
        server = groups[old].pop(_struck(pool, kind, counts, rng))
        if new == NORMAL:  # in the order of their numbers: the first ones work
            groups[new].append(server)
            groups[new].sort()
        else:
            groups[new].append(server)
        yield now, server, kind


def _drawn(out: tuple[float, ...], chance: float) -> int:
    for k, rate in enumerate(out):
        chance -= rate
        if chance < 0:
            return k
    return max(k for k, rate in enumerate(out) if rate > 0)  # what rounding has left over


def _struck(pool: Pool, kind: int, counts: tuple[int, ...], rng: np.random.Generator) -> int:
    """Place, within its group, of the server that an event strikes."""
    if kind == REPAIRED:
        return int(rng.integers(min(counts[DOWN], pool.crews)))
    group = {UNSTABLE: NORMAL, FAILED: SHAKY, STARTED: SHAKY, FINISHED: RESTARTING}[kind]
    size = counts[group]
    if pool.mode == "active/active" or kind in (STARTED, FINISHED):
        return int(rng.integers(size))
    active = min(size, pool.primaries - (min(counts[SHAKY], pool.primaries) if kind == UNSTABLE else 0))
    clocks = active + pool.dormancy * (size - active)
    chance = rng.random() * clocks
    if chance < active or not pool.dormancy:
        return min(int(chance), active - 1)
    return min(active + int((chance - active) / pool.dormancy), size - 1)
