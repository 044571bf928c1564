"""A status document of the runtime as text: a line of summary, a table of the servers, and what is loud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rejuvmodel.cli.runtime_words import number, rough, since
from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.runtime.operating.logs import printable
from rejuvmodel.runtime.outside.failures import BadAnswerError

#: The schema of the status document that is understood here.
SCHEMA = 1
_TITLES = ("server", "role", "phase", "condition", "load", "uptime", "waits for")
_LEFT = (0, 1, 2, 3, 6)


def status_text(where: str, status: Mapping[str, Any]) -> str:
    """Return a status as text.

    Parameters
    ----------
    where : str
        The socket it came from, for errors.
    status : mapping
        The status document.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    BadAnswerError
        If it is none of the schema that is understood here.
    """
    try:
        if status["schema"] != SCHEMA:
            raise ValueError
        rows = [_row(one, status) for one in status["servers"]]
        blocks = [_summary(status), markdown_table(_TITLES, rows, _LEFT), "\n".join(_notes(status))]
    except (KeyError, TypeError, ValueError, AttributeError):
        found = f"no status document of schema {SCHEMA}"
        raise BadAnswerError(where, found, "Are runtime and command of the same version?") from None
    return "\n\n".join(printable_lines(block) for block in blocks if block)


def printable_lines(text: str) -> str:
    """Return text whose lines are for a terminal nothing but text.

    Parameters
    ----------
    text : str
        Text of any origin.

    Returns
    -------
    str
        The same lines; what cannot be printed is escaped.
    """
    return "\n".join(map(printable, text.split("\n")))


def _summary(status: Mapping[str, Any]) -> str:
    """One line about the group, and one for each thing that holds it."""
    serving, away = ("?" if status[key] is None else status[key] for key in ("serving", "away"))
    acts = f"acting, epoch {status['epoch']}"
    if not status["acting"]:
        acts = f"does not act, {status['holder']} has the lease" if status["holder"] else "nobody acts"
    required = f"{status['required']} required"
    head = (
        f"{status['group']} ({status['mode']}): {serving} of {len(status['servers'])} serve, {required}; "
        f"{away} away, at most {status['max_concurrent']}; {acts}"
    )
    lines = [head]
    if status["dry_run"]:
        lines.append("- A dry run: nothing is drained and nothing restarted.")
    if status["stopping"]:
        lines.append("- It is stopping: what is under way is finished or undone.")
    if status["paused"]:
        lines.append("- Paused: nothing new begins until it is resumed.")
    if status["halted"]:
        lines.append(f"- HALTED: {_line(status['halted'])}. Nothing new begins until it is resumed.")
    if status["roll"]:
        lines.append(f"- Still to be rejuvenated: {', '.join(map(str, status['roll']))}.")
    return "\n".join(lines)


def _row(server: Mapping[str, Any], status: Mapping[str, Any]) -> list[str]:
    """One server."""
    phase, refusal = server["phase"] or "?", server["refusal"]
    if for_so_long := since(server["since"], status["at"]):
        phase += f" for {for_so_long}"
    condition = str(server["condition"])
    if server["evidence"] and condition != "normal":
        condition += f": {server['evidence']}"
    waits = ""
    if refusal is not None:
        waits = f"{refusal['reason']}: {refusal['text']}"
    elif server["due"]:
        waits = f"nothing, it is due: {server['due']}"
    return [
        str(server["name"]), server["role"] or "?", phase, condition, number(server["load"]),
        rough(server["uptime"]), waits,
    ]  # fmt: skip


def _notes(status: Mapping[str, Any]) -> Iterator[str]:
    """What is loud, what is wrong, what was dropped."""
    for one in status["loud"]:
        server = f" {one['server']}" if one["server"] else ""
        yield f"- LOUD {one['at']}{server}: {_line(one['text'])}"
    for text in status["problems"]:
        yield f"- PROBLEM {_line(text)}"
    for text in status["dropped"]:
        yield f"- Dropped: {_line(text)}"


def _line(text: object) -> str:
    """Text as one line without a full stop at its end."""
    return " ".join(str(text).split()).rstrip(".")
