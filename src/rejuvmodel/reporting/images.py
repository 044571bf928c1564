"""Pictures of a report: drawn by the functions of ``plotting``, kept as PNG."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

from rejuvmodel.reporting.blocks import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Dots per inch: sharp on paper at the width of a page.
_DPI = 150


def picture(
    draw: Callable[[Axes], object], caption: str, alt: str, inches: tuple[float, float] = (7.5, 5.4)
) -> Picture:
    """Return what a function draws.

    Parameters
    ----------
    draw : callable
        Takes the axes to draw on.
    caption, alt : str
        What it shows, and what is to be seen.
    inches : (float, float), optional
        Width and height.

    Returns
    -------
    Picture
        The same bytes each time.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=inches, layout="constrained", facecolor="white")
    draw(figure.subplots())
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    width, height = (round(_DPI * length) for length in inches)
    return Picture(buffer.getvalue(), caption, alt, (width, height))
