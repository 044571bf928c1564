"""Memory of simulated servers, minute by minute, and when the trend producer finds it to grow."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from rejuvmodel.runtime.deciding.states import Condition, Health
from rejuvmodel.runtime.deciding.trend import TrendSettings, TrendState, first_trend, observe
from rejuvmodel.runtime.deciding.views import ServerView

LIMIT = 2e9
DAY = 1440


def ar1(seed: int, phi: float, n: int) -> NDArray[np.float64]:
    """Return stationary AR(1) noise of variance 1: x_t = φ x_{t−1} + e_t."""
    rng = np.random.default_rng(seed)
    steps = rng.standard_normal(n) * math.sqrt(1 - phi * phi)
    steps[0] = rng.standard_normal()
    return np.asarray(lfilter([1.0], [1.0, -phi], steps))


def states(
    settings: TrendSettings, percent: NDArray[np.float64], *, started: float = -1e9, name: str = "s1"
) -> Iterator[tuple[int, TrendState]]:
    """Yield minute and state while memory [% of the limit] is looked at once a minute."""
    state = first_trend(name)
    for minute, memory in enumerate((percent * settings.limit / 100).tolist()):
        now = 60.0 * minute
        look = ServerView(
            Health.HEALTHY, condition=Condition.NORMAL, identity="1", uptime=now - started, memory=memory
        )
        state = observe(settings, state, look, now)
        yield minute, state


def found(settings: TrendSettings, percent: NDArray[np.float64], *, started: float = -1e9) -> int | None:
    """Return the minute at which the growth is found; None if it never is."""
    for minute, state in states(settings, percent, started=started, name=f"s{percent[0]}"):
        if state.finding is not None:
            return minute
    return None
