"""The state diagram of a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rejuvmodel.drawing.cluster_layout import cluster_layout
from rejuvmodel.drawing.diagram_drawing import draw
from rejuvmodel.drawing.diagram_layout import free_layout
from rejuvmodel.drawing.style import axes_or_new
from rejuvmodel.markov.export import require_chain
from rejuvmodel.models.cluster_labels import ClusterLabels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rejuvmodel.markov.chain import MarkovChain

#: Inches per unit of a diagram.
_INCH = 0.55


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
    ax = axes_or_new(ax, (width * _INCH, height * _INCH), frame=False)
    ax.set(xlim=(box.left, box.right), ylim=(box.bottom, box.top), aspect="equal")
    ax.set_axis_off()
    draw(ax, picture)
    return ax
