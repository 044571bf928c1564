"""A planted fault, one factor of one transition or of one equation, does not go unnoticed.

In the numeric road the transition table is changed, transition by transition; in both roads every product,
quotient and sum in the arithmetic of the equations and of the elimination is taken from the source in turn
and one of its operands multiplied by 1 + 1e-6. Each time the two roads must disagree.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import solvers

import rejuvmodel as rj
from rejuvmodel.cross_check import compare
from rejuvmodel.markov import elimination
from rejuvmodel.markov.flows import Family
from rejuvmodel.models import birth_death, closed_form, extended, horner, level_weights

# The scheme in C has its own planted faults, in test_compiled_horner.py.
pytestmark = pytest.mark.usefixtures("arrays_alone")

FAULT = 1 + 1e-6
ORDINARY = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 1 / 2, "restart": 3.0, "rejuvenation": 1 / 336}


# ---------------------------------------------------------------------------- the transition table


def transitions_of(servers: int, rates: dict[str, float]) -> list[tuple[int, int]]:
    """Places of all transitions: number of the family, number within it."""
    families = rj.Cluster(servers, rj.Rates(**rates))._transitions(rates["rejuvenation"])
    return [(k, j) for k, family in enumerate(families) for j in range(len(family.rate))]


def plant_in_table(monkeypatch: pytest.MonkeyPatch, family: int, transition: int | None) -> None:
    """Multiply one transition of the table, or all of one family, by 1 + 1e-6."""
    table = rj.Cluster._transitions

    def faulty(self: rj.Cluster, rejuvenation: float) -> list[Family]:
        families = table(self, rejuvenation)
        rate = np.array(families[family].rate)
        rate[slice(None) if transition is None else transition] *= FAULT
        families[family] = families[family]._replace(rate=rate)
        return families

    monkeypatch.setattr(rj.Cluster, "_transitions", faulty)


@pytest.mark.parametrize("family", range(5))
@pytest.mark.parametrize("servers", [1, 2, 12])
def test_factor_of_a_family(servers: int, family: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor on aging, rejuvenation, restart, failure or repair at all levels makes the check fail."""
    cluster = rj.Cluster(servers, rj.Rates(**ORDINARY))
    rj.agreement(cluster).check()
    plant_in_table(monkeypatch, family, None)
    with pytest.raises(rj.AgreementError):
        rj.agreement(cluster).check()


