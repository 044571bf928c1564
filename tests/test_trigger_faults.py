"""A planted fault in the closed form of triggers does not go unnoticed; the numeric road needs none of it.

In the formulas of triggers and in the transforms of Erlang and hyperexponential laws every product and
quotient is taken from the source in turn and one of its operands multiplied by 1 + 1e-6: the two roads must
disagree. Laws without phases have one road; there the comparison with many digits must see it. And with
every function of the closed road made to raise, GTH solves the chains of phases as before.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import exact
import numpy as np
import pytest
import trigger_truth
from delays import timed

import rejuvmodel as rj
from rejuvmodel.cross_check import compare
from rejuvmodel.models import (
    closed_form,
    law_transforms,
    laws,
    mixed_laws,
    transform_functions,
    trigger_form,
)
from rejuvmodel.models import user_law as user_law_room

FAULT = 1 + 1e-6
#: Rooms with arithmetic, and what of them an Erlang or hyperexponential law is made of.
ROOMS: dict[ModuleType, tuple[str, ...]] = {
    trigger_form: ("DelayTransforms", "_unstable_clock", "_service_clock", "masses", "probabilities"),
    law_transforms: ("ErlangTransforms", "HyperexponentialTransforms", "_log1p_ratio"),
}
#: What the laws without phases are made of.
ROOMS_WITHOUT_PHASES: dict[ModuleType, tuple[str, ...]] = {
    law_transforms: ("FixedTransforms", "UniformTransforms", "SampleTransforms", "_quadrature"),
    transform_functions: ("phi1", "phi2", "chi", "phi1_slope", "_inverse_factorials"),
}
#: What only chooses how to compute, or estimates memory.
NO_FACTORS = (
    "8.0 *",
    "300.0 *",
    "16.0 *",
    "3 * servers",
    "_UNDERFLOW",
    "(i < i[0])",
    "2.0 ** digit",
    "y * (self.low + self.width)",
    "self.delay * y",
)
#: What Erlang and hyperexponential laws never reach: limits that the phase chain has no numbers for.
UNREACHED = ("1 / s", "1 / x / y", "1 / x")
ARITHMETIC_CALLS = {"times", "over"}


@dataclass(frozen=True)
class Site:
    """One product or quotient in a room."""

    room: ModuleType
    owner: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.room.__name__.rpartition('.')[2]}.{self.owner}:{self.number}:{self.text}"


def arithmetic(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.AugAssign):
            if isinstance(node.op, ast.Mult | ast.Div):
                yield node
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ARITHMETIC_CALLS:
            yield node


def named(tree: ast.Module, owner: str) -> ast.AST:
    return next(node for node in tree.body if getattr(node, "name", "") == owner)


def sites(rooms: dict[ModuleType, tuple[str, ...]]) -> list[Site]:
    found = []
    for room, owners in rooms.items():
        tree = ast.parse(inspect.getsource(room))
        for owner in owners:
            for number, node in enumerate(arithmetic(named(tree, owner))):
                text = ast.unparse(node)
                if not any(word in text for word in NO_FACTORS) and text not in UNREACHED:
                    found.append(Site(room, owner, number, text))
    return found


def with_fault(site: Site) -> Any:
    """The function or class with the fault planted."""
    tree = ast.parse(inspect.getsource(site.room))
    node = list(arithmetic(named(tree, site.owner)))[site.number]
    assert ast.unparse(node) == site.text
    if isinstance(node, ast.Call):
        by = ast.parse(f"extended(np.array([[{FAULT!r}]]))", mode="eval").body
        node.args[0] = ast.Call(ast.Attribute(node.args[0], "times", ast.Load()), [by], [])
    elif isinstance(node, ast.AugAssign):
        node.value = ast.BinOp(node.value, ast.Mult(), ast.Constant(FAULT))
    else:
        assert isinstance(node, ast.BinOp)
        node.left = ast.BinOp(node.left, ast.Mult(), ast.Constant(FAULT))
    namespace = dict(vars(site.room))
    exec(compile(ast.fix_missing_locations(tree), site.room.__file__ or "", "exec"), namespace)
    return namespace


@cache
def models() -> tuple[rj.Cluster, ...]:
    """Clusters that between them take every path, quick ones first."""
    ordinary = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3)
    small = rj.Rates(aging=1, failure=10, repair=1 / 2, restart=3)
    delays = (rj.Erlang(3, 300), rj.Hyperexponential([0.3, 0.7], [30, 700]), rj.Erlang(7, 100))
    found = [timed(law, clock, 3, ordinary) for law in delays for clock in ("unstable", "service")]
    # F* of many stages underflows, so that it is found from its logarithm.
    deep = [timed(rj.Erlang(150, 1e5), clock, 2, small) for clock in ("unstable", "service")]
    return (*found, *deep, timed(rj.Erlang(2, 300), "service", 1, ordinary))


@cache
def references() -> tuple[rj.SteadyState, ...]:
    return tuple(rj.solve(model, rj.GTH()) for model in models())


def check() -> None:
    """Raise AgreementError where the closed form differs from the numeric solutions."""
    for model, reference in zip(models(), references(), strict=True):
        compare(rj.solve(model, rj.ClosedForm()), reference).check()


SITES = sites(ROOMS)
SITES_WITHOUT_PHASES = sites(ROOMS_WITHOUT_PHASES)


def test_the_roads_agree_without_a_fault() -> None:
    """Without a planted fault they agree to 1e-12, so it is the fault that is seen."""
    for model, reference in zip(models(), references(), strict=True):
        compare(rj.solve(model, rj.ClosedForm()), reference).check(rtol=1e-12)


@pytest.mark.parametrize("site", SITES, ids=str)
def test_factor_in_the_closed_form_of_triggers(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor on any product or quotient makes the check fail."""
    references()  # before the fault is there
    faulty = with_fault(site)
    if site.room is trigger_form:
        for name in ("masses", "probabilities"):
            monkeypatch.setattr(trigger_form, name, faulty[name])
    else:
        for room, name in ((laws, "ErlangTransforms"), (mixed_laws, "HyperexponentialTransforms")):
            monkeypatch.setattr(room, name, faulty[name])
    with pytest.raises(rj.AgreementError):
        check()


