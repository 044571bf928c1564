"""Published numbers, each with its source and tolerance in ``data/published.toml``, by every solver."""

from __future__ import annotations

import itertools
from typing import Any

import exact
import numpy as np
import pytest
import solvers

import rejuvmodel as rj
from rejuvmodel.models import closed_form
from rejuvmodel.models.as_printed import printed_probabilities


def named(group: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("figure", exact.published(group), ids=lambda figure: figure["name"])


def solved(figure: dict[str, Any], case: solvers.SolverCase) -> rj.SteadyState:
    return rj.solve(rj.Cluster(figure["servers"], rj.Rates(**figure["rates"])), case.solver)


def costs(figure: dict[str, Any]) -> rj.Costs:
    return rj.Costs(**({"failure": 0.0, "rejuvenation": 0.0} | figure.get("costs", {})))


@named("huang-1995")
@solvers.EVERY_SOLVER
def test_huang(case: solvers.SolverCase, figure: dict[str, Any]) -> None:
    """The nine numbers of Huang et al. 1995, downtime and cost of a year of 8640 hours, to the last digit."""
    state = solved(figure, case)
    found = {"downtime": state.downtime, "cost": lambda hours: state.cost(costs(figure), hours)}
    value = found[figure["quantity"]](figure["hours"])
    assert value == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


def test_huang_has_nine_numbers() -> None:
    """The data file holds all nine."""
    assert len(exact.published("huang-1995")) == 9


@named("garg-1995")
@solvers.EVERY_SOLVER
def test_garg_without_a_clock(case: solvers.SolverCase, figure: dict[str, Any]) -> None:
    """The unavailability of the form of Garg et al. 1995 without its clock."""
    found = solved(figure, case).unavailability
    assert found == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


@named("garg-1995-clock")
def test_garg_with_a_clock(figure: dict[str, Any]) -> None:
    """The unavailabilities of the form of Garg et al. 1995 with a fixed clock, to every digit given."""
    trigger = rj.Trigger(rj.Fixed(figure["delay"]), clock="service")
    found = rj.solve(rj.Cluster(figure["servers"], rj.Rates(**figure["rates"]), trigger=trigger))
    assert found.unavailability == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


@named("garg-1995-optimum")
def test_garg_at_its_best(figure: dict[str, Any]) -> None:
    """The best mean delays of fixed and Erlang clocks and their unavailabilities, to every digit given."""
    law = rj.Erlang(figure["k"], 1) if figure["k"] else rj.Fixed(1)
    cluster = rj.Cluster(1, rj.Rates(**figure["rates"]), trigger=rj.Trigger(law, clock="service"))
    best = rj.optimize(cluster)
    assert best.period == pytest.approx(figure["period"], rel=figure["period_rtol"], abs=0)
    assert best.value == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)
    assert (best.location, best.certified) == ("interior", True)


@named("figure-2")
@solvers.EVERY_SOLVER
def test_prior_art_beside_the_cluster(case: solvers.SolverCase, figure: dict[str, Any]) -> None:
    """Fig. 2 and Fig. 3 with and without rejuvenation have the three unavailabilities of the data file."""
    if figure["model"] == "reactive":
        state = rj.solve(rj.Reactive(servers=figure["servers"], **figure["rates"]), case.solver)
    else:
        state = solved(figure, case)
    assert state.unavailability == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


def test_prior_art_is_no_baseline() -> None:
    """Fig. 2 looks better than Fig. 3 with rejuvenation, and that better than Fig. 3 without."""
    prior, rejuvenated, without = (figure["value"] for figure in exact.published("figure-2"))
    assert prior < rejuvenated < without


@pytest.mark.parametrize(
    "figure",
    [
        one
        for group in ("break-even", "lower-end-wins")
        for one in exact.published(group)
        if "rejuvenation" in one["rates"]
    ],
    ids=lambda figure: figure["name"],
)
@solvers.EVERY_SOLVER
def test_where_small_rates_hurt(case: solvers.SolverCase, figure: dict[str, Any]) -> None:
    """Unavailability and cost rate at the rates that the theory of the optimum names."""
    state = solved(figure, case)
    found = state.unavailability if figure["quantity"] == "unavailability" else state.cost_rate(costs(figure))
    assert found == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


def equations(figure: dict[str, Any]) -> np.ndarray:
    """Probabilities of all states by the equations that the figure names."""
    n, rates = figure["servers"], figure["rates"]
    order = ("aging", "failure", "rejuvenation", "repair", "restart")
    if figure["equations"] == "corrected":
        return closed_form.probabilities(n, *(rates[name] for name in order))[0]
    mended = figure["equations"] == "equation 7 printed"
    return printed_probabilities(n, *(rates[name] for name in order), corrected_equation_6=mended)


