"""agreement: where the two roads meet, what it finds, and how it says so."""

from __future__ import annotations

import itertools
import json
import math
import random
from dataclasses import replace
from typing import Any

import exact
import numpy as np
import pytest
import solvers

import rejuvmodel as rj
from rejuvmodel.cross_check import compare
from rejuvmodel.models import (
    birth_death,
    closed_form,
    compiled_horner,
    extended,
    horner,
    level_weights,
    rate_points,
)
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.solutions import ArraySolution
from rejuvmodel.steady_state import SteadyState

DUPLEX = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 1 / 2, "restart": 3.0, "rejuvenation": 1 / 336}


@pytest.mark.parametrize("servers", [1, 2, 7, 50])
@pytest.mark.parametrize("regime", solvers.REGIMES, ids=lambda regime: regime.name)
def test_roads_agree_on_a_point(regime: exact.Regime, servers: int) -> None:
    """Closed form and GTH agree to 1e-12 in every regime, below the doubles too."""
    found = rj.agreement(rj.Cluster(servers, rj.Rates(**regime.rates)))
    assert found.check(rtol=1e-12) is None
    assert found.methods == ("closed form", "GTH")


def test_roads_agree_on_a_grid() -> None:
    """Closed form and GTH agree on a grid that holds every regime at once."""
    columns = {name: [regime.rates[name] for regime in solvers.REGIMES] for name in DUPLEX}
    rj.agreement(rj.Cluster(20, rj.Rates(**columns))).check(rtol=1e-12)


def test_roads_agree_on_the_prior_art() -> None:
    """They agree on the prior-art model."""
    rj.agreement(rj.Reactive(servers=40, failure=1e-5, repair=2)).check(rtol=1e-12)


def test_direct_as_the_second_road() -> None:
    """The numeric road can be Direct."""
    found = rj.agreement(rj.Cluster(4, rj.Rates(**DUPLEX)), solver=rj.Direct())
    found.check(rtol=1e-9)
    assert found.methods == ("closed form", "Direct")


def test_chain_by_hand() -> None:
    """A chain built by hand is solved by GTH and Direct; down states are not needed."""
    chance = random.Random(1)
    chain = rj.MarkovChain.from_transitions(
        [(a, b, chance.uniform(0.1, 10)) for a, b in itertools.permutations("abcdef", 2)]
    )
    found = rj.agreement(chain)
    found.check()
    assert found.methods == ("GTH", "Direct")


def test_closed_form_is_no_second_road() -> None:
    """Comparing the closed form with itself is refused."""
    with pytest.raises(rj.InvalidInputError, match="numeric solver"):
        rj.agreement(rj.Cluster(2, rj.Rates(**DUPLEX)), solver=rj.ClosedForm())


def altered(state: SteadyState, place: Any, factor: float) -> SteadyState:
    """Return the same solution with one probability multiplied by a factor."""
    solution = state.solution
    assert isinstance(solution, ArraySolution)
    pi, log_pi = solution.probabilities.copy(), solution.log_probabilities.copy()
    pi[place] *= factor
    with np.errstate(divide="ignore"):
        log_pi[place] += np.log(factor)
    return SteadyState(replace(solution, probabilities=pi, log_probabilities=log_pi))


@pytest.mark.parametrize("label", exact.labels(3))
def test_the_differing_state_is_named(label: str) -> None:
    """A difference of 1e-6 in one state is found, named and measured, whichever state it is."""
    state = rj.solve(rj.Cluster(3, rj.Rates(**DUPLEX)), rj.GTH())
    wrong = altered(state, state.states.index(label), 1 + 1e-6)
    found = compare(wrong, state)
    assert found.where == label
    assert found.worst_relative == pytest.approx(1e-6, rel=1e-6)
    assert (found.first, found.second) == (wrong[label], state[label])
    with pytest.raises(rj.AgreementError, match=rf"differ by 1e-06 \(relative\) in {label}: p = "):
        found.check()


