"""The figure of the controller's phases, drawn from its one table: python docs/_ext/controller_figure.py."""

from __future__ import annotations

import math
from pathlib import Path

from rejuvmodel.runtime.deciding.states import Phase
from rejuvmodel.runtime.deciding.transitions import TABLE, Cause, Transition

FIGURE = Path(__file__).parents[1] / "_static" / "controller.svg"
#: Where each phase stands, in columns and rows.
PLACES = {
    "serving": (0, 0), "watched": (1, 0), "duplexing": (2, 0), "switching": (3, 0), "draining": (4, 0),
    "promoting": (0, 1), "parking": (4, 1),
    "standby": (0, 2), "joining": (1, 1.15), "warming": (2, 2), "restarting": (3, 2), "cleaning": (4, 2),
    "failed": (1, 3.2), "recovering": (2, 3.2), "out": (3, 3.2),
}  # fmt: skip
WIDE, HIGH, BOX_W, BOX_H, LEFT, TOP = 210, 125, 96, 34, 80, 60


def figure() -> str:
    """Return the figure as SVG."""
    pairs: dict[tuple[Phase, Phase], list[Transition]] = {}
    for row in TABLE:
        if row.cause is not Cause.FAULT:
            pairs.setdefault((row.source, row.target), []).append(row)
    body = [_arrow(*pair, rows) for pair, rows in pairs.items()]
    faulty = {row.source for row in TABLE if row.cause is Cause.FAULT}
    body += [_box(phase, phase in faulty) for phase in Phase]
    width, height = LEFT * 2 + 4 * WIDE, TOP + round(3.2 * HIGH) + 110
    note = f'<circle cx="{LEFT - 40}" cy="{height - 24}" r="5" class="fault"/>'
    note += f'<text x="{LEFT - 28}" y="{height - 20}" class="note">'
    note += "S201 fault detected: to failed, from every phase with this mark</text>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="sans-serif">\n<title>Phases of a server in the controller</title>\n<style>\n'
        "rect{fill:#eef4fb;stroke:#2b5c8a;stroke-width:1.4}\nrect.away{fill:#fdf3e3;stroke:#a8701a}\n"
        "rect.lost{fill:#fbeaea;stroke:#a33}\n.name{font-size:14px;text-anchor:middle;fill:#111}\n"
        ".why{font-size:11px;text-anchor:middle;fill:#333;paint-order:stroke;stroke:#fff;stroke-width:3px}\n"
        ".note{font-size:12px;fill:#111}\n.fault{fill:#a33}\npath{stroke:#667;stroke-width:1.1;fill:none}\n"
        "</style>\n"
        f'<rect x="0" y="0" width="{width}" height="{height}" style="fill:#fff;stroke:none"/>\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L8 4L0 8z" style="fill:#667;stroke:none"/></marker></defs>\n'
        + "\n".join([*body, note])
        + "\n</svg>\n"
    )


def _centre(phase: Phase) -> tuple[float, float]:
    column, row = PLACES[phase.value]
    return LEFT + column * WIDE, TOP + row * HIGH


def _box(phase: Phase, faulty: bool) -> str:
    x, y = _centre(phase)
    kind = "lost" if phase.value in ("failed", "recovering", "out") else ""
    if phase.value in ("draining", "parking", "cleaning", "restarting", "warming", "joining"):
        kind = "away"
    mark = (
        f'<circle cx="{x + BOX_W / 2 - 7:g}" cy="{y - BOX_H / 2 + 7:g}" r="4" class="fault"/>'
        if faulty
        else ""
    )
    return (
        f'<rect x="{x - BOX_W / 2:g}" y="{y - BOX_H / 2:g}" width="{BOX_W}" height="{BOX_H}" rx="6" '
        f'class="{kind}"/>{mark}<text x="{x:g}" y="{y + 5:g}" class="name">{phase.value}</text>'
    )


def _edge(x: float, y: float, angle: float) -> tuple[float, float]:
    """Where a ray from the middle of a box leaves it."""
    dx, dy = math.cos(angle), math.sin(angle)
    far = min(
        BOX_W / 2 / abs(dx) if abs(dx) > 1e-9 else math.inf,
        BOX_H / 2 / abs(dy) if abs(dy) > 1e-9 else math.inf,
    )
    return x + dx * far, y + dy * far


def _arrow(source: Phase, target: Phase, rows: list[Transition]) -> str:
    (x, y), (u, v) = _centre(source), _centre(target)
    label = ", ".join(dict.fromkeys(row.step for row in rows))
    if source is target:
        path = f"M{x - 18:g} {y + BOX_H / 2:g}c-10 34 46 34 36 0"
        mx, my = x, y + BOX_H / 2 + 36
    else:
        angle = math.atan2(v - y, u - x)
        length = math.hypot(u - x, v - y)
        bend = 16 if length < 1.3 * WIDE else 42
        px, py = -math.sin(angle) * bend, math.cos(angle) * bend
        (sx, sy), (tx, ty) = _edge(x, y, angle + 0.25), _edge(u, v, angle + math.pi - 0.25)
        mx, my = (x + u) / 2 + px, (y + v) / 2 + py
        path = f"M{sx:.1f} {sy:.1f}Q{mx + px * 0.4:.1f} {my + py * 0.4:.1f} {tx:.1f} {ty:.1f}"
    lines = f'<text x="{mx:.1f}" y="{my + 3:.1f}" class="why">{label}</text>'
    return f'<path d="{path}" marker-end="url(#tip)"/>{lines}'


def table() -> str:
    """Return the rows as a table in Markdown."""
    rows = [
        f"| {row.step} | {row.source.value} | {row.target.value} | {row.cause.value} |\n" for row in TABLE
    ]
    return "".join(["| step | from | to | because |\n", "|---|---|---|---|\n", *rows])


if __name__ == "__main__":
    FIGURE.write_text(figure(), encoding="utf-8")
