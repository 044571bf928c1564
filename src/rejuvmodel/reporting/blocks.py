"""What a report is made of: sections of paragraphs, lists, tables and pictures, without any markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Symbol(str):
    """A symbol whose letters after an underscore stand below the line."""

    __slots__ = ()


@dataclass(frozen=True)
class Paragraph:
    """A paragraph.

    Attributes
    ----------
    text : str
        Its text.
    """

    text: str

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain values."""
        return {"kind": "paragraph", "text": self.text}


@dataclass(frozen=True)
class Bullets:
    """A list.

    Attributes
    ----------
    lines : tuple of str
        Its entries.
    """

    lines: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain values."""
        return {"kind": "list", "lines": list(self.lines)}


@dataclass(frozen=True)
class Table:
    """A table whose first column names the rows.

    Attributes
    ----------
    caption : str
        What it shows.
    head : tuple of str
        Names of the columns.
    rows : tuple of tuples of str
        Cells of each row.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain values."""
        rows = [[str(cell) for cell in row] for row in self.rows]
        return {"kind": "table", "caption": self.caption, "head": list(self.head), "rows": rows}


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes
    ----------
    png : bytes
        The picture as PNG.
    caption : str
        What it shows.
    alt : str
        What is to be seen, for readers who do not see it.
    size : tuple of int
        Width and height in pixels.
    """

    png: bytes
    caption: str
    alt: str
    size: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the block as plain values, without the picture itself."""
        return {"kind": "picture", "caption": self.caption, "alt": self.alt}


Block = Paragraph | Bullets | Table | Picture


@dataclass(frozen=True)
class Section:
    """A section of a report.

    Attributes
    ----------
    name : str
        Its anchor, one word.
    title : str
        Its heading.
    blocks : tuple of Paragraph, Bullets, Table or Picture
        What stands in it.
    """

    name: str
    title: str
    blocks: tuple[Block, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the section as plain values."""
        return {
            "name": self.name,
            "title": self.title,
            "blocks": [block.to_dict() for block in self.blocks],
        }


def table(caption: str, head: Any, rows: Any) -> Table:
    """Return a table from any sequences of text."""
    return Table(caption, tuple(head), tuple(tuple(row) for row in rows))
