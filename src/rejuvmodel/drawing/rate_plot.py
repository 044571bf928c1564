"""The objective against the rejuvenation rate."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.optimum_question import require_axis, require_same
from rejuvmodel.drawing.plot_parts import (
    RATE,
    Height,
    log_objective,
    mark_levels,
    mark_rates,
    mark_region,
    mark_waits,
    window,
)
from rejuvmodel.drawing.style import INK, WIDTH, axes_or_new, dress, fit_legend, name_ticks
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum import optimize

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rejuvmodel.models.cluster import Cluster
    from rejuvmodel.optimum_result import Optimum
    from rejuvmodel.parameters import Costs


def plot_rate(
    cluster: Cluster | Pool,
    costs: Costs | None = None,
    bounds: Sequence[float] | None = None,
    *,
    best: Optimum | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot cost per hour, or unavailability, against the rejuvenation rate.

    Both axes are logarithmic; the upper edge shows the mean wait that belongs to a rate. Marked are the
    optimum, the rates within 1 % of it, the break-even rate, the level without rejuvenation (λ_r = 0), the
    limit of rejuvenation at once (λ_r = ∞), and the cluster's own rate, as far as there are such.

    Parameters
    ----------
    cluster : Cluster or Pool
        One cluster, or a pool, for which each rate drawn is solved anew.
    costs : Costs, optional
        Costs per hour of each condition; without them the unavailability is plotted.
    bounds : (float, float), optional
        Rates λ_r [1/h] to choose from, 0 ≤ lower < upper ≤ ∞; all by default. Of 0 and ∞ the plot shows the
        side towards them. A pool needs finite ones.
    best : Optimum, optional
        The optimum of this cluster; its costs and bounds are the default ones. Searched for if not given,
        for clusters beyond the sizes that ``optimize`` certifies without a proof.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Where values underflow, the y axis is linear in log10 of the value.

    Raises
    ------
    InvalidInputError
        If the cluster is a grid, the costs or bounds are not valid, or ``best`` belongs to another question.
    """
    if not isinstance(cluster, Pool):
        require_axis(cluster, triggered=False)
    if best is None:
        best = optimize(cluster, costs, (0.0, inf) if bounds is None else bounds, certified=False)
    require_same(best, cluster, costs, bounds)
    rates = np.geomspace(*window(cluster, best), _points(cluster))
    logs = log_objective(cluster, best, rates)
    ends = log_objective(cluster, best, np.array([0.0, best.bounds[1]]))
    y = Height(np.concatenate([logs, ends if best.bounds[1] == inf else ends[:1]]))
    ax = axes_or_new(ax, (7.5, 6.0))
    ax.set(xscale="log", yscale=y.scale, xlim=(rates[0], rates[-1]), ylim=y.limits)
    what = "unavailability" if best.costs is None else "expected cost per hour"
    ax.set_xlabel(f"rejuvenation rate {RATE} [per hour]")
    ax.set_ylabel(f"{y.prefix}{what}")
    ax.plot(rates, y(logs), color=INK, linewidth=WIDTH, label=what)
    mark_region(ax, best)
    mark_rates(ax, best, cluster, y)
    mark_levels(ax, best, ends, y)
    mark_waits(ax)
    dress(ax)
    name_ticks(ax.yaxis)
    fit_legend(ax)
    return ax


def _points(model: Cluster | Pool) -> int:
    """How many rates are drawn, fewer where each takes long."""
    if isinstance(model, Pool):
        return max(30, min(120, 400_000 // len(model.with_rejuvenation(1.0).labels)))
    return max(60, min(400, 4_000_000 // model.servers))
