"""Servers that age, fail, are restarted and repaired at known rates: a world whose truth is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from rejuvmodel.runtime.deciding.actions import Action, Recover, Restart
from rejuvmodel.runtime.foresight.simulated_world import Assumed, Machine, Seen

GOOD, BAD = 50e6, 200e6


class RandomCourse:
    """Becomes unstable after Exp(aging), fails Exp(failure) later, and begins anew with each life [1/h]."""

    def __init__(self, servers: list[str], aging: float, failure: float, random: Random) -> None:
        self.changed: set[str] = set()
        self._rates, self._random = (aging / 3600, failure / 3600), random
        self._life: dict[str, tuple[float, float]] = {}
        self._stage = dict.fromkeys(servers, 0)
        for name in servers:
            self._draw(name, 0.0)

    def _draw(self, name: str, now: float) -> None:
        unstable = now + self._random.expovariate(self._rates[0])
        self._life[name] = unstable, unstable + self._random.expovariate(self._rates[1])
        self._stage[name] = 0

    def seen(self, machine: Machine, now: float) -> Seen:
        unstable, failed = self._life[machine.name]
        answer = "gone" if now >= failed else "healthy"
        return Seen(answer, 0.1, now - machine.born, BAD if now >= unstable else GOOD)  # type: ignore[arg-type]

    def advance(self, now: float, limit: float, machines: dict[str, Machine], *, closely: bool) -> float:
        del now, closely
        self.changed.clear()
        times = [
            (self._life[name][stage], name)
            for name, stage in self._stage.items()
            if stage < 2 and machines[name].alive
        ]
        at, name = min(times, default=(math.inf, ""))
        if at > limit:
            return limit
        self._stage[name] += 1
        self.changed.add(name)
        return at

    def reborn(self, machine: Machine, now: float) -> None:
        self._draw(machine.name, now)


@dataclass(frozen=True)
class RandomTimes(Assumed):
    """Restarts and repairs of exponential lengths [1/h]."""

    rates: tuple[float, float] = (2.0, 0.5)
    random: Random = field(default_factory=Random)

    def takes(self, action: Action) -> float:
        if isinstance(action, Restart | Recover):
            return 3600 * self.random.expovariate(self.rates[isinstance(action, Recover)])
        return super().takes(action)
