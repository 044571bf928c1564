"""Mermaid and DOT texts of a chain: whole, well-formed, and safe with any label."""

from __future__ import annotations

import html
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.markov.export import dot, mermaid

RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3, rejuvenation=1 / 336)
DUPLEX = rj.Cluster(2, RATES).chain()
AWKWARD = '1. "a" <b> & #35; \\N $x$ %% `c` |d| end;\n'

MERMAID_EDGE = re.compile(r' {4}s(\d+) -->\|"([^"]*)"\| s(\d+)')
MERMAID_STATE = re.compile(r' {4}s(\d+)\(\["([^"]*)"\]\)')
MERMAID_STYLE = re.compile(r" {4}(?:classDef (\w+) [-\w#:,. ]+|class (s\d+(?:,s\d+)*) (\w+))")
QUOTED = r'"((?:[^"\\\n]|\\.)*)"'
DOT_EDGE = re.compile(rf" {{4}}s(\d+) -> s(\d+) \[label={QUOTED}\];")
DOT_STATE = re.compile(rf" {{4}}s(\d+) \[label={QUOTED}, fillcolor={QUOTED}(?:, \w+=(?:\d+|{QUOTED}))*\];")


def transitions(chain: rj.MarkovChain) -> Counter[tuple[int, int, str, str]]:
    """Every transition of the table, as (from, to, cause, rate in six digits)."""
    return Counter(
        (int(o), int(t), family.cause, f"{rate:.6g}/h")
        for family in chain.families
        for o, t, rate in zip(family.origin, family.target, family.rate, strict=True)
    )


def loop(label: str, down: str | None = None) -> rj.MarkovChain:
    """Two states, one of them with the given label, and a cause of the same text."""
    return rj.MarkovChain.from_transitions(
        [("other ", label, 1.0, label), (label, "other ", 2.0)], down=None if down is None else {label: down}
    )


def from_mermaid(text: str) -> str:
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


def from_dot(text: str) -> str:
    return html.unescape(re.sub(r"\\(.)", r"\1", text))


def test_mermaid_has_every_transition_once() -> None:
    """The Mermaid text has one edge per transition, with its cause and rate."""
    found = Counter(
        (int(edge[1]), int(edge[3]), *edge[2].split(" ")) for edge in MERMAID_EDGE.finditer(mermaid(DUPLEX))
    )
    assert found == transitions(DUPLEX)


def test_dot_has_every_transition_once() -> None:
    """The DOT text has one edge per transition, with its cause and rate."""
    found = Counter(
        (int(edge[1]), int(edge[2]), *edge[3].split(r"\n")) for edge in DOT_EDGE.finditer(dot(DUPLEX))
    )
    assert found == transitions(DUPLEX)


def test_parallel_transitions_stay_apart() -> None:
    """Two causes between the same states are two edges in both texts."""
    chain = rj.MarkovChain.from_transitions([("a", "b", 1, "x"), ("a", "b", 2, "y"), ("b", "a", 3, "z")])
    assert (mermaid(chain).count("s0 -->"), dot(chain).count("s0 ->")) == (2, 2)


def test_a_transition_without_cause() -> None:
    """An edge without a cause carries its rate alone."""
    chain = rj.MarkovChain.from_transitions([("a", "b", 1.5), ("b", "a", 2)])
    assert 's0 -->|"1.5/h"| s1' in mermaid(chain)


def test_mermaid_states() -> None:
    """The Mermaid text names every state of the chain in order."""
    assert tuple(state[2] for state in MERMAID_STATE.finditer(mermaid(DUPLEX))) == DUPLEX.states


def test_dot_states() -> None:
    """The DOT text names every state of the chain in order."""
    assert tuple(state[2] for state in DOT_STATE.finditer(dot(DUPLEX))) == DUPLEX.states


def test_mermaid_marks_the_kinds() -> None:
    """Every state has the class of its kind: planned r1, unplanned 0."""
    found = {style[3]: style[2] for style in MERMAID_STYLE.finditer(mermaid(DUPLEX)) if style[3]}
    assert found == {
        "normal": "s0,s1", "unplanned": "s2", "unstable": "s3,s4", "rejuvenating": "s5", "planned": "s6",
    }  # fmt: skip


def test_mermaid_defines_each_class_it_uses() -> None:
    """Classes that are given are also defined."""
    styles = list(MERMAID_STYLE.finditer(mermaid(DUPLEX)))
    assert {style[1] for style in styles if style[1]} == {style[3] for style in styles if style[3]}


def test_dot_outlines_down_states() -> None:
    """Exactly the down states have a double outline in DOT."""
    doubled = [line.split()[0] for line in dot(DUPLEX).splitlines() if "peripheries=2" in line]
    assert doubled == ["s2", "s6"]


@pytest.mark.parametrize("label", [AWKWARD.strip(), "end", "é λ_r", '\\"'])
def test_mermaid_labels_survive(label: str) -> None:
    """Entities in the Mermaid text stand for the characters of the label."""
    state = MERMAID_STATE.findall(mermaid(loop(label)))[1]
    assert from_mermaid(state[1]) == label


@pytest.mark.parametrize("label", [AWKWARD.strip(), "end", "é λ_r", '\\"', "&lt;"])
def test_dot_labels_survive(label: str) -> None:
    """Escapes in the DOT text stand for the characters of the label."""
    state = DOT_STATE.findall(dot(loop(label)))[1]
    assert from_dot(state[1]) == label


@given(
    st.text(min_size=1).filter(lambda text: text != "other "), st.sampled_from([None, "planned", "unplanned"])
)
def test_mermaid_is_well_formed_with_any_label(label: str, down: str | None) -> None:
    """Whatever the labels, every line of the Mermaid text is a state, an edge or a style."""
    first, *lines = mermaid(loop(label, down)).split("\n")[:-1]
    grammar = (MERMAID_STATE, MERMAID_EDGE, MERMAID_STYLE)
    assert first == "flowchart LR"
    assert all(any(rule.fullmatch(line) for rule in grammar) for line in lines)


@given(
    st.text(min_size=1).filter(lambda text: text != "other "), st.sampled_from([None, "planned", "unplanned"])
)
def test_dot_is_well_formed_with_any_label(label: str, down: str | None) -> None:
    """Whatever the labels, every line of the DOT text is a setting, a state or an edge."""
    lines = dot(loop(label, down)).split("\n")
    body = lines[3:-2]
    assert (lines[0], lines[-2:]) == ("digraph chain {", ["}", ""])
    assert all(DOT_STATE.fullmatch(line) or DOT_EDGE.fullmatch(line) for line in body)


@pytest.mark.parametrize("write", [mermaid, dot])
def test_too_many_transitions(write: object) -> None:
    """A chain of 5000 transitions is refused with that number."""
    with pytest.raises(rj.InvalidInputError, match="5000 transitions"):
        write(rj.Cluster(1000, RATES).chain())  # type: ignore[operator]


@pytest.mark.parametrize("write", [mermaid, dot])
def test_a_model_is_no_chain(write: object) -> None:
    """A Cluster instead of its chain is refused with the call that makes the chain."""
    with pytest.raises(rj.InvalidInputError, match=r"model\.chain\(\)"):
        write(rj.Cluster(2, RATES))  # type: ignore[operator]
