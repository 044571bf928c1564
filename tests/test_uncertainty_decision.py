"""The decision under uncertainty and the value of information, against hand values and quadrature."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize_scalar

import rejuvmodel as rj
from rejuvmodel.propagation.lower_bounds import possible_gain
from rejuvmodel.propagation.responses import Response
from rejuvmodel.propagation.search import decisions
from rejuvmodel.propagation.uncertainty_inputs import deciding_points

RATES = rj.Rates.from_mean_times(aging="7 d", failure="90 d", repair="2 h", restart="20 min")
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
KNOWN = {"aging": ("5 d", "10 d"), "failure": ("30 d", "270 d"), "repair": ("1 h", "4 h")}
#: Shares and weights of a quadrature in each rate.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)
SHARES, WEIGHTS = (NODES + 1) / 2, WEIGHTS / 2


def cost_of_one(aging: int, failure: Fraction, high: Fraction) -> Fraction:
    """Cost per hour of one server by hand: μ = 2, μ_r = 3, 1000 and 900 an hour, λ_f = 1/aging."""
    unstable = Fraction(1, aging) / (high + failure)
    down, planned = failure * unstable / 2, high * unstable / 3
    return (1000 * down + 900 * planned) / (1 + unstable + down + planned)


def test_value_of_information_by_hand() -> None:
    """With two equally likely failure rates and two decisions all is a sum of four fractions."""
    rare, often, high = Fraction(1, 2**13), Fraction(1, 4), Fraction(1)
    model = rj.Cluster(1, rj.Rates(aging=1 / 168, failure=float(often), repair=2, restart=3))
    two = _TwoPoints(float(rare), float(often))
    costs = rj.Costs(failure=1000, rejuvenation=900)
    found = rj.uncertainty(model, {"failure": two}, costs=costs, bounds=(0, 1), horizon=1, points=16)
    table = [[cost_of_one(168, failure, rate) for failure in (rare, often)] for rate in (0, high)]
    means = [sum(row) / 2 for row in table]
    best = min(means)
    seeing = sum(min(row[k] for row in table) for k in (0, 1)) / 2
    decision = found.decision
    assert decision.expected.mean == pytest.approx(float(best), rel=1e-12)
    assert decision.rate == (0.0 if means[0] == best else 1.0)
    assert decision.perfect_information.mean == pytest.approx(float(best - seeing), rel=1e-9)
    assert decision.partial_information["failure"].mean == pytest.approx(float(best - seeing), rel=1e-9)
    guess = min((0, 1), key=lambda k: table[k][1])  # the model itself has the higher rate
    assert decision.best_guess == guess
    assert decision.regret.mean == pytest.approx(float(means[guess] - best), rel=1e-9, abs=1e-15)


class _TwoPoints:
    """Two equally likely values."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def ppf(self, share):
        return np.where(np.asarray(share) < 0.5, self.low, self.high)

    def support(self) -> tuple[float, float]:
        return self.low, self.high


def log_cost(model: rj.Cluster, rate, **columns) -> np.ndarray:
    changed = model.rates.replace(rejuvenation=rate, **columns)
    return np.asarray(rj.solve(rj.Cluster(model.servers, changed)).log_cost_rate(COSTS))


def test_decision_and_values_agree_with_quadrature() -> None:
    """Decision, EVPI and EVPPI of two uncertain rates agree with Gauss quadrature and a scalar minimiser."""
    model = rj.Cluster(2, RATES)
    laws = {"failure": stats.lognorm(0.6, scale=1 / 2160), "repair": stats.lognorm(0.4, scale=0.5)}
    found = rj.uncertainty(model, laws, costs=COSTS, bounds=(0, 10), horizon=1).decision
    failure, repair = (laws[name].ppf(SHARES) for name in ("failure", "repair"))
    rates = np.geomspace(1e-4, 10, 800)
    costs = np.exp(
        log_cost(model, rates, failure=failure[:, None, None], repair=repair[None, :, None])
    )  # failure, repair, decision
    average = np.einsum("i,j,ijk->k", WEIGHTS, WEIGHTS, costs)
    least = average.min()
    evpi = least - np.einsum("i,j,ij->", WEIGHTS, WEIGHTS, costs.min(axis=2))
    by_failure = least - WEIGHTS @ np.einsum("j,ijk->ik", WEIGHTS, costs).min(axis=1)
    by_repair = least - WEIGHTS @ np.einsum("i,ijk->jk", WEIGHTS, costs).min(axis=1)
    for mine, exact in (
        (found.expected, least),
        (found.perfect_information, evpi),
        (found.partial_information["failure"], by_failure),
        (found.partial_information["repair"], by_repair),
    ):
        assert abs(mine.mean - exact) < 5 * mine.standard_error + 1e-3 * exact
        assert mine.standard_error < 0.05 * exact
    exact_best = minimize_scalar(
        lambda x: np.interp(x, np.log(rates), average), bounds=np.log([1e-3, 1]), method="bounded"
    ).x
    assert found.rate == pytest.approx(np.exp(exact_best), rel=0.02)
    guess = average[np.argmin(np.abs(rates - found.best_guess))]
    assert found.regret.mean == pytest.approx(guess - least, rel=0.05)


