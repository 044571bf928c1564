"""Small HTML tables, as notebooks show them for parameters and results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_LEFT = "style='text-align:left'"
_NAME = "style='text-align:left; white-space:nowrap'"
#: The colour of the text around it, because themes make captions paler than their dark mode can show.
_CAPTION = "style='text-align:left; color:inherit'"


def html_table(caption: str, rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Return a table in HTML.

    Parameters
    ----------
    caption : str
        What the table shows.
    rows : iterable of sequences of str
        Cells of each row; the first one names it.
    head : sequence of str
        Names of the columns; none by default.

    Returns
    -------
    str
        The table, every text escaped.
    """
    top = "".join(f"<th {_LEFT}>{escape(name)}</th>" for name in head)
    body = "".join(
        f"<tr><th {_NAME}>{escape(name.strip())}</th>"
        + "".join(f"<td {_LEFT}>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    columns = f"<tr>{top}</tr>" if top else ""
    return f"<table><caption {_CAPTION}>{escape(caption)}</caption>{columns}{body}</table>"
