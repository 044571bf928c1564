"""Pictures of models and results with matplotlib: axes in, axes out.

Every function draws on the axes it is given, or on a new figure if there are none, and returns the axes.
Kinds of states keep one colour throughout; the colours are told apart by the colour-blind, and hatching and
outlines tell them apart in grey.
"""

# The door only: each picture has a room of its own in ``drawing``, and one style, ``drawing.style``.

from __future__ import annotations

from rejuvmodel.drawing.band_plot import plot_band
from rejuvmodel.drawing.chain_diagram import plot_diagram
from rejuvmodel.drawing.choice_map import plot_choice
from rejuvmodel.drawing.front_plot import plot_pareto
from rejuvmodel.drawing.heat_map import plot_heat_map
from rejuvmodel.drawing.period_plot import plot_period
from rejuvmodel.drawing.probability_bars import MOST_BARS, plot_probabilities
from rejuvmodel.drawing.rate_plot import plot_rate
from rejuvmodel.drawing.sample_path import plot_path
from rejuvmodel.drawing.tornado import plot_tornado
from rejuvmodel.drawing.trade_off_plot import plot_trade_off
from rejuvmodel.drawing.transient_plot import plot_transient
from rejuvmodel.drawing.uncertainty_plot import plot_uncertainty

__all__ = [
    "MOST_BARS",
    "plot_rate",
    "plot_period",
    "plot_heat_map",
    "plot_trade_off",
    "plot_pareto",
    "plot_choice",
    "plot_uncertainty",
    "plot_band",
    "plot_probabilities",
    "plot_transient",
    "plot_path",
    "plot_diagram",
    "plot_tornado",
]
