"""Parts of plots: heights of logarithms, and what is marked in a plot against the rejuvenation rate."""

from __future__ import annotations

from math import exp, floor, inf, isfinite, log, log10
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.drawing.style import GREEN, GREY, ORANGE, SKY, halo, name_ticks, wrapped
from rejuvmodel.drawing.time_ticks import mark_times
from rejuvmodel.durations import words
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum import UNAVAILABILITY
from rejuvmodel.optimum_result import Optimum, mean_wait
from rejuvmodel.optimum_search import Curve
from rejuvmodel.pool_curve import PoolCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Below this, logarithms are drawn on a linear axis: a log axis of doubles would end.
LEAST = 1e-280
RATE = r"$\lambda_r$"
_REACH = 30.0
#: Costs that reach over this factor have a logarithmic axis.
_FAR = 30.0


class Height:
    """Heights of logarithms on an axis up to ``most``: a log axis, a linear axis of log10, or all 0."""

    def __init__(self, logs: Floats, most: float = inf) -> None:
        seen = logs[np.isfinite(logs)]
        self.scale, self.prefix, self.limits = "linear", "", (-0.2, 1.0)
        if not len(seen):
            return
        low, high = float(seen.min()) / log(10), float(seen.max()) / log(10)
        room = max(high - low, 0.5)
        low, high = low - 0.14 * room, min(high + 0.06 * room, log10(most))
        if low > log(LEAST) / log(10):
            self.scale, self.limits = "log", (10.0**low, 10.0**high)
        else:
            self.prefix, self.limits = "log10 of ", (low, high)

    def __call__(self, logs: Floats | float) -> Floats | float:
        """Height of a natural logarithm on the axis."""
        return np.asarray(logs) / log(10) if self.prefix else np.exp(logs)


def set_cost_axes(ax: Axes, cost: Floats, height: Height, label: str) -> None:
    """Set costs across, on a logarithmic axis if they reach far, against the unavailability."""
    seen = cost[np.isfinite(cost)]
    low, high = float(seen.min()), float(seen.max())
    ax.set(yscale=height.scale, ylim=height.limits)
    if low > 0 and high / low > _FAR:
        room = (high / low) ** 0.1
        ax.set(xscale="log", xlim=(low / room, high * room))
    else:
        room = 0.1 * ((high - low) or max(abs(high), 1.0))
        ax.set_xlim(low - room, high + room)
    ax.set_xlabel(wrapped(ax, label))
    ax.set_ylabel(f"{height.prefix}unavailability")
    name_ticks(ax.xaxis)
    name_ticks(ax.yaxis)


def log_objective(cluster: Cluster | Pool, best: Optimum, rates: Floats) -> Floats:
    """Logarithm of what ``best`` minimises, at the given rates [1/h]."""
    costs = UNAVAILABILITY if best.costs is None else best.costs
    if isinstance(cluster, Pool):
        logs = PoolCurve(cluster, costs).log_values(np.ravel(rates))
        return logs.reshape(np.shape(rates))
    return np.broadcast_to(Curve(cluster, costs).log_at(rates), np.shape(rates))


def window(cluster: Cluster | Pool, best: Optimum) -> tuple[float, float]:
    """Rates [1/h] between which there is something to see, inside the bounds."""
    low, high = best.bounds
    own = cluster.rates
    marks = [own.failure, cluster.servers * np.asarray(own.failure), own.restart, own.rejuvenation]
    marks += [best.rate, best.break_even, *best.flat_region]
    rates = [float(x) for x in marks if x is not None and 1e-290 < x < 1e290 and low <= x <= high]
    rates = rates or [min(max(float(own.restart), low), high)]
    first = low or min(min(rates) / _REACH, high / 1e3)
    return first, high if high < inf else max(max(rates) * _REACH, first * 1e3)


def mark_region(ax: Axes, best: Optimum) -> None:
    """Shade the rates within 1 % of the optimum."""
    low, high = best.flat_region
    least, most = ax.get_xlim()
    first, last = max(low, least), min(high, most)
    if first < last:
        waits = f"waits from {words(mean_wait(high))} to {words(mean_wait(low))}"
        name = "no rate changes anything" if best.location == "flat" else f"within 1 % of the best: {waits}"
        ax.axvspan(first, last, color=SKY, alpha=0.3, linewidth=0, label=name)


