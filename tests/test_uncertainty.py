"""Uncertain rates give the right distributions, and errors that are errors."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from scipy import stats

import rejuvmodel as rj
from rejuvmodel.propagation.marginals import marginals

RATES = rj.Rates.from_mean_times(aging="7 d", failure="90 d", repair="2 h", restart="20 min")
AT_14_DAYS = RATES.replace(rejuvenation=1 / 336)
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
KNOWN = {"aging": ("5 d", "10 d"), "failure": ("30 d", "270 d")}
FAST = {"points": 64}


def test_two_gamma_posteriors_give_the_f_distribution() -> None:
    """With gamma posteriors of λ and μ, U/(1 − U) = λ/μ of one server has a scaled F distribution."""
    found = rj.uncertainty(
        rj.Reactive(servers=1, failure=0.01, repair=1.0),
        {"failure": stats.gamma(4.5, scale=1 / 400), "repair": stats.gamma(6.5, scale=1 / 7)},
    )
    exact = stats.f(9, 13, scale=(4.5 / 400) / (6.5 / 7))
    for share in (0.01, 0.05, 0.5, 0.95, 0.99):
        down = found.unavailability.quantile(share)
        assert exact.cdf(down / (1 - down)) == pytest.approx(share, abs=5e-4)
    mean = exact.expect(lambda odds: odds / (1 + odds))
    assert abs(found.unavailability.mean.mean - mean) < 4 * found.unavailability.mean.standard_error
    assert found.availability.mean.mean == pytest.approx(1 - mean, rel=1e-5)


@pytest.mark.parametrize("name", ["aging", "failure", "repair"])
def test_one_rate_is_pushed_forward(name: str) -> None:
    """Where one rate is uncertain and the measure monotone, quantiles go over into quantiles."""
    law = stats.lognorm(0.7, scale=float(getattr(RATES, name)))
    model = rj.Cluster(3, AT_14_DAYS)
    found = rj.uncertainty(model, {name: law}, points=256)
    for share in (0.05, 0.5, 0.95):
        near = [share - 1e-3, share + 1e-3]
        at = law.ppf(1 - np.array(near) if name == "repair" else near)
        exact = rj.solve(rj.Cluster(3, AT_14_DAYS.replace(**{name: at})))
        for spread, (low, high) in (
            (found.unavailability, exact.unavailability),
            (found.downtime, exact.downtime(8760)),
        ):
            assert low < spread.quantile(share) < high
        low, high = exact.availability[::-1]
        assert low <= found.availability.quantile(1 - share) <= high


def test_means_and_target_agree_with_plain_monte_carlo() -> None:
    """Mean cost, mean unavailability and the probability of a target agree with random sampling."""
    found = rj.uncertainty(
        rj.Cluster(2, AT_14_DAYS), KNOWN, costs=COSTS, target=0.999995, bounds=(0, 10), points=256
    )
    rng, size = np.random.default_rng(7), 200_000
    drawn = {one.name: one.law.rvs(size=size, random_state=rng) for one in found.inputs}
    state = rj.solve(rj.Cluster(2, AT_14_DAYS.replace(**drawn)))
    for mine, values in (
        (found.unavailability.mean, state.unavailability),
        (found.cost.mean, state.cost(COSTS, 8760)),
        (found.meets_target, np.asarray(state.unavailability) <= 5e-6),
    ):
        error = np.hypot(mine.standard_error, np.std(values) / np.sqrt(size))
        assert abs(mine.mean - np.mean(values)) < 4 * error
        assert mine.standard_error < np.std(values) / np.sqrt(size) * 3  # 100 times fewer points


def test_a_target_may_be_a_downtime() -> None:
    """A downtime over the horizon means the availability that allows it."""
    model = rj.Cluster(2, AT_14_DAYS)
    first = rj.uncertainty(model, KNOWN, target="5.256 min", **FAST)
    second = rj.uncertainty(model, KNOWN, target=0.99999, **FAST)
    assert first.target == pytest.approx(second.target, rel=1e-12)
    assert first.meets_target == second.meets_target


def test_indices_of_a_product_are_shares_of_variance() -> None:
    """The logarithm of λ/μ is a sum, so the indices are the shares of the variances of both logarithms."""
    found = rj.uncertainty(
        rj.Reactive(servers=1, failure=1e-6, repair=1.0),
        {"failure": stats.lognorm(1.5, scale=1e-6), "repair": stats.lognorm(0.5, scale=1.0)},
    )
    indices = found.indices["unavailability"]
    assert indices.of == "log unavailability"
    assert indices.ranking == ("failure", "repair")
    for part in (indices.first, indices.total):
        assert part["failure"].mean == pytest.approx(0.9, abs=2e-3)
        assert part["repair"].mean == pytest.approx(0.1, abs=2e-3)


def test_indices_of_narrow_measures_are_of_the_measure_itself() -> None:
    """Within a decade no logarithm is taken; a rate that changes nothing has the index 0."""
    quiet = rj.Costs(failure=1, rejuvenation=1)
    model = rj.Cluster(1, RATES.replace(rejuvenation=0))
    found = rj.uncertainty(model, {"aging": (0.005, 0.006), "restart": (2.0, 4.0)}, costs=quiet, **FAST)
    for one in found.indices.values():
        assert one.of in ("unavailability", "cost")
        assert one.total["restart"].mean < 1e-20
        assert one.total["aging"].mean == pytest.approx(1, abs=0.02)


def test_errors_cover_the_truth() -> None:
    """Over 40 seeds the mean lies within 2.365 standard errors (95 %, Student's t) as often as it should."""
    model = rj.Reactive(servers=1, failure=0.01, repair=1.0)
    laws = {"failure": stats.gamma(4.5, scale=1 / 400), "repair": stats.gamma(6.5, scale=1 / 7)}
    exact = stats.f(9, 13, scale=(4.5 / 400) / (6.5 / 7)).expect(lambda odds: odds / (1 + odds))
    means = [rj.uncertainty(model, laws, points=16, seed=seed).unavailability.mean for seed in range(40)]
    covered = sum(abs(one.mean - exact) < 2.365 * one.standard_error for one in means)
    assert covered >= 33


def test_a_pool_of_one_server_is_a_cluster_of_one() -> None:
    """A pool of one server, solved point by point, has the numbers of the closed form."""
    known = {**KNOWN, "repair": (0.3, 0.9)}
    pool = rj.uncertainty(rj.Pool(primaries=1, rates=AT_14_DAYS), known, costs=COSTS, points=4)
    cluster = rj.uncertainty(rj.Cluster(1, AT_14_DAYS), known, costs=COSTS, points=4)
    assert pool.decision is None
    np.testing.assert_allclose(pool.unavailability.logs, cluster.unavailability.logs, atol=1e-10)
    np.testing.assert_allclose(pool.cost.logs, cluster.cost.logs, atol=1e-10)


def test_deep_tails_stay_apart() -> None:
    """Unavailabilities far below the smallest double are distributed as their logarithms."""
    found = rj.uncertainty(rj.Cluster(300, RATES.replace(rejuvenation=1 / 336)), KNOWN, points=16)
    logs = found.unavailability.logs
    assert np.isfinite(logs).all()
    assert logs.max() < -800
    assert found.indices["unavailability"].of == "log unavailability"


def test_readings_of_a_range() -> None:
    """A range is the 5 and 95 % points of a lognormal law, or the ends of a law without tails."""
    names = ("aging",)
    for reading, shares in (("lognormal", (0.05, 0.95)), ("loguniform", (1e-12, 1 - 1e-12))):
        (one,) = marginals({"aging": (0.002, 0.03)}, names, reading)
        np.testing.assert_allclose(one.quantile(np.array(shares)), (0.002, 0.03), rtol=1e-9)
        assert one.quantile(0.5) == pytest.approx(np.sqrt(0.002 * 0.03))
    (one,) = marginals({"aging": (0.002, 0.03)}, names, "uniform")
    assert one.quantile(0.5) == pytest.approx(0.016)
    (times,) = marginals({"aging": ("2 h", "4 h")}, names, "lognormal")
    (rates,) = marginals({"aging": (0.25, 0.5)}, names, "lognormal")
    np.testing.assert_allclose(times.quantile(np.array([0.1, 0.9])), rates.quantile(np.array([0.1, 0.9])))


def test_estimates_become_gamma_posteriors() -> None:
    """Counted events are read as Gamma(events + 1/2, exposure), also where none was seen."""
    counts = {"aging": (31, 5222.7), "failure": (0, 7056), "repair": (3, 6.0), "restart": (28, 9.3)}
    estimates = rj.RateEstimates.from_counts(clock="cluster", servers=2, **counts)
    found = rj.uncertainty(rj.Cluster(2, AT_14_DAYS), estimates, **FAST)
    assert [one.name for one in found.inputs] == list(counts)
    for one in found.inputs:
        events, exposure = counts[one.name]
        exact = stats.gamma(events + 0.5, scale=1 / exposure)
        assert one.quantile(0.3) == pytest.approx(exact.ppf(0.3), rel=1e-12)
    one_rate = rj.uncertainty(rj.Cluster(2, AT_14_DAYS), {"failure": estimates.failure}, **FAST)
    assert one_rate.inputs == (one_rate.inputs[0],)
    with pytest.raises(rj.InvalidInputError, match="clock of each cluster"):
        rj.uncertainty(rj.Pool(primaries=2, rates=AT_14_DAYS), estimates)


def test_the_seed_gives_the_same_numbers() -> None:
    """The same seed gives the same result, another seed another one within the errors."""
    model = rj.Cluster(2, RATES)
    first, same, other = (rj.uncertainty(model, KNOWN, costs=COSTS, seed=s, **FAST) for s in (1, 1, 2))
    assert first.to_dict() == same.to_dict()
    a, b = first.decision.perfect_information, other.decision.perfect_information
    assert a != b
    assert abs(a.mean - b.mean) < 5 * np.hypot(a.standard_error, b.standard_error)


def test_a_result_is_read_only_and_survives_pickle() -> None:
    """Results cannot be written to, and come back from pickle, JSON and data frames with their numbers."""
    found = rj.uncertainty(rj.Cluster(2, RATES), KNOWN, costs=COSTS, target=0.99999, **FAST)
    back = pickle.loads(pickle.dumps(found))
    assert back.to_dict() == found.to_dict()
    assert repr(back) == repr(found)
    for one in (found, back):
        for array in (one.columns["aging"], one.unavailability.logs, one.decision.band.log_mean):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
    assert json.loads(json.dumps(found.to_dict()))["seed"] == 0
    table = found.to_dataframe()
    assert len(table) == found.scramblings * found.points == 512
    assert table["cost"].mean() == pytest.approx(found.cost.mean.mean, rel=1e-12)
    html = found._repr_html_()
    for text in ("availability", "median", "lognormal", "met with probability", "Knowing one rate"):
        assert text in html


def test_progress_is_reported_to_the_end() -> None:
    """The parts done rise one by one to the number that was announced."""
    for model, bounds in ((rj.Cluster(2, RATES), None), (rj.Pool(primaries=1, rates=RATES), (0, 1))):
        seen: list[tuple[int, int]] = []
        rj.uncertainty(
            model, {"aging": (0.004, 0.008)}, bounds=bounds, points=2,
            progress=lambda done, total, seen=seen: seen.append((done, total)),
        )  # fmt: skip
        assert seen == [(k, seen[-1][1]) for k in range(1, seen[-1][1] + 1)]


OPEN = rj.Cluster(2, RATES)
POOL = rj.Pool(primaries=2, rates=RATES)
BAD = {
    "no model": (lambda: rj.uncertainty(3, KNOWN), "model"),
    "a chain": (lambda: rj.uncertainty(OPEN.with_rejuvenation(1).chain(), KNOWN), "model"),
    "a grid": (lambda: rj.uncertainty(rj.Cluster(2, RATES.replace(aging=[1, 2])), KNOWN), "model"),
    "no mapping": (lambda: rj.uncertainty(OPEN, [1, 2]), "inputs"),
    "nothing": (lambda: rj.uncertainty(OPEN, {}), "inputs"),
    "unknown rate": (lambda: rj.uncertainty(OPEN, {"ageing": (1, 2)}), "aging"),
    "not of this model": (
        lambda: rj.uncertainty(rj.Reactive(servers=1, failure=1, repair=1), {"aging": (1, 2)}), "failure",
    ),
    "equal ends": (lambda: rj.uncertainty(OPEN, {"aging": (1, 1)}), "lo < hi"),
    "swapped ends": (lambda: rj.uncertainty(OPEN, {"aging": (2, 1)}), "lo < hi"),
    "swapped times": (lambda: rj.uncertainty(OPEN, {"aging": ("9 d", "5 d")}), "shorter time"),
    "negative": (lambda: rj.uncertainty(OPEN, {"aging": (-1, 1)}), r'inputs\["aging"\]\[0\]'),
    "zero": (lambda: rj.uncertainty(OPEN, {"aging": (0, 1)}), "above 0"),
    "three ends": (lambda: rj.uncertainty(OPEN, {"aging": (1, 2, 3)}), "two rates"),
    "a number": (lambda: rj.uncertainty(OPEN, {"aging": 1}), "an input is a range"),
    "a name": (lambda: rj.uncertainty(OPEN, {"aging": "high"}), "an input is a range"),
    "support below 0": (lambda: rj.uncertainty(OPEN, {"aging": stats.norm(1, 0.1)}), "reaches down to"),
    "repair of 0": (lambda: rj.uncertainty(OPEN, {"repair": stats.poisson(2)}), "above 0"),
    "without quantiles": (lambda: rj.uncertainty(OPEN, {"repair": stats.uniform(1, 0)}), "NaN"),
    "always the same": (lambda: rj.uncertainty(OPEN, {"repair": stats.binom(1, 1.0)}), "more than one"),
    "reading": (lambda: rj.uncertainty(OPEN, KNOWN, ranges="normal"), "ranges"),
    "costs": (lambda: rj.uncertainty(OPEN, KNOWN, costs=5), "costs"),
    "grid of costs": (
        lambda: rj.uncertainty(OPEN, KNOWN, costs=rj.Costs(failure=[1, 2], rejuvenation=1)), "costs",
    ),
    "costs of other states": (
        lambda: rj.uncertainty(rj.Reactive(servers=1, failure=1, repair=1), {"failure": (1, 2)}, costs=COSTS),
        "rejuvenating",
    ),
    "target of 1": (lambda: rj.uncertainty(OPEN, KNOWN, target=1), "target"),
    "longer than the horizon": (lambda: rj.uncertainty(OPEN, KNOWN, target="400 d"), "target"),
    "horizon": (lambda: rj.uncertainty(OPEN, KNOWN, horizon="never"), "horizon"),
    "points": (lambda: rj.uncertainty(OPEN, KNOWN, points=100), "points=128"),
    "workers": (lambda: rj.uncertainty(OPEN, KNOWN, workers=0), "workers"),
    "workers of another kind": (lambda: rj.uncertainty(OPEN, KNOWN, workers="two"), "workers"),
    "seed": (lambda: rj.uncertainty(OPEN, KNOWN, seed=-1), "seed"),
    "bounds": (lambda: rj.uncertainty(OPEN, KNOWN, bounds=(3, 1)), "bounds"),
    "decided and uncertain": (
        lambda: rj.uncertainty(OPEN, {"rejuvenation": (0.1, 1)}, bounds=(0, 1)),
        "either decided or uncertain",
    ),
    "open and uncertain": (
        lambda: rj.uncertainty(OPEN, {"rejuvenation": (0.1, 1)}), "either decided or uncertain",
    ),
    "bounds of the prior art": (
        lambda: rj.uncertainty(
            rj.Reactive(servers=1, failure=1, repair=1), {"failure": (1, 2)}, bounds=(0, 1)
        ),
        "rejuvenates nothing",
    ),
    "open pool": (lambda: rj.uncertainty(POOL, KNOWN), "finite bounds"),
    "infinite bounds of a pool": (lambda: rj.uncertainty(POOL, KNOWN, bounds=(0, np.inf)), "bounds"),
    "at": (lambda: rj.uncertainty(OPEN, KNOWN, at="best"), "at is"),
    "at an open rate": (lambda: rj.uncertainty(OPEN, KNOWN, at="model"), "leaves its rejuvenation rate open"),
    "at no decision": (
        lambda: rj.uncertainty(POOL.with_rejuvenation(0.1), KNOWN, at="decision"), "nothing is decided",
    ),
    "share": (lambda: rj.uncertainty(OPEN, KNOWN, points=2).unavailability.quantile(1), "share"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(name: str) -> None:
    """What cannot be right is refused by an error that names it."""
    call, text = BAD[name]
    with pytest.raises(rj.InvalidInputError, match=text):
        call()


def test_an_uncertain_rejuvenation_rate_is_no_decision() -> None:
    """A rejuvenation rate uncertain around the model's own moves the measures; nothing is decided."""
    law = stats.loguniform(1 / 1000, 1 / 100)
    found = rj.uncertainty(rj.Cluster(2, AT_14_DAYS), {"rejuvenation": law}, **FAST)
    assert found.decision is None
    exact = rj.solve(rj.Cluster(2, RATES.replace(rejuvenation=float(law.ppf(0.5))))).unavailability
    assert found.unavailability.median == pytest.approx(exact, rel=0.02)
