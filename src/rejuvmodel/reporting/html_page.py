"""One HTML file from the blocks of a report: every text escaped, nothing fetched from anywhere."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from html import escape

from rejuvmodel.reporting.blocks import Block, Bullets, Paragraph, Picture, Section, Symbol, Table
from rejuvmodel.reporting.page_style import STYLE

#: A browser that knows it refuses whatever a report might be made to load.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_GREEK = re.compile(r"([λμ])_([fr])\b")
_BELOW = re.compile(r"_([A-Za-z0-9]+|\{[^{}]*\})")
#: A number with its unit and its error: columns of nothing else stand at the right.
_NUMBER = re.compile(
    r"([-+]?[\d.,]+(e[-+]?\d+)?(/h| \S+)?( ± .+)?|\d+ \+ \d+|1 - \S+|never|at once|infinity|not computed|)$"
)


def html_page(
    title: str,
    about: str,
    decision: str,
    key_figures: Sequence[tuple[str, str, str]],
    sections: Sequence[Section],
    colophon: str,
    version: str,
) -> str:
    """Return the whole file.

    Parameters
    ----------
    title, about, decision : str
        What stands at its head.
    key_figures : sequence of (str, str, str)
        Name, value and note of each.
    sections : sequence of Section
        What follows.
    colophon : str
        What stands at its foot.
    version : str
        Version of rejuvmodel.

    Returns
    -------
    str
        HTML with its style and its pictures inside.
    """
    contents = "".join(f'<li><a href="#{one.name}">{_text(one.title)}</a></li>' for one in sections)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="generator" content="rejuvmodel {escape(version)}">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{STYLE}\n</style>",
        "</head>",
        "<body>",
        "<header>",
        f"<h1>{_text(title)}</h1>",
        f'<p class="about">{_text(about)}</p>',
        f'<p class="decision">{_text(decision)}</p>',
        _figures(key_figures),
        "</header>",
        "<main>",
        f'<nav aria-label="Contents"><ul>{contents}</ul></nav>',
        *(_section(one) for one in sections),
        "</main>",
        f"<footer><p>{_text(colophon)}</p></footer>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _figures(figures: Sequence[tuple[str, str, str]]) -> str:
    """The key figures, each with its name and a note."""
    cards = []
    for name, value, note in figures:
        more = f'<dd class="note">{_text(note)}</dd>' if note else ""
        cards.append(f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd>{more}</div>")
    return f'<dl class="figures">{"".join(cards)}</dl>'


def _section(section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    return (
        f'<section aria-labelledby="{section.name}">\n'
        f'<h2 id="{section.name}">{_text(section.title)}</h2>\n{blocks}\n</section>'
    )


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{_text(block.text)}</p>"
    if isinstance(block, Bullets):
        return f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in block.lines)}</ul>"
    return _table(block) if isinstance(block, Table) else _picture(block)


def _table(table: Table) -> str:
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.head)
    numbers = [bool(k) and all(_NUMBER.match(cell) for cell in cells) for k, cells in enumerate(columns)]
    looks = [' class="number"' if number else "" for number in numbers]
    # The cell above the names of the rows names nothing where it is empty.
    head = "".join(
        f'<th scope="col"{look}>{_text(name)}</th>' if name else "<td></td>"
        for name, look in zip(table.head, looks, strict=True)
    )
    body = "\n".join(
        f'<tr><th scope="row">{_text(row[0])}</th>'
        + "".join(f"<td{look}>{_text(cell)}</td>" for cell, look in zip(row[1:], looks[1:], strict=True))
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(table.caption)}"><table>'
        f"<caption>{_text(table.caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _picture(picture: Picture) -> str:
    data = b64encode(picture.png).decode("ascii")
    width, height = picture.size
    return (
        f'<figure><div class="wide" role="region" tabindex="0" aria-label="{escape(picture.caption)}">'
        f'<img src="data:image/png;base64,{data}" width="{width}" height="{height}" '
        f'alt="{escape(picture.alt)}"></div>\n<figcaption>{_text(picture.caption)}</figcaption></figure>'
    )


def _text(text: str) -> str:
    """Text with its special characters escaped, and symbols with what stands below the line."""
    safe = escape(text)
    if isinstance(text, Symbol):
        return _BELOW.sub(lambda found: f"<sub>{found[1].strip('{}')}</sub>", safe)
    return _GREEK.sub(r"\1<sub>\2</sub>", safe)
