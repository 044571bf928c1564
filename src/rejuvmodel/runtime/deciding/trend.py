"""The trend of one server's memory: whether it grows so that it reaches its limit within the horizon.

    samples → a median for each period `every` → the points of a `TrendWindow` → at each new point:
        1  the CUSUM exceeds its limit: memory has grown, and noise does not do that
        2  a bent line fits better than a step: it grows, rather than having jumped once
        3  the Theil–Sen slope since it grows, and that of the younger half, exhaust the limit in the horizon
        4  the younger half is no flatter than half of the whole: it does not level off

All four make a finding. It holds until the server's life ends, or until nothing has confirmed it for an hour
(60 periods). Another life, by identity or by an uptime that has gone back, begins with nothing; the first
`settle` of a life is left out. Values that are missing or make no sense are left out as well. Pure: no clock
is read here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import median
from zlib import crc32

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.plain_values import nearest_float
from rejuvmodel.runtime.deciding.trend_statistics import (
    bent_line_residuals,
    cusum,
    growing_points,
    long_run_deviation,
    step_residual_power,
    theil_sen,
)
from rejuvmodel.runtime.deciding.trend_window import TrendWindow, added
from rejuvmodel.runtime.deciding.views import ServerView, known

#: Limit c of the CUSUM: without growth one look exceeds it with probability exp(−2c²), 0.1 %.
_LIMIT = 1.85
#: Points and periods before anything is judged, and points over which memory must have grown.
_FEWEST, _SHORTEST, _FEWEST_GROWING = 60, 120, 8
#: Periods that a finding outlives its last confirmation, and within which it is not asked for another.
_HOLDS, _FRESH = 60, 30
#: Share of a cycle that must be seen before anything is judged.
_CYCLE = 0.95
#: Samples taken in a period, about.
_SAMPLES = 10
#: ω is at least this share of the limit, so that rounding is never growth.
_ROUNDING = 1e-9
#: Memory is cut off at so many times the limit.
_MOST = 1e6
#: Servers do not all have their periods, and their new points, at the same moment.
_SPREAD = 64
#: An uptime may go back by this much before it is another life [s].
_TOLERANCE = 2.0


@dataclass(frozen=True, slots=True)
class TrendSettings:
    """What counts as a trend.

    Parameters
    ----------
    limit : float
        The memory [bytes] that must not be reached.
    horizon : float
        How far ahead [s] reaching it counts.
    every : float
        Length [s] of a period: samples are made one median in each.
    settle : float
        How long [s] memory may grow after a start without being looked at.
    window : float
        How far [s] the points reach back; 240 periods at least.
    cycle : float
        Length [s] of a cycle in which memory rises and falls, such as a day: nothing is judged before a whole
        one has been seen. At most `window`; 0 for none.

    Raises
    ------
    InvalidInputError
        If a value is not finite and above 0 (`settle`, `cycle`: 0 or above), or the window is too short.
    """

    limit: float
    horizon: float
    every: float = 60.0
    settle: float = 7200.0
    window: float = 86400.0
    cycle: float = 0.0

    def __post_init__(self) -> None:
        for name in ("limit", "horizon", "every", "settle", "window", "cycle"):
            value = nearest_float(getattr(self, name))
            if not (0 < value < math.inf or (name in ("settle", "cycle") and value == 0)):
                rule = "a number above 0 is expected, and a finite one"
                raise InvalidInputError(name, shown(getattr(self, name)), rule, "Write one.")
            object.__setattr__(self, name, value)
        if self.window < 2 * _SHORTEST * self.every:
            rule = f"the window has at least {2 * _SHORTEST} periods of {self.every:g} s"
            raise InvalidInputError("window", f"{self.window:g} s", rule, "Make it longer, or every shorter.")
        if self.cycle > self.window:
            rule = f"a cycle is not longer than the window of {self.window:g} s"
            raise InvalidInputError("cycle", f"{self.cycle:g} s", rule, "Make the window longer.")


@dataclass(frozen=True, slots=True)
class TrendFinding:
    """Memory that grows towards its limit.

    Parameters
    ----------
    since : float
        When [s] it was found, on the clock of the moments.
    confirmed : float
        When [s] it was last confirmed.
    slope : float
        Its growth [bytes/h]: the smaller one of the slopes since it grows and of the younger half of that.
    level : float
        Memory [bytes] at the end of the line.
    left : float
        Time [s] to the limit from there.
    """

    since: float
    confirmed: float
    slope: float
    level: float
    left: float

    @property
    def words(self) -> str:
        """The finding as evidence, such as "memory grows by 12.0 MB/h and reaches its limit in 5.2 h"."""
        return (
            f"memory grows by {_bytes(self.slope)}/h and reaches its limit in {self.left / 3600:.1f} h"
            if self.left > 0
            else f"memory grows by {_bytes(self.slope)}/h and has reached its limit"
        )


@dataclass(frozen=True, slots=True)
class TrendState:
    """What is remembered of one server.

    Parameters
    ----------
    offset : float
        Where its periods begin, in periods.
    life : str or None
        Its identity.
    uptime : float or None
        The last that was seen [s].
    began : float or None
        When [s] its life was seen first.
    taken : float
        When [s] the last sample was taken.
    period : int
        The period that is being filled.
    samples : tuple of float
        What it has got so far, in units of the limit.
    window : TrendWindow
        The periods before.
    finding : TrendFinding or None
        The trend.
    """

    offset: float = 0.0
    life: str | None = None
    uptime: float | None = None
    began: float | None = None
    taken: float = -math.inf
    period: int = 0
    samples: tuple[float, ...] = ()
    window: TrendWindow = field(default_factory=TrendWindow)
    finding: TrendFinding | None = None


def first_trend(server: str) -> TrendState:
    """Return the state of a server that was never looked at.

    Parameters
    ----------
    server : str
        Its name: it spreads the work of many servers over time.

    Returns
    -------
    TrendState
        Nothing known.
    """
    return TrendState(crc32(server.encode("utf-8", "surrogatepass")) / 2**32 * _SPREAD)


def observe(settings: TrendSettings, state: TrendState, look: ServerView, now: float) -> TrendState:
    """Return what is remembered after one more look.

    Parameters
    ----------
    settings : TrendSettings
        What counts as a trend.
    state : TrendState
        What was remembered.
    look : ServerView
        What is seen: identity, uptime and memory.
    now : float
        When [s].

    Returns
    -------
    TrendState
        The same object if nothing has changed.
    """
    if look.identity is None or look.identity != state.life:  # nearly always the same: no call for that
        state = TrendState(state.offset) if _another_life(state, look) else state
    if now - state.taken < settings.every / _SAMPLES:
        return state
    memory = known(look.memory)
    if memory is None:
        return state
    life, uptime = look.identity or state.life, known(look.uptime)
    began = now if state.began is None else state.began
    age = now - began if uptime is None else uptime
    uptime = state.uptime if uptime is None else uptime
    if age < settings.settle:
        return TrendState(state.offset, life, uptime, began, now)
    value = min(memory, _MOST * settings.limit) / settings.limit
    period = math.floor(now / settings.every + state.offset)
    if period == state.period or not state.samples:
        samples, window, finding = (*state.samples, value), state.window, state.finding
    else:
        samples, finding = (value,), state.finding
        window = added(state.window, state.period, median(state.samples), settings.window / settings.every)
        if window.times is not state.window.times:
            finding = _judged(settings, window, finding, now)
    return TrendState(state.offset, life, uptime, began, now, period, samples, window, finding)


def _another_life(state: TrendState, look: ServerView) -> bool:
    """Whether a look shows another process than the last."""
    if state.life is not None and look.identity is not None:
        return state.life != look.identity
    uptime = known(look.uptime)
    return state.uptime is not None and uptime is not None and uptime < state.uptime - _TOLERANCE


def _judged(
    settings: TrendSettings, window: TrendWindow, before: TrendFinding | None, now: float
) -> TrendFinding | None:
    """The finding after a new point."""
    if before is not None and now - before.confirmed < _FRESH * settings.every:
        return before
    line = None
    if window.span >= max(_SHORTEST, _CYCLE * settings.cycle / settings.every):
        line = _growth(window, settings.horizon / settings.every)
    if line is not None:
        slope, level = line
        since = now if before is None else before.since
        left = max(1.0 - level, 0.0) / slope * settings.every
        per_hour = slope * settings.limit * 3600.0 / settings.every
        return TrendFinding(since, now, per_hour, level * settings.limit, left)
    if before is not None and now - before.confirmed > _HOLDS * settings.every:
        return None
    return before


def _growth(window: TrendWindow, horizon: float) -> tuple[float, float] | None:
    """Slope [1/period] and level of a growth that exhausts 1 within the horizon [periods]; None without."""
    times, values = window.times, window.values
    n = len(times)
    if n < _FEWEST:
        return None
    swing, turn = cusum(values)
    growing = growing_points(n, turn)
    if swing <= _LIMIT * _ROUNDING or growing < _FEWEST_GROWING:
        return None
    rest = bent_line_residuals(times, values, n - growing)
    if swing <= _LIMIT * max(long_run_deviation(rest), _ROUNDING):
        return None
    if step_residual_power(values) < sum([one * one for one in rest]):
        return None
    younger, level = theil_sen(times[-(growing // 2) :], values[-(growing // 2) :])
    if younger <= 0 or younger * horizon < 1.0 - level:
        return None
    slope, level = theil_sen(times[-growing:], values[-growing:])
    if not 0 < slope <= 2 * younger or min(slope, younger) * horizon < 1.0 - level:
        return None
    return min(slope, younger), level


def _bytes(amount: float) -> str:
    """An amount of memory in words."""
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.95:
            return f"{amount:.1f} {unit}"
        amount /= 1000.0
    return f"{amount:.1f} TB"
