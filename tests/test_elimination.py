"""GTH on general chains: every shape, every order of states, any range of rates."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable
from fractions import Fraction

import exact
import numpy as np
import pytest
import solvers
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel import memory
from rejuvmodel.markov import elimination
from rejuvmodel.markov.flows import Family

Edges = list[tuple[str, str, float]]


def both_ways(pairs: Iterable[tuple[object, object]], rate: Callable[[], float]) -> Edges:
    return [(str(a), str(b), rate()) for x, y in pairs for a, b in ((x, y), (y, x))]


def complete(chance: random.Random, spread: float) -> Edges:
    return both_ways(itertools.combinations(range(11), 2), lambda: 10 ** chance.uniform(-spread, spread))


def ring(chance: random.Random, spread: float) -> Edges:
    return both_ways([(k, (k + 1) % 25) for k in range(25)], lambda: 10 ** chance.uniform(-spread, spread))


def one_way_ring(chance: random.Random, spread: float) -> Edges:
    return [(str(k), str((k + 1) % 31), 10 ** chance.uniform(-spread, spread)) for k in range(31)]


def star(chance: random.Random, spread: float) -> Edges:
    return both_ways([(0, k) for k in range(1, 25)], lambda: 10 ** chance.uniform(-spread, spread))


def lattice(chance: random.Random, spread: float) -> Edges:
    side = range(5)
    pairs = [((x, y), (x + dx, y + 1 - dx)) for x in side for y in side for dx in (0, 1)]
    inside = [(a, b) for a, b in pairs if max(b) < len(side)]
    return both_ways(inside, lambda: 10 ** chance.uniform(-spread, spread))


def hypercube(chance: random.Random, spread: float) -> Edges:
    pairs = [(v, v ^ 1 << bit) for v in range(16) for bit in range(4) if not v >> bit & 1]
    return both_ways(pairs, lambda: 10 ** chance.uniform(-spread, spread))


def strongly_connected(chance: random.Random, spread: float) -> Edges:
    """Return a random cycle through all states and random shortcuts."""
    order = chance.sample(range(25), 25)
    edges = [(str(a), str(b)) for a, b in itertools.pairwise([*order, order[0]])]
    edges += [(str(a), str(b)) for a, b in (chance.sample(range(25), 2) for _ in range(40))]
    return [(a, b, 10 ** chance.uniform(-spread, spread)) for a, b in edges]


SHAPES = (complete, ring, one_way_ring, star, lattice, hypercube, strongly_connected)
EVERY_SHAPE = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)


def solve_exactly(edges: Edges) -> dict[str, Fraction]:
    return exact.stationary([(a, b, Fraction(rate)) for a, b, rate in edges])


def gap_to_exact(edges: Edges, solver: rj.GTH | None = None) -> float:
    """Largest error of any probability, of its logarithm below 1e-290."""
    state = rj.solve(rj.MarkovChain.from_transitions(edges), solver=solver or rj.GTH())
    right = solve_exactly(edges)
    gaps = []
    for label, p, log_p in zip(state.states, state.probabilities, state.log_probabilities, strict=True):
        if right[label] > solvers.RESOLVED:
            gaps.append(exact.relative_error(float(p), right[label]))
        gaps.append(solvers.log_error(float(log_p), exact.log_fraction(right[label])))
    return max(gaps)


@EVERY_SHAPE
@pytest.mark.parametrize("spread", [0.5, 5, 60, 300])
def test_shape_of_the_chain(shape: Callable[[random.Random, float], Edges], spread: float) -> None:
    """Each probability is right to 1e-13, whatever the shape of the chain and the spread of its rates."""
    assert gap_to_exact(shape(random.Random(int(spread)), spread)) <= 1e-13


@pytest.mark.soak
@EVERY_SHAPE
def test_shape_of_the_chain_again_and_again(shape: Callable[[random.Random, float], Edges]) -> None:
    """So it is for thirty draws of each shape."""
    for seed in range(30):
        assert gap_to_exact(shape(random.Random(seed), (1, 20, 100)[seed % 3])) <= 1e-13


@EVERY_SHAPE
def test_direct_on_general_chains(shape: Callable[[random.Random, float], Edges]) -> None:
    """Direct keeps its 1e-9 on the same shapes over nine decades."""
    assert gap_to_exact(shape(random.Random(5), 4.5), rj.Direct()) <= 1e-9


@EVERY_SHAPE
def test_order_of_the_states(shape: Callable[[random.Random, float], Edges]) -> None:
    """Shuffled states get the same probabilities, in their new order."""
    edges = shape(random.Random(1), 6)
    plain = rj.solve(rj.MarkovChain.from_transitions(edges))
    for seed in range(3):
        shuffled = random.Random(seed).sample(edges, len(edges))
        other = rj.solve(rj.MarkovChain.from_transitions(shuffled))
        assert other.states != plain.states
        found = [other.log_probability(label) for label in plain.states]
        assert found == pytest.approx(plain.log_probabilities, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("servers", [1, 2, 50])
def test_shuffled_cluster(servers: int) -> None:
    """The n-server chain with its states and transitions shuffled has the probabilities of the cluster."""
    rates = solvers.regime("draw 2").rates
    cluster = rj.Cluster(servers, rj.Rates(**rates))
    chain = cluster.chain()
    edges = [(a, b, float(rate)) for a, b, rate in solvers.transitions(chain)]
    random.Random(servers).shuffle(edges)
    shuffled = rj.solve(rj.MarkovChain.from_transitions(edges), rj.GTH())
    right = exact.cluster_log_probabilities(servers, **rates)
    found = [shuffled.log_probability(label) for label in cluster.states]
    assert max(map(solvers.log_error, found, right)) <= 1e-12


@given(st.data())
def test_any_small_chain(data: st.DataObject) -> None:
    """Any strongly connected chain of up to seven states, with any rates, is solved to 1e-13."""
    size = data.draw(st.integers(2, 7))
    rate = st.floats(-300, 300).map(lambda x: 10**x)
    cycle = [(str(k), str((k + 1) % size), data.draw(rate)) for k in range(size)]
    node = st.integers(0, size - 1)
    more = data.draw(st.lists(st.tuples(node, node, rate).filter(lambda e: e[0] != e[1]), max_size=12))
    assert gap_to_exact(cycle + [(str(a), str(b), q) for a, b, q in more]) <= 1e-13


@given(
    st.lists(st.floats(1e-6, 1e3), min_size=12, max_size=12),
    st.floats(1e-100, 1e100),
)
def test_unit_of_time(values: list[float], scale: float) -> None:
    """Measuring all rates in another unit leaves the probabilities as they are."""
    edges = [
        (str(a), str(b), q) for (a, b), q in zip(itertools.permutations(range(4), 2), values, strict=True)
    ]
    plain = rj.solve(rj.MarkovChain.from_transitions(edges)).probabilities
    scaled = [(a, b, q * scale) for a, b, q in edges]
    assert rj.solve(rj.MarkovChain.from_transitions(scaled)).probabilities == pytest.approx(
        plain, rel=1e-14, abs=0
    )


def nearly_full(size: int, chance: random.Random, exponent: Callable[[int, int], float]) -> Edges:
    return [
        (str(a), str(b), 10 ** exponent(a, b) * chance.uniform(1, 9))
        for a, b in itertools.permutations(range(size), 2)
    ]


@pytest.fixture
def which_dense(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record which of the two eliminations of the dense remainder came to its end."""
    used: list[str] = []

    def watched(name: str) -> None:
        function = getattr(elimination, name)

        def call(*args: object) -> object:
            result = function(*args)
            used.append(name)
            return result

        monkeypatch.setattr(elimination, name, call)

    watched("_eliminate_doubles")
    watched("_eliminate_scaled")
    return used