def test_the_differing_point_is_named() -> None:
    """On a grid the index is named beside the state."""
    grid = rj.Cluster(2, rj.Rates(**(DUPLEX | {"aging": [[0.1], [0.2]], "restart": [1.0, 2.0, 3.0]})))
    state = rj.solve(grid, rj.GTH())
    found = compare(altered(state, (1, 2, 4), 1.001), state)
    assert found.where == "u1 at grid index (1, 2)"
    with pytest.raises(rj.AgreementError, match=r"in u1 at grid index \(1, 2\)"):
        found.check()


def test_differences_below_the_doubles_are_found() -> None:
    """Where probabilities underflow the logarithms are compared, and a difference there is found."""
    state = rj.solve(rj.Cluster(400, rj.Rates(**DUPLEX)), rj.GTH())
    place = state.states.index("0")
    found = compare(altered(state, place, 1.001), state)
    assert found.where == "0"
    assert found.logarithms
    assert found.worst_relative == pytest.approx(math.log(1.001) / abs(found.second), rel=1e-6)
    with pytest.raises(rj.AgreementError, match=r"in 0: ln p = -"):
        found.check(rtol=1e-10)


def test_zero_against_something() -> None:
    """A state that is impossible on one road only is an infinite difference."""
    state = rj.solve(rj.Cluster(2, rj.Rates(**DUPLEX)), rj.GTH())
    for one, other in ((altered(state, 4, 0.0), state), (state, altered(state, 4, 0.0))):
        found = compare(one, other)
        assert found.worst_relative == math.inf
        assert found.where == "u1"
        with pytest.raises(rj.AgreementError):
            found.check(rtol=1e300)


def test_not_a_number_never_agrees() -> None:
    """NaN in a solution is an infinite difference, not an agreement."""
    state = rj.solve(rj.Cluster(2, rj.Rates(**DUPLEX)), rj.GTH())
    with pytest.raises(rj.AgreementError):
        compare(altered(state, 3, math.nan), state).check(rtol=1e300)


def test_impossible_on_both_roads() -> None:
    """States that are impossible on both roads agree."""
    assert rj.agreement(rj.Cluster(3, rj.Rates(**(DUPLEX | {"aging": 0})))).worst_relative == 0


def test_masses_are_compared_too() -> None:
    """A wrong measure is found although every probability is right."""
    state = rj.solve(rj.Cluster(2, rj.Rates(**DUPLEX)), rj.GTH())
    solution = state.solution
    for name in ("planned", "unplanned", "unavailability", "degraded", "rejuvenating", "rejuvenations"):
        places, weights = solution.groups[name]
        wrong = SteadyState(replace(solution, groups={**solution.groups, name: (places, weights * 1.001)}))
        found = compare(wrong, state)
        assert name in found.where.replace(" ", "")
        with pytest.raises(rj.AgreementError):
            found.check()


def test_tolerance() -> None:
    """A tolerance above the difference accepts it, one below does not; equality is accepted."""
    state = rj.solve(rj.Cluster(2, rj.Rates(**DUPLEX)), rj.GTH())
    found = compare(altered(state, 0, 1 + 1e-6), state)
    found.check(rtol=found.worst_relative)
    found.check(rtol=1)
    with pytest.raises(rj.AgreementError):
        found.check(rtol=found.worst_relative / 1.001)


@pytest.mark.parametrize("rtol", [-1e-9, math.nan, math.inf, "tight", None, True, [1e-9, 1e-8]])
def test_bad_tolerance(rtol: Any) -> None:
    """A tolerance that is no finite number of at least 0 is refused."""
    found = rj.agreement(rj.Cluster(2, rj.Rates(**DUPLEX)))
    with pytest.raises(rj.InvalidInputError, match="rtol"):
        found.check(rtol=rtol)


def test_other_models_are_not_compared() -> None:
    """Solutions of different states or grids are refused."""
    two, three = (rj.solve(rj.Cluster(n, rj.Rates(**DUPLEX))) for n in (2, 3))
    grid = rj.solve(rj.Cluster(2, rj.Rates(**(DUPLEX | {"restart": [1, 2]}))))
    for other in (three, grid):
        with pytest.raises(rj.InvalidInputError, match="one model"):
            compare(two, other)


def test_plain_values() -> None:
    """An agreement as plain values survives JSON."""
    found = rj.agreement(rj.Cluster(2, rj.Rates(**DUPLEX)))
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["worst_relative"] == found.worst_relative
    assert plain["where"] == found.where
    assert plain["methods"] == ["closed form", "GTH"]


