"""The distribution of one measure while rates are uncertain: a histogram with its quantiles."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.plot_parts import LEAST
from rejuvmodel.drawing.style import (
    GREEN,
    GREY,
    INK,
    ORANGE,
    SKY,
    WIDTH,
    axes_or_new,
    dress,
    fit_legend,
    name_ticks,
)
from rejuvmodel.drawing.time_ticks import mark_times
from rejuvmodel.drawing.uncertainty_question import at_the_ends, require_spread
from rejuvmodel.durations import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from rejuvmodel.propagation.spreads import Spread
    from rejuvmodel.propagation.uncertainty_result import Uncertainty

    Floats = NDArray[np.float64]

_BINS = 48
#: What each measure is called along the axis; of the availability its complement is shown.
_NAMES = {
    "availability": "unavailability", "unavailability": "unavailability", "downtime": "downtime in {} [h]",
    "cost": "cost in {}", "best_rate": "best rate if the rates were known [per hour]",
    "best_period": "best wait if the rates were known [h]",
}  # fmt: skip
_QUANTILES = ((0.05, "5 %", ":"), (0.5, "median", "-"), (0.95, "95 %", ":"))
#: What 0 and infinity mean.
_ENDS = {"best_rate": ("never", "at once"), "best_period": ("at once", "never")}


def plot_uncertainty(result: Uncertainty, measure: str = "downtime", *, ax: Axes | None = None) -> Axes:
    """Plot the distribution of a measure while rates are uncertain.

    The axis is logarithmic. Marked are the 5 % and 95 % quantiles, the median, the mean where there is one,
    and the target, beyond which the bars are hatched. Of the best rate and wait, which may be never or at
    once, the shares of these are said in words.

    Parameters
    ----------
    result : Uncertainty
        What `uncertainty` found.
    measure : str, optional
        "downtime", "unavailability", "availability" (shown as unavailability), "cost", "best_rate" or
        "best_period", as far as the result has it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Where values underflow, the x axis is linear in log10 of the value.

    Raises
    ------
    InvalidInputError
        If it is no uncertainty, or has no such measure.
    """
    spread = require_spread(result, measure)
    ax = axes_or_new(ax, (7.5, 4.5))
    logs = spread.logs[np.isfinite(spread.logs)]
    name = _NAMES[measure].format(words(result.horizon))
    if not len(logs):
        ax.text(0.5, 0.5, "always 0 or infinite", transform=ax.transAxes, ha="center")
        ax.set(xlabel=name, xticks=[], yticks=[])
        return ax
    place, prefix = _places(logs)
    limit = _limit(result, measure)
    _bars(ax, spread, logs, place, limit)
    if not prefix:
        ax.set_xscale("log")
    ax.set_xlabel(f"{prefix}{name}")
    ax.set_ylabel("probability of each bar")
    shown = _amount(measure)
    for share, title, dash in _QUANTILES:
        value = float(np.quantile(spread.logs, share, method="inverted_cdf"))
        if np.isfinite(value):
            ax.axvline(
                place(value), color=INK, linestyle=dash, linewidth=WIDTH, label=_said(title, value, shown)
            )
    if measure not in ("best_rate", "best_period"):
        mean = spread.mean.mean if not spread.complement else 1.0 - spread.mean.mean
        if mean > LEAST:
            text = f"mean {shown(mean)}"
            ax.plot(
                [place(log(mean))], [0], "^", markersize=11, color=ORANGE, markeredgecolor=INK,
                clip_on=False, zorder=6, label=text,
            )  # fmt: skip
    if limit is not None and result.meets_target is not None:
        text = f"target {shown(exp(limit))}, met with probability {100 * result.meets_target.mean:.3g} %"
        ax.axvline(place(limit), color=GREEN, linestyle="-.", linewidth=1.2 * WIDTH, label=text)
    for text in at_the_ends(spread, _ENDS.get(measure, ("exactly 0", "infinite"))):
        ax.plot([], [], " ", label=text)
    dress(ax, grid="y")
    name_ticks(ax.xaxis)
    if measure in ("downtime", "best_period") and not prefix:
        mark_times(ax)
    fit_legend(ax, columns=2)
    return ax


def _places(logs: Floats) -> tuple[Callable[[float], float], str]:
    """Where a logarithm stands on the axis, and what the label begins with."""
    if logs.min() > log(LEAST):
        return (lambda x: float(np.exp(x))), ""
    return (lambda x: x / log(10)), "log10 of "


def _limit(result: Uncertainty, measure: str) -> float | None:
    """Logarithm of the target in the unit of the measure."""
    if result.target is None or measure not in ("availability", "unavailability", "downtime"):
        return None
    return log(result.target) + (log(result.horizon) if measure == "downtime" else 0.0)


def _bars(
    ax: Axes, spread: Spread, logs: Floats, place: Callable[[float], float], limit: float | None
) -> None:
    """Bars of equal width in the logarithm; those beyond the target are hatched, the one it cuts is split."""
    low, high = np.quantile(logs, [0.0005, 0.9995])
    if not low < high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    if limit is not None and low < limit < high:
        edges = np.unique(np.append(edges, limit))
    counts, _ = np.histogram(logs, edges)
    heights = counts / spread.logs.size / (np.diff(edges) / ((high - low) / _BINS))
    for k, height in enumerate(heights):
        beyond = limit is not None and edges[k] >= limit
        left, right = place(float(edges[k])), place(float(edges[k + 1]))
        ax.bar(
            left, height, right - left, align="edge", color="white" if beyond else SKY,
            edgecolor=GREY, linewidth=0.6, hatch="///" if beyond else "",
        )  # fmt: skip
    ax.set_xlim(place(low), place(high))
    ax.set_ylim(0, 1.06 * float(heights.max()))


def _said(title: str, value: float, shown: Callable[[float], str]) -> str:
    return f"{title} {shown(exp(value))}" if value > log(LEAST) else f"{title} 10^{value / log(10):.1f}"


def _amount(measure: str) -> Callable[[float], str]:
    if measure in ("downtime", "best_period"):
        return words
    return lambda x: f"{x:.3g}"
