"""Text of a chain for other programs: Mermaid and DOT diagrams, from the transition families.

Every entry of every family becomes one edge, labelled with its cause and rate. States carry the colour of
their kind; down states also have a heavy or double outline, so that they stand out in grey.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.chain import MarkovChain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

#: Kinds of states and their colours: of different lightness, and told apart by the colour-blind (Okabe, Ito).
COLOURS = {
    "normal": "#56B4E9",
    "unstable": "#F0E442",
    "rejuvenating": "#009E73",
    "down, planned": "#CC79A7",
    "down, unplanned": "#D55E00",
}
KINDS = tuple(COLOURS)
#: The name of each kind among the groups and down states of a chain; a later kind hides an earlier one.
_GROUPS = ("", "degraded", "rejuvenating", "planned", "unplanned")
#: Beyond this, a picture of the chain is no longer one that anybody reads.
MOST_TRANSITIONS = 2000


def mermaid(chain: MarkovChain) -> str:
    """Return the state diagram as Mermaid text, for Markdown pages.

    Parameters
    ----------
    chain : MarkovChain
        Any chain of at most 2000 transitions.

    Returns
    -------
    str
        A Mermaid flowchart: one line per state, transition (cause and rate [1/h]) and kind of state.

    Raises
    ------
    InvalidInputError
        If it is no chain, or one with too many transitions; the message gives their number.
    """
    edges = list(_edges(chain, _mermaid_text, " "))
    lines = ["flowchart LR"]
    lines += [f'    s{k}(["{_mermaid_text(str(label))}"])' for k, label in enumerate(chain.labels)]
    lines += [f'    s{origin} -->|"{label}"| s{target}' for origin, target, label in edges]
    kinds = state_kinds(len(chain), chain_groups(chain))
    for k in np.unique(kinds):
        kind, name = KINDS[k], KINDS[k].removeprefix("down, ")
        outline = "4px" if kind.startswith("down") else "1px"
        dashes = ",stroke-dasharray:6 3" if kind == "down, planned" else ""
        style = f"fill:{COLOURS[kind]},stroke:#000,stroke-width:{outline}{dashes},color:#000"
        members = ",".join(f"s{s}" for s in np.flatnonzero(kinds == k))
        lines += [f"    classDef {name} {style}", f"    class {members} {name}"]
    return "\n".join(lines) + "\n"


def dot(chain: MarkovChain) -> str:
    """Return the state diagram in DOT, the language of Graphviz.

    Parameters
    ----------
    chain : MarkovChain
        Any chain of at most 2000 transitions.

    Returns
    -------
    str
        A directed graph: one line per state and per transition (cause and rate [1/h]).

    Raises
    ------
    InvalidInputError
        If it is no chain, or one with too many transitions; the message gives their number.
    """
    edges = list(_edges(chain, _dot_text, r"\n"))
    lines = ["digraph chain {", "    rankdir=LR;", "    node [shape=ellipse, style=filled];"]
    kinds = state_kinds(len(chain), chain_groups(chain))
    for k, (label, number) in enumerate(zip(chain.labels, kinds, strict=True)):
        kind = KINDS[number]
        outline = ", peripheries=2" if kind.startswith("down") else ""
        outline += ', style="filled,dashed"' if kind == "down, planned" else ""
        lines.append(f'    s{k} [label="{_dot_text(str(label))}", fillcolor="{COLOURS[kind]}"{outline}];')
    lines += [f'    s{origin} -> s{target} [label="{label}"];' for origin, target, label in edges]
    return "\n".join([*lines, "}"]) + "\n"


def chain_groups(chain: MarkovChain) -> dict[str, Integers]:
    """Places of the degraded, rejuvenating, planned and unplanned states, as far as they are declared."""
    return {**(chain.groups or {}), **(chain.down or {})}


def state_kinds(size: int, groups: Mapping[str, Integers]) -> Integers:
    """Place in `KINDS` of each of ``size`` states; those of no group are normal."""
    kinds = np.zeros(size, np.int64)
    for k, name in enumerate(_GROUPS):
        if name in groups:
            kinds[groups[name]] = k
    return kinds


def require_chain(chain: object) -> MarkovChain:
    """Return the chain, or raise InvalidInputError if it is none."""
    if isinstance(chain, MarkovChain):
        return chain
    advice = "Build one with MarkovChain.from_transitions."
    if hasattr(chain, "chain"):
        advice = "Write model.chain() instead of the model."
    raise InvalidInputError("chain", shown(chain), "a diagram is drawn of a MarkovChain", advice)


def _edges(chain: MarkovChain, escape: Callable[[str], str], gap: str) -> Iterator[tuple[int, int, str]]:
    require_chain(chain)
    count = sum(len(family.rate) for family in chain.families)
    if count > MOST_TRANSITIONS:
        raise InvalidInputError(
            "chain",
            f"{count} transitions",
            f"a diagram has at most {MOST_TRANSITIONS}",
            "Draw the same model with fewer servers or states.",
        )
    for family in chain.families:
        start = f"{escape(family.cause)}{gap}" if family.cause else ""
        for origin, target, rate in zip(family.origin, family.target, family.rate, strict=True):
            yield int(origin), int(target), f"{start}{rate:.6g}/h"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _mermaid_text(text: str) -> str:
    # Quotes do not keep Mermaid from reading entities, Markdown, formulas and comments in a label.
    return "".join(c if c.isalnum() or c == " " else f"#{ord(c)};" for c in _printable(text))


def _dot_text(text: str) -> str:
    # Graphviz also reads HTML entities in labels.
    return _printable(text).replace("\\", r"\\").replace('"', r"\"").replace("&", "&amp;")
