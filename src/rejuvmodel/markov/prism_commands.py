"""A chain in commands of PRISM, from its transition families.

A chain built by hand has one variable, the number of the state, and one command per transition. The states
of a model have coordinates: a kind, a level and a phase. There, transitions of one cause between the same two
kinds, by the same step in levels and phases, are one command if they fill a range of levels and phases and
their rate is the same everywhere, or proportional to the level. What does not fit is split until it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.errors import SizeError
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.prism_text import Command, Variable, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Beyond this many commands checkers, which try each of them in each state, take hours.
MOST_LISTED = 20_000
_BYTES_PER_COMMAND = 120


class Coordinates(NamedTuple):
    """What the states of a chain are: one array per coordinate, and the names of the three variables."""

    kind: Integers
    level: Integers
    phase: Integers
    names: tuple[str, str, str] = ("kind", "level", "phase")

    def variables(self, start: int) -> tuple[Variable, ...]:
        """The variables of the chain; a coordinate that is the same everywhere is none."""
        return tuple(
            Variable(name, int(place.min()), int(place.max()), int(place[start]))
            for name, place in zip(self.names, self[:3], strict=True)
            if self._varies(place)
        )

    @staticmethod
    def _varies(place: Integers) -> bool:
        return bool(place.min() < place.max())

    def box(self, states: Integers) -> str:
        """Guard of states that are all those of their kind in a range of levels and phases."""
        kind = self.kind[states[0]]
        parts = [f"{self.names[0]}={kind}"] if self._varies(self.kind) else []
        siblings = np.flatnonzero(self.kind == kind)
        for name, place in zip(self.names[1:], self[1:3], strict=True):
            low, high = place[states].min(), place[states].max()
            least, most = place[siblings].min(), place[siblings].max()
            if low == high and least < most:
                parts.append(f"{name}={low}")
            else:
                parts += [f"{name}>={low}"] * bool(low > least) + [f"{name}<={high}"] * bool(high < most)
            siblings = siblings[(place[siblings] >= low) & (place[siblings] <= high)]
        return " & ".join(parts) or "true"

    def region(self, states: Integers) -> str:
        """Expression that is true in the given states only."""
        if not len(states):
            return "false"
        boxes = [self.box(box) for kind in _equal(self.kind[states]) for box in self._boxes(states[kind])]
        return " | ".join(f"({box})" for box in boxes) if len(boxes) > 1 else boxes[0]

    def _boxes(self, states: Integers) -> Iterator[Integers]:
        """Split states of one kind into full ranges of levels and phases."""
        if self.fills(states):
            yield states
            return
        for some in _equal(self.phase[states]):
            ordered = states[some][np.argsort(self.level[states[some]])]
            yield from np.split(ordered, np.flatnonzero(np.diff(self.level[ordered]) > 1) + 1)

    def fills(self, states: Integers) -> bool:
        """Whether the states, all of one kind, are a full range of levels and phases, each once."""
        level, phase = self.level[states], self.phase[states]
        width = int(phase.max() - phase.min()) + 1
        size = width * (int(level.max() - level.min()) + 1)
        if size != len(states):
            return False
        return bool(np.bincount((level - level.min()) * width + phase - phase.min()).max() == 1)


def numbered(chain: MarkovChain) -> Coordinates:
    """Coordinates of a chain built by hand: the number of each state."""
    none = np.zeros(len(chain), np.int64)
    return Coordinates(none, np.arange(len(chain)), none, ("", "s", ""))


def listed(chain: MarkovChain) -> Iterator[tuple[str, Command]]:
    """Every transition as a command of its own, with its cause.

    Raises
    ------
    SizeError
        If there are too many; the message says how long the text would be.
    """
    count = sum(len(family.rate) for family in chain.families)
    if count > MOST_LISTED:
        size = f"{count * _BYTES_PER_COMMAND / 1e6:.0f} MB"
        raise SizeError(
            f"The chain has {count} transitions, a text of about {size}; at most {MOST_LISTED} are written "
            "one by one. Export the Cluster or Pool itself, whose text is short at any size, or give "
            "chain.generator to the checker as a matrix."
        )
    for family in chain.families:
        for origin, target, rate in zip(*(array.tolist() for array in family[1:]), strict=True):
            words = f"{chain.labels[origin]} -> {chain.labels[target]}"
            comment = f"{family.cause}: {words}" if family.cause else words
            yield family.cause, Command(f"s={origin}", number(rate), f"(s'={target})", comment)


def lifted(
    chain: MarkovChain, where: Coordinates, name_of: Callable[[str, float], str]
) -> Iterator[tuple[str, Command]]:
    """Few commands, each for many transitions, with their causes.

    Parameters
    ----------
    chain : MarkovChain
        The chain.
    where : Coordinates
        Coordinates of its states.
    name_of : callable
        How a rate [1/h] of a cause is written: by name, or as a number.

    Yields
    ------
    tuple of str and Command
        Cause and command, in the order of the families.
    """
    for cause in dict.fromkeys(family.cause for family in chain.families if len(family.rate)):
        mine = [family[1:] for family in chain.families if family.cause == cause]
        origin, target, rate = (np.concatenate(parts) for parts in zip(*mine, strict=True))
        for some in _same_step(where, origin, target):
            for box, base, rises in _same_rate(where, origin[some], rate[some]):
                factor = f"{where.names[1]}*" if rises else ""
                leaves, enters = origin[some[box]], target[some[box]]
                written = factor + name_of(cause, base)
                yield cause, Command(where.box(leaves), written, _update(where, leaves, enters), cause)


def _same_step(where: Coordinates, origin: Integers, target: Integers) -> Iterator[Integers]:
    """Split transitions by kinds and step, the phase by its step or by its target: whichever makes fewer."""
    step = where.level[target] - where.level[origin]
    for some in _equal(where.kind[origin], where.kind[target], step):
        ahead = _equal(where.phase[target[some]] - where.phase[origin[some]])
        fixed = _equal(where.phase[target[some]])
        for part in ahead if len(ahead) < len(fixed) else fixed:
            yield some[part]


def _same_rate(where: Coordinates, origin: Integers, rate: Floats) -> Iterator[tuple[Integers, float, bool]]:
    """Split transitions into full ranges of one rate, or one per level: places, rate, whether per level."""
    waiting = [np.arange(len(origin))]
    while waiting:
        some = waiting.pop()
        level, q = where.level[origin[some]], rate[some]
        if where.fills(origin[some]):
            if (q == q[0]).all():
                yield some, float(q[0]), False
                continue
            base = q[level == 1]
            if len(base) and (q == level * base[0]).all():
                yield some, float(base[0]), True
                continue
        waiting += [some[part] for part in reversed(_smaller(level, where.phase[origin[some]]))]


def _smaller(level: Integers, phase: Integers) -> list[Integers]:
    """Split transitions that are no command: by the phases that their levels have, by phase, by level."""
    least, most = np.full((2, int(level.max()) + 1), phase[0])
    np.minimum.at(least, level, phase)
    np.maximum.at(most, level, phase)
    for keys in ((least[level], most[level]), (phase,), (level,)):
        if len(parts := _equal(*keys)) > 1:
            return parts
    return list(np.arange(len(level))[:, None])  # parallel transitions


def _update(where: Coordinates, origin: Integers, target: Integers) -> str:
    """What changes, as assignments: a coordinate is set where it ends the same for all, else it steps."""
    parts = []
    for k, (name, place) in enumerate(zip(where.names, where[:3], strict=True)):
        before, after = place[origin], place[target]
        steps = after - before
        if not steps.any():
            continue
        if k != 1 and (after == after[0]).all():
            parts.append(f"({name}'={after[0]})")
        else:
            parts.append(f"({name}'={name}{steps[0]:+d})")
    return " & ".join(parts)


def _equal(*keys: Integers) -> list[Integers]:
    """Places of equal rows, group by group, in the order of the keys."""
    number_of = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        number_of = number_of * (int(key.max() - key.min()) + 1) + key - key.min()
    order = np.argsort(number_of, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(number_of[order])) + 1)
