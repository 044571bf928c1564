"""What an Optimum carries: flat region, gain, words, plain values."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from optimum_cases import EQUAL, HUMP, INF, WEB, WEB_COSTS, all_costs, bounds_of, rates_of

from rejuvmodel import Cluster, Costs, Rates, optimize, solve
from rejuvmodel.optimum_search import Curve

# Flat region, gain, and what else the result carries.


@given(st.integers(1, 8), rates_of, all_costs, bounds_of)
def test_flat_region_is_within_one_percent(
    n: int, rates: Rates, costs: Costs, bounds: tuple[float, float]
) -> None:
    """The ends of the flat region cost at most 1 % more; an end inside the bounds costs 1 % more, to 1e-6."""
    best = optimize(Cluster(n, rates), costs, bounds)
    assume(best.value > 0)
    curve = Curve(best.model, costs)
    for end, bound in zip(best.flat_region, bounds, strict=True):
        ratio = math.exp(float(curve.log_at(end)) - best.log_value)
        assert ratio <= 1.01 + 1e-6
        assert end == bound or ratio >= 1.01 - 1e-6
    inside = np.geomspace(max(best.flat_region[0], 1e-12), min(best.flat_region[1], 1e9), 50)
    if best.location != "flat" and inside[0] < inside[-1]:
        assert np.exp(np.asarray(curve.log_at(inside)) - best.log_value).max() <= 1.01 + 1e-6


@given(st.integers(1, 8), rates_of, all_costs, bounds_of)
def test_gain_is_against_the_same_chain_at_rate_0(
    n: int, rates: Rates, costs: Costs, bounds: tuple[float, float]
) -> None:
    """`without` is the cost at λ_r = 0, `gain` its difference to `value`, the cost of `model`."""
    best = optimize(Cluster(n, rates), costs, bounds)
    assert best.without == solve(Cluster(n, rates.replace(rejuvenation=0))).cost_rate(costs)
    assert best.value == best.state.cost_rate(costs)
    assert best.gain == best.without - best.value
    assert best.model == Cluster(n, rates.replace(rejuvenation=best.rate))


def test_without_costs_the_objective_is_the_unavailability() -> None:
    """Without costs value and gain are unavailabilities."""
    best = optimize(Cluster(2, WEB), bounds=(0, 10))
    assert (best.objective, best.costs) == ("unavailability", None)
    assert best.value == pytest.approx(best.state.unavailability, rel=1e-15)
    assert optimize(Cluster(2, WEB), EQUAL, (0, 10)).objective == "cost"


def test_the_own_rate_of_the_cluster_is_not_used() -> None:
    """The rejuvenation rate of the cluster that is given changes nothing."""
    ours, theirs = Cluster(2, WEB), Cluster(2, WEB.replace(rejuvenation=0.7))
    assert optimize(ours, WEB_COSTS).to_dict() == optimize(theirs, WEB_COSTS).to_dict()


def test_plain_values_are_json() -> None:
    """`to_dict` has every attribute as plain JSON values and survives the round trip."""
    for bounds in ((0, 10), (0, INF)):
        plain = optimize(Cluster(2, WEB), WEB_COSTS, bounds).to_dict()
        assert json.loads(json.dumps(plain)) == plain
        assert {
            "rate",
            "period",
            "value",
            "location",
            "reason",
            "critical_points",
            "certified",
        } < plain.keys()
        assert {
            "flat_region",
            "break_even",
            "gain",
            "without",
            "bounds",
            "servers",
            "rates",
            "costs",
        } < plain.keys()


def test_pickle_keeps_everything() -> None:
    """A pickled optimum has the same values, and its state can still be asked for."""
    best = optimize(Cluster(2, WEB), WEB_COSTS, (0, 10))
    again = pickle.loads(pickle.dumps(best))
    assert again.to_dict() == best.to_dict()
    assert again.state.unavailability == best.state.unavailability
    assert pickle.loads(pickle.dumps(best)).state.states == best.state.states


def test_an_optimum_is_frozen() -> None:
    """No attribute of an optimum can be changed."""
    best = optimize(Cluster(2, WEB), WEB_COSTS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        best.rate = 1.0  # type: ignore[misc]


def test_shown_as_text() -> None:
    """The text names wait, rate, location with its certificate, reason, value, gain and the 1 % range."""
    text = repr(optimize(Cluster(2, WEB), WEB_COSTS, (0, 10)))
    for words in ("mean wait", "per hour", "interior, certified", "isolated exactly", "gain", "waits from"):
        assert words in text


def test_shown_as_html() -> None:
    """The table of a notebook holds the same rows as the text, escaped."""
    best = optimize(Cluster(2, HUMP), bounds=(0, 0.01))
    html = best._repr_html_()
    assert html.startswith("<table>")
    assert html.count("<tr>") == len(repr(best).splitlines()) - 1
    assert "pays only for waits below" in html


@pytest.mark.parametrize(("rate", "period"), [(0.0, INF), (INF, 0.0), (0.25, 4.0)])
def test_period_is_the_mean_wait(rate: float, period: float) -> None:
    """The period is 1/rate: infinite for never, 0 for at once."""
    best = dataclasses.replace(optimize(Cluster(2, WEB)), rate=rate)
    assert best.period == period


def test_optimize_needs_no_sympy() -> None:
    """A certified optimum with isolated roots loads neither SymPy nor scipy.optimize nor matplotlib."""
    code = (
        "import sys, rejuvmodel as rj\n"
        "web = rj.Cluster(3, rj.Rates(aging=1/240, failure=1/2160, repair=.331255, restart=.604810))\n"
        "best = rj.optimize(web, rj.Costs(failure=204.029, rejuvenation=916.127, capacity=.0471747))\n"
        "assert best.certified and len(best.critical_points) == 2\n"
        "print([m for m in ('sympy', 'scipy.optimize', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
