"""Chains that declare their levels: what is refused, and LevelAggregation and LevelReduction against GTH."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import numpy as np
import pytest

import rejuvmodel as rj
from rejuvmodel.markov import chain_levels
from rejuvmodel.markov.flows import Family

SOLVERS = (rj.LevelAggregation(), rj.LevelAggregation(uniform=True), rj.LevelReduction())
BY_LEVELS = pytest.mark.parametrize("solver", SOLVERS, ids=repr)
TWO = [("up", "worn", 0.1), ("worn", "up", 1.0), ("worn", "down", 0.2), ("down", "up", 2.0)]


def worst(chain: rj.MarkovChain, solver: Any) -> float:
    """Largest error of a logarithm against GTH, relative to it where it is large."""
    found, right = (rj.solve(chain, s).log_probabilities for s in (solver, rj.GTH()))
    assert np.array_equal(np.isneginf(found), np.isneginf(right))
    some = np.isfinite(right)
    return float(np.max(np.abs(found[some] - right[some]) / np.maximum(1, np.abs(right[some]))))


def birth_death(levels: int) -> rj.MarkovChain:
    """A birth–death chain with rates over four decades."""
    draw, i = np.random.default_rng(3), np.arange(levels - 1)
    up, down = 10 ** draw.uniform(-2, 2, (2, levels - 1))
    families = Family("birth", i, i + 1, up), Family("death", i + 1, i, down)
    return rj.MarkovChain(tuple(map(str, range(levels))), families, levels=np.arange(levels))


def quasi(levels: int, phases: int, seed: int, decades: float = 2.0, density: float = 0.5) -> rj.MarkovChain:
    """A quasi-birth–death chain with random rates, its states in no order."""
    draw = np.random.default_rng(seed)
    size = levels * phases
    there = draw.random((size, size)) < density
    number = np.arange(size) // phases
    there &= np.abs(number[:, None] - number) <= 1
    np.fill_diagonal(there, False)
    origin, target = np.nonzero(there)
    shuffled, numbers = draw.permutation(size), np.empty(size, np.int64)
    numbers[shuffled] = number
    rate = 10 ** draw.uniform(-decades, decades, len(origin))
    family = Family("", shuffled[origin], shuffled[target], rate)
    return rj.MarkovChain(tuple(map(str, range(size))), (family,), levels=numbers)


@BY_LEVELS
def test_birth_death(solver: Any) -> None:
    """A birth–death chain of 1,000 levels is solved to 1e-12."""
    assert worst(birth_death(1000), solver) < 1e-12


@pytest.mark.soak
@BY_LEVELS
def test_long_birth_death(solver: Any) -> None:
    """A birth–death chain of 10,000 levels is solved to 1e-12."""
    assert worst(birth_death(10_000), solver) < 1e-12


@BY_LEVELS
@pytest.mark.parametrize("seed", range(3))
def test_quasi_birth_death(seed: int, solver: Any) -> None:
    """Quasi-birth–death chains with states in any order are solved to 1e-12."""
    assert worst(quasi(12, 8, seed), solver) < 1e-12
    assert worst(quasi(6, 8, seed, decades=4.5), solver) < 1e-12


@BY_LEVELS
@pytest.mark.parametrize("servers", [1, 2, 50])
def test_cluster(servers: int, solver: Any) -> None:
    """The chain of a cluster, its level the number of failed servers, is solved to 1e-12."""
    chain = rj.Cluster(
        servers, rj.Rates(aging=1 / 240, failure=1 / 720, repair=2, restart=6, rejuvenation=1 / 24)
    ).chain()
    levels = np.array([servers - int(label.strip("ur")) for label in chain.labels])
    assert worst(dataclasses.replace(chain, levels=levels), solver) < 1e-12


@BY_LEVELS
@pytest.mark.parametrize("scale", [1e-6, 1e-10, 1e-14, 1e-18, 1e-25])
def test_nearly_closed_level(scale: float, solver: Any) -> None:
    """A level of two parts that hardly lead anywhere is solved to 1e-12."""
    chain = rj.MarkovChain.from_transitions(
        [
            ("a", "b", 1.0), ("b", "a", 0.7), ("c", "d", 1.3), ("d", "c", 0.9), ("b", "c", scale),
            ("d", "a", 3 * scale), ("a", "x", 2 * scale), ("x", "a", 1.0), ("x", "c", 0.5),
            ("d", "x", scale / 3),
        ],
        levels={"a": 0, "b": 0, "c": 0, "d": 0, "x": 1},
    )  # fmt: skip
    assert worst(chain, solver) < 1e-12


@pytest.mark.parametrize("scale", [1e-3, 1e-9, 1e-12, 1e-14, 1e-20])
def test_two_ladders(scale: float) -> None:
    """Two ladders that are hardly joined are eliminated; sweeps refuse and never stop on wrong shares."""
    rows, levels, draw = [("A2", "B2", scale), ("B4", "A4", 3 * scale)], {}, np.random.default_rng(5)
    for k in range(6):
        for side in "AB":
            levels[f"{side}{k}"] = k
            if k < 5:
                ends = f"{side}{k}", f"{side}{k + 1}"
                rows += [(*ends, draw.uniform(0.5, 2)), (*ends[::-1], draw.uniform(0.5, 2))]
    chain = rj.MarkovChain.from_transitions(rows, levels=levels)
    assert worst(chain, rj.LevelReduction()) < 1e-12
    with pytest.raises(rj.ConvergenceError, match=r"did not settle .* Try LevelReduction\(\)"):
        rj.solve(chain, rj.LevelAggregation())


def test_sparse_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels too wide for a band are factored sparsely, to the same accuracy."""
    monkeypatch.setattr(chain_levels, "_WIDEST", 2)
    assert worst(quasi(8, 12, 4), rj.LevelAggregation()) < 1e-12


