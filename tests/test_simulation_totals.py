"""Totals of a simulation: the sums over replications are those of plain formulas over all of them."""

from __future__ import annotations

import numpy as np
import pytest

import rejuvmodel as rj
from rejuvmodel.simulation.events import KINDS
from rejuvmodel.simulation.totals import COUNTS, TIMES, Summing

RATES = rj.Rates(aging=1, failure=1, repair=1, restart=1, rejuvenation=1)


def drawn(states: int, replications: int) -> np.ndarray:
    """Ledgers in which most states are rare and the first is nearly all of the time."""
    rng = np.random.default_rng(1)
    ledgers = rng.standard_exponential((replications, states + KINDS))
    ledgers *= rng.random(ledgers.shape) < np.geomspace(1, 1e-4, states + KINDS)
    ledgers[:, :states] *= np.geomspace(1, 1e-6, states)
    ledgers[:, states:] = rng.integers(0, 3, (replications, KINDS))
    return np.column_stack([ledgers, ledgers[:, :states].sum(axis=1) * rng.random(replications)])


@pytest.mark.parametrize("servers", [1, 2, 40])
@pytest.mark.parametrize("replications", [100, 5000])
def test_sums_are_those_of_all_replications(servers: int, replications: int) -> None:
    """However the replications come in, sums and residuals are those of two plain passes over all."""
    chain = rj.Cluster(servers, RATES).chain()
    size = len(chain)
    ledgers = drawn(size, replications)
    summing = Summing(chain)
    for part in np.array_split(ledgers, 7):
        summing.add(part)
    totals = summing.totals()

    spent = ledgers[:, :size]
    hours = spent.sum(axis=1)
    zero, r1, u, r = (
        spent[:, servers],
        spent[:, -1],
        spent[:, servers + 1 : 2 * servers + 1],
        spent[:, 2 * servers + 1 :],
    )
    times = [zero, r1, r.sum(axis=1), u.sum(axis=1), zero + r1]
    kinds = ledgers[:, size:]
    counts = [kinds[:, [k for k in range(KINDS) if k & bit]].sum(axis=1) for bit in COUNTS.values()]
    x = np.column_stack([spent, *times, *counts])
    ratio = x.sum(axis=0) / hours.sum()
    residual = x - np.outer(hours, ratio)

    assert totals.replications == replications
    assert len(totals.total) == size + len(TIMES) + len(COUNTS)
    assert totals.hours == pytest.approx(hours.sum(), rel=1e-12)
    assert totals.longest == pytest.approx(hours.max(), rel=1e-12)
    assert totals.total == pytest.approx(x.sum(axis=0), rel=1e-12)
    assert totals.squares == pytest.approx((residual**2).sum(axis=0), rel=1e-9)
    assert totals.products == pytest.approx(residual[:, size:].T @ residual[:, size:], rel=1e-9, abs=1e-9)
    assert totals.largest == pytest.approx(x.max(axis=0), rel=1e-12)
    assert totals.largest_rest == pytest.approx((hours[:, None] - x).max(axis=0), rel=1e-12)
    before, struck = ledgers[:, -1], times[-1] > 0
    outage = [before.sum(), before @ before, before @ struck, struck.sum()]
    assert totals.outage == pytest.approx(outage, rel=1e-12)
    assert totals.seen.tolist() == np.count_nonzero(x, axis=0).tolist()
