"""The diagram of a cluster, laid out like Fig. 3; pure geometry, without matplotlib.

Levels n … 1, 0 from left to right, the normal states in the middle row, the unstable area above, the
rejuvenation area below. u_i and r_i stand half a column to the right of i, so that every transition is a
straight arrow and only rejuvenation and repair cross. Of a long cluster both ends are shown.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.diagram_layout import (
    LETTER,
    Area,
    Arrow,
    Box,
    Layout,
    Node,
    bent,
    reached_states,
    with_notes,
)
from rejuvmodel.durations import words
from rejuvmodel.markov.export import KINDS, chain_groups, state_kinds

if TYPE_CHECKING:
    from rejuvmodel.markov.chain import MarkovChain
    from rejuvmodel.markov.flows import Family
    from rejuvmodel.models.cluster_labels import ClusterLabels

COLUMN, ROW = 2.0, 1.5
#: Levels of the longest cluster that is drawn whole, and those shown at either end of a longer one.
_WHOLE, _ENDS = 6, 3
_SYMBOLS = {
    "aging": r"$\lambda_f$", "failure": r"$\lambda$", "rejuvenation": r"$\lambda_r$",
    "repair": r"$\mu$", "restart": r"$\mu_r$",
}  # fmt: skip
#: Where along its arrow a symbol stands: off the crossing of repair and rejuvenation.
_PLACE = {_SYMBOLS["repair"]: 0.27, _SYMBOLS["rejuvenation"]: 0.72}


def cluster_layout(chain: MarkovChain, labels: ClusterLabels, rates: bool) -> Layout:
    """Lay out the chain of a cluster; ``rates`` adds the numbers that the symbols stand for."""
    n = labels.servers
    hidden = range(_ENDS, n - _ENDS + 1) if n > _WHOLE else range(0)
    # One column, of level −1, stands for all hidden levels.
    levels = [*range(n, n - _ENDS, -1), -1, *range(_ENDS - 1, -1, -1)] if hidden else [*range(n, -1, -1)]
    kinds, reached = state_kinds(len(chain), chain_groups(chain)), reached_states(chain)
    nodes: dict[tuple[int, int], Node] = {}
    for k, level in enumerate(levels):
        for row, prefix in ((0, ""), (1, "u"), (-1, "r"))[: 3 if level else 1]:
            x, y = (k + abs(row) / 2) * COLUMN, row * ROW
            if level < 0:
                nodes[level, row] = Node("⋯", x, y, 0.0, -1, True)
                continue
            place = labels.index(f"{prefix}{level}")
            text = f"${prefix}_{{{level}}}$" if prefix else f"{level}"
            half = max(0, len(str(level)) - 2) * LETTER / 2
            nodes[level, row] = Node(text, x, y, half, int(kinds[place]), bool(reached[place]))
    number = {key: k for k, key in enumerate(nodes)}

    def node(level: int, row: int) -> int:
        return number[-1 if level in hidden else level, row]

    arrows = []
    for family in chain.families:
        for k in _seen(n, family, hidden):
            origin, target = (_level(n, int(side[k])) for side in (family.origin, family.target))
            text = _symbol(family.cause, *origin)
            arrows.append(Arrow(node(*origin), node(*target), text, 0.0, _PLACE.get(text, 0.5)))
    last = (len(levels) - 1) * COLUMN
    half = max(last - COLUMN + 1.2, 2.4) / 2
    areas = [
        Area(name, KINDS.index(kind), last / 2 - half, bottom, 2 * half, 1.35)
        for name, kind, bottom in (
            ("unstable area", "unstable", ROW - 0.5),
            ("rejuvenation area", "rejuvenating", -ROW - 0.85),
        )
    ]
    spare = max(0.7 + next(iter(nodes.values())).half, 2.6 - last / 2)
    box = Box(-spare, last + spare, -ROW - 1.1, ROW + 1.0)
    numbers = _numbers(chain, n) if rates else []
    return with_notes(list(nodes.values()), bent(arrows, 0.25), areas, box, numbers)


def _level(n: int, place: int) -> tuple[int, int]:
    """Level and row of a state of the cluster."""
    if place <= n:
        return n - place, 0
    return (2 * n + 1 - place, 1) if place <= 2 * n else (3 * n + 1 - place, -1)


def _seen(n: int, family: Family, hidden: range) -> list[int]:
    """Entries of a family that do not lead from one hidden level to another."""
    if not hidden:
        return list(range(len(family.rate)))
    inside = np.zeros(3 * n + 1, bool)
    for first in (n, 2 * n + 1, 3 * n + 1):
        inside[first - hidden[-1] : first - hidden[0] + 1] = True
    seen: list[int] = np.flatnonzero(~(inside[family.origin] & inside[family.target])).tolist()
    return seen


def _symbol(cause: str, level: int, row: int) -> str:
    """Symbol of the rate of a transition that leaves a state of the cluster."""
    if cause == "failure":
        return f"${level if level > 1 else ''}\\lambda$"
    # Rejuvenation at once, λ_r = ∞: the unstable state is passed in no time.
    return _SYMBOLS["aging" if cause == "rejuvenation" and row == 0 else cause]


def _numbers(chain: MarkovChain, n: int) -> list[str]:
    """Rates of the cluster, read back from its transitions."""
    rate = dict.fromkeys(_SYMBOLS, 0.0)
    for family in chain.families:
        # The last entry of every family belongs to level 1, where i·λ = λ.
        if family.cause == "rejuvenation" and family.origin[-1] < n:
            rate |= {"aging": float(family.rate[-1]), "rejuvenation": inf}
            rate.pop("failure")
        else:
            rate[family.cause] = float(family.rate[-1])
    return [f"{_SYMBOLS[name]} = {_number(name, value)}" for name, value in rate.items()]


def _number(name: str, rate: float) -> str:
    if rate == 0:
        return f"0 ({name}: never)"
    return f"∞ ({name}: at once)" if rate == inf else f"{rate:.4g}/h ({name}, mean {words(1 / rate)})"
