"""A measure over two parameters: colours, contour lines with their values, and the best cell."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.drawing.labelled_grid import Axis, Grid, better, coordinate_text, labelled_grid
from rejuvmodel.drawing.style import (
    INK,
    MAP,
    ORANGE,
    axes_or_new,
    dress,
    fit_legend,
    halo,
    name_ticks,
    wrapped,
)
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Values that reach over this factor have a logarithmic scale, of colours and of coordinates.
_LOG = 30.0
#: Cells up to which each shows its figure; coordinates that contour lines need in each direction.
_FIGURES, _ENOUGH = 80, 5
#: Lines at most, and words along an axis.
_LINES, _WORDS = 8, 12
#: Width of a letter in inches.
_LETTER = 0.068
#: Lightness beyond which a figure is dark.
_LIGHT = 0.5


def plot_heat_map(
    sweep: Any,
    measure: str | None = None,
    *,
    across: str | None = None,
    best: str | None = "auto",
    ax: Axes | None = None,
) -> Axes:
    """Plot a measure over two parameters, as a sweep returns it.

    Colours are logarithmic where the values reach over a factor of 30, and so is an axis whose coordinates
    do. A fine grid has contour lines with their values, a coarse one
    has the value in each cell. Cells without a value are hatched; the best has a star.

    Parameters
    ----------
    sweep : xarray.Dataset or xarray.DataArray
        Values over two dimensions. The labels are the attributes "long_name" and "units" of the array and its
        coordinates.
    measure : str, optional
        The variable of a Dataset; may be left out if there is only one.
    across : str, optional
        The dimension along the x axis; the last one by default.
    best : {"auto", "least", "greatest"} or None, optional
        Which cell is marked; by default as the name of the measure says, such as the least cost. None for
        none.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, with a colour bar beside them.

    Raises
    ------
    InvalidInputError
        If there are not two dimensions, or there is no such measure or no number in it.
    """
    grid = labelled_grid(sweep, measure, across)
    wanted = _require_best(best, grid.name)
    seen = grid.values[np.isfinite(grid.values)]
    if not len(seen):
        raise InvalidInputError("sweep", "no finite value", "a heat map needs a number", "Check the sweep.")
    ax = axes_or_new(ax, (7.5, 5.5))
    dress(ax, grid="")
    coarse = grid.values.size <= _FIGURES and max(grid.values.shape) <= _WORDS
    x, y = _Scale(grid.x, coarse), _Scale(grid.y, coarse)
    mesh = ax.pcolormesh(
        x.edges, y.edges, np.ma.masked_invalid(grid.values), cmap=MAP, norm=_norm(seen), rasterized=True
    )
    ax.set_facecolor("white")
    if len(seen) < grid.values.size:
        ax.patch.set(hatch="xx", edgecolor="0.75")
    x.put(ax, "x")
    y.put(ax, "y")
    _bar(ax, mesh, grid.label, seen)
    if coarse:
        _figures(ax, mesh, grid)
    elif _has_lines(grid, seen):
        _contours(ax, grid, x, y, seen)
    if wanted is not None:
        _star(ax, grid, x, y, wanted, 0.3 if coarse else 0.0)  # beside the figure of the cell
    return ax


class _Scale:
    """Places of the coordinates along an axis: linear, logarithmic, or of few or of words in turn."""

    def __init__(self, axis: Axis, coarse: bool) -> None:
        self.axis, count = axis, len(axis.values)
        self.scale, self.named = "linear", coarse or not axis.numeric
        self.places = np.arange(count, dtype=np.float64)
        if not self.named:
            self.places = axis.values.astype(np.float64)
            low, high = float(self.places.min()), float(self.places.max())
            if axis.values.dtype.kind == "f" and low > 0 and high / low > _LOG:
                self.scale = "log"
        inner = np.log(self.places) if self.scale == "log" else self.places
        self.edges = _edges(inner)
        if self.scale == "log":
            self.edges = np.exp(self.edges)

    def put(self, ax: Axes, side: str) -> None:
        """Set scale, limits, ticks and label of one axis."""
        limits = float(self.edges.min()), float(self.edges.max())
        if side == "x":
            ax.set(xscale=self.scale, xlim=limits)
        else:
            ax.set(yscale=self.scale, ylim=limits)
        axis = ax.xaxis if side == "x" else ax.yaxis
        axis.set_label_text(wrapped(ax, self.axis.label) if side == "x" else self.axis.label)
        if self.named:
            every = slice(None, None, ceil(len(self.places) / _WORDS))
            axis.set_ticks(self.places[every], [coordinate_text(value) for value in self.axis.values[every]])
        name_ticks(axis)


def _edges(places: Floats) -> Floats:
    """Edges half-way between places, and as far outside the first and the last."""
    if len(places) < 2:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    middle = (places[1:] + places[:-1]) / 2
    return np.concatenate([[2 * places[0] - middle[0]], middle, [2 * places[-1] - middle[-1]]])


def _require_best(best: object, measure: str) -> str | None:
    if best == "auto":
        return better(measure)
    if best is None or best in ("least", "greatest"):
        return None if best is None else str(best)
    raise InvalidInputError(
        "best", shown(best), 'best is "auto", "least", "greatest" or None', 'Write best="least".'
    )


def _is_log(seen: Floats) -> bool:
    positive = seen[seen > 0]
    return len(positive) > 0 and bool(np.all(seen >= 0)) and float(positive.max() / positive.min()) > _LOG


def _norm(seen: Floats) -> Any:
    """Colours evenly over the values or their logarithms; 0 has the colour of the least other value."""
    from matplotlib.colors import LogNorm, Normalize

    low, high = float(seen.min()), float(seen.max())
    if _is_log(seen):
        return LogNorm(float(seen[seen > 0].min()), high, clip=True)
    return Normalize(low, high if high > low else low + max(abs(low), 1.0) * 1e-9)


def _bar(ax: Axes, mesh: Any, label: str, seen: Floats) -> None:
    figure = ax.figure
    zero = _is_log(seen) and float(seen.min()) == 0
    bar = figure.colorbar(mesh, ax=ax, label=label, extend="min" if zero else "neither")
    bar.ax.tick_params(which="both", labelsize="small")
    if _is_log(seen):
        name_ticks(bar.ax.yaxis)


def _has_lines(grid: Grid, seen: Floats) -> bool:
    enough = min(grid.values.shape) >= _ENOUGH and float(seen.max()) > float(seen.min())
    return enough and grid.x.numeric and grid.y.numeric


def _levels(seen: Floats) -> Floats:
    """Round values for contour lines, at most `_LINES` of them."""
    from matplotlib.ticker import MaxNLocator

    low, high = float(seen.min()), float(seen.max())
    if not _is_log(seen):
        return np.asarray(MaxNLocator(_LINES).tick_values(low, high))
    low = float(seen[seen > 0].min())
    first, last = floor(log10(low)), ceil(log10(high))
    decades = log10(high / low)
    steps = (1, 2, 5) if decades <= 2 else (1, 3) if decades <= 4 else (1,)
    every = max(1, ceil((last - first) / _LINES))
    levels = [k * 10.0**power for power in range(first, last + 1, every) for k in steps]
    return np.array([level for level in levels if low < level < high])


def _contours(ax: Axes, grid: Grid, x: _Scale, y: _Scale, seen: Floats) -> None:
    levels = _levels(seen)
    if not len(levels):
        return
    values = np.ma.masked_invalid(grid.values)
    lines = ax.contour(x.places, y.places, values, levels=levels, colors=INK, linewidths=0.9)
    lines.set(path_effects=halo(1.8))
    for text in ax.clabel(lines, fmt=lambda level: f"{level:.4g}", fontsize="small"):
        text.set(path_effects=halo())


def _figures(ax: Axes, mesh: Any, grid: Grid) -> None:
    """Write the value of each cell, in as many digits as its width has room for."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes stand on one
    width = ax.get_window_extent().width / figure.dpi / grid.values.shape[1]
    cells = [(place, float(value)) for place, value in np.ndenumerate(grid.values) if np.isfinite(value)]
    for digits in (4, 3, 2, 1):
        texts = [f"{value:.{digits}g}" for _, value in cells]
        if max(map(len, texts)) * _LETTER <= width:
            break
    else:
        return
    for (place, value), text in zip(cells, texts, strict=True):
        light = float(np.dot(mesh.to_rgba(value)[:3], (0.2126, 0.7152, 0.0722))) > _LIGHT
        ax.text(
            float(place[1]), float(place[0]), text, ha="center", va="center", size="x-small",
            color="black" if light else "white",
        )  # fmt: skip


def _star(ax: Axes, grid: Grid, x: _Scale, y: _Scale, wanted: str, above: float) -> None:
    """Mark the best cell and say what it is."""
    worst = np.inf if wanted == "least" else -np.inf
    found = np.where(np.isnan(grid.values), worst, grid.values)
    place = int(np.argmin(found) if wanted == "least" else np.argmax(found))
    row, column = (int(k) for k in np.unravel_index(place, grid.values.shape))
    where = f"{grid.x.at(column)} and {grid.y.at(row)}"
    ax.plot(
        [x.places[column]], [y.places[row] + above], "*", color=ORANGE, markeredgecolor="white",
        markersize=14, linestyle="none", clip_on=False, zorder=6,
        label=f"{wanted}: {grid.values[row, column]:.4g} at {where}",
    )  # fmt: skip
    fit_legend(ax, beside=1.0)
