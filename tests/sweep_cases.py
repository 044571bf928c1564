"""Models, grids and slow measures for the tests of sweeps; importable by workers in other processes."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import rejuvmodel as rj

RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3, rejuvenation=1 / 336)
OPEN = RATES.replace(rejuvenation=None)
CLUSTER = rj.Cluster(2, RATES)
TIMED = rj.Cluster(2, OPEN, rj.Trigger(rj.Fixed(300)))
POOL = rj.Pool(primaries=3, spares=1, rates=RATES, slots=1)
REACTIVE = rj.Reactive(servers=2, failure=0.01, repair=1)
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)


@dataclass(frozen=True)
class Logged:
    """The unavailability, taken slowly; every call adds the number of its process to a file."""

    path: str
    pause: float = 0.0

    def __call__(self, state: rj.SteadyState) -> float:
        with Path(self.path).open("a", encoding="utf-8") as log:
            log.write(f"{os.getpid()}\n")
        time.sleep(self.pause)
        return float(state.unavailability)


@dataclass(frozen=True)
class Deadly:
    """The unavailability, but above a limit its process kills itself, once; a file says that it has."""

    path: str
    limit: float

    def __call__(self, state: rj.SteadyState) -> float:
        if state.unavailability > self.limit and not Path(self.path).exists():
            Path(self.path).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return float(state.unavailability)


def calls(path: Path) -> int:
    """How often a `Logged` was called."""
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0
