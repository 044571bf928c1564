"""PRISM texts: read back by an independent reader they are the chain, their properties our measures."""

from __future__ import annotations

import math
import pickle
import re
from fractions import Fraction
from pathlib import Path

import exact
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prism_expressions import PrismError
from prism_models import (
    COSTS,
    RATES,
    STRESSED,
    USUAL,
    Model,
    all_models,
    chain_of,
    chains,
    clusters,
    costs_for,
    measures,
    pools,
)
from prism_reader import Chain, State, read_model, read_properties

import rejuvmodel as rj
from rejuvmodel.markov.prism_text import identifiers, number

MODELS = all_models()
IN_TIME = {"unavailability_at", "interval_unreliability", "mission_downtime", "mission_cost"}


def read(model: Model, costs: rj.Costs | None = None) -> Chain:
    return read_model(rj.to_prism(model, costs).model)


def states_of(model: Model, text: Chain) -> dict[State, int]:
    """Number of each reached state of a text among the states of the chain, from what the variables mean."""
    names = tuple(text.variables)
    found = {}
    for state in text.states:
        value = dict(zip(names, state, strict=True))
        if isinstance(model, rj.MarkovChain):
            found[state] = value["s"]
        elif isinstance(model, rj.Pool):
            a, r, f = (value.get(name, 0) for name in "arf")
            found[state] = model.labels.index((model.total - a - r - f, a, r, f))
        else:
            label = ("", "u", "r")[value.get("kind", 0)] + str(value["level"])
            labels = model.chain().states
            found[state] = labels.index(label if label in labels else f"{label}.{value['phase']}")
    return found


def close(found: Fraction, expected: float, rtol: float) -> bool:
    return abs(found - Fraction(expected)) <= Fraction(rtol) * abs(Fraction(expected))


def whole_chain(model: Model) -> tuple[int, dict[tuple[int, int], Fraction]]:
    """Start, and rates between all states that are reached from it, of the chain in memory."""
    chain = chain_of(model)
    flows = chain.flows
    start = int(chain.recurrent_states[0]) if chain.start is None else chain.start
    rows = zip(flows.origin.tolist(), flows.target.tolist(), flows.rate.tolist(), strict=True)
    named = [(str(a), str(b), Fraction(q)) for a, b, q in rows]
    reached = exact.reachable(named, str(start))
    rates: dict[tuple[int, int], Fraction] = {}
    for a, b, q in named:
        if a in reached:
            rates[int(a), int(b)] = rates.get((int(a), int(b)), Fraction(0)) + q
    return start, rates


@pytest.mark.parametrize("name", MODELS)
def test_the_text_is_the_chain(name: str) -> None:
    """Read back, the text starts where the chain does, and has its states, transitions and rates."""
    model = MODELS[name]
    text = read(model)
    place = states_of(model, text)
    start, rates = whole_chain(model)
    found = {(place[a], place[b]): rate for (a, b), rate in text.transitions.items()}
    assert place[text.start] == start
    assert found.keys() == rates.keys()
    # The chain holds products of rates rounded to doubles, the text the products themselves.
    assert all(close(rate, float(rates[pair]), 4e-16) for pair, rate in found.items())


@pytest.mark.parametrize("name", chains())
def test_rates_of_a_chain_are_exact(name: str) -> None:
    """The rates in the text of a chain built by hand are the doubles, with no rounding at all."""
    model = MODELS[name]
    text = read(model)
    place = states_of(model, text)
    assert {(place[a], place[b]): q for (a, b), q in text.transitions.items()} == whole_chain(model)[1]


@pytest.mark.parametrize("name", MODELS)
def test_the_properties_are_our_measures(name: str) -> None:
    """Solved in exact fractions, every property of the long run is what the library computes, to 1e-14."""
    model = MODELS[name]
    text = rj.to_prism(model, costs_for(model))
    chain, expected = read_model(text.model), measures(model)
    properties = read_properties(text.properties)
    assert set(properties) <= set(expected)
    for one in properties.keys() - IN_TIME:
        found = chain.measure(properties[one])
        if math.isinf(expected[one]) or math.isinf(found):
            assert found == expected[one], one
        else:
            assert close(Fraction(found), float(expected[one]), 1e-14), one


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_clusters_are_exact(n: int) -> None:
    """The probabilities of the text of a cluster are the fractions of the definition, exactly."""
    for rates in (USUAL, STRESSED):
        cluster = rj.Cluster(n, rates)
        text = read(cluster)
        expected = exact.cluster_stationary(n, **rates.to_dict())
        place = states_of(cluster, text)
        labels = cluster.states
        assert {labels[place[state]]: p for state, p in text.probabilities.items()} == expected


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("no start", "nothing declared")])
def test_measures_that_must_be_there(name: str) -> None:
    """Every model with down states and a start has the measures of outages, in the long run and in time."""
    text = read_properties(rj.to_prism(MODELS[name], costs_for(MODELS[name])).properties)
    assert {"unavailability", "planned_unavailability", "unplanned_unavailability", "cost_rate"} <= set(text)
    # The delay of this one starts in several phases, and a text has one initial state.
    if name != "hyperexponential on service":
        assert IN_TIME | {"mean_time_to_outage"} <= set(text)