def test_dense_remainder_in_doubles(which_dense: list[str]) -> None:
    """A full chain with ordinary rates is finished in plain doubles, in several blocks, to 1e-13."""
    edges = nearly_full(60, random.Random(1), lambda a, b: (a * b) % 5 - 2)
    chain = rj.MarkovChain.from_transitions(edges)
    state = rj.solve(chain, rj.GTH())
    assert which_dense == ["_eliminate_doubles"]
    pi = {label: Fraction(float(p)) for label, p in zip(state.states, state.probabilities, strict=True)}
    net = exact.balance([(a, b, Fraction(q)) for a, b, q in edges], pi)
    leaving = {label: -float(q) for label, q in zip(state.states, chain.generator.diagonal(), strict=True)}
    assert max(abs(float(net[label])) / (float(pi[label]) * leaving[label]) for label in pi) <= 1e-13


@pytest.mark.parametrize("spread", [150, 299])
def test_dense_remainder_beyond_doubles(spread: float, which_dense: list[str]) -> None:
    """A full chain whose rates leave the doubles on the way is finished with scaled numbers, to 1e-13."""
    chance = random.Random(2)
    edges = nearly_full(9, chance, lambda a, b: chance.uniform(-spread, spread) * (a != b))
    assert gap_to_exact(edges) <= 1e-13
    assert which_dense[-1] == "_eliminate_scaled"


