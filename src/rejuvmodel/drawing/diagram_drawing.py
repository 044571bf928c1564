"""A laid-out state diagram drawn with matplotlib; letters grow and shrink with the axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rejuvmodel.drawing.diagram_layout import RADIUS, Area, Arrow, Layout, Node, along
from rejuvmodel.markov.export import COLOURS, KINDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

#: Letters in layout units: those of states, of arrows and areas, of the legend.
_STATE, _ARROW, _LEGEND = 0.25, 0.22, 0.2
_PALE = 0.3
_PAPER = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"}


def draw(ax: Axes, picture: Layout) -> None:
    """Draw a layout on axes whose limits are its box and whose aspect is equal."""
    ax.apply_aspect()
    width = picture.box.right - picture.box.left
    points = ax.get_window_extent().width / ax.figure.dpi * 72 / width
    middle: dict[str, Any] = {"ha": "center", "va": "center", "linespacing": 0.95}
    for area in picture.areas:
        _area(ax, area)
        high = area.bottom + area.height / 2 > 0
        y = area.bottom + (area.height - 0.2 if high else 0.2)
        ax.text(area.left + area.width / 2, y, area.name, size=_ARROW * points, style="italic", **middle)
    shapes = [_shape(ax, node, points) for node in picture.nodes]
    for node in picture.nodes:
        shade = 1.0 if node.reached else 0.5
        ax.text(node.x, node.y, node.text, size=_STATE * points, alpha=shade, zorder=4, **middle)
    for arrow in picture.arrows:
        start, end = picture.nodes[arrow.origin], picture.nodes[arrow.target]
        _arrow(ax, arrow, start, end, (shapes[arrow.origin], shapes[arrow.target]), points)
        x, y = along(start, end, arrow.bend, arrow.at)
        if arrow.text:
            ax.text(x, y, arrow.text, size=_ARROW * points, zorder=2.5, bbox=_PAPER, **middle)
    for note in picture.notes:
        if note.kind >= 0:
            _shape(ax, Node("", note.x, note.y, 0.0, note.kind, True), points, radius=0.12)
        x = note.x + (0.25 if note.kind >= 0 else -0.12)
        ax.text(x, note.y, note.text, size=_LEGEND * points, ha="left", va="center")


def _shape(ax: Axes, node: Node, points: float, radius: float = RADIUS) -> Patch:
    """Draw a state: a circle, or a rounded box around a long text; an ellipsis only takes up room."""
    from matplotlib.patches import Circle, FancyBboxPatch

    high = radius + 0.12 * max(0, node.text.count("\n") - 1)
    shape: Patch = Circle((node.x, node.y), radius)
    if node.half or high > radius:
        corner, half = (node.x - node.half - radius, node.y - high), node.half + radius
        shape = FancyBboxPatch(corner, 2 * half, 2 * high, boxstyle=f"round,pad=0,rounding_size={radius}")
    kind = KINDS[node.kind]
    shape.set(facecolor=COLOURS[kind], edgecolor="black", linewidth=0.025 * points, zorder=3)
    if kind.startswith("down"):
        shape.set(linewidth=0.06 * points, linestyle=(0, (3, 1.2)) if kind == "down, planned" else "-")
    shape.set(alpha=None if node.reached else _PALE, visible=node.kind >= 0)
    ax.add_patch(shape)
    return shape


def _area(ax: Axes, area: Area) -> None:
    from matplotlib.patches import FancyBboxPatch

    shape = FancyBboxPatch(
        (area.left, area.bottom), area.width, area.height, boxstyle="round,pad=0,rounding_size=0.2",
        facecolor=COLOURS[KINDS[area.kind]], edgecolor="none", alpha=0.18, zorder=0,
    )  # fmt: skip
    ax.add_patch(shape)


def _arrow(
    ax: Axes,
    arrow: Arrow,
    start: Node,
    end: Node,
    shapes: tuple[Patch, Patch],
    points: float,
) -> None:
    from matplotlib.patches import FancyArrowPatch

    line = FancyArrowPatch(
        (start.x, start.y), (end.x, end.y), arrowstyle="-|>", connectionstyle=f"arc3,rad={arrow.bend}",
        patchA=shapes[0], patchB=shapes[1], shrinkA=0, shrinkB=1, color="black",
        mutation_scale=0.3 * points, linewidth=0.028 * points, zorder=2,
        alpha=1.0 if start.reached else _PALE,
    )  # fmt: skip
    # add_patch would work out the extent of each arrow, which the fixed limits make needless.
    ax.add_artist(line)
