"""Formulas as SymPy expressions: right, proved, and different from the printed ones as the errata say."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import exact
import numpy as np
import pytest
import sympy
from matplotlib.mathtext import MathTextParser

from rejuvmodel import errors
from rejuvmodel.models import symbolic

RATES = ("aging", "failure", "rejuvenation", "repair", "restart")
COSTS = ("failure", "rejuvenation", "capacity", "degraded", "per_rejuvenation")


def draw(seed: int, names: tuple[str, ...]) -> dict[str, Fraction]:
    chance = random.Random(seed)
    return {name: Fraction(chance.randint(1, 999), chance.randint(1, 999)) for name in names}


def at(values: list[sympy.Expr], rates: dict[str, Fraction], costs: dict[str, Fraction]) -> list[Fraction]:
    s = symbolic.symbols()
    where = {getattr(s, name): rate for name, rate in rates.items()}
    cost_symbols = (s.cost_failure, s.cost_rejuvenation, s.capacity, s.degraded, s.per_rejuvenation)
    where |= dict(zip(cost_symbols, costs.values(), strict=False))
    rational = {symbol: sympy.Rational(x.numerator, x.denominator) for symbol, x in where.items()}
    return [Fraction(int(x.p), int(x.q)) for x in sympy.Tuple(*values).subs(rational)]


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_probabilities_are_exact(n: int, seed: int) -> None:
    """With rational rates put in, every probability is the exact one."""
    rates = draw(seed, RATES)
    expressions = symbolic.probabilities(n)
    assert list(expressions) == exact.labels(n)
    found = dict(zip(expressions, at(list(expressions.values()), rates, {}), strict=True))
    assert found == exact.cluster_stationary(n, **rates)


def test_thirty_servers_are_exact() -> None:
    """At thirty servers the unavailability is still the exact fraction."""
    rates = draw(30, RATES)
    pi = exact.cluster_stationary(30, **rates)
    assert at([symbolic.unavailability(30)], rates, {}) == [pi["0"] + pi["r1"]]


@pytest.mark.parametrize("n", [1, 2, 4])
def test_unavailability_and_availability_are_exact(n: int) -> None:
    """Unavailability is P_0 + P_r1 and availability what is left."""
    rates = draw(4, RATES)
    down = exact.measures(n, exact.cluster_stationary(n, **rates), rates["restart"]).unavailability
    assert at([symbolic.unavailability(n), symbolic.availability(n)], rates, {}) == [down, 1 - down]


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("extra", [(), ("capacity",), ("degraded",), ("per_rejuvenation",), COSTS[2:]])
def test_cost_rate_is_exact(n: int, extra: tuple[str, ...]) -> None:
    """The cost rate has the two costs of Equation 3 and exactly those others that were asked for."""
    rates, costs = draw(5, RATES), draw(6, COSTS)
    counted = {name: cost for name, cost in costs.items() if name in COSTS[:2] + extra}
    wanted = exact.measures(n, exact.cluster_stationary(n, **rates), rates["restart"], **counted).cost_rate
    expression = symbolic.cost_rate(n, **dict.fromkeys(extra, True))
    assert at([expression], rates, costs) == [wanted]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_proof_of_balance(n: int) -> None:
    """The corrected equations satisfy πQ = 0 identically in all five rates."""
    assert symbolic.balance_residuals(n) == dict.fromkeys(exact.labels(n), sympy.Integer(0))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_proof_of_normalization(n: int) -> None:
    """The corrected probabilities sum to one identically in all five rates."""
    assert symbolic.normalization(n) == 0


@pytest.mark.parametrize("factor", [2, sympy.Rational(999_999, 1_000_000)])
@pytest.mark.parametrize("label", ["2", "0", "u2", "r1"])
def test_proof_can_fail(label: str, factor: sympy.Expr) -> None:
    """A wrong factor on any one probability breaks both balance and normalization."""
    wrong = symbolic.probabilities(2)
    wrong[label] *= factor
    assert any(residual != 0 for residual in symbolic.balance_residuals(2, wrong).values())
    assert symbolic.normalization(2, wrong) != 0


def errata_distribution(equations: str) -> dict[str, sympy.Expr]:
    if equations == "corrected":
        return symbolic.probabilities(3)
    return symbolic.printed_probabilities(3, corrected_equation_6=equations == "equation 7 printed")


@pytest.mark.parametrize("figure", exact.published("errata"), ids=lambda figure: figure["name"])
def test_errata_figures(figure: dict[str, Any]) -> None:
    """Printed and corrected equations miss balance, P_0 and Σπ = 1 by exactly what the errata page says."""
    pi = errata_distribution(figure["equations"])
    rates = {name: Fraction(rate).limit_denominator(1000) for name, rate in figure["rates"].items()}
    if figure["quantity"] == "balance":
        found = max(map(abs, at(list(symbolic.balance_residuals(3, pi).values()), rates, {})))
    elif figure["quantity"] == "sum":
        found = 1 + at([symbolic.normalization(3, pi)], rates, {})[0]
        assert found == sum(at(list(pi.values()), rates, {}))
    else:
        found = at([pi["0"]], rates, {})[0]
    assert float(found) == pytest.approx(figure["value"], rel=figure["rtol"], abs=0)


def test_equation_7_as_printed_balances_identically() -> None:
    """With Equation 6 corrected only the sum gives the misprint of Equation 7 away, for all rates."""
    pi = symbolic.printed_probabilities(3, corrected_equation_6=True)
    assert set(symbolic.balance_residuals(3, pi).values()) == {0}
    assert symbolic.normalization(3, pi) != 0


def test_printed_residuals_are_the_true_ones() -> None:
    """The residuals of the printed equations are πQ as computed transition by transition."""
    rates = draw(7, RATES)
    printed = symbolic.printed_probabilities(3)
    pi = dict(zip(printed, at(list(printed.values()), rates, {}), strict=True))
    residuals = symbolic.balance_residuals(3, printed)
    found = dict(zip(residuals, at(list(residuals.values()), rates, {}), strict=True))
    assert found == exact.balance(exact.cluster_transitions(3, **rates), pi)


@pytest.mark.parametrize("what", ["availability", "unavailability", "cost_rate", "3", "0", "u2", "r1"])
def test_latex_can_be_set(what: str) -> None:
    """Every formula is LaTeX that can be typeset and contains all five rates."""
    text = symbolic.latex(3, what)
    MathTextParser("path").parse(f"${text}$")
    for name in (r"\lambda_{f}", r"\lambda_{r}", r"\mu_{r}", r"\lambda ", r"\mu"):
        assert name in text


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ("2", "P_{2}"),
        ("r1", "P_{r_{1}}"),
        ("cost_rate", r"\mathrm{Cost}"),
        ("availability", r"\mathrm{Availability}"),
    ],
)
def test_latex_names_its_left_side(what: str, left: str) -> None:
    """The equation starts with the symbol that the patent gives to its left side."""
    assert symbolic.latex(2, what).startswith(f"{left} = ")


def test_latex_right_side_is_the_formula() -> None:
    """The right side of the equation is the expression of the same name."""
    assert symbolic.latex(2, "u1").endswith(f" = {sympy.latex(symbolic.probabilities(2)['u1'])}")
    assert symbolic.latex(2, "cost_rate").endswith(f" = {sympy.latex(symbolic.cost_rate(2))}")


@pytest.mark.parametrize("what", ["u4", "", "availabilty", None, 2, ["u2"]])
def test_unknown_formula_is_refused(what: Any) -> None:
    """A formula that does not exist is an error that lists those that do."""
    with pytest.raises(
        errors.InvalidInputError, match=r"^what: got .*give one of availability.*The states are 3, 2"
    ):
        symbolic.latex(3, what)


FUNCTIONS = (
    symbolic.probabilities,
    symbolic.printed_probabilities,
    symbolic.unavailability,
    symbolic.availability,
    symbolic.cost_rate,
    symbolic.balance_residuals,
    symbolic.normalization,
    lambda servers: symbolic.latex(servers, "0"),
)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("servers", [True, 2.0, 2.5, "2", None, 0, -1, [2], 1j, np.array([2])])
def test_servers_that_are_no_count_are_refused(function: Any, servers: Any) -> None:
    """Servers that are not a whole number of at least 1 are an error naming the argument."""
    with pytest.raises(errors.InvalidInputError, match=r"^servers: got "):
        function(servers)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "servers", [symbolic.MAX_SERVERS + 1, 10**6, 10**5000], ids=["one more", "1e6", "huge"]
)
def test_too_many_servers_are_refused(function: Any, servers: int) -> None:
    """Formulas longer than anyone could read are refused with what to use instead."""
    with pytest.raises(errors.SizeError, match=r"^servers: got .* at most 60 servers.*rejuvmodel\.solve"):
        function(servers)


def test_numpy_integers_count() -> None:
    """A NumPy integer is a number of servers like any other."""
    assert symbolic.probabilities(np.int64(2)) == symbolic.probabilities(2)
