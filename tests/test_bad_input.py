"""Bad input to the whole public API: an error that names the argument, whatever the value.

Warnings are errors in this suite, so a NumPy warning that escapes fails these tests as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from bad_values import MAKERS, junk
from hypothesis import given, settings
from hypothesis import strategies as st

import rejuvmodel as rj

GOOD: dict[str, Any] = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 0.5, "restart": 3.0}
OPEN = rj.Cluster(2, rj.Rates(**GOOD))
WEB = OPEN.with_rejuvenation(1 / 336)
GRID = rj.Cluster(2, rj.Rates(**GOOD, rejuvenation=[0.1, 0.2]))
COSTS = rj.Costs(failure=1000, rejuvenation=10)
ROWS = [("up", "down", 0.01, "failure"), ("down", "up", 2.0, "repair")]
CHAIN = rj.MarkovChain.from_transitions(ROWS, down={"down": "unplanned"})
TIMED = rj.Cluster(2, OPEN.rates, trigger=rj.Trigger(rj.Fixed(5)))
STATE = rj.solve(WEB)
AGREED = rj.agreement(WEB)
MISSION = rj.transient(WEB, 720)


class Site(NamedTuple):
    """One place for one value: the call, what the error must name, and whether some junk is valid there."""

    call: Callable[[Any], object]
    named: str
    lenient: bool = False


def chain(rows: Any = ROWS, **named: Any) -> rj.MarkovChain:
    return rj.MarkovChain.from_transitions(rows, **named)


TIMES = {"aging": "7 d", "failure": "90 d", "repair": "2 h", "restart": "20 min"}
PRICES = {"failure": 1.0, "rejuvenation": 1.0}
SITES = {
    **{f"Rates.{k}": Site(lambda v, k=k: rj.Rates(**(GOOD | {k: v})), k) for k in GOOD},
    **{f"times.{k}": Site(lambda v, k=k: rj.Rates.from_mean_times(**(TIMES | {k: v})), k) for k in TIMES},
    **{
        f"Costs.{k}": Site(lambda v, k=k: rj.Costs(**(PRICES | {k: v})), k)
        for k in ("failure", "rejuvenation", "capacity", "per_rejuvenation", "degraded")
    },
    "Rates.rejuvenation": Site(lambda v: rj.Rates(**GOOD, rejuvenation=v), "rejuvenation"),
    "times.rejuvenation": Site(lambda v: rj.Rates.from_mean_times(**TIMES, rejuvenation=v), "rejuvenation"),
    "replace": Site(lambda v: WEB.rates.replace(repair=v), "repair"),
    "with_rejuvenation": Site(OPEN.with_rejuvenation, "rejuvenation"),
    "Cluster.servers": Site(lambda v: rj.Cluster(v, WEB.rates), "servers"),
    "Cluster.rates": Site(lambda v: rj.Cluster(2, v), "rates"),
    "Cluster.trigger": Site(lambda v: rj.Cluster(2, WEB.rates, trigger=v), "trigger"),
    "Cluster[]": Site(lambda v: GRID[v], "Rates[...]", lenient=True),
    "Reactive.servers": Site(lambda v: rj.Reactive(servers=v, failure=1, repair=1), "servers"),
    "Exponential.mean": Site(rj.Exponential, "mean"),
    "Fixed.delay": Site(rj.Fixed, "delay"),
    "Erlang.k": Site(lambda v: rj.Erlang(v, 5), "k"),
    "Erlang.mean": Site(lambda v: rj.Erlang(3, v), "mean"),
    "Uniform.lo": Site(lambda v: rj.Uniform(v, 1e300), "lo"),
    "Uniform.hi": Site(lambda v: rj.Uniform(0, v), "hi"),
    "Hyperexponential.probabilities": Site(
        lambda v: rj.Hyperexponential(v, [1, 2]), "probabilities", lenient=True
    ),
    "Hyperexponential.means": Site(lambda v: rj.Hyperexponential([0.5, 0.5], v), "means"),
    "Empirical.samples": Site(rj.Empirical, "samples"),
    "law.scaled": Site(rj.Erlang(3, 5).scaled, "mean"),
    "law.laplace": Site(rj.Fixed(5).laplace, "s"),
    "law.one_minus_laplace": Site(rj.Fixed(5).one_minus_laplace, "s"),
    "Trigger.law": Site(rj.Trigger, "law"),
    "Trigger.clock": Site(lambda v: rj.Trigger(rj.Fixed(5), v), "clock"),
    "Trigger.scaled": Site(rj.Trigger(rj.Fixed(5)).scaled, "mean"),
    "Cluster.with_period": Site(TIMED.with_period, "mean"),
    "optimize.bounds of means": Site(lambda v: rj.optimize(TIMED, bounds=v), "bounds"),
    "optimize.bounds[0] of means": Site(lambda v: rj.optimize(TIMED, bounds=(v, 1)), "bounds"),
    "optimize.bounds[1] of means": Site(lambda v: rj.optimize(TIMED, bounds=(0, v)), "bounds"),
    "Reactive.failure": Site(lambda v: rj.Reactive(servers=2, failure=v, repair=1), "failure"),
    "Reactive.repair": Site(lambda v: rj.Reactive(servers=2, failure=1, repair=v), "repair"),
    "transitions": Site(chain, "transitions"),
    "transitions[1]": Site(lambda v: chain([ROWS[0], v]), "transitions[1]"),
    "from": Site(lambda v: chain([(v, "down", 1.0)]), "transitions[0] from", lenient=True),
    "to": Site(lambda v: chain([("up", v, 1.0)]), "transitions[0] to", lenient=True),
    "rate": Site(lambda v: chain([("up", "down", v)]), "transitions[0] rate"),
    "cause": Site(lambda v: chain([("up", "down", 1.0, v)]), "transitions[0] cause", lenient=True),
    "down": Site(lambda v: chain(down=v), "down"),
    "down's cause": Site(lambda v: chain(down={"down": v}), "down["),
    "degraded": Site(lambda v: chain(degraded=v), "degraded"),
    "rejuvenating": Site(lambda v: chain(rejuvenating=v), "rejuvenating"),
    "start": Site(lambda v: chain(start=v), "start"),
    "solve.model": Site(rj.solve, "model"),
    "solve.solver": Site(lambda v: rj.solve(WEB, v), "solver"),
    "solve.solver of a chain": Site(lambda v: rj.solve(CHAIN, v), "solver"),
    "agreement.model": Site(rj.agreement, "model"),
    "agreement.solver": Site(lambda v: rj.agreement(WEB, v), "solver"),
    "optimize.model": Site(rj.optimize, "model"),
    "optimize.costs": Site(lambda v: rj.optimize(OPEN, v), "costs"),
    "optimize.bounds": Site(lambda v: rj.optimize(OPEN, bounds=v), "bounds"),
    "optimize.bounds[0]": Site(lambda v: rj.optimize(OPEN, bounds=(v, 1)), "bounds"),
    "optimize.bounds[1]": Site(lambda v: rj.optimize(OPEN, bounds=(0, v)), "bounds"),
    "optimize.certified": Site(lambda v: rj.optimize(OPEN, certified=v), "certified", lenient=True),
    "state[]": Site(STATE.__getitem__, "state"),
    "log_probability": Site(STATE.log_probability, "state"),
    "downtime": Site(STATE.downtime, "hours"),
    "cost.hours": Site(lambda v: STATE.cost(COSTS, v), "hours"),
    "cost.costs": Site(lambda v: STATE.cost(v, 1.0), "costs"),
    "cost_rate": Site(STATE.cost_rate, "costs"),
    "log_cost_rate": Site(STATE.log_cost_rate, "costs"),
    "expected": Site(STATE.expected, "reward"),
    "expected by label": Site(lambda v: STATE.expected({"u2": v}), "reward['u2']", lenient=True),
    "check": Site(AGREED.check, "rtol"),
    "transient.model": Site(lambda v: rj.transient(v, 1.0), "model"),
    "transient.hours": Site(lambda v: rj.transient(WEB, v), "hours"),
    "transient.start": Site(lambda v: rj.transient(WEB, 1.0, start=v), "start", lenient=True),
    "transient[]": Site(MISSION.__getitem__, "state"),
    "transient.cost": Site(MISSION.cost, "costs"),
    "transient.expected": Site(MISSION.expected, "reward"),
    "transient.accumulated": Site(MISSION.accumulated, "reward"),
    "interval_reliability.hours": Site(lambda v: rj.interval_reliability(WEB, v), "hours"),
    "mean_time_to_outage.model": Site(rj.mean_time_to_outage, "model"),
    "mean_time_to_outage.start": Site(lambda v: rj.mean_time_to_outage(WEB, start=v), "start", lenient=True),
}


def refused(site: Site, value: Any) -> None:
    """The call raises an error of the library that names the argument, or, where lenient, returns."""
    result, text = None, ""
    try:
        result = site.call(value)
    except (rj.InvalidInputError, rj.SizeError) as error:
        text = str(error)
    assert text or site.lenient, f"{type(value)} was accepted"
    assert not text or site.named in text
    assert len(text) < 1000
    assert not isinstance(result, float) or not math.isnan(result)


@pytest.mark.parametrize("name", SITES)
def test_every_known_junk_is_refused_everywhere(name: str) -> None:
    """Each of 60 hand-picked bad values is refused at every place, by an error that names the argument."""
    for make in MAKERS:
        refused(SITES[name], make())


@pytest.mark.parametrize("name", SITES)
@settings(max_examples=25)
@given(value=junk)
def test_random_junk_is_refused_everywhere(name: str, value: Any) -> None:
    """Random bad values, nested ones too, are refused at every place by an error that names the argument."""
    refused(SITES[name], value)


@pytest.mark.soak
@given(st.sampled_from(sorted(SITES)), junk)
def test_much_random_junk_is_refused_everywhere(name: str, value: Any) -> None:
    """The same for thousands of values."""
    refused(SITES[name], value)
