"""An expected future as the course of a simulated world: servers that work, and age at a known rate.

Nobody fails and loads are low: a plan is about rejuvenations. A server becomes unstable an exponential time
after its life began (of any age, because that law has no memory), at the rate that the caller knows; without
a rate only those that are unstable now, or of which a moment is known, ever are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random

from rejuvmodel.runtime.foresight.simulated_world import Machine, Seen
from rejuvmodel.runtime.watching.collector import Rules


class FutureCourse:
    """The course of an expected future.

    Parameters
    ----------
    rules : Rules
        What makes a server unstable.
    aging : float or None
        Rate [1/s] at which a normal server becomes unstable; None if it is not known.
    random : Random
        Draws when.
    known : mapping of str to float
        When [s] the present life of a server becomes unstable, where that is known; 0 for now.
    """

    def __init__(self, rules: Rules, aging: float | None, random: Random, known: Mapping[str, float]) -> None:
        self.changed: set[str] = set()
        self._random, self._aging = random, aging
        self._known = dict(known)
        self._uptime = next((one.unstable for one in rules.limits if one.quantity == "uptime"), math.inf)
        self._others = [one for one in rules.limits if one.quantity != "uptime"]
        self._unstable: dict[str, float] = {}
        self._done: set[str] = set()

    def seen(self, machine: Machine, now: float) -> Seen:
        """Return what is seen of a server: well, and at its limits once it is unstable."""
        seen = Seen("healthy", 0.0, max(now - machine.born, 0.0), 0.0, 0.0)
        if now >= self._when(machine, now):
            for limit in self._others:
                setattr(seen, limit.quantity, limit.unstable)
        return seen

    def advance(self, now: float, limit: float, machines: dict[str, Machine], *, closely: bool) -> float:
        """Return when the next server becomes unstable, at most the limit."""
        del closely
        self.changed.clear()
        times = [
            (min(self._when(machine, now), machine.born + self._uptime), name)
            for name, machine in machines.items()
            if machine.alive and name not in self._done
        ]
        at, name = min(times, default=(math.inf, ""))
        if at > limit:
            return limit
        self._done.add(name)
        self.changed.add(name)
        return max(at, math.nextafter(now, math.inf)) if now > 0 else at

    def reborn(self, machine: Machine, now: float) -> None:
        """Take note of a new life."""
        del now
        self._unstable.pop(machine.name, None)
        self._known.pop(machine.name, None)
        self._done.discard(machine.name)

    def _when(self, machine: Machine, now: float) -> float:
        """When the present life of a server becomes unstable, apart from its uptime."""
        name = machine.name
        if name not in self._unstable:
            if name in self._known:
                at = self._known[name]
            elif self._aging is not None and self._others:
                at = now + self._random.expovariate(self._aging)
            else:
                at = math.inf
            self._unstable[name] = at
        return self._unstable[name]