def test_dense_remainder_with_an_exact_subnormal() -> None:
    """Rates that are powers of two far apart lose nothing, although no underflow is signalled for them."""
    edges = [
        (str(a), str(b), 2.0 ** (-1070 if b < a else 1000 - 3 * a - b))
        for a, b in itertools.permutations(range(7), 2)
    ]
    assert gap_to_exact(edges) <= 1e-13


def test_scaled_elimination_agrees_with_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where doubles suffice, the scaled elimination of the dense remainder gives the same answer."""
    edges = nearly_full(40, random.Random(3), lambda a, b: (a + 2 * b) % 7 - 3)
    plain = rj.solve(rj.MarkovChain.from_transitions(edges)).probabilities

    def refused(_: object) -> None:
        raise FloatingPointError

    monkeypatch.setattr(elimination, "_eliminate_doubles", refused)
    scaled = rj.solve(rj.MarkovChain.from_transitions(edges)).probabilities
    assert scaled == pytest.approx(plain, rel=1e-14, abs=0)


def test_absent_rates_do_not_decide_the_exponent() -> None:
    """Zero entries of the dense remainder do not swallow the weights of states that are hardly ever seen."""
    rates = {"aging": 7e11, "failure": 3e-310, "rejuvenation": 3e-310, "repair": 1e300, "restart": 1.0}
    state = rj.solve(rj.Cluster(3, rj.Rates(**rates)), rj.GTH())
    assert np.isfinite(state.log_probabilities).all()
    assert solvers.worst_log_error(state, exact.cluster_log_probabilities(3, **rates)) <= 1e-13


STRESS = exact.published("gth-stress")[0]


@pytest.mark.parametrize("e", STRESS["e"])
def test_quantecon_stress(e: float) -> None:
    """The nearly decomposable chain of QuantEcon's stress has one third in each state, whatever e."""
    p = STRESS["p"]
    edges = [("a", "b", p), ("b", "a", p), *((s, t, e) for s, t in ("ac", "bc", "ca", "cb"))]
    found = rj.solve(rj.MarkovChain.from_transitions(edges), rj.GTH())
    assert found.probabilities == pytest.approx(STRESS["value"], rel=STRESS["rtol"], abs=0)


@solvers.CHAIN_SOLVERS
def test_one_state(case: solvers.SolverCase) -> None:
    """A chain that ends in one state is there for good; all others have exactly 0 and −inf."""
    state = rj.solve(rj.MarkovChain.from_transitions([("a", "b", 2), ("b", "c", 3)]), case.solver)
    assert state.probabilities.tolist() == [0, 0, 1]
    assert state.log_probabilities.tolist() == [-math.inf, -math.inf, 0]


@solvers.CHAIN_SOLVERS
def test_transient_states(case: solvers.SolverCase) -> None:
    """States that are left for good have probability exactly 0; the others are solved among themselves."""
    chain = rj.MarkovChain.from_transitions([("new", "up", 5), ("up", "down", 1), ("down", "up", 3)])
    assert rj.solve(chain, case.solver).probabilities == pytest.approx([0, 0.75, 0.25], rel=1e-15)
    assert rj.solve(chain, case.solver)["new"] == 0


