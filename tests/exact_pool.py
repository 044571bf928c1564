"""Exact answers for tests of the pool, written from its definition in rational arithmetic.

Nothing here reads the library. States are (h, a, r, f): healthy, unstable, rejuvenating, failed servers out
of N = n + k. They are found by search from "all healthy"; nothing is assumed about which can be reached.

    h → a   λ_f·(active healthy + dormancy·standby healthy)
    a → f   λ·(active unstable + dormancy·standby unstable)
    a → r   λ_r·a, while r < slots and, if guarded, while required servers stay up without the one
    r → h   μ_r·r
    f → h   μ·min(f, crews)

In active/standby the n active places are filled by unstable servers first, then by healthy ones.
Down where h + a < required: planned if h + a + r ≥ required, else unplanned.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, TypeAlias

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
    def alike(self) -> Definition:
        """The pool that stands for all of the same moves: without a guard nothing is required for them, …

        … and all servers are primaries, of no dormancy, if all that are up are active.
        """
        return replace(
            self,
            required=self.required if self.guarded else 1,
            primaries=self.primaries if self.standby else self.total,
            spares=self.spares if self.standby else 0,
            dormancy=self.dormancy if self.standby else Fraction(0),
        )

    @property
    def chain(self) -> tuple[Move, ...]:
        """Transitions among all states that can be reached from all healthy, in order."""
        return _search(self.alike)

    @property
    def states(self) -> set[State]:
        """The states that can be reached."""
        return {(self.total, 0, 0, 0)} | {target for _, target, _ in self.chain}

    @property
    def steady(self) -> Steady:
        """Steady state of what can be reached, one object for all pools of one chain."""
        return _steady(self.alike)

    @property
    def probabilities(self) -> Mapping[State, Fraction]:
        """Probability of each state that can be reached; transient states have 0."""
        return self.steady.probabilities

    def down(self, state: State) -> str | None:
        """Cause of being down, None if up."""
        h, a, r, _ = state
        if h + a >= self.required:
            return None
        return "planned" if h + a + r >= self.required else "unplanned"

    def mass(self, cause: str) -> Fraction:
        """Probability of being down of that cause."""
        return self.steady.mean(lambda state: self.down(state) == cause)

    @property
    def capacity_availability(self) -> Fraction:
        """Share of the work of the primaries that is served."""
        shares = enumerate(self.steady.up_servers)
        return sum((min(up, self.primaries) * p for up, p in shares), Fraction(0)) / self.primaries

    def cost_rate(self, costs: Mapping[str, Fraction]) -> Fraction:
        """Cost per hour; the costs are named as in the library's ``Costs``."""
        return (
            costs["failure"] * self.mass("unplanned")
            + costs["rejuvenation"] * self.mass("planned")
            + (costs["capacity"] + costs["per_rejuvenation"] * self.restart) * self.steady.rejuvenating
            + costs["degraded"] * self.steady.unstable
        )

    @property
    def time_to_outage(self) -> Fraction | None:
        """Mean time from all healthy to the first outage; None if there is never one."""
        return _time_to_outage(self.alike, self.required)


@dataclass(frozen=True, eq=False)
class Steady:
    """Steady state as whole numbers in proportion to the probabilities."""

    weights: Mapping[State, int]

    @cached_property
    def total(self) -> int:
        return sum(self.weights.values())

    @cached_property
    def states(self) -> list[State]:
        """The states that can be reached, by f, then a, then r."""
        return sorted(self.weights, key=lambda state: (state[3], state[1], state[2]))

    @cached_property
    def probabilities(self) -> dict[State, Fraction]:
        return {state: Fraction(weight, self.total) for state, weight in self.weights.items()}

    def mean(self, reward: Callable[[State], int]) -> Fraction:
        """Mean of a whole number that belongs to each state; of True and False, the share of the time."""
        return Fraction(sum(weight * reward(state) for state, weight in self.weights.items()), self.total)

    @cached_property
    def up_servers(self) -> list[Fraction]:
        """Probabilities of 0 … N servers up."""
        total = sum(self.states[0])
        return [self.mean(lambda s, up=up: s[0] + s[1] == up) for up in range(total + 1)]  # type: ignore[misc]

    @cached_property
    def unstable(self) -> Fraction:
        """Mean number of unstable servers."""
        return self.mean(lambda state: state[1])

    @cached_property
    def rejuvenating(self) -> Fraction:
        """Mean number of rejuvenating servers."""
        return self.mean(lambda state: state[2])


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
def _steady(pool: Definition) -> Steady:
    return _solve(_search(pool), (pool.total, 0, 0, 0))


@cache
def _solve(chain: tuple[Move, ...], start: State) -> Steady:
    # Many pools share one chain, such as those with more slots than the guard ever lets be used.
    if not chain:
        return Steady({start: 1})
    pi: Any = exact.stationary(chain, start)  # type: ignore[arg-type]  # any labels will do
    scale = math.lcm(*(p.denominator for p in pi.values()))
    return Steady({state: int(p * scale) for state, p in pi.items()})


@cache
def _time_to_outage(pool: Definition, required: int) -> Fraction | None:
    return exact.mean_time(pool.chain, (pool.total, 0, 0, 0), lambda state: state[0] + state[1] >= required)


#: Rates that a double holds exactly, all different, no two combinations of servers alike by chance.
RATES = {
    "aging": Fraction(5, 64),
    "failure": Fraction(3, 256),
    "repair": Fraction(7, 16),
    "restart": Fraction(11, 8),
    "rejuvenation": Fraction(13, 32),
}


def every(total: int, rates: Mapping[str, Fraction] = RATES) -> Iterator[Definition]:
    """Every combination of n + k = total, mode, dormancy, required, slots, crews and guard."""
    some = range(1, total + 1)
    for primaries, required, crews in itertools.product(some, some, some):
        for slots, guarded in itertools.product(range(total + 1), (False, True)):
            for standby, dormancy in itertools.product((False, True), (0, Fraction(1, 4), 1)):
                yield Definition(
                    primaries, total - primaries, standby, required, slots, crews, Fraction(dormancy),
                    guarded, **rates,
                )  # fmt: skip
