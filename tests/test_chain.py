"""MarkovChain: its generator, its labels, its classes, and what it refuses."""

from __future__ import annotations

import math
import pickle
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.markov.flows import Family

UP_DOWN = [("up", "down", 0.01, "failure"), ("down", "up", 2.0, "repair")]
RATE = st.floats(1e-9, 1e9)
LABEL = st.sampled_from("abcdef")


def build(transitions: Any = UP_DOWN, **more: Any) -> rj.MarkovChain:
    return rj.MarkovChain.from_transitions(transitions, **more)


def test_generator_by_hand() -> None:
    """The generator has q_ij off the diagonal and minus the row sums on it."""
    chain = build([("a", "b", 2), ("a", "c", 3), ("b", "a", 5), ("c", "b", 7)])
    assert chain.states == ("a", "b", "c")
    assert chain.generator.toarray().tolist() == [[-5, 2, 3], [5, -5, 0], [0, 7, -7]]


def test_generator_is_compressed_rows() -> None:
    """The generator is a CSR array of doubles, whatever the number of states."""
    for n in (1, 2, 100):
        q = rj.Cluster(n, rj.Rates(aging=1, failure=1, repair=1, restart=1, rejuvenation=1)).chain().generator
        assert q.format == "csr"
        assert q.shape == (3 * n + 1, 3 * n + 1)
        assert q.dtype == np.float64
        assert q.nnz == 5 * n + 3 * n + 1


@given(st.lists(st.tuples(LABEL, LABEL, RATE).filter(lambda t: t[0] != t[1]), min_size=1, max_size=30))
def test_rows_sum_to_zero(transitions: list[tuple[str, str, float]]) -> None:
    """Every row of a generator sums to 0 to rounding, and no rate off the diagonal is negative."""
    q = build(transitions).generator.toarray()
    assert np.all(np.abs(q.sum(axis=1)) <= 1e-15 * len(q) * np.abs(np.diag(q)))
    assert np.all(q - np.diag(np.diag(q)) >= 0)


@given(st.lists(st.tuples(LABEL, LABEL, RATE).filter(lambda t: t[0] != t[1]), min_size=1, max_size=30))
def test_parallel_transitions_add_up(transitions: list[tuple[str, str, float]]) -> None:
    """Parallel transitions, of one cause or several, add up in the generator."""
    chain = build([(*row, "xy"[k % 2]) for k, row in enumerate(transitions)])
    expected: dict[tuple[str, str], float] = {}
    for origin, target, rate in transitions:
        expected[origin, target] = expected.get((origin, target), 0.0) + rate
    q = chain.generator
    for (origin, target), rate in expected.items():
        place = chain.states.index(origin), chain.states.index(target)
        assert q[place] == pytest.approx(rate, rel=1e-14)


def test_zero_rates_are_no_transitions() -> None:
    """A rate of 0 keeps its states but makes no transition."""
    chain = build([("a", "b", 1), ("b", "c", 0), ("b", "a", 1)])
    assert chain.states == ("a", "b", "c")
    assert len(chain.flows.rate) == 2
    assert chain.generator.nnz == 5  # two rates and the diagonal
    assert [one.states for one in chain.communicating_classes] == [("a", "b"), ("c",)]


def test_order_of_first_appearance() -> None:
    """States stand in the order in which the transitions name them."""
    assert build([("z", "a", 1), ("m", "z", 1), ("a", "m", 1)]).states == ("z", "a", "m")


def test_families_keep_the_causes() -> None:
    """Transitions of one cause make one family, in the order of first appearance."""
    chain = build([*UP_DOWN, ("up", "down", 1.0, "repair")])
    assert [(family.cause, family.rate.tolist()) for family in chain.families] == [
        ("failure", [0.01]),
        ("repair", [2.0, 1.0]),
    ]
    assert build([row[:3] for row in UP_DOWN]).families[0].cause == ""


