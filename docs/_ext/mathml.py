"""Formulas as MathML, which browsers draw themselves: the pages need no script and no network.

Docutils, which Sphinx stands on, translates. A formula that it cannot translate is a warning, and so ends the
build. Browsers stretch brackets and sums only with a font for mathematics, which not every system has; so the
pages bring one, STIX Two Math as the package ziamath carries it, cut down to what formulas may need.
"""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from pathlib import Path

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from fontTools import subset
from sphinx.util import logging

MISSING = {r"\dots": r"\ldots", r"\iff": r"\Longleftrightarrow"}  # commands that Docutils lacks
COMMAND = re.compile(r"\\[A-Za-z]+")
NUMBER = re.compile(r"\\tag\{([^{}]*)\}")
#: Latin, Greek, punctuation, arrows and operators, and the alphabets of mathematics.
CHARACTERS = [
    (0x20, 0x17F),
    (0x370, 0x3FF),
    (0x2010, 0x23FF),
    (0x25A0, 0x27FF),
    (0x2980, 0x2AFF),
    (0x1D400, 0x1D7FF),
]
logger = logging.getLogger(__name__)


def mathml(node, text: str, *, as_block: bool) -> str:
    """Return the MathML of a formula; if that fails warn, and return the formula as it is written."""
    known = COMMAND.sub(lambda found: MISSING.get(found[0], found[0]), text)
    if text.startswith(("_", "^")):  # an index to a word before the formula
        known = "{}" + known
    try:
        return tex2mathml(known, as_block=as_block)
    except (MathError, IndexError) as error:
        logger.warning("the formula %r cannot be translated: %s", text, error, location=node)
        return f"<code>{escape(text)}</code>"


def inline(translator, node) -> None:
    """Write a formula that stands in a line of text."""
    translator.body.append(mathml(node, node.astext(), as_block=False))
    raise SkipNode


def block(translator, node) -> None:
    """Write a formula that stands on lines of its own, and its number beside it."""
    text = node.astext()
    number = NUMBER.search(text)
    translator.body.append(translator.starttag(node, "div", CLASS="formula"))
    translator.body.append(mathml(node, NUMBER.sub("", text), as_block=True))
    if number:
        translator.body.append(f'<span class="number">({escape(number[1])})</span>')
    translator.body.append("</div>\n")
    raise SkipNode


def write_font(app, exception: Exception | None) -> None:
    """Put the font beside the style sheet."""
    if exception is not None or app.builder.format != "html":
        return
    options = subset.Options(flavor="woff", layout_features=["ccmp", "kern", "mark", "mkmk", "ssty"])
    font = subset.load_font(str(files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf"), options)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=[code for first, last in CHARACTERS for code in range(first, last + 1)])
    cut.subset(font)
    subset.save_font(font, str(Path(app.outdir) / "_static" / "mathematics.woff"), options)


def setup(app):
    """Join the renderers of formulas that Sphinx knows."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
