"""Tables as plain text that is also Markdown: aligned for the terminal, pasted into a report as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up in a fixed-width font.

    Parameters
    ----------
    header : sequence of str
        Titles of the columns.
    rows : iterable of sequences of str
        Cells; each row as long as the header. The first column is set to the left, the others to the right.

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
    lines = [_line(row, widths) for row in cells]
    rule = [f":{'-' * (widths[0] + 1)}", *(f"{'-' * (width + 1)}:" for width in widths[1:])]
    return "\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(row, widths, strict=True)
    parts = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
    return f"| {' | '.join(parts)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
