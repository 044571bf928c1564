"""Where the states, arrows and words of a state diagram stand; pure geometry, without matplotlib.

A chain whose states lead to their neighbours only is drawn as a line, any other as a circle; a cluster has
a layout of its own. Lengths are in units of about two lines of text; a letter is about 0.14 wide.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from math import cos, pi, sin, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.export import KINDS, chain_groups, state_kinds
from rejuvmodel.markov.flows import adjacency

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.chain import MarkovChain

LETTER, LINE, RADIUS = 0.14, 0.28, 0.32
MOST_STATES, MOST_TRANSITIONS = 24, 120
_LEGEND_LINE, _KIND_WIDTH, _NUMBER_WIDTH = 0.4, 2.6, 5.0


class Node(NamedTuple):
    """One state: text, centre, half the width of its text, place in KINDS (−1: an ellipsis)."""

    text: str
    x: float
    y: float
    half: float
    kind: int
    reached: bool


class Arrow(NamedTuple):
    """One transition between two of the nodes; the text stands at a fraction of its length."""

    origin: int
    target: int
    text: str
    bend: float
    at: float


class Area(NamedTuple):
    """A named rectangle behind the nodes, of the colour of a kind."""

    name: str
    kind: int
    left: float
    bottom: float
    width: float
    height: float


class Note(NamedTuple):
    """A line of the legend: of a kind of states, or text alone (−1)."""

    text: str
    x: float
    y: float
    kind: int


class Box(NamedTuple):
    """The edges of a diagram."""

    left: float
    right: float
    bottom: float
    top: float


class Layout(NamedTuple):
    """A whole diagram."""

    nodes: list[Node]
    arrows: list[Arrow]
    areas: list[Area]
    notes: list[Note]
    box: Box


def free_layout(chain: MarkovChain, rates: bool) -> Layout:
    """Lay out a small chain by its states alone; ``rates`` adds the numbers to the causes."""
    count, transitions = len(chain), len(chain.flows.rate)
    if count > MOST_STATES or transitions > MOST_TRANSITIONS:
        raise InvalidInputError(
            "chain",
            f"{count} states and {transitions} transitions",
            f"a drawn chain has at most {MOST_STATES} states and {MOST_TRANSITIONS} transitions",
            "For other programs, rejuvmodel.markov.export writes larger ones: mermaid(chain), dot(chain).",
        )
    flows = [
        (int(o), int(t), _edge_text(family.cause, float(rate) if rates else None))
        for family in chain.families
        for o, t, rate in zip(family.origin, family.target, family.rate, strict=True)
    ]
    texts = ["\n".join(_wrapped(str(label), 3)) for label in chain.labels]
    halves = [max(0.0, _width(text) / 2 - 0.16) for text in texts]
    pitch = 2 * (max(halves) + RADIUS) + max([_width(text) for _, _, text in flows], default=0.0) + 0.5
    if all(abs(o - t) == 1 for o, t, _ in flows):
        centres, bend = [(k * pitch, 0.0) for k in range(count)], 0.35
    else:
        # Room for the neighbours side by side, and for all texts inside.
        crowd = sum(_width(text) * LINE * (text.count("\n") + 1) for _, _, text in flows)
        radius, bend = max(1.3, pitch / (2 * sin(pi / count)), 1.5 * sqrt(crowd)), 0.2
        turns = [pi / 2 - 2 * pi * k / count for k in range(count)]
        centres = [(radius * cos(turn), radius * sin(turn)) for turn in turns]
    kinds, reached = state_kinds(count, chain_groups(chain)), reached_states(chain)
    nodes = [
        Node(text, x, y, half, int(kind), bool(seen))
        for text, (x, y), half, kind, seen in zip(texts, centres, halves, kinds, reached, strict=True)
    ]
    arrows = _apart(nodes, bent([Arrow(o, t, text, 0.0, 0.5) for o, t, text in flows], bend))
    edge, top = max(halves) + 0.8, max(y for _, y in centres) + 1.0
    left, right, bottom = min(x for x, _ in centres), max(x for x, _ in centres), min(y for _, y in centres)
    return with_notes(nodes, arrows, [], Box(left - edge, right + edge, bottom - 1.0, top), [])


def _edge_text(cause: str, rate: float | None) -> str:
    return "\n".join([*_wrapped(cause, 2), *([] if rate is None else [f"{rate:.4g}/h"])])


def _wrapped(text: str, most: int) -> list[str]:
    """Lines in which matplotlib finds no formula and no control character."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    lines = textwrap.wrap(printable, 14, max_lines=most, placeholder="…")
    return [line.replace("$", r"\$") for line in lines]


