"""The map of a choice of pools: one cell for each pair of numbers, its nines by colour and by figure."""

from __future__ import annotations

from itertools import product
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.drawing.style import MAP, axes_or_new, dress, fit_legend, wrapped
from rejuvmodel.durations import shown, words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.pool_alternative import PoolAlternative
from rejuvmodel.pool_choice_result import PoolChoice

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Number = int | float

#: What may lie along an axis, and how it is named there.
AXES = {
    "primaries": "primaries n",
    "spares": "spares k",
    "required": "servers required",
    "slots": "rejuvenations at the same time (slots)",
    "crews": "repair crews",
    "rejuvenation": "mean wait of an unstable server",
}
#: Cells up to which each shows its figure.
_FIGURES = 240
#: Share of the colour range beyond which a figure is dark on light.
_LIGHT = 0.55


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
    ax = axes_or_new(ax, (7.5, 4.5))
    _draw_map(ax, choice, across, down)
    return ax


def _cells(choice: PoolChoice, across: str, down: str) -> dict[tuple[Number, Number], PoolAlternative]:
    """Return the alternative of each pair: the cheapest that meets the target, or the closest."""
    named: dict[str, object] = {"across": across, "down": down}
    for name, axis in named.items():
        if not isinstance(axis, str) or axis not in AXES:
            raise InvalidInputError(
                name, shown(axis), f"an axis is one of {', '.join(AXES)}", f'Write {name}="spares".'
            )
    if across == down:
        raise InvalidInputError("down", shown(down), "the two axes differ", 'Write down="slots".')
    groups: dict[tuple[Number, Number], list[PoolAlternative]] = {}
    for one in choice.table:
        groups.setdefault((_number(one, across), _number(one, down)), []).append(one)
    return {
        pair: next((x for x in some if x.meets_target), min(some, key=lambda x: x.log_unavailability))
        for pair, some in groups.items()
    }


def _draw_map(ax: Axes, choice: PoolChoice, across: str, down: str) -> None:
    """Draw the map on axes."""
    shown_cells = _cells(choice, across, down)
    columns, rows = (sorted({pair[k] for pair in shown_cells}) for k in (0, 1))
    nines = np.full((len(rows), len(columns)), np.nan)
    for pair, one in shown_cells.items():
        nines[rows.index(pair[1]), columns.index(pair[0])] = one.nines
    finite = nines[np.isfinite(nines)]
    top = float(finite.max(initial=1.0))
    low = float(finite.min(initial=top - 1))
    filled = np.where(np.isinf(nines), top, nines)
    image = ax.imshow(filled, MAP, origin="lower", aspect="auto", vmin=low, vmax=max(top, low + 1e-9))
    bar = ax.figure.colorbar(image, ax=ax, label="nines of availability")
    dress(ax, grid="")
    dress(bar.ax, grid="")
    for axis, name, numbers in ((ax.xaxis, across, columns), (ax.yaxis, down, rows)):
        axis.set_ticks(range(len(numbers)), [_tick(name, x) for x in numbers])
        axis.set_label_text(wrapped(ax, AXES[name]))
    best = choice.best
    marks = {"misses": False, "best": False, "missing": len(shown_cells) < len(columns) * len(rows)}
    for (x, row), (y, column) in product(enumerate(columns), enumerate(rows)):
        found = shown_cells.get((row, column))
        if found is None:
            continue
        if not found.meets_target:
            _hatch(ax, x, y)
            marks["misses"] = True
        if found is best:
            _frame(ax, x, y)
            marks["best"] = True
        if len(shown_cells) <= _FIGURES:
            light = _share(found.nines, low, top) > _LIGHT
            _figure(ax, x, y, found, light=light, paper=image.to_rgba(np.minimum(found.nines, top)))
    _legend(ax, marks)


def _number(one: PoolAlternative, axis: str) -> Number:
    pool = one.pool
    if axis == "rejuvenation":
        return pool.require_rejuvenation()
    found: int = getattr(pool, axis)
    return found


def _tick(name: str, x: Number) -> str:
    if name != "rejuvenation":
        return str(x)
    return words(float(f"{1 / x:.3g}")) if x > 0 else "never"


def _share(nines: float, low: float, top: float) -> float:
    return 1.0 if not isfinite(nines) else (nines - low) / max(top - low, 1e-9)


def _figure(ax: Axes, x: int, y: int, one: PoolAlternative, *, light: bool, paper: object) -> None:
    text = f"{one.nines:.1f}" if isfinite(one.nines) else "∞"
    box = {"facecolor": paper, "edgecolor": "none", "pad": 1.5}  # keeps the hatching away from the figure
    ink = "black" if light else "white"
    ax.text(x, y, text, ha="center", va="center", color=ink, fontsize="small", zorder=4, bbox=box)


def _hatch(ax: Axes, x: int, y: int) -> None:
    from matplotlib.patches import Rectangle

    look = {"facecolor": "none", "edgecolor": "0.7", "hatch": "//", "linewidth": 0.0, "zorder": 2}
    ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, **look))  # type: ignore[arg-type]


def _frame(ax: Axes, x: int, y: int) -> None:
    from matplotlib.patches import Rectangle

    for width, colour, z in ((7.0, "black", 5), (3.5, "white", 6)):
        ax.add_patch(
            Rectangle(
                (x - 0.46, y - 0.46),
                0.92,
                0.92,
                facecolor="none",
                edgecolor=colour,
                linewidth=width,
                zorder=z,
            )
        )


def _legend(ax: Axes, marks: dict[str, bool]) -> None:
    from matplotlib.patches import Patch

    shown_marks = []
    if marks["best"]:
        shown_marks.append(
            Patch(
                facecolor="none", edgecolor="black", linewidth=2, label="the cheapest that meets the target"
            )
        )
    if marks["misses"]:
        shown_marks.append(Patch(facecolor="0.35", edgecolor="0.7", hatch="//", label="misses the target"))
    if marks["missing"]:
        shown_marks.append(Patch(facecolor="white", edgecolor="0.7", label="not among the alternatives"))
    if shown_marks:
        fit_legend(ax, columns=3, handles=shown_marks, beside=1.0)
