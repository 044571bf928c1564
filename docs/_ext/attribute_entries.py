"""Entries like "low, high : float" of an Attributes section, one for each name.

Napoleon splits such lists where they name parameters, but takes those of attributes for one name and a type.
"""

from __future__ import annotations

import re

ENTRY = re.compile(r"(\w+(?:, \w+)+) : (.+)")
HEADING = "Attributes"


def split(app, what, name, obj, options, lines: list[str]) -> None:  # noqa: ARG001
    """Replace each entry of several names by one entry for each, with the same text."""
    if HEADING not in lines:
        return
    start = lines.index(HEADING) + 2
    end = next(
        (k - 1 for k in range(start, len(lines)) if re.fullmatch("-{3,}", lines[k])), len(lines)
    )  # the next heading
    found: list[str] = []
    k = start
    while k < end:
        entry, body = lines[k], k + 1
        while body < end and (not lines[body] or lines[body].startswith(" ")):
            body += 1
        match = ENTRY.fullmatch(entry)
        for head in [f"{one} : {match[2]}" for one in match[1].split(", ")] if match else [entry]:
            found += [head, *lines[k + 1 : body]]
        k = body
    lines[start:end] = found


def setup(app):
    """Come before napoleon, whose priority is 500."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", split, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
