"""Pictures of models and results with matplotlib: axes in, axes out.

Every function draws on the axes it is given, or on a new figure if there are none, and returns the axes.
Kinds of states keep one colour throughout; the colours are told apart by the colour-blind, and hatching and
outlines tell them apart in grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.choice_map import draw_map
from rejuvmodel.drawing.cluster_layout import cluster_layout
from rejuvmodel.drawing.diagram_drawing import draw
from rejuvmodel.drawing.diagram_layout import free_layout
from rejuvmodel.drawing.period_plot import draw_period
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
from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.export import COLOURS, KINDS, chain_groups, require_chain, state_kinds
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.cluster_labels import ClusterLabels
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum import optimize
from rejuvmodel.optimum_result import Optimum
from rejuvmodel.pool_choice_result import PoolChoice
from rejuvmodel.solutions import ArraySolution
from rejuvmodel.solving import ClusterSolution
from rejuvmodel.steady_state import SteadyState

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from rejuvmodel.markov.chain import MarkovChain
    from rejuvmodel.models.trigger import Trigger
    from rejuvmodel.parameters import Costs

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

MOST_BARS = 64
_HATCHES = ("", "//", "..", "xx", "")
#: Inches per unit of a diagram.
_INCH = 0.55


def plot_rate(
    cluster: Cluster,
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
    cluster : Cluster
        One cluster.
    costs : Costs, optional
        Costs per hour of each condition; without them the unavailability is plotted.
    bounds : (float, float), optional
        Rates λ_r [1/h] to choose from, 0 ≤ lower < upper ≤ ∞; all by default. Of 0 and ∞ the plot shows the
        side towards them.
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
    _require_axis(cluster, triggered=False)
    if best is None:
        best = optimize(cluster, costs, (0.0, inf) if bounds is None else bounds, certified=False)
    _require_same(best, cluster, costs, bounds)
    points = max(60, min(400, 4_000_000 // cluster.servers))
    rates = np.geomspace(*window(cluster, best), points)
    logs = log_objective(cluster, best, rates)
    ends = log_objective(cluster, best, np.array([0.0, inf]))
    y = Height(np.concatenate([logs, ends if best.bounds[1] == inf else ends[:1]]))
    ax = _axes(ax, (7.5, 6.0))
    ax.set(xscale="log", yscale=y.scale, xlim=(rates[0], rates[-1]), ylim=y.limits)
    what = "unavailability" if best.costs is None else "expected cost per hour"
    ax.set_xlabel(f"rejuvenation rate {RATE} [per hour]")
    ax.set_ylabel(f"{y.prefix}{what}")
    ax.plot(rates, y(logs), color="black", linewidth=1.8, label=what)
    mark_region(ax, best)
    mark_rates(ax, best, cluster, y)
    mark_levels(ax, best, ends, y)
    mark_waits(ax)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), frameon=False, handlelength=2.5)
    return ax


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
    trigger = _require_axis(cluster, triggered=True)
    if best is None:
        best = optimize(cluster, costs, (0.0, inf) if bounds is None else bounds, certified=False)  # type: ignore[arg-type]
    _require_same(best, cluster, costs, bounds)
    ax = _axes(ax, (7.5, 6.0))
    assert trigger is not None  # was required
    draw_period(ax, cluster, trigger, best)
    return ax


def plot_choice(
    choice: PoolChoice, *, across: str = "spares", down: str = "primaries", ax: Axes | None = None
) -> Axes:
    """Plot the nines of availability that pools achieve, over two of their numbers.

    A cell stands for the cheapest alternative of its pair that meets the target, or the one of least
    unavailability if none does; it is then hatched. The best of all has a frame.

    Parameters
    ----------
    choice : PoolChoice
        What `choose_pool` found.
    across, down : str, optional
        What lies along the axes: "primaries", "spares", "required", "slots", "crews" or "rejuvenation".
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    InvalidInputError
        If ``choice`` is no choice, or an axis has another name.
    """
    if not isinstance(choice, PoolChoice):
        raise InvalidInputError(
            "choice", shown(choice), "plot_choice takes a PoolChoice", "Write choose_pool(…) first."
        )
    ax = _axes(ax, (7.5, 4.5))
    draw_map(ax, choice, across, down)
    return ax


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
    ax = _axes(ax, (max(5.0, 1.5 + 0.3 * len(labels)), 4.5))
    y = Height(logs, most=2.0)
    floor = y.limits[0]
    ax.set(yscale=y.scale, ylim=y.limits, xlim=(-0.7, len(labels) - 0.3))
    for k, kind in enumerate(KINDS):
        places = np.flatnonzero((kinds == k) & np.isfinite(logs))
        if len(places):
            ax.bar(
                places, y(logs[places]) - floor, bottom=floor, label=kind, hatch=_HATCHES[k],
                color=COLOURS[kind], edgecolor="black", linewidth=0.8,
            )  # fmt: skip
    for place in np.flatnonzero(np.isneginf(logs)):
        ax.annotate("0", (place, floor), (0, 2), textcoords="offset points", ha="center", va="bottom")
    turned = 90 if max(map(len, labels)) > 4 or len(labels) > 25 else 0
    ax.set_xticks(range(len(labels)), labels, rotation=turned, parse_math=False)
    ax.set_xlabel("state")
    ax.set_ylabel(f"{y.prefix}steady-state probability")
    if len(ax.containers) > 1:
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    return ax


def plot_diagram(chain: MarkovChain, *, ax: Axes | None = None, rates: bool = True) -> Axes:
    """Draw the state diagram of a chain from its transitions.

    The chain of a `Cluster` is laid out like Fig. 3, levels n … 1, 0 from left to right; of more than 6
    servers the first and last levels are drawn. Another chain is drawn as a line or a circle. Down states
    have a heavy outline (dashed if planned); states that the chain never reaches are pale.

    Parameters
    ----------
    chain : MarkovChain
        The chain of a cluster of any size, or one of at most 24 states and 120 transitions.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure. Its frame is switched off.
    rates : bool, optional
        Whether to add the rates [1/h] to the symbols or causes at the arrows.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, with one arrow per transition between states that are drawn.

    Raises
    ------
    InvalidInputError
        If it is no chain, or one too large to be drawn.
    """
    labels = require_chain(chain).labels
    if isinstance(labels, ClusterLabels):
        picture = cluster_layout(chain, labels, rates)
    else:
        picture = free_layout(chain, rates)
    box = picture.box
    width, height = box.right - box.left, box.top - box.bottom
    ax = _axes(ax, (width * _INCH, height * _INCH), frame=False)
    ax.set(xlim=(box.left, box.right), ylim=(box.bottom, box.top), aspect="equal")
    ax.set_axis_off()
    draw(ax, picture)
    return ax


def _axes(ax: Axes | None, inches: tuple[float, float], *, frame: bool = True) -> Axes:
    """Return the given axes, or those of a new figure; without a frame they fill it."""
    from matplotlib.axes import Axes

    if ax is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=inches, layout="constrained" if frame else None)
        return figure.add_subplot() if frame else figure.add_axes((0.0, 0.0, 1.0, 1.0))
    if not isinstance(ax, Axes):
        raise InvalidInputError(
            "ax", shown(ax), "ax is one matplotlib Axes", "Write ax=axes[0], or leave it out."
        )
    return ax


def _require_axis(cluster: object, *, triggered: bool) -> Trigger | None:
    """Refuse what is no cluster, and a cluster whose wait lies on the other axis."""
    if not isinstance(cluster, Cluster):
        raise InvalidInputError("cluster", shown(cluster), "a plot of the optimum takes a Cluster")
    if (cluster.trigger is not None) != triggered:
        found, other = ("without a trigger", "plot_rate") if triggered else ("with a trigger", "plot_period")
        shows = "plot_period shows the delay of a trigger" if triggered else "plot_rate shows a rate"
        raise InvalidInputError("cluster", f"a cluster {found}", shows, f"Use {other}.")
    return cluster.trigger


def _require_same(
    best: Optimum, cluster: Cluster, costs: Costs | None, bounds: Sequence[float | str] | None
) -> None:
    """Refuse an optimum of another cluster, other costs or other bounds."""
    if not isinstance(best, Optimum):
        raise InvalidInputError("best", shown(best), "best is an Optimum", "Write best=optimize(cluster, …).")
    asked = {
        "cluster": _is_same(cluster, best.model),
        "costs": costs is None or costs == best.costs,
        "bounds": bounds is None or tuple(map(hours, bounds)) == best.bounds,
    }
    wrong = [name for name, same in asked.items() if not same]
    if wrong:
        raise InvalidInputError(
            "best",
            f"an optimum of other {' and '.join(wrong)}",
            "best belongs to the cluster, costs and bounds",
            "Leave best out, or pass what it was found for.",
        )


def _is_same(cluster: Cluster, other: Cluster | Pool) -> bool:
    """Whether two clusters differ in the wait alone."""
    if isinstance(other, Pool):
        return False
    if cluster.trigger is None or other.trigger is None:
        return cluster.trigger is other.trigger and (
            cluster.with_rejuvenation(None) == other.with_rejuvenation(None)
        )
    clocks = cluster.trigger.clock == other.trigger.clock
    laws = type(cluster.trigger.law) is type(other.trigger.law)
    return clocks and laws and (cluster.servers, cluster.rates) == (other.servers, other.rates)


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
