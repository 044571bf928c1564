"""The Pareto front: alternatives by cost and unavailability, and those that no other one beats in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.drawing.front_points import Points, front_points
from rejuvmodel.drawing.pareto_front import pareto_front
from rejuvmodel.drawing.plot_parts import Height, set_cost_axes
from rejuvmodel.drawing.point_labels import label_points
from rejuvmodel.drawing.style import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    WIDTH,
    axes_or_new,
    dress,
    fit_legend,
)
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.pool_choice_result import PoolChoice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Points of the front that are looked at for a label, more than have room.
_TRIED = 200


def plot_pareto(
    alternatives: Any,
    *,
    cost: str = "cost_rate",
    unavailability: str = "unavailability",
    ax: Axes | None = None,
) -> Axes:
    """Plot alternatives by cost and unavailability, and the Pareto front among them.

    On the front are the alternatives than which no other is both at most as dear and at most as often down.
    They are joined by steps and labelled by what makes alternatives differ, as far as there is room.

    Parameters
    ----------
    alternatives : PoolChoice or xarray.Dataset
        What `choose_pool` found, or a sweep that holds a cost and an unavailability.
    cost, unavailability : str, optional
        Variables of the Dataset. If it also has the unavailability's logarithm (``log_`` before the name),
        that is drawn, also where the unavailability underflows.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Where unavailabilities underflow, the y axis is linear in log10 of them.

    Raises
    ------
    InvalidInputError
        If it is neither, there is no such variable, or no alternative has both numbers.
    """
    points = front_points(alternatives, cost, unavailability)
    front = pareto_front(points.cost, points.log_down)
    front = front[np.isfinite(points.cost[front])]
    if not len(front):
        raise InvalidInputError(
            "alternatives", "no finite cost with an unavailability", "a front needs one", "Check the values."
        )
    ax = axes_or_new(ax, (7.5, 5.5))
    dress(ax)
    target = alternatives.log_allowed if isinstance(alternatives, PoolChoice) else None
    others = np.setdiff1d(np.arange(len(points.cost)), front)
    near = others[points.cost[others] <= _edge(points.cost[front])]
    shown = np.concatenate([front, near])
    y = Height(points.log_down[shown] if target is None else np.append(points.log_down[shown], target))
    set_cost_axes(ax, points.cost[shown], y, points.cost_label)
    x_near, y_near = points.cost[near], np.asarray(y(points.log_down[near]))
    if len(others):
        beyond = len(others) - len(near)
        more = f" ({beyond} more beyond the right edge)" if beyond else ""
        ax.plot(
            x_near, y_near, "o", color=GREY, markersize=4, fillstyle="none", linestyle="none",
            label=f"dominated by another one{more}",
        )  # fmt: skip
    texts, shared = _texts(points, front)
    x_front, y_front = points.cost[front], np.asarray(y(points.log_down[front]))
    ax.step(
        x_front, y_front, where="post", color=BLUE, linewidth=WIDTH, marker="o", markersize=6,
        markeredgecolor=INK, label=f"Pareto front{shared}", zorder=3,
    )  # fmt: skip
    if target is not None:
        ax.axhline(float(y(target)), color=GREY, linestyle="--", linewidth=1.5, label=_target(alternatives))
    around = (np.append(x_near, x_front), np.append(y_near, y_front))
    star = _star(ax, alternatives, y)
    chosen = np.flatnonzero(np.isin(x_front, star[0]) & np.isin(y_front, star[1])).tolist()
    turns = list(dict.fromkeys([*chosen, *_in_turn(len(front))]))[:_TRIED]
    label_points(
        ax, x_front[turns].tolist(), y_front[turns].tolist(), [texts[k] for k in turns], around=around,
        steps=(np.repeat(x_front, 2)[1:], np.repeat(y_front, 2)[:-1]), marks=star,
    )  # fmt: skip
    fit_legend(ax, columns=2)
    return ax


def _texts(points: Points, front: NDArray[np.int64]) -> tuple[list[str], str]:
    """Words of the points on the front for what differs among them, and for what they have in common."""
    rows = [points.words(int(k)) for k in front]
    differs = [len(set(column)) > 1 or len(rows) == 1 for column in zip(*rows, strict=True)]
    if points.names:
        # One name for all points says as much as one at each; of several, each value needs its own.
        if sum(differs) == 1 and len(rows) > 1:
            name = points.names[differs.index(True)]
            shared = [f"{n} {v}" for n, v, d in zip(points.names, rows[0], differs, strict=True) if not d]
            also = f", all of them {', '.join(shared)}" if shared else ""
            return [row[differs.index(True)] for row in rows], f", with the {name}{also}"
        rows = [tuple(f"{n} {v}" for n, v in zip(points.names, row, strict=True)) for row in rows]
    texts = [", ".join(part for part, varies in zip(row, differs, strict=True) if varies) for row in rows]
    common = [part for part, varies in zip(rows[0], differs, strict=True) if not varies]
    return texts, f", all of them {', '.join(common)}" if common else ""


def _in_turn(count: int) -> list[int]:
    """Places of a row so that the first few are spread over all of it: ends, middle, quarters and so on."""
    turns = [0, count - 1]
    step = 1 << max(0, count - 1).bit_length()
    while step > 1:
        turns += range(step // 2, count, step)
        step //= 2
    return turns


def _target(choice: PoolChoice) -> str:
    return f"target: availability {choice.target:.10g}"


def _edge(costs: Floats) -> float:
    """The right edge of what is shown: as far beyond the front as it is wide."""
    low, high = float(costs.min()), float(costs.max())
    return high + max(high - low, 0.1 * abs(high))


def _star(ax: Axes, alternatives: Any, y: Height) -> tuple[list[float], list[float]]:
    """Mark the choice, if there is one; return its place."""
    best = alternatives.best if isinstance(alternatives, PoolChoice) else None
    if best is None:
        return [], []
    place = [best.running_cost], [float(y(best.log_unavailability))]
    ax.plot(
        *place, "*", color=ORANGE, markersize=14, markeredgecolor=INK, zorder=6, linestyle="none",
        label=f"the cheapest that meets the target: {best.running_cost:.4g} per hour",
    )  # fmt: skip
    return place
