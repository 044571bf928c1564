"""The steady-state probabilities as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.cluster_solution import ClusterSolution
from rejuvmodel.drawing.plot_parts import Height
from rejuvmodel.drawing.style import HATCHES, axes_or_new, dress, fit_legend
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.export import COLOURS, KINDS, chain_groups, state_kinds
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.solutions import ArraySolution
from rejuvmodel.steady_state import SteadyState

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

MOST_BARS = 64


def plot_probabilities(state: SteadyState, *, ax: Axes | None = None) -> Axes:
    """Plot the steady-state probabilities as bars, on a log axis and coloured by kind of state.

    Parameters
    ----------
    state : SteadyState
        Result for one point, of at most 64 states.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Where probabilities underflow, the y axis is linear in log10 of the probability. States of
        probability 0 have a 0 instead of a bar.

    Raises
    ------
    InvalidInputError
        If it is no steady state of one point, or has too many states.
    """
    logs, kinds = _require_bars(state)
    labels = [label if len(label) <= 20 else f"{label[:19]}…" for label in state.states]
    ax = axes_or_new(ax, (max(5.0, 1.5 + 0.3 * len(labels)), 4.5))
    y = Height(logs, most=2.0)
    floor = y.limits[0]
    ax.set(yscale=y.scale, ylim=y.limits, xlim=(-0.7, len(labels) - 0.3))
    for k, kind in enumerate(KINDS):
        places = np.flatnonzero((kinds == k) & np.isfinite(logs))
        if len(places):
            ax.bar(
                places, y(logs[places]) - floor, bottom=floor, label=kind, hatch=HATCHES[k],
                color=COLOURS[kind], edgecolor="black", linewidth=0.8,
            )  # fmt: skip
    for place in np.flatnonzero(np.isneginf(logs)):
        ax.annotate("0", (place, floor), (0, 2), textcoords="offset points", ha="center", va="bottom")
    turned = 90 if max(map(len, labels)) > 4 or len(labels) > 25 else 0
    ax.set_xticks(range(len(labels)), labels, rotation=turned, parse_math=False)
    ax.set_xlabel("state")
    ax.set_ylabel(f"{y.prefix}steady-state probability")
    dress(ax, grid="y")
    if len(ax.containers) > 1:
        fit_legend(ax, columns=5, above=True)
    return ax


def _require_bars(state: SteadyState) -> tuple[Floats, Integers]:
    """Log-probabilities and kinds of a state that a bar chart has room for."""
    rule, advice = (
        "a bar chart shows the SteadyState of one point",
        "Write plot_probabilities(solve(cluster)).",
    )
    if not isinstance(state, SteadyState):
        raise InvalidInputError("state", shown(state), rule, advice)
    if state.shape:
        raise InvalidInputError("state", f"a grid of shape {state.shape}", rule, "Solve cluster[index].")
    solution = state.solution
    size = len(solution.labels)
    if size > MOST_BARS:
        raise InvalidInputError(
            "state", f"{size} states", f"a bar chart has room for {MOST_BARS}",
            "Plot fewer servers, or plot a part of state.log_probabilities.",
        )  # fmt: skip
    if isinstance(solution, ClusterSolution):
        # The labels are of one kind each whatever sends the cluster to rejuvenate.
        plain = Cluster(solution.cluster.servers, solution.cluster.rates.replace(rejuvenation=0))
        groups = chain_groups(plain.chain())
    else:
        found_groups = solution.groups if isinstance(solution, ArraySolution) else {}
        groups = {name: places for name, (places, _) in found_groups.items()}
    return state.log_probabilities, state_kinds(size, groups)
