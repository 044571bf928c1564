"""Two independent solutions of a pool agree, and a fault in one of them is noticed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rejuvmodel as rj
from rejuvmodel.models import product_form
from rejuvmodel.models.pool_levels import PoolLevel

RATES = rj.Rates(aging=1 / 240, failure=1 / 720, repair=2, restart=6, rejuvenation=1 / 24)


@pytest.mark.parametrize(
    "terms",
    [
        {"primaries": 6}, {"primaries": 6, "crews": 3, "required": 2}, {"primaries": 30, "crews": 2},
        {"primaries": 6, "slots": 1}, {"primaries": 4, "spares": 2, "mode": "active/standby"},
        {"primaries": 5, "spares": 2, "guarded": True, "dormancy": 0.3, "mode": "active/standby"},
        {"primaries": 30, "slots": 2, "crews": 2}, {"primaries": 1}, {"primaries": 5, "slots": 0},
    ],
    ids=str,
)  # fmt: skip
def test_two_ways_agree(terms: dict[str, Any]) -> None:
    """Product form against levels, and levels against GTH or elimination, in every state and mass."""
    found = rj.agreement(rj.Pool(rates=RATES, **terms))
    found.check(rtol=1e-11)
    assert len(set(found.methods)) == 2


def test_a_fault_in_the_product_form_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repair rate wrong by a millionth in the product form fails the check and names a state."""
    honest = product_form.ProductForm._w.func  # type: ignore[attr-defined]

    def faulty(self: product_form.ProductForm) -> Any:
        weights = dict(honest(self))
        weights["f"] = weights["f"]._replace(m=weights["f"].m * (1 + 1e-6))
        return weights

    monkeypatch.setattr(product_form.ProductForm, "_w", property(faulty))
    with pytest.raises(rj.AgreementError, match=r"\(\d+, \d+, \d+, \d+\)|states|unavailability"):
        rj.agreement(rj.Pool(primaries=4, rates=RATES)).check()


def test_a_fault_in_a_level_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate within a level wrong by a millionth fails the check against GTH."""
    honest = PoolLevel.inner
    monkeypatch.setattr(PoolLevel, "inner", lambda self: honest(self) * (1 + 1e-6))
    with pytest.raises(rj.AgreementError):
        rj.agreement(rj.Pool(primaries=4, rates=RATES, slots=1)).check()


def test_rare_numbers_of_servers_up_are_not_cut() -> None:
    """Where states are left out while sweeping, the distribution of up servers still has all its digits."""
    pool = rj.Pool(primaries=40, rates=RATES, crews=2)
    exact, swept = rj.solve(pool), rj.solve(pool, rj.LevelAggregation())
    assert np.max(np.abs(exact.log_up_servers - swept.log_up_servers)) <= 1e-11  # type: ignore[attr-defined]


@pytest.mark.parametrize("required", [1, 5, 20, 39, 40])
def test_planned_outages_are_not_cut(required: int) -> None:
    """However many servers have to rejuvenate together, planned unavailability has all its digits."""
    pool = rj.Pool(primaries=40, rates=RATES, crews=2, required=required)
    exact, swept = (rj.solve(pool, solver) for solver in (None, rj.LevelAggregation()))
    for name in ("planned", "unplanned", "unavailability"):
        one, two = (float(state.solution.mass(name, logarithm=True)) for state in (exact, swept))
        assert one == pytest.approx(two, abs=1e-11)


@pytest.mark.parametrize(
    "terms", [{"primaries": 3}, {"primaries": 2, "spares": 2, "mode": "active/standby"}], ids=str
)
def test_what_only_ages_ends_unstable(terms: dict[str, Any]) -> None:
    """Without failures and rejuvenations all active servers end up unstable, by every solver."""
    pool = rj.Pool(rates=RATES.replace(failure=0, rejuvenation=0), **terms)
    end = (pool.total - pool.primaries, pool.primaries, 0, 0)
    if terms["primaries"] == 3:
        end = (0, 3, 0, 0)
    for solver in (None, rj.LevelReduction(), rj.LevelAggregation(), rj.GTH()):
        state = rj.solve(pool, solver)
        assert state[end] == 1
        assert state.unavailability == 0
