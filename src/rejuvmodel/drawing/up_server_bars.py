"""How many servers of a pool are up, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.plot_parts import Height
from rejuvmodel.drawing.style import ORANGE, SKY, axes_or_new, dress, fit_legend
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.pool_state import PoolState

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Bars at most: of a larger pool the likeliest numbers are drawn.
MOST_COUNTS = 61


def plot_up_servers(state: PoolState, *, ax: Axes | None = None) -> Axes:
    """Plot the probabilities of 0 to N servers up; numbers with which a pool is down are hatched.

    Parameters
    ----------
    state : PoolState
        Steady state of a pool. Of more than 60 servers the numbers around the likeliest are drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Where probabilities underflow, the y axis is linear in log10 of the probability. A number
        of probability 0 has a 0 instead of a bar, one that was not computed a question mark.

    Raises
    ------
    InvalidInputError
        If it is no steady state of a pool.
    """
    if not isinstance(state, PoolState):
        raise InvalidInputError(
            "state", shown(state), "this picture shows the steady state of a Pool", "Write solve(pool)."
        )
    pool, logs = state.solution.pool, state.log_up_servers
    counts = _drawn(logs)
    logs = logs[counts]
    ax = axes_or_new(ax, (max(5.0, 1.5 + 0.3 * len(counts)), 4.5))
    y = Height(logs, most=2.0)
    floor = y.limits[0]
    ax.set(yscale=y.scale, ylim=y.limits, xlim=(counts[0] - 0.7, counts[-1] + 0.7))
    kinds = (
        (counts >= pool.needed, SKY, "", f"up, {pool.needed} or more servers"),
        (counts < pool.needed, ORANGE, "//", f"down, fewer than {pool.needed}"),
    )
    for chosen, colour, hatch, label in kinds:
        seen = chosen & np.isfinite(logs)
        if np.any(seen):
            ax.bar(
                counts[seen], np.asarray(y(logs[seen])) - floor, bottom=floor, label=label, hatch=hatch,
                color=colour, edgecolor="black", linewidth=0.8,
            )  # fmt: skip
    for count, value in zip(counts, logs, strict=True):
        if not np.isfinite(value):
            text = "?" if np.isnan(value) else "0"
            ax.annotate(text, (count, floor), (0, 2), textcoords="offset points", ha="center", va="bottom")
    if len(counts) <= 25:
        ax.set_xticks(counts)
    ax.set_xlabel("servers up")
    ax.set_ylabel(f"{y.prefix}steady-state probability")
    dress(ax, grid="y")
    fit_legend(ax, columns=2, above=True)
    return ax


def _drawn(logs: Floats) -> NDArray[np.int64]:
    """Numbers of servers that are drawn: all, or those around the likeliest."""
    count = len(logs)
    if count <= MOST_COUNTS:
        return np.arange(count)
    likeliest = int(np.nanargmax(logs))
    first = min(max(0, likeliest - MOST_COUNTS // 2), count - MOST_COUNTS)
    return np.arange(first, first + MOST_COUNTS)