def test_sparse_factors_of_a_nearly_closed_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sparse factors that lose digits are refused."""
    monkeypatch.setattr(chain_levels, "_WIDEST", 0)
    rows = [("a", "b", 1.0), ("b", "a", 0.7), ("b", "x", 1e-12), ("x", "a", 1.0)]
    chain = rj.MarkovChain.from_transitions(rows, levels={"a": 0, "b": 0, "x": 1})
    with pytest.raises(rj.ConvergenceError, match=r"level 0 is nearly closed.*Use GTH\(\)"):
        rj.solve(chain, rj.LevelAggregation())


@BY_LEVELS
def test_transient_states(solver: Any) -> None:
    """Transient states have probability exactly 0, and levels that only they have are left out."""
    rows = [("far", "new", 1.0), ("new", "up", 1.0), *TWO]
    levels = {"far": 0, "new": 1, "up": 2, "worn": 2, "down": 3}
    chain = rj.MarkovChain.from_transitions(rows, levels=levels, down={"down": "unplanned"})
    state = rj.solve(chain, solver)
    assert state["far"] == state["new"] == 0
    assert worst(chain, solver) < 1e-12
    assert state.method == solver.name
    assert state.residual < 1e-14
    assert state.unavailability == pytest.approx(rj.solve(chain).unavailability, rel=1e-13)


@BY_LEVELS
def test_one_level(solver: Any) -> None:
    """A chain of one level is solved too."""
    chain = rj.MarkovChain.from_transitions(TWO, levels=dict.fromkeys(("up", "worn", "down"), 0))
    assert worst(chain, solver) < 1e-14


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ({"up": 0, "worn": 0, "down": 2}, "no state of level 1"),
        ({"up": 1, "worn": 1, "down": 2}, "no state of level 0"),
        ({"up": 0, "worn": 1, "down": 2}, "'down' → 'up' from level 2 to level 0"),
        ({"up": 0, "worn": 1}, "no level for 'down'"),
        ({"up": 0, "worn": 0, "down": -1}, "down"),
        ({"up": 0, "worn": 0, "down": 0.5}, "down"),
        ({"up": 0, "worn": 0, "dwon": 1}, "dwon"),
        ([0, 0, 1], "give a mapping"),
    ],
)
def test_levels_that_are_refused(levels: Any, words: str) -> None:
    """Gaps, missing states and transitions across levels are refused by name."""
    with pytest.raises(rj.InvalidInputError) as error:
        rj.MarkovChain.from_transitions(TWO, levels=levels)
    assert words in str(error.value)


@pytest.mark.parametrize("levels", [[0, 0], [0.5, 0, 1], ["a", "b", "c"], [[0, 0, 1]]])
def test_arrays_of_levels_that_are_refused(levels: Any) -> None:
    """An array of levels has one whole number for each state."""
    chain = rj.MarkovChain.from_transitions(TWO)
    with pytest.raises(rj.InvalidInputError, match="levels"):
        dataclasses.replace(chain, levels=levels)


@BY_LEVELS
def test_models_without_levels(solver: Any) -> None:
    """A chain or a cluster without levels is refused with what to do instead."""
    rates = rj.Rates(aging=1, failure=1, repair=1, restart=1, rejuvenation=1)
    for model in (rj.MarkovChain.from_transitions(TWO), rj.Cluster(2, rates)):
        with pytest.raises(
            rj.InvalidInputError, match=r"solver: got Level\w+\(\); a .* has no levels. Use GTH"
        ):
            rj.solve(model, solver)


def test_levels_are_kept() -> None:
    """Levels survive pickling, read-only."""
    chain = pickle.loads(pickle.dumps(birth_death(4)))
    assert chain.levels.tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        chain.levels[0] = 1