def test_the_best_of_each_point_is_the_certified_optimum() -> None:
    """At single points the search finds what `optimize` proves to be the best."""
    model = rj.Cluster(3, RATES)
    found = rj.uncertainty(model, KNOWN, costs=COSTS, bounds=(0, 10), points=4)
    best = found.decision.best_rates.values.ravel()
    for k in range(0, best.size, 4):
        point = {name: column.ravel()[k] for name, column in found.columns.items()}
        exact = rj.optimize(rj.Cluster(3, RATES.replace(**point)), COSTS, bounds=(0, 10))
        assert exact.certified
        assert best[k] == pytest.approx(exact.rate, rel=1e-4)
        assert np.exp(log_cost(model, best[k], **point)) <= exact.value * (1 + 1e-9)


def test_no_other_rate_is_better_on_average() -> None:
    """No rate of a fine grid has a lower average cost over the points that were compared."""
    found = rj.uncertainty(rj.Cluster(2, RATES), KNOWN, costs=COSTS, bounds=(0, 10), points=64, horizon=1)
    columns = {name: column.ravel()[:, None] for name, column in found.columns.items()}
    rates = np.concatenate([[0.0], np.geomspace(1e-6, 10, 600)])
    average = np.exp(log_cost(rj.Cluster(2, RATES), rates, **columns)).mean(axis=0)
    assert found.decision.expected.mean <= average.min() * (1 + 1e-9)
    assert found.cost.mean.mean == pytest.approx(found.decision.expected.mean, rel=1e-9)


@pytest.mark.parametrize("servers", [1, 2, 5])
@pytest.mark.parametrize("bounds", [(0, 10), (1e-4, np.inf), (0.01, 0.02)])
def test_no_rate_beats_the_lower_bound(servers: int, bounds: tuple[float, float]) -> None:
    """Wherever the decision is claimed to be, the bound on the gain holds against a fine grid of rates."""
    rng = np.random.default_rng(servers)
    model = rj.Cluster(servers, RATES)
    columns = {"failure": rng.lognormal(-7, 1, 64), "repair": rng.lognormal(-0.7, 0.5, 64)}
    each = {name: column[:, None] for name, column in columns.items()}
    inner = np.geomspace(max(bounds[0], 1e-9), min(bounds[1], 1e6), 1500)
    fine = np.concatenate([bounds[:1], inner, bounds[1:]])
    averages = np.exp(log_cost(model, fine, **each)).mean(axis=0)
    response = Response(model, COSTS)
    grid = decisions(response, columns, *bounds)
    gains = []
    for claimed in (averages.min(), averages[0], averages[700], averages.max()):
        gain = possible_gain(response, columns, grid, float(np.log(claimed)))
        assert 1 - gain <= averages.min() / claimed * (1 + 1e-12)
        gains.append(gain)
    assert gains[0] < 2e-3  # tight where it matters


def test_the_bound_says_where_it_is_none() -> None:
    """With a trigger, and where nothing fails, there is no bound, and the words say not proved."""
    trigger = rj.Trigger(rj.Fixed(100), clock="unstable")
    never = RATES.replace(failure=0)
    for model in (rj.Cluster(2, RATES, trigger), rj.Cluster(2, never)):
        best = rj.uncertainty(model, {"repair": (0.3, 0.8)}, costs=COSTS, points=4).decision
        assert best.possible_gain is None
        assert "not proved" in best.certainty