CLOSED_ROAD = (closed_form, horner, compiled_horner, level_weights, extended, rate_points, birth_death)


def broken(*_: object, **__: object) -> None:
    raise AssertionError("this road was to be left alone")


def break_modules(monkeypatch: pytest.MonkeyPatch, modules: Any) -> int:
    """Make every function and class made in the modules raise; the number of them."""
    count = 0
    for module in modules:
        for name, value in list(vars(module).items()):
            if callable(value) and getattr(value, "__module__", "") == module.__name__:
                monkeypatch.setattr(module, name, broken)
                count += 1
            elif callable(value) and getattr(value, "__module__", "").startswith("rejuvmodel.m"):
                monkeypatch.setattr(module, name, broken)  # imported from a neighbour
    return count


@solvers.CHAIN_SOLVERS
@pytest.mark.parametrize("regime", ["duplex", "rejuvenation inf", "rejuvenation 0", "failure 0"])
def test_numeric_road_does_without_the_closed_form(
    case: solvers.SolverCase, regime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every function of the closed form raising, GTH and Direct still solve, points and grids."""
    rates = solvers.regime(regime).rates
    pi = solvers.truth(3, rates)
    assert break_modules(monkeypatch, CLOSED_ROAD) >= 20
    with pytest.raises(AssertionError):
        _ = rj.solve(rj.Cluster(3, rj.Rates(**rates))).unavailability
    state = rj.solve(rj.Cluster(3, rj.Rates(**rates)), case.solver)
    assert solvers.worst_error(state, pi) <= case.rtol
    assert state.unavailability == pytest.approx(float(pi["0"] + pi["r1"]), rel=case.rtol, abs=0)
    grid = rj.Cluster(3, rj.Rates(**{name: [rate, rate] for name, rate in rates.items()}))
    assert rj.solve(grid, case.solver).probabilities[1].tolist() == state.probabilities.tolist()
    assert rj.solve(rj.Reactive(servers=2, failure=1, repair=2), case.solver)["0"] == pytest.approx(0.2)


@pytest.mark.parametrize("regime", ["duplex", "rejuvenation inf", "rejuvenation 0", "failure 0", "draw 2"])
def test_closed_form_does_without_the_numeric_road(regime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the chain, its table and every solver of chains raising, the closed form still solves."""
    from rejuvmodel.markov import chain, direct, elimination

    rates = solvers.regime(regime).rates
    for owner, name in (
        (Cluster, "chain"), (Cluster, "_transitions"), (Reactive, "chain"),
        (rj.GTH, "log_weights"), (rj.Direct, "log_weights"), (rj.MarkovChain, "__init__"),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, broken)
    for module in (chain, elimination, direct):
        for name, value in list(vars(module).items()):
            if callable(value) and not isinstance(value, type) and value.__module__ == module.__name__:
                monkeypatch.setattr(module, name, broken)
    with pytest.raises(AssertionError):
        rj.solve(rj.Cluster(3, rj.Rates(**rates)), rj.GTH())
    for servers in (3, 30):
        state = rj.solve(rj.Cluster(servers, rj.Rates(**rates)))
        right = exact.cluster_log_probabilities(servers, **rates)
        assert solvers.worst_log_error(state, right) <= 1e-12
        assert math.isfinite(state.unavailability)
    assert rj.solve(rj.Reactive(servers=2, failure=1, repair=2)).unavailability == pytest.approx(0.2)


@pytest.mark.parametrize("failure", [1.0001e-3, 1.01e-3, 2e-3])
def test_a_difference_in_a_state_names_the_state(failure: float) -> None:
    """Where a state and the mass made of it alone differ alike, the state is named."""
    rates = rj.Rates(aging=1 / 240, failure=1e-3, repair=2, restart=60, rejuvenation=0.1)
    first, second = (rj.solve(rj.Cluster(3, rates.replace(failure=rate))) for rate in (1e-3, failure))
    found = compare(first, second)
    assert found.where == "0"
    assert found.worst_relative == pytest.approx(1 - first["0"] / second["0"], rel=1e-9)