@cache
def right_answers() -> tuple[tuple[rj.Cluster, dict[str, Any]], ...]:
    """Clusters with laws without phases, and their probabilities in many digits."""
    rates = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 1 / 2, "restart": 3.0}
    late = {"aging": 1e60, "failure": 1e-60, "repair": 1 / 2, "restart": 3.0}
    deep = {"aging": 10.0, "failure": 10.0, "repair": 1 / 2, "restart": 3.0}
    laws_of = {
        (rj.Fixed(300), rj.Fixed(1), rj.Uniform(200, 400), rj.Uniform(0, 3), rj.Uniform(0.5, 2)): rates,
        (rj.Empirical([30, 200, 700]), rj.Empirical([0.1, 1])): rates,
        (rj.Fixed(100), rj.Uniform(100, 120), rj.Uniform(0, 1000), rj.Empirical([99.9, 100])): deep,
        (rj.Fixed(1e60),): late,
    }
    return tuple(
        (timed(law, clock, 2, rj.Rates(**with_rates)), trigger_truth.probabilities(2, law, clock, with_rates))
        for some, with_rates in laws_of.items()
        for law in some
        for clock in ("unstable", "service")
    )


def worst_of_all() -> float:
    """Largest error of the laws without phases, of the logarithms relative to 1."""
    worst = 0.0
    for cluster, right in right_answers():
        found = rj.solve(cluster).log_probabilities.tolist()
        exactly = [float(exact.logarithm(p)) for p in right.values()]
        worst = max(worst, *(abs(a - b) for a, b in zip(found, exactly, strict=True)))
    return worst


def test_the_digits_agree_without_a_fault() -> None:
    """Without a planted fault they agree to 1e-11, so it is the fault that is seen."""
    assert worst_of_all() < 1e-11


@pytest.mark.parametrize("site", SITES_WITHOUT_PHASES, ids=str)
def test_factor_in_a_law_without_phases(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor on any product or quotient of these laws shows against many digits."""
    right_answers()
    faulty = with_fault(site)
    for room, names in (
        (law_transforms, ("phi1", "phi1_slope", "phi2", "FixedTransforms", "_quadrature")),
        (laws, ("FixedTransforms", "UniformTransforms")),
        (mixed_laws, ("SampleTransforms",)),
    ):
        for name in names:
            if name in faulty:
                monkeypatch.setattr(room, name, faulty[name])
    assert worst_of_all() > 1e-9


@pytest.mark.parametrize("name", ["aging", "failure", "repair", "restart"])
@pytest.mark.parametrize("clock", ["_unstable_clock", "_service_clock"])
def test_factor_of_a_rate(clock: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor on one rate, on one clock, makes the check fail."""
    references()
    function = getattr(trigger_form, clock)

    def faulty(i: Any, rates: Any, delay: Any) -> Any:
        return function(i, rates._replace(**{name: getattr(rates, name) * FAULT}), delay)

    monkeypatch.setattr(trigger_form, clock, faulty)
    with pytest.raises(rj.AgreementError):
        check()


@pytest.mark.parametrize("name", ["phi1"])
def test_factor_in_an_entire_function(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor in the function that Erlang's slopes are made of makes the check fail."""
    references()
    function = getattr(law_transforms, name)
    monkeypatch.setattr(law_transforms, name, lambda z: function(z) * FAULT)
    with pytest.raises(rj.AgreementError):
        check()


def test_the_numeric_road_needs_nothing_of_the_closed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every function of the closed road made to raise, GTH solves the phases as before."""
    before = [state.probabilities for state in references()]

    def broken(*_args: object, **_named: object) -> Any:
        raise AssertionError("the numeric road called the closed form")

    count = 0
    for room in (closed_form, trigger_form, law_transforms, transform_functions, user_law_room):
        for name, value in list(vars(room).items()):
            if getattr(value, "__module__", None) != room.__name__:
                continue
            if isinstance(value, FunctionType):
                monkeypatch.setattr(room, name, broken)
                count += 1
            elif isinstance(value, type) and name.endswith("Transforms"):
                for method in [m for m, f in vars(value).items() if isinstance(f, FunctionType)]:
                    if not method.startswith("__"):
                        monkeypatch.setattr(value, method, broken)
                        count += 1
    assert count > 50
    for model, expected in zip(models(), before, strict=True):
        assert np.array_equal(rj.solve(model, rj.GTH()).probabilities, expected)
    with pytest.raises(AssertionError, match="called the closed form"):
        _ = rj.solve(models()[0]).unavailability


def test_there_are_places_for_faults() -> None:
    """The search finds the arithmetic of both clocks and both laws, or nothing above would be tested."""
    assert {site.owner for site in SITES} >= {
        "_unstable_clock", "_service_clock", "ErlangTransforms", "HyperexponentialTransforms", "_log1p_ratio",
    }  # fmt: skip
    assert len(SITES) >= 50
