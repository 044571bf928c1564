"""The one style of all pictures: colours, lines, letters, grid and legend.

The colours are those of Okabe and Ito, which the colour-blind tell apart. A picture never relies on colour
alone: lines differ by dashes as well, areas by lightness, hatching or outline. Sizes of letters are relative
to the reader's own, and nothing here changes matplotlib's settings.
"""

from __future__ import annotations

import textwrap
from math import floor, log10
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.legend import Legend

INK, GREY, PALE = "black", "0.35", "0.87"
ORANGE, SKY, GREEN, BLUE, AMBER, PINK = "#D55E00", "#56B4E9", "#009E73", "#0072B2", "#E69F00", "#CC79A7"
#: Colours and dashes of lines, one after the other; neighbours differ in lightness, too.
LINES: tuple[tuple[str, Any], ...] = (
    (INK, "-"), (ORANGE, "--"), (SKY, "-."), (BLUE, ":"), (AMBER, (0, (6, 1, 1, 1, 1, 1))),
    (GREEN, (0, (1, 1))), (GREY, (0, (3, 1, 1, 1))), (PINK, (0, (8, 2))),
)  # fmt: skip
WIDTH = 1.8
#: Hatching of the kinds of states, in the order of ``KINDS``, which have their colours there.
HATCHES = ("", "//", "..", "xx", "")
#: Lightness grows evenly along this map, in grey and for the colour-blind too.
MAP = "cividis"
LETTERS, LEGEND = "small", ("small", "x-small")
#: Inches beside the axes of a subplot, for ticks and label; points below it.
_BESIDE, _BELOW = 0.9, 36.0
#: Height of a line of a label in points, and width of one of its letters in inches.
_LINE, _LETTER = 14.0, 0.085
#: Decades up to which more than the powers of ten are named along a log axis.
_FEW_DECADES = 1.7


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


def dress(ax: Axes, *, grid: str = "both") -> None:
    """Give axes their letters and a pale grid ("both", "x", "y", or "" for none)."""
    ax.tick_params(which="both", labelsize=LETTERS)
    if grid:
        ax.set_axisbelow(True)
        ax.grid(axis=grid, which="major", color=PALE, linewidth=0.7)  # type: ignore[arg-type]


def name_ticks(axis: Axis) -> None:
    """Name ticks of a log axis of few decades by plain numbers, which else would stand there as 6 × 10^−3."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    low, high = sorted(axis.get_view_interval())
    if axis.get_scale() != "log" or low <= 0:
        return
    decades = log10(high / low)
    if decades > _FEW_DECADES:
        axis.set_minor_formatter(NullFormatter())
        return
    kept = {1, 2, 5} if decades > 0.8 else {1, 2, 3, 4, 5, 6, 8}

    def name(x: float, _place: float) -> str:
        first = round(x / 10.0 ** floor(log10(x) + 1e-9))
        return f"{x:.3g}" if first in kept else ""

    axis.set_major_formatter(FuncFormatter(name))
    axis.set_minor_formatter(FuncFormatter(name))


def wrapped(ax: Axes, label: str) -> str:
    """Return the label of an x axis in as many lines as its width asks for."""
    return textwrap.fill(label, max(16, int(_room(ax) / _LETTER)), break_long_words=False)


def fit_legend(
    ax: Axes,
    *,
    columns: int = 1,
    above: bool = False,
    handles: Sequence[Artist] | None = None,
    beside: float = 0.0,
) -> None:
    """Put a legend below or above axes, in columns and letters for which their width has room.

    ``beside`` is the width in inches of what else stands beside them, such as a colour bar.
    """
    from matplotlib.transforms import offset_copy

    figure = ax.get_figure(root=True)
    assert figure is not None  # axes stand on one
    below = -_BELOW - _LINE * ax.get_xlabel().count("\n")
    move = offset_copy(ax.transAxes, fig=figure, y=3.0 if above else below, units="points")
    look: dict[str, Any] = {
        "loc": "lower center" if above else "upper center", "bbox_to_anchor": (0.5, 1.0 if above else 0.0),
        "bbox_transform": move, "frameon": False, "borderaxespad": 0.0, "columnspacing": 1.4,
        "handlelength": 2.5,
    }  # fmt: skip
    look["handles"] = ax.get_legend_handles_labels()[0] if handles is None else handles
    if not look["handles"]:
        return
    room = max(1.0, _room(ax) - beside)
    for size in LEGEND:
        for count in range(columns, 0, -1):
            legend = ax.legend(ncols=count, fontsize=size, **look)
            if _inches(legend) <= room:
                return
    share = room / _inches(legend)
    longest = max(len(text.get_text()) for text in legend.get_texts())
    for text in legend.get_texts():
        width = max(16, int(longest * share * 0.9))
        text.set_text(textwrap.fill(text.get_text(), width, break_long_words=False))


def halo(width: float = 2.5) -> list[Any]:
    """Path effects that keep a text or line legible on any colour."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground="white")]


def _room(ax: Axes) -> float:
    """Inches across that axes may take up, less those of the ticks and the label beside them."""
    figure = ax.figure
    whole = float(figure.bbox.width) / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    spec = ax.get_subplotspec()
    if spec is None:
        return max(1.0, whole * float(ax.get_position(original=True).width))
    grid = spec.get_gridspec()
    widths = np.asarray(grid.get_width_ratios(), np.float64)
    share = float(widths[list(spec.colspan)].sum() / widths[: grid.ncols].sum())
    return max(1.0, whole * share - _BESIDE)


def _inches(legend: Legend) -> float:
    return float(legend.get_window_extent().width) / legend.get_figure(root=True).dpi  # type: ignore[union-attr]
