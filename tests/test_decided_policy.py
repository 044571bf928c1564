"""An optimum as a policy: law, clock, mean and prediction are those that were found."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rejuvmodel as rj

RATES = rj.Rates(aging=1 / 240, failure=1 / 2160, repair=2, restart=60)
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
LAWS = [
    rj.Exponential(1), rj.Fixed(1), rj.Erlang(3, 1), rj.Uniform(1, 3), rj.Empirical([1, 2, 2, 5]),
    rj.Hyperexponential([0.25, 0.75], [1, 5]),
]  # fmt: skip


def found(law: Any, clock: str, servers: int = 1, **options: Any) -> rj.Optimum:
    return rj.optimize(rj.Cluster(servers, RATES, rj.Trigger(law, clock)), bounds=(1, 5000), **options)


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("clock", ["unstable", "service"])
def test_law_clock_and_mean_are_kept(law: Any, clock: str, tmp_path: Path) -> None:
    """A policy written and read again has the law, clock and mean of the optimum, and its prediction."""
    best = found(law, clock)
    best.policy(scope="server").save(tmp_path / "p.json")
    policy = rj.RejuvenationPolicy.load(tmp_path / "p.json")
    assert (policy.clock, policy.mean, policy.scope) == (clock, best.period, "server")
    assert policy.law.to_dict()["name"] == type(law).__name__.lower()
    assert policy.predicted is not None
    assert policy.predicted.unavailability == best.state.unavailability
    assert (policy.servers, policy.required, policy.max_concurrent) == (1, 0, 1)
    if clock == "service":
        kept = {k: v for k, v in best.model.trigger.to_dict()["law"].items() if k in ("k", "probabilities")}  # type: ignore[union-attr]
        assert {k: policy.law.to_dict()[k] for k in kept} == kept


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_delays_of_the_policy_are_those_of_the_law(law: Any) -> None:
    """Delays drawn by the policy have the distribution of the law at its best mean."""
    import random

    best = found(law, "service")
    policy, source = best.policy(scope="server"), random.Random(5)
    drawn = np.sort([policy.sample_delay(source) for _ in range(4000)])
    law_drawn = np.sort(best.model.trigger.law.sample(np.random.default_rng(5), 4000))  # type: ignore[union-attr]
    at = np.concatenate([drawn, law_drawn]) * (1 + 1e-9)
    gap = np.abs(np.searchsorted(drawn, at) - np.searchsorted(law_drawn, at)).max() / 4000
    assert gap < 0.05


def test_an_exponential_rate_becomes_an_exponential_law() -> None:
    """Without a trigger the law is exponential on the clock "unstable", of mean 1/λ_r, with its costs."""
    best = rj.optimize(rj.Cluster(3, RATES), COSTS, bounds=(0, 10))
    policy = best.policy(scope="cluster", currency="EUR", jitter="5 min", horizon="30 d")
    assert (policy.law.to_dict(), policy.clock, policy.mean) == (
        {"name": "exponential"},
        "unstable",
        best.period,
    )
    assert (policy.servers, policy.required, policy.jitter) == (3, 2, 5 / 60)
    assert policy.predicted is not None
    assert (policy.predicted.cost_rate, policy.predicted.currency) == (best.value, "EUR")
    assert policy.predicted.downtime == best.state.unavailability * 720


def test_what_it_was_computed_from_can_be_solved_again() -> None:
    """Rates, costs and bounds in the policy give the same optimum when they are solved again."""
    best = rj.optimize(rj.Cluster(2, RATES, rj.Trigger(rj.Erlang(3, 1), "service")), COSTS, (1, 5000))
    policy = best.policy(scope="cluster")
    origin = policy.to_dict()["computed_from"]
    again = rj.optimize(
        rj.Cluster(
            origin["model"]["servers"], rj.Rates(**origin["rates"]), rj.Trigger(rj.Erlang(3, 1), "service")
        ),
        rj.Costs(**origin["costs"]),
        origin["mean_bounds"],
    )
    assert again.period == policy.mean


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_never_is_a_policy(law: Any) -> None:
    """Where no delay pays the policy says never, whatever the law."""
    garg = rj.Cluster(1, RATES.replace(restart=6), rj.Trigger(law, "service"))
    policy = rj.optimize(garg).policy(scope="server")
    assert policy.mean == inf
    assert "never" in policy.describe()


def test_a_scope_that_does_not_fit_is_refused() -> None:
    """A cluster of several servers has no clock for each server; other words are no scope."""
    best = found(rj.Fixed(1), "service", servers=2)
    with pytest.raises(rj.InvalidInputError, match='scope: got "server" for a Cluster of 2 servers'):
        best.policy(scope="server")
    for wrong in ("both", None, nan, 1):
        with pytest.raises(rj.InvalidInputError, match="scope"):
            best.policy(scope=wrong)  # type: ignore[arg-type]


def test_a_law_of_your_own_fits_no_file() -> None:
    """A user's law cannot be written down; the error says what to do."""

    class Own:
        def __init__(self, mean: float = 1.0) -> None:
            self.mean = mean

        def laplace(self, s: Any) -> Any:
            return np.exp(-s * self.mean)

        def one_minus_laplace(self, s: Any) -> Any:
            return -np.expm1(-s * self.mean)

        def scaled(self, mean: float) -> Own:
            return Own(mean)

    with pytest.raises(rj.InvalidInputError, match=r"Empirical\(delays\)"):
        found(Own(), "service").policy(scope="server")
