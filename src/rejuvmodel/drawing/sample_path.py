"""One path of a model over time: its states as steps, or the servers of a pool by their condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.drawing.path_steps import (
    PLANNED,
    UNPLANNED,
    CountedPath,
    LabelledPath,
    outages,
    part,
    path_steps,
)
from rejuvmodel.drawing.style import HATCHES, INK, axes_or_new, dress, fit_legend
from rejuvmodel.markov.export import COLOURS, KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: How the conditions of a pool's servers are called, coloured and hatched. Failed ones are black: hatching
#: does not show in thin columns.
_CONDITIONS = (
    ("healthy", COLOURS[KINDS[0]], HATCHES[0]), ("unstable", COLOURS[KINDS[1]], HATCHES[1]),
    ("rejuvenating", COLOURS[KINDS[2]], HATCHES[2]), ("failed", INK, ""),
)  # fmt: skip
#: Part of the height that is kept for down times above a stack of servers.
_STRIP = 0.06


def plot_path(
    path: Any, model: Any = None, *, between: Sequence[float | str] | None = None, ax: Axes | None = None
) -> Axes:
    """Plot one path of a model: the states as steps, and when it was down.

    The path of a cluster or any chain is a line through its states, which have a row each. The path of a pool
    shows how many servers are healthy, unstable, rejuvenating and failed, stacked. Down times are shaded,
    planned ones hatched; one too short to be seen has the width of a line.

    Parameters
    ----------
    path : EventLog or tuple of array-like
        A log that was simulated or read; or the times [h] at which states are entered and the states, the
        last time being the end. States are labels, or rows (healthy, unstable, rejuvenating, failed) of
        integers.
    model : Cluster, Reactive, MarkovChain or Pool, optional
        Whose path it is. A log knows it, and a pool needs it only for the servers that are required.
    between : (float, float), optional
        Part of the time [h] that is shown, or durations such as ``("30 d", "37 d")``; all by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    InvalidInputError
        If it is no path, a state is unknown, there are more than 40 states in it, or nothing lies between
        the times.
    """
    steps = path_steps(path, model)
    limits = part(steps, between)
    ax = axes_or_new(ax, (9.0, 4.5))
    dress(ax, grid="x")
    ax.set_xlim(limits)
    ax.set_xlabel("time t [h]")
    if isinstance(steps, LabelledPath):
        _draw_states(ax, steps)
        _shade(ax, steps, 0.0)
    else:
        _draw_servers(ax, steps)
        _shade(ax, steps, 1.0 - _STRIP)
    fit_legend(ax, columns=5)
    return ax


def _draw_states(ax: Axes, path: LabelledPath) -> None:
    """The line of the states; each row has the pale colour of its kind."""
    named: set[int] = set()
    for row, kind in reversed(list(enumerate(path.kinds.tolist()))):
        # Down states are named by their shading, which is stronger.
        label = None if kind in named or kind >= PLANNED else KINDS[kind]
        named.add(kind)
        ax.axhspan(
            row - 0.5, row + 0.5, color=COLOURS[KINDS[kind]], alpha=0.3, linewidth=0, zorder=0, label=label
        )
    ends = np.append(path.places, path.places[-1])
    ax.step(path.times, ends, where="post", color=INK, linewidth=1.2, solid_joinstyle="miter", zorder=3)
    ax.set_ylim(-0.5, len(path.labels) - 0.5)
    ax.set_yticks(range(len(path.labels)), path.labels, parse_math=False)
    ax.set_ylabel("state")


def _draw_servers(ax: Axes, path: CountedPath) -> None:
    """The stack of the servers, and the number that is required."""
    from matplotlib.ticker import MaxNLocator

    counts = np.vstack([path.counts, path.counts[-1:]])
    below = np.zeros(len(counts))
    for (name, colour, hatch), column in zip(_CONDITIONS, counts.T, strict=True):
        ax.fill_between(
            path.times, below, below + column, step="post", facecolor=colour, hatch=hatch,
            edgecolor=INK, linewidth=0.0, label=name, zorder=1,
        )  # fmt: skip
        below = below + column
    if path.required is not None:
        ax.axhline(
            path.required,
            color=INK,
            linestyle="--",
            linewidth=1.5,
            label=f"required: {path.required}",
            zorder=4,
        )
    ax.set_ylim(0, float(below.max()) / (1 - _STRIP - 0.02))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel("servers")


def _shade(ax: Axes, path: LabelledPath | CountedPath, bottom: float) -> None:
    """Shade the down times from a part of the height upwards."""
    low, high = ax.get_xlim()
    seen: set[int] = set()
    for start, end, kind in outages(path):
        if end < low or start > high:
            continue
        label = None if kind in seen else KINDS[kind]
        seen.add(kind)
        ax.axvspan(
            max(start, low), min(end, high), bottom, 1.0, facecolor=COLOURS[KINDS[kind]],
            edgecolor=COLOURS[KINDS[kind]], linewidth=1.0, hatch=HATCHES[kind], label=label, zorder=2,
            linestyle="-" if kind == UNPLANNED else "--",
        )  # fmt: skip
