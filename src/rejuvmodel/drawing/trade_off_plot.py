"""Cost against unavailability along the rejuvenation rate or delay: where less of one costs the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.optimum_question import require_cluster, require_same
from rejuvmodel.drawing.pareto_front import pareto_front
from rejuvmodel.drawing.period_plot import delay_window
from rejuvmodel.drawing.plot_parts import Height, set_cost_axes, window
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
from rejuvmodel.drawing.time_ticks import NAMED
from rejuvmodel.durations import hours, words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.optimum import UNAVAILABILITY, optimize
from rejuvmodel.optimum_search import Curve
from rejuvmodel.period_curve import PeriodCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from rejuvmodel.models.cluster import Cluster
    from rejuvmodel.optimum_result import Optimum
    from rejuvmodel.parameters import Costs

    Floats = NDArray[np.float64]

_POINTS = 400


def plot_trade_off(
    cluster: Cluster,
    costs: Costs | None = None,
    bounds: Sequence[float | str] | None = None,
    *,
    best: Optimum | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot cost against unavailability, along the rejuvenation rate of a cluster or the delay of its trigger.

    The heavy part of the curve is the Pareto front: there, less downtime has to be paid for. It begins at the
    least cost and ends at the least unavailability. Beside the curve stand mean waits.

    Parameters
    ----------
    cluster : Cluster
        One cluster, with a trigger or without.
    costs : Costs
        Costs per hour of each condition; may be left out if ``best`` is given.
    bounds : (float, float), optional
        Rates [1/h] or, with a trigger, mean delays [h] to choose from; all by default.
    best : Optimum, optional
        The optimum of this cluster and these costs; searched for if not given.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Where unavailabilities underflow, the y axis is linear in log10 of them.

    Raises
    ------
    InvalidInputError
        If the cluster is a grid, the costs or bounds are missing or not valid, or ``best`` belongs to another
        question.
    """
    require_cluster(cluster)
    if best is None:
        best = optimize(cluster, costs, (0.0, inf) if bounds is None else bounds, certified=False)  # type: ignore[arg-type]
    require_same(best, cluster, costs, bounds)
    if best.costs is None:
        raise InvalidInputError("costs", "nothing", "a trade-off needs costs", "Give costs=Costs(…).")
    curve = _curve(cluster, best.costs, best)
    front = pareto_front(curve.cost, curve.log_down)
    ax = axes_or_new(ax, (7.5, 5.5))
    dress(ax)
    y = Height(curve.log_down)
    set_cost_axes(ax, curve.cost, y, "expected cost [per hour]")
    heights = np.asarray(y(curve.log_down))
    ax.plot(curve.cost, heights, color=GREY, linestyle="--", linewidth=1.2, label="all waits")
    on_front = np.isin(np.arange(len(curve.cost)), front)
    ax.plot(
        np.where(on_front, curve.cost, np.nan), np.where(on_front, heights, np.nan), color=BLUE,
        linewidth=2 * WIDTH, label="Pareto front: less downtime costs more", solid_capstyle="round",
    )  # fmt: skip
    ends = ((front[0], "*", 14, "least cost"), (front[-1], "D", 7, "least unavailability"))
    for place, shape, size, text in ends:
        ax.plot(
            [curve.cost[place]], [heights[place]], shape, color=ORANGE, markeredgecolor=INK, markersize=size,
            linestyle="none", zorder=6, clip_on=False,
            label=f"{text}: {curve.cost[place]:.4g} per hour, {_wait(curve.waits[place])}",
        )  # fmt: skip
    marked = [k for k, name in enumerate(curve.names) if name]
    ax.plot(
        curve.cost[marked], heights[marked], "o", color=INK, markersize=4, linestyle="none",
        label="mean wait",
    )  # fmt: skip
    stars = front[[0, -1]]
    label_points(
        ax, curve.cost[marked].tolist(), heights[marked].tolist(), [curve.names[k] for k in marked],
        around=(curve.cost, heights), marks=(curve.cost[stars].tolist(), heights[stars].tolist()),
    )  # fmt: skip
    fit_legend(ax)
    return ax


@dataclass(frozen=True, eq=False)
class _TradeOff:
    """Points along the waits [h], the longest first; few of them have a name."""

    waits: Floats
    cost: Floats
    log_down: Floats
    names: tuple[str, ...]


def _curve(cluster: Cluster, costs: Costs, best: Optimum) -> _TradeOff:
    """Cost and unavailability at many waits, at the best one, and at the ends of the bounds."""
    money: Curve | PeriodCurve
    down: Curve | PeriodCurve
    if cluster.trigger is None:
        low, high = (_other(rate) for rate in reversed(window(cluster, best)))
        first, last = (_other(rate) for rate in reversed(best.bounds))
        money, down = Curve(cluster, costs), Curve(cluster, UNAVAILABILITY)
    else:
        money, down = (PeriodCurve(cluster, cluster.trigger, price) for price in (costs, UNAVAILABILITY))
        given = np.asarray(inf if cluster.trigger.mean is None else cluster.trigger.mean)
        low, high = delay_window(money, best, float(given))
        first, last = best.bounds
    count = max(60, min(_POINTS, 4_000_000 // cluster.servers))
    names = {hours(text): text for text in NAMED} | {inf: "never", 0.0: "at once"}
    ends = [wait for wait in (first, last, best.period) if wait in (0.0, inf) or low <= wait <= high]
    waits = np.unique(np.concatenate([np.geomspace(low, high, count), [*names], ends]))[::-1]
    waits = waits[(waits >= low) & (waits <= high) | np.isin(waits, ends)]
    at = np.array([_other(wait) for wait in waits]) if cluster.trigger is None else waits
    with np.errstate(over="ignore"):
        cost, log_down = np.exp(money.log_at(at)), np.asarray(down.log_at(at))
    # Where the unavailability vanishes, as for waits of 0 in clusters of several servers, nothing is drawn.
    seen = np.isfinite(cost) & np.isfinite(log_down)
    if not np.any(seen):
        raise InvalidInputError(
            "cluster", "one that is never down", "a trade-off needs an unavailability above 0",
            "Give a failure rate above 0.",
        )  # fmt: skip
    texts = tuple(names.get(float(wait), "") for wait in waits[seen])
    return _TradeOff(waits[seen], cost[seen], log_down[seen], texts)


def _other(x: float) -> float:
    """The rate of a wait, or the wait of a rate."""
    return 1.0 / x if x > 0 else inf


def _wait(wait: float) -> str:
    if wait in (0, inf):
        return "rejuvenating at once" if wait == 0 else "never rejuvenating"
    return f"waiting {words(wait)}"