def test_a_chain_without_start_has_no_time() -> None:
    """Where a chain names no start, or starts in several phases, no property depends on the start."""
    for name in ("no start", "nothing declared"):
        model = chains()[name]
        assert not IN_TIME & set(read_properties(rj.to_prism(model).properties))
    assert "hours" not in rj.to_prism(clusters()["hyperexponential on service"]).properties


@pytest.mark.parametrize("name", [*clusters(), *chains()])
def test_every_state_has_its_label(name: str) -> None:
    """The labels of states are true in exactly the states of that name, and in their order."""
    model = MODELS[name]
    text = read(model)
    place = states_of(model, text)
    labels = [label for label in text.labels if label.startswith("state_")]
    chain = chain_of(model)
    names = model.states if isinstance(model, rj.Cluster) else chain.states
    assert len(labels) == len(names)
    for label, state_name in zip(labels, names, strict=True):
        found = {chain.states[place[state]].split(".")[0] for state in text.where(label)}
        assert found <= {state_name.split(".")[0]}
    assert set().union(*(text.where(label) for label in labels)) == text.states


def test_every_state_of_a_pool_has_its_label() -> None:
    """The label state_h_a_r_f is true in that state alone."""
    pool = pools()["pool by rules 2"]
    text = read(pool)
    for h, a, r, f in pool.states.tolist():
        assert text.where(f"state_{h}_{a}_{r}_{f}") == {(a, r, f)}


def test_a_pool_that_only_ages_comes_to_rest() -> None:
    """With neither failures nor rejuvenation every server is unstable in the end, and the text says so."""
    text = read(rj.Pool(primaries=3, rates=STRESSED.replace(failure=0.0, rejuvenation=0.0)))
    assert text.probabilities[(3,)] == 1
    assert text.measure('R{"degraded"}=? [ S ]') == 3


def test_the_chain_of_a_model_has_the_same_measures() -> None:
    """A pool written by its formulas and its chain written transition by transition are the same, exactly."""
    pool = rj.Pool(
        primaries=2, spares=1, rates=rj.Rates(aging=1, failure=0.5, repair=2, restart=8, rejuvenation=4)
    )
    formulas, transitions = read(pool), read(pool.chain())
    assert len(formulas.states) == len(transitions.states)
    for formula in ('S=? [ "planned" ]', 'S=? [ "unplanned" ]', 'R{"rejuvenations"}=? [ S ]'):
        assert formulas.measure(formula) == transitions.measure(formula)


def test_a_large_pool_is_short() -> None:
    """A pool of 200 servers, with 1.4 million states, is a text as short as that of a small one."""
    text = rj.to_prism(rj.Pool(primaries=200, rates=USUAL)).model
    assert len(text) < 4000
    assert "1373701 states" in text


def test_a_large_cluster_is_short() -> None:
    """100,000 servers, and a delay in 500 phases, are a few commands; the latter reads back as the chain."""
    assert len(rj.to_prism(rj.Cluster(100_000, USUAL)).model) < 4000
    cluster = rj.Cluster(2, RATES, trigger=rj.Trigger(rj.Erlang(500, 300), clock="service"))
    text = rj.to_prism(cluster).model
    assert text.count("[]") < 12
    assert len(read_model(text).states) == len(cluster.chain())


def test_a_large_chain_is_refused() -> None:
    """A chain of 500,000 transitions is refused with its number, the size of its text and what to do."""
    chain = rj.Cluster(100_000, USUAL).chain()
    with pytest.raises(
        rj.SizeError, match=r"500000 transitions, a text of about 60 MB.*Export the Cluster or Pool"
    ):
        rj.to_prism(chain)


@given(st.floats(min_value=0.0, allow_infinity=False))
def test_numbers_read_back_exactly(value: float) -> None:
    """The text of a number is a literal of the language, and its exact value is the double."""
    assert re.fullmatch(r"\d+\.?\d*(E[+-]?\d+)?", number(value))
    assert not number(value).isdigit()
    assert Fraction(number(value)) == Fraction(value)


@given(st.lists(st.text(max_size=4)))
def test_names_stay_apart(names: list[str]) -> None:
    """Whatever the labels are, the names made of them are distinct identifiers."""
    found = identifiers(names, "state_")
    assert len(set(found)) == len(names)
    assert all(re.fullmatch(r"state_[A-Za-z0-9_]*", name) for name in found)


@given(st.lists(st.text(min_size=1), min_size=2, max_size=5, unique=True), st.text())
def test_any_label_makes_a_text(labels: list[str], cause: str) -> None:
    """Whatever labels and causes are, the text is one that can be read, with the chain's transitions."""
    ring = rj.MarkovChain.from_transitions(
        [(labels[k - 1], labels[k], k + 0.5, cause) for k in range(len(labels))], down={labels[0]: "planned"}
    )
    assert len(read(ring).transitions) == len(labels)


