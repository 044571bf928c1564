"""Exact answers for tests of the pool, written from its definition in rational arithmetic.

Nothing here reads the library. States are (h, a, r, f): healthy, unstable, rejuvenating, failed servers out
of N = n + k. They are found by search from "all healthy"; nothing is assumed about which can be reached.

    h → a   λ_f·(active healthy + dormancy·standby healthy)
    a → f   λ·(active unstable + dormancy·standby unstable)
    a → r   λ_r·a, while r < slots and, if guarded, while required servers stay up without the one
    r → h   μ_r·r
    f → h   μ·min(f, crews)

In active/standby the n active places are filled by unstable servers first, then by healthy ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import exact

State: TypeAlias = tuple[int, int, int, int]
Move: TypeAlias = tuple[State, State, Fraction]


@dataclass(frozen=True)
class Definition:
    """One pool; rates per hour as exact fractions."""

    primaries: int
    spares: int
    standby: bool
    required: int
    slots: int
    crews: int
    dormancy: Fraction
    guarded: bool
    aging: Fraction
    failure: Fraction
    repair: Fraction
    restart: Fraction
    rejuvenation: Fraction

    @property
    def total(self) -> int:
        return self.primaries + self.spares

    def moves(self, state: State) -> list[Move]:
        """Transitions out of a state, those of rate 0 left out."""
        h, a, r, f = state
        up = h + a
        places = self.primaries if self.standby else self.total
        unstable_active = min(a, places)
        healthy_active = min(h, places - unstable_active)
        aging = self.aging * (healthy_active + self.dormancy * (h - healthy_active))
        failing = self.failure * (unstable_active + self.dormancy * (a - unstable_active))
        stays_up = not self.guarded or up - 1 >= self.required
        sending = self.rejuvenation * a if r < self.slots and stays_up else Fraction(0)
        found = [
            ((h - 1, a + 1, r, f), aging),
            ((h, a - 1, r, f + 1), failing),
            ((h, a - 1, r + 1, f), sending),
            ((h + 1, a, r - 1, f), self.restart * r),
            ((h + 1, a, r, f - 1), self.repair * min(f, self.crews)),
        ]
        return [(state, target, rate) for target, rate in found if rate > 0]

    @property
    def chain(self) -> tuple[Move, ...]:
        """Transitions among all states that can be reached from all healthy, in order."""
        return _search(self)

    @property
    def states(self) -> set[State]:
        """The states that can be reached."""
        return {(self.total, 0, 0, 0)} | {target for _, target, _ in self.chain}

    @property
    def probabilities(self) -> Mapping[State, Fraction]:
        """Steady state of what can be reached, exactly; transient states have 0."""
        return _solve(self.chain, (self.total, 0, 0, 0))

    def down(self, state: State) -> str | None:
        """Cause of being down, None if up."""
        h, a, r, _ = state
        if h + a >= self.required:
            return None
        return "planned" if h + a + r >= self.required else "unplanned"

    def mass(self, cause: str) -> Fraction:
        """Probability of being down of that cause."""
        return sum((p for s, p in self.probabilities.items() if self.down(s) == cause), Fraction(0))


@cache
def _search(pool: Definition) -> tuple[Move, ...]:
    seen, waiting, found = {(pool.total, 0, 0, 0)}, [(pool.total, 0, 0, 0)], []
    while waiting:
        for move in pool.moves(waiting.pop()):
            found.append(move)
            if move[1] not in seen:
                seen.add(move[1])
                waiting.append(move[1])
    return tuple(sorted(found))


@cache
def _solve(chain: tuple[Move, ...], start: State) -> Mapping[State, Fraction]:
    # Many pools share one chain, such as those that differ in what an unguarded one requires.
    if not chain:
        return {start: Fraction(1)}
    return exact.stationary(chain, start)  # type: ignore[arg-type]  # any labels will do


#: Rates that a double holds exactly, all different, no two combinations of servers alike by chance.
RATES = {
    "aging": Fraction(5, 64),
    "failure": Fraction(3, 256),
    "repair": Fraction(7, 16),
    "restart": Fraction(11, 8),
    "rejuvenation": Fraction(13, 32),
}


def every(total: int) -> Iterator[Definition]:
    """Every combination of n + k = total, mode, dormancy, required, slots, crews and guard."""
    some = range(1, total + 1)
    for primaries, required, crews in itertools.product(some, some, some):
        for slots, guarded in itertools.product(range(total + 1), (False, True)):
            for standby, dormancy in ((False, 0), (True, 0), (True, Fraction(1, 4)), (True, 1)):
                yield Definition(
                    primaries, total - primaries, standby, required, slots, crews, Fraction(dormancy),
                    guarded, **RATES,
                )  # fmt: skip