@pytest.mark.parametrize("name", ["failure", "aging"])
def test_rates_that_may_be_zero_have_a_decision(name: str) -> None:
    """Where a rate is 0 at some points, or nearly so, nothing is bounded, and no warning is given."""
    for law in (stats.poisson(1), stats.gamma(0.01, scale=1 / 2000)):
        found = rj.uncertainty(rj.Cluster(2, RATES), {name: law}, costs=COSTS, points=16)
        assert found.decision.expected.mean >= 0
        assert found.decision.possible_gain is None or 0 <= found.decision.possible_gain <= 1


def test_values_of_information_are_ordered() -> None:
    """No value is negative, and knowing one rate is worth no more than knowing all."""
    found = rj.uncertainty(rj.Cluster(2, RATES), KNOWN, costs=COSTS, points=128).decision
    values = found.partial_information
    assert all(one.mean >= 0 for one in values.values())
    top = found.perfect_information
    assert all(
        one.mean <= top.mean + 4 * (one.standard_error + top.standard_error) for one in values.values()
    )
    assert found.regret.mean >= -1e-12 * found.expected.mean


def test_knowing_is_worth_nothing_where_nothing_changes() -> None:
    """Where one decision is best at every point, information has no value and the guess no regret."""
    found = rj.uncertainty(rj.Cluster(2, RATES), KNOWN, costs=rj.Costs(failure=0, rejuvenation=5), points=16)
    best = found.decision
    assert best.rate == 0
    assert best.location == "lower bound"
    assert best.perfect_information.mean == best.regret.mean == 0
    assert all(one.mean == 0 for one in best.partial_information.values())
    free = rj.uncertainty(rj.Cluster(2, RATES), KNOWN, costs=rj.Costs(failure=0, rejuvenation=0), points=16)
    assert free.decision.location == "flat"
    assert free.cost.mean.mean == 0


def test_an_exponential_trigger_decides_as_the_rate_does() -> None:
    """With an exponential law the best mean delay is the inverse of the best rate, value for value."""
    options = {"costs": COSTS, "points": 32, "horizon": 1}
    by_rate = rj.uncertainty(rj.Cluster(2, RATES), KNOWN, bounds=(1e-4, 1), **options).decision
    trigger = rj.Trigger(rj.Exponential(100), clock="unstable")
    by_mean = rj.uncertainty(rj.Cluster(2, RATES, trigger), KNOWN, bounds=(1, 10_000), **options).decision
    assert by_mean.period == pytest.approx(by_rate.period, rel=1e-3)
    assert by_mean.expected.mean == pytest.approx(by_rate.expected.mean, rel=1e-9)
    assert by_mean.perfect_information.mean == pytest.approx(by_rate.perfect_information.mean, rel=1e-4)
    np.testing.assert_allclose(by_mean.best_periods.logs, by_rate.best_periods.logs, atol=1e-3)
    assert by_mean.best_guess_period == pytest.approx(by_rate.best_guess_period, rel=1e-6)


def test_a_pool_decides_between_bounds() -> None:
    """A pool of one server decides as the cluster of one does, without values of single rates."""
    known = {"failure": (1 / 8000, 1 / 500), "aging": (1 / 200, 1 / 150)}
    options = {"costs": rj.Costs(failure=1000, rejuvenation=10), "bounds": (0, 1), "points": 2}
    pool = rj.uncertainty(rj.Pool(primaries=1, rates=RATES), known, **options).decision
    cluster = rj.uncertainty(rj.Cluster(1, RATES), known, **options).decision
    assert pool.partial_information is None
    assert pool.rate == cluster.rate
    assert pool.expected.mean == pytest.approx(cluster.expected.mean, rel=1e-9)
    assert pool.perfect_information.mean == pytest.approx(cluster.perfect_information.mean, rel=1e-6)


def backwards(function: Any, jobs: Any) -> Any:
    """A map that answers in another order."""
    return [function(job) for job in reversed(list(jobs))]


@pytest.mark.parametrize("workers", [2, map, backwards], ids=["2", "map", "backwards"])
def test_workers_change_no_number_of_a_pool(workers: Any) -> None:
    """Two processes, and functions like map, give what the calling process gives."""
    pool = rj.Pool(primaries=1, spares=1, rates=RATES, slots=1)
    options = {
        "costs": rj.Costs(failure=1000, rejuvenation=10, capacity=5),
        "bounds": (0.001, 0.1),
        "points": 2,
    }
    here = rj.uncertainty(pool, {"failure": (1 / 8000, 1 / 500)}, **options).to_dict()
    assert (
        rj.uncertainty(pool, {"failure": (1 / 8000, 1 / 500)}, workers=workers, **options).to_dict() == here
    )


