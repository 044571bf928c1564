"""The objective against the mean delay of a trigger."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.optimum_question import require_axis, require_same
from rejuvmodel.drawing.plot_parts import Height, amount
from rejuvmodel.drawing.style import (
    GREEN,
    GREY,
    ORANGE,
    SKY,
    WIDTH,
    axes_or_new,
    dress,
    fit_legend,
    name_ticks,
    wrapped,
)
from rejuvmodel.drawing.time_ticks import mark_times
from rejuvmodel.durations import words
from rejuvmodel.models.trigger import CLOCKS
from rejuvmodel.optimum import UNAVAILABILITY, optimize
from rejuvmodel.period_curve import PeriodCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rejuvmodel.models.cluster import Cluster
    from rejuvmodel.models.trigger import Trigger
    from rejuvmodel.optimum_result import Optimum
    from rejuvmodel.parameters import Costs

_POINTS = 300
#: The plot shows this factor beyond what is marked.
_REACH = 20.0


def plot_period(
    cluster: Cluster,
    costs: Costs | None = None,
    bounds: Sequence[float | str] | None = None,
    *,
    best: Optimum | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot cost per hour, or unavailability, against the mean delay of a cluster's trigger.

    Both axes are logarithmic. Marked are the optimum, the delays within 1 % of it, the level without
    rejuvenation, that of rejuvenation at once, and the cluster's own delay, as far as there are such.

    Parameters
    ----------
    cluster : Cluster
        One cluster with a trigger, whose law is stretched in time.
    costs : Costs, optional
        Costs per hour of each condition; without them the unavailability is plotted.
    bounds : (float, float), optional
        Mean delays [h] to choose from; all by default.
    best : Optimum, optional
        The optimum of this cluster; searched for if not given.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Where values underflow, the y axis is linear in log10 of the value.

    Raises
    ------
    InvalidInputError
        If the cluster is a grid or has no trigger, the costs or bounds are not valid, or ``best`` belongs to
        another question.
    """
    trigger = require_axis(cluster, triggered=True)
    if best is None:
        best = optimize(cluster, costs, (0.0, inf) if bounds is None else bounds, certified=False)  # type: ignore[arg-type]
    require_same(best, cluster, costs, bounds)
    ax = axes_or_new(ax, (7.5, 6.0))
    assert trigger is not None  # was required
    _draw_period(ax, cluster, trigger, best)
    return ax


def _draw_period(ax: Axes, cluster: Cluster, trigger: Trigger, best: Optimum) -> None:
    """Draw the curve, the optimum, the delays within 1 % of it, the given delay, never and at once."""
    curve = PeriodCurve(cluster, trigger, UNAVAILABILITY if best.costs is None else best.costs)
    given = float(np.asarray(trigger.mean)) if trigger.mean is not None else inf
    low, high = delay_window(curve, best, given)
    delays = np.geomspace(low, high, max(60, min(_POINTS, 4_000_000 // cluster.servers)))
    logs = np.asarray(curve.log_at(delays))
    never, at_once = float(curve.log_at(inf)), float(curve.log_at(0.0))
    levels = [(never, "never rejuvenate", "--")]
    if best.bounds[0] == 0 and isfinite(at_once):
        levels.append((at_once, "rejuvenate at once", ":"))
    height = Height(np.append(logs, [level for level, *_ in levels]))
    what = "unavailability" if best.costs is None else "expected cost per hour"
    ax.set(xscale="log", yscale=height.scale, xlim=(low, high), ylim=height.limits)
    ax.set_xlabel(wrapped(ax, f"mean delay [h] {CLOCKS[trigger.clock]}"))
    ax.set_ylabel(f"{height.prefix}{what}")
    ax.plot(delays, height(logs), color="black", linewidth=WIDTH, label=f"{what}, {_law(trigger)} delay")
    first, last = max(best.flat_region[0], low), min(best.flat_region[1], high)
    if first < last:
        ends = f"{_span(best.flat_region[0])} to {_span(best.flat_region[1])}"
        text = "no delay changes anything" if best.location == "flat" else f"within 1 % of the best: {ends}"
        ax.axvspan(first, last, color=SKY, alpha=0.3, linewidth=0, label=text)
    for level, text, style in levels:
        ax.axhline(
            float(height(level)),
            color=GREY,
            linestyle=style,
            linewidth=1.5,
            label=f"{text}: {amount(best, level)}",
        )
    marks = (
        []
        if best.location == "flat"
        else [(best.period, "*", 14, ORANGE, "full", f"best ({best.location}): {_span(best.period)}")]
    )
    if 0 < given < inf and given != best.period:
        marks.append((given, "o", 12, "black", "none", f"as given: {_span(given)}"))
    for delay, shape, size, colour, fill, text in marks:
        x = min(max(delay, low), high)
        log_value = float(curve.log_at(x))
        ax.plot(
            [x], [float(height(log_value))], shape if x == delay else ("<" if delay < low else ">"),
            markersize=size, color=colour, fillstyle=fill, markeredgecolor="black", clip_on=False, zorder=6,
            label=f"{text}: {amount(best, float(curve.log_at(delay)))}",
        )  # fmt: skip
    if best.break_even is not None:
        what = "break-even: pays only" if best.bounds[1] == inf else "better than the longest delay only"
        ax.axvline(
            best.break_even, color=GREEN, linestyle="-.", linewidth=1.5,
            label=f"{what} below {words(best.break_even)}",
        )  # fmt: skip
    mark_times(ax)
    dress(ax)
    name_ticks(ax.yaxis)
    fit_legend(ax)


def _law(trigger: Trigger) -> str:
    name = type(trigger.law).__name__
    stages = getattr(trigger.law, "k", None)
    return f"{name}-{stages}" if stages is not None else name


def delay_window(curve: PeriodCurve, best: Optimum, given: float) -> tuple[float, float]:
    """Return delays [h] between which there is something to see, inside the bounds."""
    rates = curve.cluster.rates
    marks = [
        best.period,
        best.break_even,
        *best.flat_region,
        *best.critical_points,
        given,
        1 / float(rates.restart),
    ]
    marks += [1 / float(rate) for rate in (rates.aging, rates.failure) if rate > 0]
    low, high = best.bounds
    seen = [x for x in marks if x is not None and 1e-9 < x < 1e12 and low <= x <= high]
    seen = seen or [min(max(1.0, low), high)]
    first = low if low > 0 else min(seen) / _REACH
    last = high if high < inf else max(seen) * _REACH
    return (first, last) if last > 1.5 * first else (first / 3, last * 3)


def _span(delay: float) -> str:
    return "at once" if delay == 0 else words(delay)