def mark_rates(ax: Axes, best: Optimum, cluster: Cluster | Pool, height: Height) -> None:
    """Mark the optimum, the break-even rate and the rate that the cluster has."""
    if best.location != "flat":
        text = f"best ({best.location}): {_wait(best.rate)}: {amount(best, best.log_value)}"
        look = {"markersize": 14, "color": ORANGE, "zorder": 6}
        _point(ax, best, height, best.rate, best.log_value, look, "*", text)
    given = cluster.rates.rejuvenation
    if given is not None and given != best.rate:
        log_value = float(log_objective(cluster, best, np.asarray(given)))
        text = f"as given: {_wait(float(given))}: {amount(best, log_value)}"
        look = {"markersize": 12, "fillstyle": "none", "markeredgewidth": 1.8, "zorder": 5}
        _point(ax, best, height, float(given), log_value, look, "o", text)
    if best.break_even is not None:
        wait = words(mean_wait(best.break_even))
        text = f"break-even: pays only for waits below {wait} ({RATE} above {best.break_even:.4g} per hour)"
        ax.axvline(best.break_even, color=GREEN, linestyle="-.", linewidth=1.5, label=text)


def mark_levels(ax: Axes, best: Optimum, ends: Floats, height: Height) -> None:
    """Draw the levels at λ_r = 0 and, if it is inside the bounds, at λ_r = ∞; say how the bounds end."""
    never, at_once = (float(end) for end in ends)
    levels = [(never, f"{_wait(0.0)}: {amount(best, never)}", "--")]
    if best.bounds[1] == inf:
        levels.append((at_once, f"{_wait(inf)}: tends to {amount(best, at_once)}", ":"))
    for level, text, style in levels:
        if isfinite(level):
            ax.axhline(float(height(level)), color=GREY, linestyle=style, linewidth=1.5, label=text)
        else:
            ax.plot([], [], " ", label=text)
    low, high = best.bounds
    left = f"← to {RATE} = 0, never" if low == 0 else "lower bound"
    right = f"to {RATE} = ∞, at once →" if high == inf else "upper bound"
    for x, side, text in ((0.01, "left", left), (0.99, "right", right)):
        ax.text(
            x, 0.02, text, transform=ax.transAxes, ha=side, va="bottom", color=GREY, size="x-small",
            path_effects=halo(),
        )  # fmt: skip


def mark_waits(ax: Axes) -> None:
    """Name mean waits along the upper edge."""
    mark_times(ax, f"mean wait 1/{RATE} after becoming unstable", place=lambda x: 1 / x)


def _point(
    ax: Axes, best: Optimum, height: Height, rate: float, log_value: float, look: dict[str, Any], shape: str,
    text: str,
) -> None:  # fmt: skip
    """Mark a rate; one outside the window stands at its edge as an arrow head."""
    low, high = ax.get_xlim()
    x = min(max(rate, low), high)
    if x != rate:
        shape = "<" if rate < low else ">"
        log_value = float(log_objective(best.model, best, np.asarray(x)))
    ax.plot(
        [x],
        [float(height(log_value))],
        shape,
        label=text,
        clip_on=False,
        markeredgecolor="black",
        **look,
    )


def _wait(rate: float) -> str:
    if rate == 0:
        return f"never rejuvenate ({RATE} = 0)"
    if rate == inf:
        return f"rejuvenate at once ({RATE} = ∞)"
    return f"wait {words(mean_wait(rate))} ({RATE} = {rate:.4g} per hour)"


def amount(best: Optimum, log_value: float) -> str:
    """A value with its unit, also where it is below the least double."""
    if not isfinite(log_value):
        number = "0"
    elif log_value > log(LEAST):
        number = f"{exp(log_value):.4g}"
    else:
        power = floor(log_value / log(10))
        number = f"{exp(log_value - power * log(10)):.3f}e{power}"
    return f"unavailability {number}" if best.costs is None else f"{number} per hour"
