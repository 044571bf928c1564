"""Words beside points, as far as there is room for them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.style import INK, halo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Points between a point and its words beside and above it; width of a letter and height of a line.
_OFF, _UP, _LETTER, _LINE = 6.0, 5.0, 4.2, 11.0
#: Half the width of a point and of a star in points.
_POINT, _MARK = 4.0, 5.0
#: What axes lose to ticks, labels and legend when the figure is laid out.
_SHRINK = 0.8


def label_points(
    ax: Axes,
    x: Sequence[float],
    y: Sequence[float],
    texts: Sequence[str],
    *,
    around: tuple[Floats, Floats] | None = None,
    steps: tuple[Floats, Floats] | None = None,
    marks: tuple[Sequence[float], Sequence[float]] = ((), ()),
    most: int = 16,
) -> list[int]:
    """Write texts beside points, the first ones first; leave out what would cover an earlier one or the edge.

    A text stands where it covers the fewest of the points ``around``, and nothing of the points themselves,
    the ``marks``, and the ``steps``: lines along the axes between these corners. Limits and scales of the
    axes have to be set before. Returns the places of the points that have a text.
    """
    size, own = _in_points(ax, np.asarray(x), np.asarray(y))
    _, crowd = (size, own) if around is None else _in_points(ax, *around)
    _, corners = (size, own[:0]) if steps is None else _in_points(ax, *steps)
    lines = [np.hstack([np.minimum(a, b), np.maximum(a, b)]) for a, b in pairwise(corners)]
    _, big = _in_points(ax, *(np.asarray(values, np.float64) for values in marks))
    taken = np.vstack(
        [np.hstack([big - _MARK, big + _MARK]), np.hstack([own - _POINT, own + _POINT]), *lines]
    )
    labelled: list[int] = []
    for k, ((px, py), text) in enumerate(zip(own, texts, strict=True)):
        if len(labelled) == most:
            break
        width = len(text) * _LETTER
        best: tuple[int, Floats, bool, bool] | None = None
        for right, up in ((False, False), (True, True), (True, False), (False, True)):
            left = px + _OFF if right else px - _OFF - width
            bottom = py + _UP if up else py - _UP - _LINE
            mine = np.array([left, bottom, left + width, bottom + _LINE])
            if np.any(mine[:2] < 0) or np.any(mine[2:] > size) or np.any(_meet(mine, taken)):
                continue
            covered = int(np.count_nonzero(np.all((crowd >= mine[:2]) & (crowd <= mine[2:]), axis=1)))
            if best is None or covered < best[0]:
                best = covered, mine, right, up
        if best is not None:
            _, mine, right, up = best
            taken = np.vstack([taken, mine])
            labelled.append(k)
            ax.annotate(
                text, (x[k], y[k]), (_OFF if right else -_OFF, _UP if up else -_UP),
                textcoords="offset points", ha="left" if right else "right",
                va="bottom" if up else "top", size="x-small", color=INK, path_effects=halo(), zorder=7,
            )  # fmt: skip
    return labelled


def _in_points(ax: Axes, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Size of the axes, and places in them, in points."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes stand on one
    box = ax.get_window_extent()
    unit = 72 / figure.dpi * _SHRINK
    places = (ax.transData.transform(np.column_stack([x, y])) - (box.x0, box.y0)) * unit
    return np.array([box.width, box.height]) * unit, places


def _meet(one: Floats, others: Floats) -> NDArray[np.bool_]:
    """Whether a box (left, bottom, right, top) overlaps each of the others."""
    meets: NDArray[np.bool_] = np.all((one[:2] < others[:, 2:]) & (others[:, :2] < one[2:]), axis=1)
    return meets
