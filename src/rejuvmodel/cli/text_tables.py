"""Tables as plain text that is also Markdown: aligned for the terminal, pasted into a report as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], left: Collection[int] = (0,)) -> str:
    """Return a Markdown table whose columns line up in a fixed-width font.

    Parameters
    ----------
    header : sequence of str
        Titles of the columns.
    rows : iterable of sequences of str
        Cells; each row as long as the header.
    left : collection of int
        Numbers of the columns that are set to the left, counted from 0; the others are set to the right.

    Returns
    -------
    str
        Lines without a newline at the end.

    Examples
    --------
    >>> print(markdown_table(["", "h"], [["repair", "2"], ["restart", "0.5"]]))
    |         |   h |
    |:--------|----:|
    | repair  |   2 |
    | restart | 0.5 |
    """
    cells = [[_cell(text) for text in row] for row in (header, *rows)]
    widths = [max(1, *(len(text) for text in column)) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths, left) for row in cells]
    dashes = ["-" * (width + 1) for width in widths]
    rule = [f":{one}" if column in left else f"{one}:" for column, one in enumerate(dashes)]
    return "\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int], left: Collection[int]) -> str:
    cells = enumerate(zip(row, widths, strict=True))
    parts = [text.ljust(width) if column in left else text.rjust(width) for column, (text, width) in cells]
    return f"| {' | '.join(parts)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