@named("errata")
def test_errata(figure: dict[str, Any]) -> None:
    """Balance residual, P_0 and sum of the printed and of the corrected equations are those of the errata."""
    pi = equations(figure)
    cluster = rj.Cluster(figure["servers"], rj.Rates(**figure["rates"]))
    residual = np.max(np.abs(pi @ cluster.chain().generator.toarray()))
    found = {"balance": residual, "P_0": pi[figure["servers"]], "sum": pi.sum()}[figure["quantity"]]
    # In doubles an exact 0 or 1 is reached to rounding only.
    assert found == pytest.approx(figure["value"], rel=max(figure["rtol"], 1e-15), abs=1e-17)


@pytest.mark.parametrize("regime", solvers.REGIMES[:8], ids=lambda regime: regime.name)
def test_misprint_of_equation_7_keeps_the_balance(regime: exact.Regime) -> None:
    """With Eq. 6 mended all ratios of probabilities are right; only the sum shows the misprint of Eq. 7."""
    order = ("aging", "failure", "rejuvenation", "repair", "restart")
    values = [regime.rates[name] for name in order]
    printed = printed_probabilities(4, *values, corrected_equation_6=True)
    right = closed_form.probabilities(4, *values)[0]
    ratio = printed / right
    assert ratio == pytest.approx(np.full(13, ratio[0]), rel=1e-10)
    assert printed.sum() == pytest.approx(ratio[0], rel=1e-10)


def test_printed_equations_are_not_used() -> None:
    """The printed equations differ from what the library answers, at one server too."""
    values = (1 / 240, 1 / 720, 1 / 100, 2.0, 6.0)
    for n in (1, 2, 5):
        right = closed_form.probabilities(n, *values)[0]
        assert abs(printed_probabilities(n, *values).sum() - 1) > 1e-5
        assert np.max(np.abs(printed_probabilities(n, *values) / right - 1)) > 1e-4


@pytest.mark.parametrize("e", exact.published("gth-stress")[0]["e"])
def test_gth_stress_shuffled(e: float) -> None:
    """QuantEcon's stress has one third in each state, in any order of the states."""
    figure = exact.published("gth-stress")[0]
    p = figure["p"]
    edges = [("c", "a", e), ("b", "c", e), ("a", "b", p), ("b", "a", p), ("c", "b", e), ("a", "c", e)]
    found = rj.solve(rj.MarkovChain.from_transitions(edges), rj.GTH())
    assert found.states == ("c", "a", "b")
    assert found.probabilities == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


def replica_pool(figure: dict[str, Any]) -> rj.MarkovChain:
    """A chain of independent servers, each a letter of the label."""
    rates, clock = figure["rates"], 1 / figure["period"]
    one = {
        "O": [("E", rates["aging"]), ("R", 0.1 * clock)],
        "E": [("K", rates["failure"]), ("R", 0.9 * clock)],
        "K": [("O", rates["repair"])],
        "R": [("O", rates["restart"])],
    }
    labels = ["".join(letters) for letters in itertools.product("OEKR", repeat=figure["servers"])]
    return rj.MarkovChain.from_transitions(
        (label, label[:place] + target + label[place + 1 :], rate)
        for label in labels
        for place, letter in enumerate(label)
        for target, rate in one[letter]
    )


@named("wosar-2024")
@pytest.mark.parametrize("solver", [rj.GTH(), rj.Direct()], ids=lambda solver: solver.name)
def test_replica_pools(solver: rj.GTH | rj.Direct, figure: dict[str, Any]) -> None:
    """The expected numbers of failed and rejuvenating replicas, and how often one of two is out."""
    state = rj.solve(replica_pool(figure), solver)
    counted = {
        "Ko": lambda label: label.count("K"),
        "Rej": lambda label: label.count("R"),
        "out": lambda label: "K" in label or "R" in label,
    }[figure["quantity"]]
    found = state.expected([float(counted(label)) for label in state.states])
    assert found == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


def test_every_group_of_the_file_is_known() -> None:
    """Every group of the data file has its test; a new one needs one."""
    groups = {figure["group"] for figure in exact.published()}
    assert groups == {
        "huang-1995", "garg-1995", "garg-1995-clock", "garg-1995-optimum", "gth-stress",
        "uniformization-stress", "errata", "figure-2", "break-even", "lower-end-wins",
        "wosar-2024",
    }  # fmt: skip
