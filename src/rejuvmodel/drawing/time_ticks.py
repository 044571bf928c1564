"""Times in words along the upper edge of a plot."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.style import LETTERS
from rejuvmodel.durations import hours, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Times that have short names.
NAMED = ("1 s", "10 s", "1 min", "10 min", "1 h", "6 h", "1 d", "7 d", "30 d", "365 d", "3650 d")
#: Width of a letter in inches, and letters of room around each name.
_LETTER, _GAP = 0.07, 1.5


def mark_times(ax: Axes, title: str = "", *, place: Callable[[float], float] = float) -> None:
    """Name times along the upper edge of axes whose x axis is logarithmic; ``place`` puts them there."""
    low, high = ax.get_xlim()
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes stand on one
    width = float(ax.get_window_extent().width) / figure.dpi
    per_inch = log(high / low) / max(width, 0.5)
    named = sorted((place(hours(text)), text) for text in NAMED)
    inside = [(x, text) for x, text in named if low <= x <= high]
    if len(inside) < 3:
        # place is its own inverse: a time is itself or the inverse of a rate.
        inside = [(float(x), words(place(float(x)))) for x in np.geomspace(low, high, 7)[1:6:2]]
    kept: list[tuple[float, str]] = []
    for x, text in inside:
        letters = _GAP + (len(text) + len(kept[-1][1])) / 2 if kept else 0.0
        if not kept or log(x / kept[-1][0]) > letters * _LETTER * per_inch:
            kept.append((x, text))
    top = ax.secondary_xaxis("top")
    top.set_xticks([x for x, _ in kept], [text for _, text in kept])
    top.set_xticks([], minor=True)
    top.tick_params(labelsize=LETTERS)
    if title:
        top.set_xlabel(title)