def test_more_points_of_a_pool_are_more_points_of_its_decision() -> None:
    """A pool decides on a quarter of its points, but at least on 8 if it has them."""
    pool = Response(rj.Pool(primaries=1, rates=RATES), None)
    assert [deciding_points(pool, count) for count in (2, 8, 16, 32, 64, 1024)] == [2, 8, 8, 8, 16, 256]


def test_the_band_is_ordered_and_holds_the_mean() -> None:
    """Quantiles of the band rise from 5 to 95 %, and its mean is that of the decision's values."""
    found = rj.uncertainty(rj.Cluster(2, RATES), KNOWN, costs=COSTS, bounds=(0, 10), points=64, horizon=1)
    band = found.decision.band
    assert (np.diff(band.log_quantiles, axis=0) >= 0).all()
    assert band.decisions[0] == 0
    assert band.decisions[-1] == 10
    place = int(np.argmin(band.log_mean))
    assert np.exp(band.log_mean[place]) == pytest.approx(found.decision.expected.mean, rel=0.02)
    assert found.decision.expected.mean <= np.exp(band.log_mean[place]) * (1 + 1e-12)


def test_a_decision_becomes_a_policy(tmp_path: Path) -> None:
    """The policy waits as decided, predicts the expected values, and says what was uncertain."""
    found = rj.uncertainty(
        rj.Cluster(2, RATES), KNOWN, costs=COSTS, bounds=(0, 10), horizon="30 d", points=64
    )
    found.policy(scope="cluster", currency="EUR", jitter="10 min").save(tmp_path / "policy.json")
    policy = rj.RejuvenationPolicy.load(tmp_path / "policy.json")
    assert (policy.mean, policy.clock, policy.law.to_dict()) == (
        found.decision.period, "unstable", {"name": "exponential"},
    )  # fmt: skip
    assert (policy.servers, policy.required, policy.max_concurrent, policy.jitter) == (2, 1, 1, 1 / 6)
    assert policy.predicted is not None
    assert policy.predicted.unavailability == found.unavailability.mean.mean
    assert policy.predicted.downtime == pytest.approx(found.downtime.mean.mean, rel=1e-12)
    assert policy.predicted.cost_rate == pytest.approx(found.decision.expected.mean / 720, rel=1e-12)
    origin = policy.to_dict()["computed_from"]
    assert origin["model"]["uncertain"] == {one.name: one.source for one in found.inputs}
    assert origin["rates"] == {name: rate for name, rate in RATES.to_dict().items() if name != "rejuvenation"}
    assert (origin["costs"], origin["rate_bounds"]) == (COSTS.to_dict(), [0, 10])


def test_a_period_under_uncertainty_becomes_a_policy() -> None:
    """A policy of a trigger keeps its law and clock, and of a pool it is a clock of each server."""
    timer = rj.Cluster(2, RATES, trigger=rj.Trigger(rj.Fixed(100), clock="service"))
    found = rj.uncertainty(timer, KNOWN, bounds=(24, 5000), at="decision", points=16)
    policy = found.policy(scope="cluster")
    assert (policy.clock, policy.law.to_dict(), policy.mean) == (
        "service", {"name": "fixed"}, found.decision.period,
    )  # fmt: skip
    assert policy.predicted is not None
    assert policy.predicted.cost_rate is None
    assert policy.to_dict()["computed_from"]["mean_bounds"] == [24, 5000]
    pool = rj.Pool(primaries=2, spares=1, rates=RATES)
    found = rj.uncertainty(pool, {"failure": ("30 d", "270 d")}, costs=COSTS, bounds=(0.001, 1), points=4)
    assert found.policy(scope="server").mean == found.decision.period
    with pytest.raises(rj.InvalidInputError, match="each server's"):
        found.policy(scope="cluster")


@pytest.mark.parametrize("options", [{"costs": COSTS}, {"costs": COSTS, "bounds": (0, 10)}])
def test_a_policy_needs_measures_at_its_decision(options: dict[str, object]) -> None:
    """Where the measures are those of the model's own wait, a policy would predict another one: an error."""
    model = rj.Cluster(2, RATES.replace(rejuvenation=1 / 336))
    found = rj.uncertainty(model, KNOWN, points=4, **options)  # type: ignore[arg-type]
    with pytest.raises(rj.InvalidInputError, match='at="decision"'):
        found.policy(scope="cluster")