@pytest.mark.parametrize("how", ["new", "pickled"])
def test_arrays_are_read_only(how: str) -> None:
    """No array of a chain can be written to, so that its generator and its solution stay one."""
    cluster = rj.Cluster(2, rj.Rates(aging=1, failure=1, repair=1, restart=1, rejuvenation=1))
    for chain in (build(down={"down": "planned"}, degraded=["up"]), cluster.chain()):
        mine = chain if how == "new" else pickle.loads(pickle.dumps(chain))
        q = mine.generator
        arrays = [*mine.flows[1:], q.data, q.indices, q.indptr, mine.recurrent_states]
        arrays += [array for family in mine.families for array in family[1:]]
        arrays += [*(mine.down or {}).values(), *(mine.groups or {}).values()]
        assert not any(array.flags.writeable for array in arrays)


def test_arrays_of_a_family_stay_writable() -> None:
    """The arrays given to a chain are viewed read-only; the ones of the caller keep their flag."""
    rate = np.ones(1)
    there = Family("", np.array([0]), np.array([1]), rate)
    back = Family("", np.array([1]), np.array([0]), rate)
    assert not rj.MarkovChain(("a", "b"), (there, back)).families[0].rate.flags.writeable
    assert rate.flags.writeable


def test_size_and_representation() -> None:
    """A chain has the length of its states and says how many transitions it has."""
    assert len(build()) == 2
    assert repr(build()) == "MarkovChain(2 states, 2 transitions)"


def test_communicating_classes() -> None:
    """The classes are reported in the order of their first state, each with whether it is recurrent."""
    chain = build(
        [
            ("s", "t", 1),
            ("t", "s", 1),
            ("t", "c", 1),
            ("s", "a", 1),
            ("a", "b", 1),
            ("b", "a", 1),
            ("c", "d", 0),
        ]
    )
    found = [(one.states, one.recurrent) for one in chain.communicating_classes]
    assert found == [(("s", "t"), False), (("c",), True), (("a", "b"), True), (("d",), True)]


def test_many_recurrent_classes_are_shortened() -> None:
    """An error about many large classes names the first ones and stays short."""
    rows = [(f"{k}.{i}", f"{k}.{(i + 1) % 20}", 1) for k in range(30) for i in range(20)]
    with pytest.raises(
        rj.InvalidInputError, match=r"30 recurrent classes: \{'0\.0', .* and others"
    ) as refused:
        rj.solve(build(rows))
    assert len(str(refused.value)) < 1000


def test_cluster_chain_starts_in_its_normal_state() -> None:
    """A cluster's chain starts in n: states that cannot be reached from there have probability 0."""
    cluster = rj.Cluster(3, rj.Rates(aging=0, failure=1, repair=1, restart=1, rejuvenation=1))
    chain = cluster.chain()
    assert chain.labels[chain.start] == "3"
    assert rj.solve(chain)["3"] == 1


@pytest.mark.parametrize("down", [{"down": "unplanned"}, {"down": "planned"}, {}])
def test_down_states(down: dict[str, str]) -> None:
    """Down states count under the cause given; with {} the chain is never down."""
    state = rj.solve(build(down=down))
    p = state["down"]
    assert state.unavailability == (p if down else 0)
    assert state.unplanned_unavailability == (p if down == {"down": "unplanned"} else 0)
    assert state.planned_unavailability == (p if down == {"down": "planned"} else 0)
    if not down:
        assert state.nines == math.inf
        assert state.log_unavailability == -math.inf


def test_costs_of_a_chain_by_hand() -> None:
    """All five costs apply to a hand-built chain that says which states and transitions they mean."""
    chain = build(
        [
            ("up", "old", 1),
            ("old", "re", 2, "rejuvenation"),
            ("re", "up", 4),
            ("old", "down", 1),
            ("down", "up", 2),
        ],
        down={"down": "unplanned", "re": "planned"},
        degraded=["old"],
        rejuvenating="re",
    )
    state = rj.solve(chain)
    old, re, down = state["old"], state["re"], state["down"]
    costs = rj.Costs(failure=1, rejuvenation=10, capacity=100, per_rejuvenation=1000, degraded=1e4)
    expected = down + 10 * re + 100 * re + 1000 * 2 * old + 1e4 * old
    assert state.cost_rate(costs) == pytest.approx(expected, rel=1e-14)


