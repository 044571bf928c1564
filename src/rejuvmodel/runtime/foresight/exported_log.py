"""ExportedLog: the history of a group as an event log, in the format of docs/event_log.md."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from rejuvmodel.html_tables import html_table
from rejuvmodel.text_files import file_name, write_text


class LoggedEvent(NamedTuple):
    """One line of the log."""

    server: str
    time: str | float
    event: str


@dataclass(frozen=True, slots=True)
class ExportedLog:
    """An event log of servers.

    Parameters
    ----------
    servers : tuple of str
        All servers of the group.
    start, until : str or float
        When it begins and ends: time stamps, or hours of attendance [h] if there were interruptions.
    initial : tuple of tuple
        Servers that were not normal at the start, and what they were.
    layout : tuple of tuple
        Limits that were in force, as a pool has them.
    events : tuple of LoggedEvent
        The lines.
    notes : tuple of str
        What was cut out, and what has no place in the log.
    """

    servers: tuple[str, ...]
    start: str | float
    until: str | float
    initial: tuple[tuple[str, str], ...]
    layout: tuple[tuple[str, Any], ...]
    events: tuple[LoggedEvent, ...]
    notes: tuple[str, ...] = ()

    @property
    def settings(self) -> dict[str, Any]:
        """Arguments of `rejuvmodel.estimate` beside the events."""
        return {
            "clock": "server",
            "servers": list(self.servers),
            "start": self.start,
            "until": self.until,
            "initial": dict(self.initial),
            "layout": dict(self.layout) or None,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the log as plain values.

        Returns
        -------
        dict
            ``schema`` first; settings and events.
        """
        return {
            "schema": 1,
            **self.settings,
            "events": [one._asdict() for one in self.events],
            "notes": list(self.notes),
        }

    def text(self) -> str:
        """Return the log as the text of its file.

        Returns
        -------
        str
            CSV with its settings at the head.
        """
        lines = ["# clock: server", f"# servers: {', '.join(self.servers)}"]
        lines += [f"# start: {self.start}", f"# until: {self.until}"]
        if self.initial:
            lines.append(f"# initial: {', '.join(f'{name} {state}' for name, state in self.initial)}")
        lines += [f"# {key}: {str(value).lower()}" for key, value in self.layout]
        lines += [f"# - {' '.join(note.split())}" for note in self.notes]
        lines.append("server,time,event")
        lines += [f"{one.server},{one.time},{one.event}" for one in self.events]
        return "\n".join(lines) + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the log to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            The file.

        Raises
        ------
        InvalidInputError
            If no file can be written there.
        OSError
            If the disk is full or fails.
        """
        write_text(file_name(path, "events.csv"), self.text())

    def rows(self) -> list[tuple[str, str]]:
        """Return the log in words.

        Returns
        -------
        list of tuple
            Name and value of each row.
        """
        counts = Counter(one.event for one in self.events)
        rows = [("servers", ", ".join(self.servers)), ("from", str(self.start)), ("until", str(self.until))]
        rows += [(name, str(number)) for name, number in sorted(counts.items())]
        return rows + [("note", note) for note in self.notes]

    def _repr_html_(self) -> str:
        return html_table("Event log of servers", self.rows())
