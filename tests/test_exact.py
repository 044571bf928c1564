"""The exact oracle itself: hand values, balance and the published figures."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import exact
import pytest

F = Fraction
RATES = {"aging": F(1, 240), "failure": F(1, 720), "rejuvenation": F(1, 100), "repair": F(2), "restart": F(6)}
REGIMES = pytest.mark.parametrize("regime", exact.regimes(), ids=lambda regime: regime.name)


def solved(figure: dict[str, Any]) -> exact.Measures:
    pi = exact.cluster_stationary(figure["servers"], **figure["rates"])
    return exact.measures(figure["servers"], pi, figure["rates"]["restart"], **figure.get("costs", {}))


def reactive(servers: int, failure: float, repair: float) -> dict[str, Fraction]:
    down = [(f"{i}", f"{i - 1}", i * F(failure)) for i in range(1, servers + 1)]
    return exact.stationary(down + [(target, source, F(repair)) for source, target, _ in down])


def test_labels_of_the_duplex() -> None:
    """The duplex has the seven states of Fig. 4 in the order 2, 1, 0, u2, u1, r2, r1."""
    assert exact.labels(2) == ["2", "1", "0", "u2", "u1", "r2", "r1"]


def test_duplex_transitions_are_those_of_figure_4() -> None:
    """The duplex has ten transitions, and only failures are multiplied by the level."""
    a, f, j, m, r = RATES.values()
    assert set(exact.cluster_transitions(2, **RATES)) == {
        *(("2", "u2", a), ("u2", "r2", j), ("r2", "2", r), ("u2", "1", 2 * f), ("1", "2", m)),
        *(("1", "u1", a), ("u1", "r1", j), ("r1", "1", r), ("u1", "0", f), ("0", "1", m)),
    }


def test_one_server_by_hand() -> None:
    """One server with all rates 1 but repair 2 spends 4/9, 1/9, 2/9 and 2/9 in 1, 0, u1 and r1."""
    pi = exact.cluster_stationary(1, aging=1, failure=1, rejuvenation=1, repair=2, restart=1)
    assert pi == {"1": F(4, 9), "0": F(1, 9), "u1": F(2, 9), "r1": F(2, 9)}


def test_two_servers_by_hand() -> None:
    """Two servers with all rates 1 have weights 6, 4, 2, 2, 2, 2, 2 over 20."""
    pi = exact.cluster_stationary(2, 1, 1, 1, 1, 1)
    weights = {"2": 6, "1": 4, "0": 2, "u2": 2, "u1": 2, "r2": 2, "r1": 2}
    assert pi == {label: F(weight, 20) for label, weight in weights.items()}


@REGIMES
@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_balance_and_sum_are_exact(n: int, regime: exact.Regime) -> None:
    """The exact probabilities satisfy πQ = 0 and Σπ = 1 with no error at all."""
    pi = exact.cluster_stationary(n, **regime.rates)
    assert sum(pi.values()) == 1
    assert set(exact.balance(exact.cluster_transitions(n, **regime.rates), pi).values()) == {0}
    assert min(pi.values()) >= 0


@pytest.mark.parametrize(
    ("changed", "sure"),
    [
        ({"aging": 0}, {"3": F(1)}),
        ({"failure": 0, "rejuvenation": 0}, {"u3": F(1)}),
        ({"rejuvenation": math.inf}, {"3": F(1440, 1441), "r3": F(1, 1441)}),
    ],
)
def test_limits_leave_only_what_can_be_reached(changed: dict[str, float], sure: dict[str, Fraction]) -> None:
    """In the limits only the states that are entered again and again from n keep a probability."""
    pi = exact.cluster_stationary(3, **(RATES | changed))
    assert {label: p for label, p in pi.items() if p} == sure


def test_transient_states_are_zero() -> None:
    """A state that is left for good has probability exactly 0."""
    chain = [("start", "up", F(1)), ("up", "down", F(1)), ("down", "up", F(3))]
    assert exact.stationary(chain) == {"start": 0, "up": F(3, 4), "down": F(1, 4)}


def test_two_recurrent_classes_have_no_stationary_distribution() -> None:
    """A chain that can end in either of two classes is refused."""
    chain = [("start", "a", F(1)), ("start", "b", F(1))]
    assert exact.recurrent_classes(chain) == [{"a"}, {"b"}]
    with pytest.raises(ValueError, match="2 recurrent classes"):
        exact.stationary(chain, start="start")


def test_elimination_solves_a_dense_chain() -> None:
    """On a chain where every state leads to every other, πQ = 0 holds exactly too."""
    chain = [(f"{i}", f"{j}", F(1 + 7 * i * i + j, 3 + j)) for i in range(7) for j in range(7) if i != j]
    pi = exact.stationary(chain)
    assert sum(pi.values()) == 1
    assert set(exact.balance(chain, pi).values()) == {0}


def test_rejuvenations_balance_entries() -> None:
    """Rejuvenations that end per hour are as many as those that start."""
    pi = exact.cluster_stationary(4, **RATES)
    started = RATES["rejuvenation"] * sum(pi[f"u{i}"] for i in range(1, 5))
    assert exact.measures(4, pi, RATES["restart"]).rejuvenations == started


def test_each_cost_has_its_states() -> None:
    """The cost rate takes each of the five costs times the states it belongs to."""
    pi = exact.cluster_stationary(2, **RATES)
    found = exact.measures(
        2, pi, 6, failure=10, rejuvenation=100, capacity=1000, per_rejuvenation=10**4, degraded=10**6
    )
    restarting, unstable = pi["r2"] + pi["r1"], pi["u2"] + pi["u1"]
    assert found.cost_rate == 10 * pi["0"] + 100 * pi["r1"] + 61_000 * restarting + 10**6 * unstable


@REGIMES
def test_log_probabilities_match_the_fractions(regime: exact.Regime) -> None:
    """The 60-digit logarithms and the logarithms of the fractions are the same doubles to 4e-15."""
    pi = exact.cluster_stationary(5, **regime.rates)
    for found, exactly in zip(exact.cluster_log_probabilities(5, **regime.rates), pi.values(), strict=True):
        assert found == pytest.approx(exact.log_fraction(exactly), rel=4e-15, abs=0)


def test_log_probability_below_the_double_range() -> None:
    """P_0 of fifty reliable servers is 10^-335.61, far below the smallest double."""
    found = exact.cluster_log_probabilities(50, 1e-4, 1e-7, 1e-3, 1, 60)
    assert found[50] / math.log(10) == pytest.approx(-335.61, abs=0.005)


def test_logarithm_of_a_fraction() -> None:
    """The logarithm of a fraction is right below, near and at 1 and at 0."""
    assert exact.log_fraction(F(1, 10**5000)) == pytest.approx(-5000 * math.log(10), rel=1e-15)
    assert exact.log_fraction(1 - F(1, 10**20)) == pytest.approx(-1e-20, rel=1e-15)
    assert exact.log_fraction(F(1)) == 0
    assert exact.log_fraction(F(0)) == -math.inf


def test_relative_error() -> None:
    """The relative error is infinite where only the exact value is 0, and for NaN."""
    assert exact.relative_error(1.5, F(1)) == 0.5
    assert exact.relative_error(0.0, F(0)) == 0
    assert exact.relative_error(1e-300, F(0)) == math.inf
    assert exact.relative_error(math.nan, F(1)) == math.inf
    assert exact.relative_error(1e-320, F(1, 10**400)) > 1e70


@pytest.mark.parametrize("figure", exact.published("huang-1995"), ids=lambda figure: figure["name"])
def test_published_year(figure: dict[str, Any]) -> None:
    """The nine numbers of Huang et al. 1995 follow from the definition with one server."""
    found = solved(figure)
    per_hour = found.unavailability if figure["quantity"] == "downtime" else found.cost_rate
    assert float(per_hour * figure["hours"]) == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


FIGURES = [
    figure
    for group in ("garg-1995", "figure-2", "break-even", "lower-end-wins")
    for figure in exact.published(group)
    if figure["quantity"] in ("unavailability", "cost_rate") and figure.get("model") != "reactive"
]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: f"{figure['group']} {figure['name']}")
def test_figure_of_the_data_file(figure: dict[str, Any]) -> None:
    """Every unavailability and cost rate of the data file follows from the definition."""
    found = float(getattr(solved(figure), figure["quantity"]))
    assert found == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


def test_prior_art_figure() -> None:
    """The prior-art chain has the unavailability that the data file names."""
    figure = next(figure for figure in exact.published("figure-2") if figure["model"] == "reactive")
    found = float(reactive(figure["servers"], **figure["rates"])["0"])
    assert found == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


@pytest.mark.parametrize("figure", exact.published("break-even")[-2:], ids=lambda figure: figure["name"])
def test_break_even_rate(figure: dict[str, Any]) -> None:
    """Just below the break-even rate rejuvenation hurts, just above it pays."""

    def at(rate: Fraction) -> Fraction:
        return solved(figure | {"rates": figure["rates"] | {"rejuvenation": rate}}).unavailability

    x, step = F(figure["value"]), F(figure["rtol"])
    assert at(x * (1 - step)) > at(F(0)) > at(x * (1 + step))


def test_place_of_the_local_minimum() -> None:
    """The cost falls just below the local minimum of the data file, rises just above it, and is less at 0."""
    figure = exact.published("lower-end-wins")[-1]

    def at(rate: Fraction) -> Fraction:
        return solved(figure | {"rates": figure["rates"] | {"rejuvenation": rate}}).cost_rate

    x, step = F(figure["value"]), F(figure["rtol"])
    assert at(x * (1 - 2 * step)) > at(x * (1 - step)) > at(F(0))
    assert at(x * (1 + 2 * step)) > at(x * (1 + step)) > at(F(0))


@pytest.mark.parametrize("e", exact.published("gth-stress")[0]["e"])
def test_gth_stress_by_elimination(e: float) -> None:
    """The nearly decomposable three-state chain gives exactly one third each."""
    figure = exact.published("gth-stress")[0]
    p = F(figure["p"])
    chain = [("a", "b", p), ("b", "a", p), *((s, t, F(e)) for s, t in ("ac", "bc", "ca", "cb"))]
    assert exact.stationary(chain) == dict.fromkeys("abc", F(1, 3))
    assert figure["value"] == pytest.approx(1 / 3, rel=figure["rtol"])


def test_a_mistyped_group_is_an_error() -> None:
    """Asking for figures that do not exist fails instead of testing nothing."""
    with pytest.raises(ValueError, match="no figure of group 'huang'"):
        exact.published("huang")


def test_mean_time_by_hand() -> None:
    """The mean time to the first outage of three states is had by hand; without one there is no mean."""
    half, third = Fraction(1, 2), Fraction(1, 3)
    chain = [("up", "worn", half), ("worn", "up", half), ("worn", "down", third), ("down", "up", Fraction(7))]
    # t_up = 2 + t_worn and t_worn = 6/5 + 3/5·t_up
    assert exact.mean_time(chain, "up", lambda state: state != "down") == 8
    assert exact.mean_time(chain[:2], "up", lambda state: state != "down") is None
    trap = [("up", "down", half), ("up", "stuck", half), ("down", "other", half)]
    assert exact.mean_time(trap, "up", lambda state: state != "down") is None
    assert exact.mean_time(trap[::2], "up", lambda state: state != "down") == 2