def test_chain_survives_pickling() -> None:
    """A pickled chain has the same states, generator and solution."""
    chain = build(down={"down": "unplanned"})
    again = pickle.loads(pickle.dumps(chain))
    assert again.states == chain.states
    assert (again.generator != chain.generator).nnz == 0
    assert rj.solve(again).unavailability == rj.solve(chain).unavailability


BAD = [
    (None, "transitions"),
    ("up", "transitions"),
    (b"up", "transitions"),
    ({"up": 1}, "transitions"),
    (7, "transitions"),
    ([], "transitions"),
    ([*UP_DOWN, ("up", "down")], "transitions[2]"),
    ([("up", "down", 1, "x", "y")], "transitions[0]"),
    ([UP_DOWN[0], "abc"], "transitions[1]"),
    ([UP_DOWN[0], 5], "transitions[1]"),
    ([UP_DOWN[0], None], "transitions[1]"),
    ([(1, "down", 1)], "transitions[0] from"),
    ([("up", None, 1)], "transitions[0] to"),
    ([("", "down", 1)], "transitions[0] from"),
    ([("up", "up", 1)], "transitions[0]"),
    ([*UP_DOWN, ("up", "down", -1)], "transitions[2] rate"),
    ([("up", "down", math.nan)], "transitions[0] rate"),
    ([("up", "down", math.inf)], "transitions[0] rate"),
    ([("up", "down", True)], "transitions[0] rate"),
    ([("up", "down", None)], "transitions[0] rate"),
    ([("up", "down", "fast")], "transitions[0] rate"),
    ([("up", "down", 1 + 2j)], "transitions[0] rate"),
    ([("up", "down", {"rate": 1})], "transitions[0] rate"),
    ([("up", "down", [1.0, 2.0])], "transitions[0] rate"),
    ([("up", "down", 1, 5)], "transitions[0] cause"),
]


@pytest.mark.parametrize(("transitions", "place"), BAD, ids=str)
def test_bad_transitions(transitions: Any, place: str) -> None:
    """A transition that is none is refused, with its place, its value and the rule."""
    with pytest.raises(rj.InvalidInputError) as refused:
        build(transitions)
    assert refused.value.argument == place
    assert refused.value.found
    assert refused.value.rule


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ({"down": {"dwon": "unplanned"}}, "down", "Did you mean 'down'?"),
        ({"down": {"down": "sometimes"}}, "down[", "'planned' or 'unplanned'"),
        ({"down": {"down": None}}, "down[", "'planned' or 'unplanned'"),
        ({"down": ["down"]}, "down", "mapping"),
        ({"down": "down"}, "down", "mapping"),
        ({"degraded": ["old"]}, "degraded", "no state of that name"),
        ({"rejuvenating": "old"}, "rejuvenating", "no state of that name"),
        ({"rejuvenating": [3]}, "rejuvenating", "no state of that name"),
        ({"degraded": 5}, "degraded", "labels of some states"),
        ({"start": "upp"}, "start", "Did you mean 'up'?"),
        ({"start": 0}, "start", "no state of that name"),
    ],
    ids=str,
)
def test_bad_groups(more: dict[str, Any], place: str, words: str) -> None:
    """States that do not exist and causes that are none are refused with the nearest label or the rule."""
    with pytest.raises(rj.InvalidInputError) as refused:
        build(**more)
    assert refused.value.argument.startswith(place)
    assert words in str(refused.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.binary(max_size=3),
        lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner, inner),
        max_leaves=12,
    )
)
def test_anything_else_is_an_error_in_words(junk: Any) -> None:
    """Whatever is passed as transitions is a chain or an InvalidInputError, never another exception."""
    with suppress(rj.InvalidInputError):
        assert np.isfinite(build(junk).generator.toarray()).all()


def test_labels_beyond_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The labels of a huge cluster are refused with an estimate; single ones are still found."""
    monkeypatch.setattr("rejuvmodel.memory.available_bytes", lambda: 1e6)
    cluster = rj.Cluster(10**7, rj.Rates(aging=1, failure=1, repair=1, restart=1, rejuvenation=1))
    with pytest.raises(rj.SizeError, match=r"The labels .*would need about 2\.4 GB; 1 MB are available"):
        _ = cluster.states
    assert cluster.labels[0] == "10000000"