@st.composite
def any_pool(draw: st.DrawFn) -> rj.Pool:
    """Pools of up to four servers, with rates whose products with whole numbers doubles hold exactly."""
    rate = st.sampled_from([0.0, 0.125, 0.5, 3.0])
    primaries, spares = draw(st.integers(1, 3)), draw(st.integers(0, 1))
    return rj.Pool(
        primaries=primaries,
        spares=spares,
        rates=rj.Rates(aging=draw(rate), failure=draw(rate), repair=0.25, restart=2, rejuvenation=draw(rate)),
        mode=draw(st.sampled_from(["active/active", "active/standby"])),
        required=draw(st.integers(1, primaries + spares)),
        slots=draw(st.integers(0, 4)),
        crews=draw(st.integers(1, 4)),
        dormancy=draw(st.sampled_from([0.0, 0.25, 1.0])),
        guarded=draw(st.booleans()),
    )


@given(any_pool())
def test_any_pool_is_its_chain(pool: rj.Pool) -> None:
    """The formulas of a pool give exactly the states, transitions and rates of its chain."""
    text = read(pool)
    place = states_of(pool, text)
    found = {(place[a], place[b]): rate for (a, b), rate in text.transitions.items()}
    start, rates = whole_chain(pool)
    assert (place[text.start], found) == (start, rates)


def test_costs_without_down_states() -> None:
    """Costs are refused for a chain that does not say to which states they apply."""
    with pytest.raises(rj.InvalidInputError, match=r"down: got nothing.*'unplanned'.*Give down="):
        rj.to_prism(chains()["nothing declared"], COSTS)
    with pytest.raises(rj.InvalidInputError, match=r"rejuvenating: got nothing.*leave out the cost"):
        rj.to_prism(rj.Reactive(servers=1, failure=1, repair=1), COSTS)


@pytest.mark.parametrize(
    ("model", "costs", "words"),
    [
        (rj.Cluster(2, RATES), None, "rates.rejuvenation and trigger: got neither"),
        (rj.Cluster(2, USUAL.replace(aging=np.array([1.0, 2.0]))), None, "grid of shape"),
        (rj.Cluster(2, RATES, trigger=rj.Trigger(rj.Fixed(3))), None, "exponential phases"),
        (rj.Pool(primaries=2, rates=RATES), None, "rates.rejuvenation: got nothing"),
        (3, None, "a model is a Cluster"),
        (rj.Cluster(2, USUAL), 3, "costs are a Costs object"),
        (rj.Cluster(2, USUAL), rj.Costs(failure=np.array([1.0, 2.0]), rejuvenation=1), "grid of shape"),
    ],
)
def test_refusals(model: Model, costs: rj.Costs | None, words: str) -> None:
    """What has no text is refused with the argument and the reason."""
    with pytest.raises(rj.InvalidInputError, match=words):
        rj.to_prism(model, costs)


def test_several_classes() -> None:
    """A chain without start and with several recurrent classes is refused as by solve."""
    chain = rj.MarkovChain.from_transitions([("a", "b", 1), ("a", "c", 1)])
    with pytest.raises(rj.InvalidInputError, match="2 recurrent classes"):
        rj.to_prism(chain)


def test_saved_as_two_files(tmp_path: Path) -> None:
    """Model and properties are written beside each other, and the text is a plain value."""
    text = rj.to_prism(rj.Cluster(2, USUAL))
    text.save(tmp_path / "web.prism")
    assert (tmp_path / "web.prism").read_text() == text.model == str(text)
    assert (tmp_path / "web.props").read_text() == text.properties
    assert pickle.loads(pickle.dumps(text)) == text
    with pytest.raises(rj.InvalidInputError, match=r"web\.props"):
        text.save(tmp_path / "web.props")


FAULTS = {
    "rate": ("level*lambda", "lambda"),
    "guard": ("kind=0 & level<=1", "kind=0 & level=0"),
    "update": ("(level'=level-1)", "(level'=level-2)"),
    "name": ("-> mu :", "-> mu2 :"),
    "deadlock": ("[] kind=2", "[] kind=2 & false"),
    "twice": ("formula down", "formula planned"),
    "text": ("endmodule", "endmodul"),
    "type": ("level*lambda", "(level=1)*lambda"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_reader_sees_faults(fault: str) -> None:
    """A text with one fault planted in it is no longer the chain, or no text at all."""
    cluster = rj.Cluster(2, USUAL)
    before, after = FAULTS[fault]
    text = rj.to_prism(cluster).model
    assert before in text
    right = read_model(text).measure('S=? [ "down" ]')
    try:
        wrong = read_model(text.replace(before, after)).measure('S=? [ "down" ]')
    except (PrismError, TypeError):
        return
    assert wrong != right