@solvers.CHAIN_SOLVERS
def test_several_recurrent_classes(case: solvers.SolverCase) -> None:
    """A chain with several recurrent classes is refused, and the error names each of them."""
    edges = [("s", "a", 1), ("s", "c", 1), ("a", "b", 1), ("b", "a", 1), ("c", "d", 1), ("d", "c", 1)]
    with pytest.raises(rj.InvalidInputError) as refused:
        rj.solve(rj.MarkovChain.from_transitions(edges), case.solver)
    assert "2 recurrent classes: {'a', 'b'}, {'c', 'd'}" in str(refused.value)
    assert "start=" in str(refused.value)


@solvers.CHAIN_SOLVERS
def test_start_chooses_the_class(case: solvers.SolverCase) -> None:
    """Where several classes are recurrent, the one reached from the start is solved."""
    edges = [("a", "b", 1), ("b", "a", 3), ("c", "d", 1), ("d", "c", 1)]
    state = rj.solve(rj.MarkovChain.from_transitions(edges, start="b"), case.solver)
    assert state.probabilities == pytest.approx([0.75, 0.25, 0, 0], rel=1e-15)


def test_start_that_reaches_several_classes() -> None:
    """A start from which several recurrent classes can be reached does not choose, and is refused."""
    edges = [("s", "a", 1), ("s", "b", 1), ("c", "s", 1)]
    with pytest.raises(rj.InvalidInputError, match="2 recurrent classes"):
        rj.solve(rj.MarkovChain.from_transitions(edges, start="s"))


def test_parallel_transitions() -> None:
    """Parallel transitions add up in the solution as in the generator."""
    edges = [("a", "b", 1, "x"), ("a", "b", 2, "y"), ("a", "b", 3, "y"), ("b", "a", 2, "z")]
    assert rj.solve(rj.MarkovChain.from_transitions(edges))["b"] == pytest.approx(0.75, rel=1e-15)


def test_random_walk_on_a_path() -> None:
    """A path of 2,000 states falling by 10 per step is finished with all log-probabilities right."""
    size = 2000
    edges = both_ways([(k, k + 1) for k in range(size - 1)], lambda: 1.0)
    edges = [(a, b, 10.0 if int(b) < int(a) else 1.0) for a, b, _ in edges]
    state = rj.solve(rj.MarkovChain.from_transitions(edges), rj.GTH())
    right = math.log(0.9) - np.arange(size) * math.log(10)
    assert state.log_probabilities == pytest.approx(right, rel=1e-13, abs=1e-13)


def test_large_lattice_agrees_with_direct() -> None:
    """On a lattice of 2,500 states, which fills up, GTH and Direct agree to 1e-10."""
    chance = random.Random(4)
    side = 50
    cells = list(itertools.product(range(side), repeat=2))
    pairs = [((x, y), (x + dx, y + 1 - dx)) for x, y in cells for dx in (0, 1)]
    inside = [(a, b) for a, b in pairs if max(b) < side]
    chain = rj.MarkovChain.from_transitions(both_ways(inside, lambda: 10 ** chance.uniform(-1, 1)))
    rj.agreement(chain).check(rtol=1e-10)


def bipartite(size: int) -> rj.MarkovChain:
    """Return a chain of two halves where every state of one leads to every state of the other."""
    left, right = (places.ravel() for places in np.meshgrid(np.arange(size), np.arange(size, 2 * size)))
    labels = [str(k) for k in range(2 * size)]
    to, fro = (Family("", a, b, np.ones(size * size)) for a, b in ((left, right), (right, left)))
    return rj.MarkovChain(labels, (to, fro))


@pytest.mark.parametrize(
    ("share", "what"),
    [(2.0, "The fill-in of GTH"), (0.2, "The dense remainder of GTH")],
    ids=["sparse", "dense"],
)
def test_too_much_fill_in_is_refused(share: float, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would not fit in memory is refused with an estimate instead of being tried."""
    monkeypatch.setattr(memory, "available_bytes", lambda: 1e6)
    monkeypatch.setattr(elimination, "DENSE_SHARE", share)
    with pytest.raises(rj.SizeError, match=rf"{what} would need about [\d.]+ [MG]B; 1 MB are available\."):
        rj.solve(bipartite(600), rj.GTH())
