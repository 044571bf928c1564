"""The one style of all pictures: colours, and the axes that are drawn on.

The colours are those of Okabe and Ito, which the colour-blind tell apart. A picture never relies on colour
alone: lines differ by dashes and markers as well, areas by lightness, hatching or outline. Nothing here
changes matplotlib's own settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ORANGE, SKY, GREEN, GREY = "#D55E00", "#56B4E9", "#009E73", "0.35"


def axes_or_new(ax: Axes | None, inches: tuple[float, float], *, frame: bool = True) -> Axes:
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
