"""Pictures of models and results with matplotlib: axes in, axes out.

Every function draws on the axes it is given, or on a new figure if there are none, and returns the axes.
Kinds of states keep one colour throughout; the colours are told apart by the colour-blind, and hatching and
outlines tell them apart in grey.
"""

# The door only: each picture has a room of its own in ``drawing``, and one style, ``drawing.style``.

from __future__ import annotations

from rejuvmodel.drawing.chain_diagram import plot_diagram
from rejuvmodel.drawing.choice_map import plot_choice
from rejuvmodel.drawing.period_plot import plot_period
from rejuvmodel.drawing.probability_bars import MOST_BARS, plot_probabilities
from rejuvmodel.drawing.rate_plot import plot_rate

__all__ = [
    "MOST_BARS",
    "plot_rate",
    "plot_period",
    "plot_choice",
    "plot_probabilities",
    "plot_diagram",
]