@pytest.mark.parametrize("place", transitions_of(3, ORDINARY), ids=str)
def test_factor_of_a_transition(place: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor on one single transition makes the check fail, by GTH and by Direct, on a point and a grid."""
    cluster = rj.Cluster(3, rj.Rates(**ORDINARY))
    grid = rj.Cluster(3, rj.Rates(**(ORDINARY | {"restart": [3.0, 6.0]})))
    plant_in_table(monkeypatch, *place)
    for model, solver in ((cluster, rj.GTH()), (cluster, rj.Direct()), (grid, rj.GTH())):
        with pytest.raises(rj.AgreementError):
            rj.agreement(model, solver).check()


@pytest.mark.parametrize("place", transitions_of(2, ORDINARY), ids=str)
def test_exact_comparison_sees_it_too(place: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison with exact fractions sees the fault in the numeric road, and none in the other."""
    pi = solvers.truth(2, ORDINARY)
    cluster = rj.Cluster(2, rj.Rates(**ORDINARY))
    plant_in_table(monkeypatch, *place)
    assert solvers.worst_error(rj.solve(cluster, rj.GTH()), pi) > 1e-8
    assert solvers.worst_error(rj.solve(cluster, rj.ClosedForm()), pi) <= 1e-12


@pytest.mark.parametrize("family", range(2))
def test_factor_at_the_limit(family: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At λ_r = ∞, where i → r_i takes the place of two transitions, a factor makes the check fail."""
    cluster = rj.Cluster(2, rj.Rates(**(ORDINARY | {"rejuvenation": np.inf})))
    plant_in_table(monkeypatch, family, None)
    with pytest.raises(rj.AgreementError):
        rj.agreement(cluster).check()


@pytest.mark.parametrize("family", range(2))
def test_factor_in_the_prior_art(family: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor on failure or repair of the prior-art chain makes the check fail."""
    model = rj.Reactive(servers=3, failure=0.1, repair=1)
    chain = model.chain()
    families = list(chain.families)
    families[family] = families[family]._replace(rate=families[family].rate * FAULT)
    faulty = rj.MarkovChain(chain.labels, tuple(families), chain.down, chain.groups, chain.start)
    monkeypatch.setattr(rj.Reactive, "chain", lambda _: faulty)
    with pytest.raises(rj.AgreementError):
        rj.agreement(model).check()


# ---------------------------------------------------------------------------- the arithmetic


@dataclass(frozen=True)
class Site:
    """One operand in the source: the operator or call that it belongs to, in a function of a module."""

    module: ModuleType
    function: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.module.__name__.rpartition('.')[2]}.{self.function}:{self.number}:{self.text}"


ARITHMETIC_CALLS = {"multiply", "add", "divide", "times", "over"}
#: Functions that decide how to compute; a factor there changes the effort, not the result.
NOT_ARITHMETIC = {
    horner: {"_fast_beta", "_keeps_digits", "_levels_to_sum"},
    level_weights: {"_columns"},
    birth_death: set(),
    elimination: {"_merge", "_independent_states", "_smallest", "_scaled"},
}
#: What else decides how to compute, or counts and numbers things, within the others.
NO_FACTORS = (
    "most", "bits", "every", "_ROOM", "_SMALLEST", "_SAFE", "require_memory", "size", "np.repeat",
    "np.cumsum", "len(", "DENSE", "_NEVER", "place", "levels // 2", "range(", "1 / _", "_smallest(",
    "0.0 * aging", "200.0 * servers",
)  # fmt: skip


def sites(module: ModuleType) -> list[Site]:
    """All operands of the module's arithmetic."""
    source = inspect.getsource(module)
    found = []
    for function in ast.parse(source).body:
        if isinstance(function, ast.FunctionDef) and function.name not in NOT_ARITHMETIC[module]:
            for number, node in enumerate(arithmetic(function)):
                text = ast.unparse(node)
                if not any(word in text for word in NO_FACTORS):
                    found.append(Site(module, function.name, number, text))
    return found


def arithmetic(function: ast.FunctionDef) -> Iterator[ast.AST]:
    for node in ast.walk(function):
        if isinstance(node, ast.BinOp | ast.AugAssign):
            if isinstance(node.op, ast.Mult | ast.Div):
                yield node
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ARITHMETIC_CALLS:
            yield node


def with_fault(site: Site) -> dict[str, Any]:
    """Functions of the module with the fault planted."""
    tree = ast.parse(inspect.getsource(site.module))
    function = next(f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name == site.function)
    node = list(arithmetic(function))[site.number]
    assert ast.unparse(node) == site.text
    scaled = lambda x: ast.BinOp(x, ast.Mult(), ast.Constant(FAULT))  # noqa: E731
    if isinstance(node, ast.BinOp):
        node.left = scaled(node.left)
    elif isinstance(node, ast.AugAssign):
        node.value = scaled(node.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("times", "over"):  # a number m · 2^e: its m takes the factor
            by = ast.parse(f"extended(np.array([[{FAULT!r}]]))", mode="eval").body
            node.args[0] = ast.Call(ast.Attribute(node.args[0], "times", ast.Load()), [by], [])
        else:
            node.args[0] = scaled(node.args[0])
    namespace = dict(vars(site.module))
    exec(compile(ast.fix_missing_locations(tree), site.module.__file__ or "", "exec"), namespace)
    return namespace


CLOSED = [site for module in (horner, level_weights, birth_death) for site in sites(module)]
NUMERIC = sites(elimination)


@cache
def models() -> tuple[rj.Cluster | rj.Reactive, ...]:
    """Models that between them take every path of the closed form, quick ones first."""
    points = [(2, {}), (1, {}), (3, {"repair": 1e-3}), (200, {})]
    points += [(n, {"rejuvenation": rate}) for n in (1, 2) for rate in (np.inf, 0.0)]
    points += [(2, {"failure": 0.0}), (2, {"failure": 0.0, "rejuvenation": 0.0}), (1, {"aging": 0.0})]
    points += [(2, {name: rate * 1e-75 for name, rate in ORDINARY.items()})]  # outside the plain range
    single = [rj.Cluster(n, rj.Rates(**(ORDINARY | changes))) for n, changes in points]
    fast = {"aging": np.geomspace(1e-3, 1e-2, 70), "repair": 1.0}
    grids = [rj.Cluster(n, rj.Rates(**(ORDINARY | fast))) for n in (20, 21, 130)]
    balanced = [rj.Cluster(20, solvers.grid(70))]
    return (*single, rj.Reactive(servers=3, failure=0.1, repair=1), *grids, *balanced)


@cache
def references() -> tuple[rj.SteadyState, ...]:
    """Return the numeric solutions of the models."""
    return tuple(rj.solve(model, rj.GTH()) for model in models())


def check_closed_form() -> None:
    """Raise AgreementError where the closed form differs from the numeric solutions."""
    for model, reference in zip(models(), references(), strict=True):
        compare(rj.solve(model, rj.ClosedForm()), reference).check()


def test_roads_agree_without_a_fault() -> None:
    """Without a planted fault the models of these tests agree, so it is the fault that is seen."""
    check_closed_form()
    check_elimination()


@pytest.mark.parametrize("site", CLOSED, ids=str)
def test_factor_in_the_closed_form(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor anywhere in the equations makes the check fail."""
    references()  # before the fault is there
    faulty = with_fault(site)
    for owner in (closed_form, birth_death):
        for name in ("horner_masses", "level_masses", "levels", "reactive_probabilities"):
            if name in faulty and hasattr(owner, name):
                monkeypatch.setattr(owner, name, faulty[name])
    with pytest.raises(rj.AgreementError):
        check_closed_form()


@pytest.mark.parametrize("rate", ["aging", "failure", "rejuvenation", "repair", "restart"])
@pytest.mark.parametrize("road", ["horner_masses", "level_masses", "levels"])
def test_factor_of_a_rate(road: str, rate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor on one rate, in one of the ways that the closed form is evaluated, makes the check fail."""
    references()
    function = getattr(closed_form, road)

    def faulty(servers: int, point: Any, *args: Any, **more: Any) -> Any:
        return function(servers, point._replace(**{rate: getattr(point, rate) * FAULT}), *args, **more)

    monkeypatch.setattr(closed_form, road, faulty)
    with pytest.raises(rj.AgreementError):
        check_closed_form()


@pytest.mark.parametrize("name", ["times", "over", "total", "value", "summed", "cumulative_products"])
def test_factor_in_the_scaled_numbers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor in the arithmetic of scaled numbers makes the check fail."""
    references()
    owners = [extended.Extended] if hasattr(extended.Extended, name) else [level_weights, birth_death]

    def scaled(function: Callable[..., Any]) -> Callable[..., Any]:
        def faulty(*args: Any) -> Any:
            x = function(*args)
            return x._replace(m=x.m * FAULT) if isinstance(x, extended.Extended) else x * FAULT

        return faulty

    for owner in owners:
        if hasattr(owner, name):
            monkeypatch.setattr(owner, name, scaled(getattr(owner, name)))
    with pytest.raises(rj.AgreementError):
        check_closed_form()


@cache
def chains() -> tuple[tuple[rj.MarkovChain, rj.SteadyState], ...]:
    """Chains that between them take every path of the elimination, with right solutions."""
    chance = random.Random(3)
    full = [(str(a), str(b), chance.uniform(1, 9)) for a, b in itertools.permutations(range(70), 2)]
    apart = [
        (str(a), str(b), 10 ** chance.uniform(-250, 250)) for a, b in itertools.permutations(range(9), 2)
    ]
    found = []
    for edges in (full, apart):
        chain = rj.MarkovChain.from_transitions(edges)
        found.append((chain, rj.solve(chain, rj.GTH())))
    return tuple(found)


@cache
def closed_solutions() -> tuple[rj.SteadyState, ...]:
    found = tuple(rj.solve(model, rj.ClosedForm()) for model in models()[:10])
    for state in found:
        _ = state.probabilities
    return found


def check_elimination() -> None:
    """Raise AgreementError where GTH differs from the closed form, or from itself without a fault."""
    for model, closed in zip(models(), closed_solutions(), strict=False):
        compare(closed, rj.solve(model, rj.GTH())).check()
    for chain, right in chains():
        compare(right, rj.solve(chain, rj.GTH())).check()


@pytest.mark.parametrize("site", NUMERIC, ids=str)
def test_factor_in_the_elimination(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor anywhere in the elimination makes the check fail."""
    closed_solutions()
    chains()
    faulty = with_fault(site)
    for name in ("_stationary", "_normalise"):
        monkeypatch.setattr(elimination, name, faulty[name])
    with pytest.raises(rj.AgreementError):
        check_elimination()


def test_there_are_places_for_faults() -> None:
    """The search for places finds the arithmetic of both roads, or nothing above would be tested."""
    functions = {site.function for site in (*CLOSED, *NUMERIC)}
    assert {"horner_masses", "_horner", "_horner_pair", "_multiply"} <= functions
    assert {
        "level_masses",
        "levels",
        "_level_sums",
        "_top_level",
        "reactive_probabilities",
    } <= functions
    assert {"_stationary", "_remove", "_eliminate_doubles", "_eliminate_scaled", "_normalise"} <= functions
    assert len(CLOSED) >= 40
    assert len(NUMERIC) >= 8