def _width(text: str) -> float:
    return LETTER * max(map(len, text.split("\n")), default=0)


def bent(arrows: list[Arrow], bend: float) -> list[Arrow]:
    """Bend arrows that share both states, each more than the one before."""
    pairs = Counter((arrow.origin, arrow.target) for arrow in arrows)
    before: Counter[tuple[int, int]] = Counter()
    result = []
    for arrow in arrows:
        pair = arrow.origin, arrow.target
        alone = pairs[pair] == 1 and not pairs[pair[::-1]]
        result.append(arrow if alone else arrow._replace(bend=bend * (1 + before[pair])))
        before[pair] += 1
    return result


def _apart(nodes: list[Node], arrows: list[Arrow]) -> list[Arrow]:
    """Move each text along its arrow to where it overlaps states and earlier texts least."""
    boxes = [(node.x, node.y, node.half + RADIUS, RADIUS) for node in nodes]
    result = []
    for arrow in arrows:
        half = _width(arrow.text) / 2 + 0.05, (arrow.text.count("\n") + 1) * LINE / 2 + 0.03

        def overlap(t: float, arrow: Arrow = arrow, half: tuple[float, float] = half) -> float:
            x, y = along(nodes[arrow.origin], nodes[arrow.target], arrow.bend, t)
            wide = [min(half[0] + w - abs(x - bx), 2 * half[0]) for bx, _, w, _ in boxes]
            high = [min(half[1] + h - abs(y - by), 2 * half[1]) for _, by, _, h in boxes]
            hit = sum(max(w, 0) * max(h, 0) for w, h in zip(wide, high, strict=True))
            return hit + 0.01 * abs(t - 0.5)

        at = min((0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8), key=overlap)
        boxes.append((*along(nodes[arrow.origin], nodes[arrow.target], arrow.bend, at), *half))
        result.append(arrow._replace(at=at))
    return result


def reached_states(chain: MarkovChain) -> NDArray[np.bool_]:
    """Which states the chain can reach from its start; all if it has none."""
    if chain.start is None:
        return np.ones(len(chain), bool)
    from scipy.sparse.csgraph import breadth_first_order

    seen = np.zeros(len(chain), bool)
    seen[breadth_first_order(adjacency(chain.flows), chain.start, return_predecessors=False)] = True
    return seen


def with_notes(
    nodes: list[Node], arrows: list[Arrow], areas: list[Area], box: Box, numbers: list[str]
) -> Layout:
    """Add the legend below: the kinds of states that occur, then the numbers, in as many columns as fit."""
    left, right, bottom, top = box
    kinds = sorted({node.kind for node in nodes} - {-1})
    entries = [(KINDS[k], k) for k in kinds] if len(kinds) > 1 else []
    unreached = [("pale: never reached", -1)] if not all(node.reached for node in nodes) else []
    lines = [(text, -1) for text in numbers]
    notes = []
    for block, width in ((entries + unreached, _KIND_WIDTH), (lines, _NUMBER_WIDTH)):
        across = max(1, int((right - left) / width))
        for k, (text, kind) in enumerate(block):
            row, column = divmod(k, across)
            notes.append(Note(text, left + 0.2 + column * width, bottom - (row + 0.5) * _LEGEND_LINE, kind))
        bottom -= -(-len(block) // across) * _LEGEND_LINE + (0.15 if block else 0.0)
    return Layout(nodes, arrows, areas, notes, Box(left, right, bottom, top))


def along(start: Node, end: Node, bend: float, t: float) -> tuple[float, float]:
    """Point at the fraction t of a bent arrow (a quadratic Bézier curve, as matplotlib's "arc3")."""
    dx, dy = end.x - start.x, end.y - start.y
    middle = (start.x + end.x) / 2 + bend * dy, (start.y + end.y) / 2 - bend * dx
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return a * start.x + b * middle[0] + c * end.x, a * start.y + b * middle[1] + c * end.y
