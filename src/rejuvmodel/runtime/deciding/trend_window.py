"""The window of a trend: at most 120 points, fine while they are young and coarser as they become more.

A point is the mean over a slot of `width` periods, and a period is one median of samples. When there are 120
points, neighbours are joined and `width` doubles, until 120 points are longer than the window; from then on
the oldest leave. So a fast leak after a restart is seen in fine points, a slow one in long ones, and the work
is bounded. Periods without a sample are gaps: every point has its own time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

#: Points at most.
MOST_POINTS = 120


@dataclass(frozen=True, slots=True)
class TrendWindow:
    """Points of one life of a server.

    Parameters
    ----------
    width : int
        Periods in the slot of a point.
    times : tuple of float
        Middles of the slots, in periods.
    values : tuple of float
        Means over the slots.
    slot : int
        The slot that is being filled.
    filling : tuple of float
        What it has got so far.
    """

    width: int = 1
    times: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    slot: int = 0
    filling: tuple[float, ...] = ()

    @property
    def span(self) -> float:
        """How long the points reach, in periods."""
        return self.times[-1] - self.times[0] + self.width if self.times else 0.0


def added(window: TrendWindow, period: int, value: float, length: float) -> TrendWindow:
    """Return a window with the value of one more period.

    Parameters
    ----------
    window : TrendWindow
        The window before.
    period : int
        The period, later than all before.
    value : float
        Its value.
    length : float
        How far the window reaches back, in periods.

    Returns
    -------
    TrendWindow
        The new window; its `times` are another object if it has got a new point.
    """
    slot = period // window.width
    if window.filling and slot != window.slot:
        window = _closed(window, length)
        slot = period // window.width
    window = replace(window, slot=slot, filling=(*window.filling, value))
    return _closed(window, length) if (period + 1) % window.width == 0 else window


def _closed(window: TrendWindow, length: float) -> TrendWindow:
    """Make a point of what has been filled in; join or drop points if there are too many."""
    width, filled = window.width, window.filling
    time = window.slot * width + (width - 1) / 2
    times, values = (*window.times, time), (*window.values, sum(filled) / len(filled))
    if len(times) >= MOST_POINTS and width * MOST_POINTS < length:
        times, values = _joined(times, values, 2 * width)
        width *= 2
    gone = sum(one <= time - length for one in times)
    return TrendWindow(width, times[gone:], values[gone:])


def _joined(
    times: tuple[float, ...], values: tuple[float, ...], width: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Points of slots of twice the width: the middle of each pair, and a point alone as it is."""
    pairs = [
        list(group)
        for _, group in groupby(zip(times, values, strict=True), lambda point: point[0] // width)
    ]  # fmt: skip
    return (
        tuple(sum(time for time, _ in pair) / len(pair) for pair in pairs),
        tuple(sum(value for _, value in pair) / len(pair) for pair in pairs),
    )
