"""The objective against the decision while rates are uncertain: a curve with bands."""

from __future__ import annotations

from math import inf, log
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.drawing.plot_parts import RATE, Height, mark_waits
from rejuvmodel.drawing.style import GREY, INK, ORANGE, SKY, WIDTH, axes_or_new, dress, fit_legend, name_ticks
from rejuvmodel.drawing.time_ticks import mark_times
from rejuvmodel.drawing.uncertainty_question import at_the_ends, require_decision
from rejuvmodel.durations import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from rejuvmodel.propagation.expected_optimum import ExpectedOptimum
    from rejuvmodel.propagation.uncertainty_result import Uncertainty

    Floats = NDArray[np.float64]

#: The plot reaches this factor beyond what is marked.
_REACH = 20.0
#: Share of the height that the distribution of the best decisions takes.
_FOOT = 0.16


def plot_band(result: Uncertainty, *, ax: Axes | None = None) -> Axes:
    """Plot cost per hour, or unavailability, against the rejuvenation rate, with its uncertainty.

    The bands hold the middle 90 % and 50 % of the distribution at each rate; with a trigger the axis is its
    mean delay. Marked are the decision of least expected value and what is best at the model's own rates.
    Along the lower edge stands the distribution of what would be best if the rates were known.

    Parameters
    ----------
    result : Uncertainty
        What `uncertainty` found, with a decision.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Where values underflow, the y axis is linear in log10 of the value.

    Raises
    ------
    InvalidInputError
        If it is no uncertainty, or nothing was decided.
    """
    best = require_decision(result)
    band = best.band
    low, high = _window(best)
    inside = (band.decisions >= low) & (band.decisions <= high)
    x, quantiles, mean = band.decisions[inside], band.log_quantiles[:, inside], band.log_mean[inside]
    y = Height(np.append(quantiles.ravel(), mean))
    ax = axes_or_new(ax, (7.5, 6.0))
    ax.set(xscale="log", yscale=y.scale, xlim=(x[0], x[-1]), ylim=_with_foot(y))
    what = "unavailability" if result.costs is None else "cost per hour"
    for lower, upper, alpha, text in ((0, 4, 0.3, "90 %"), (1, 3, 0.55, "50 %")):
        ax.fill_between(
            x, y(quantiles[lower]), y(quantiles[upper]), color=SKY, alpha=alpha, linewidth=0,
            label=f"middle {text} of the {what}",
        )  # fmt: skip
    for edge in (0, 4):
        ax.plot(x, y(quantiles[edge]), color=GREY, linewidth=0.8)
    ax.plot(x, y(quantiles[2]), color=INK, linestyle="--", linewidth=0.8 * WIDTH, label="median")
    ax.plot(x, y(mean), color=INK, linewidth=1.2 * WIDTH, label="mean")
    _mark(ax, best, y)
    _foot(ax, best)
    for text in at_the_ends(best.best_periods, ("at once", "never")):
        ax.plot([], [], " ", label=f"best if the rates were known: {text}")
    if best.by_rate:
        ax.set_xlabel(f"rejuvenation rate {RATE} [per hour]")
        mark_waits(ax)
    else:
        ax.set_xlabel("mean delay before a rejuvenation [h]")
        mark_times(ax)
    ax.set_ylabel(f"{y.prefix}{what}")
    dress(ax)
    name_ticks(ax.yaxis)
    fit_legend(ax, columns=2)
    return ax


def _window(best: ExpectedOptimum) -> tuple[float, float]:
    """Decisions between which there is something to see, inside the bounds."""
    logs = best.best_rates.logs if best.by_rate else best.best_periods.logs
    seen = [best.decision, best.best_guess, *np.exp(np.quantile(logs, [0.02, 0.98], method="inverted_cdf"))]
    ends = best.band.decisions[(best.band.decisions > 0) & np.isfinite(best.band.decisions)]
    marks = [z for z in map(float, seen) if 0 < z < inf] or [float(np.sqrt(ends[0] * ends[-1]))]
    return max(float(ends[0]), min(marks) / _REACH), min(float(ends[-1]), max(marks) * _REACH)


def _with_foot(y: Height) -> tuple[float, float]:
    """Limits of the height with room below for the distribution of the best decisions."""
    low, high = y.limits
    if y.scale == "log":
        return low * (low / high) ** _FOOT, high
    return low - _FOOT * (high - low), high


def _mark(ax: Axes, best: ExpectedOptimum, y: Height) -> None:
    band = best.band
    least, most = ax.get_xlim()
    looks: tuple[tuple[str, float, str, int, dict[str, Any], float], ...] = (
        ("decision", best.decision, "*", 16, {"color": ORANGE, "zorder": 6}, best.period),
        (
            "best at the model's own rates", best.best_guess, "o", 11,
            {"fillstyle": "none", "color": INK, "markeredgewidth": 1.8, "zorder": 5},
            best.best_guess_period,
        ),
    )  # fmt: skip
    for name, decision, shape, size, look, period in looks:
        z = min(max(decision, least), most)
        height = float(np.interp(log(z), np.log(band.decisions[1:-1]), band.log_mean[1:-1]))
        mark = shape if z == decision else ("<" if decision < least else ">")
        wait = "at once" if period == 0 else "never" if period == inf else f"wait {words(period)}"
        text = f"{name}: {wait}"
        ax.plot(
            [z], [float(y(height))], mark, markersize=size, markeredgecolor=INK, linestyle="none",
            clip_on=False, label=text, **look,
        )  # fmt: skip


def _foot(ax: Axes, best: ExpectedOptimum) -> None:
    """The distribution of the best decision if the rates were known, along the lower edge."""
    logs = (best.best_rates if best.by_rate else best.best_periods).logs.ravel()
    low, high = np.log(ax.get_xlim())
    counts, edges = np.histogram(logs, bins=60, range=(low, high))
    if not counts.any():
        return
    heights = 0.9 * _FOOT * counts / counts.max()
    middle = np.exp((edges[1:] + edges[:-1]) / 2)
    ax.fill_between(
        middle, 0, heights, step="mid", transform=ax.get_xaxis_transform(), color="0.6", edgecolor=GREY,
        hatch="..", linewidth=0.8, label="what would be best if the rates were known",
    )  # fmt: skip
