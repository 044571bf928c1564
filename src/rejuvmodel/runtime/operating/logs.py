"""Logs of a running runtime: one line a record, for people or for programs.

As text: time in UTC, level, message. As JSON: one object a line with ``time``, ``level``, ``logger`` and
``message``, and the fields that the caller gave as ``extra={"fields": {...}}``: group, server, phase, cause,
step and whatever else belongs to the event. Whatever cannot be printed is escaped, so that foreign text never
makes a line of its own. Secrets are never given to a log: the settings do not hold them.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

#: The logger of the whole library.
LOGGER = "rejuvmodel"
FORMATS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")
_OWN = ("time", "level", "logger", "message")


class TextLines(logging.Formatter):
    """For people: ``2026-11-27T21:05:00.123Z INFO web s1: serving -> draining (S105, ...)``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line; a traceback follows, each line of it indented.

        Parameters
        ----------
        record : LogRecord
            The record.

        Returns
        -------
        str
            Text without a newline at its end.
        """
        text = f"{_time(record)} {record.levelname} {printable(record.getMessage())}"
        return "\n    ".join([text, *map(printable, _traceback(record))])


class JsonLines(logging.Formatter):
    """For programs: one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one JSON object; a traceback is its ``traceback``, a list of lines.

        Parameters
        ----------
        record : LogRecord
            The record.

        Returns
        -------
        str
            One line of ASCII.
        """
        given = getattr(record, "fields", None)
        fields = given if isinstance(given, dict) else {}
        values: dict[str, Any] = {
            "time": _time(record), "level": record.levelname, "logger": record.name,
            "message": printable(record.getMessage()),
        }  # fmt: skip
        values |= {str(key): _plain(value) for key, value in fields.items() if key not in _OWN}
        if lines := _traceback(record):
            values["traceback"] = [printable(line) for line in lines]
        return json.dumps(values, allow_nan=False)


@contextmanager
def logged(form: str, level: str, stream: TextIO | None = None) -> Iterator[None]:
    """Write what the library logs, for as long as the context lasts.

    Parameters
    ----------
    form : str
        One of `FORMATS`.
    level : str
        One of `LEVELS`; what is below it is left out.
    stream : text stream, optional
        Where to; standard error if left out.

    Yields
    ------
    None
        Nothing.
    """
    logger = logging.getLogger(LOGGER)
    before = logger.level
    handler = _Lines(sys.stderr if stream is None else stream)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logger.addHandler(handler)
    logger.setLevel(level.upper())
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def line_of_log(text: str) -> str:
    """Return a warning as a line of the log, by no lock of it: for a handler of signals.

    Parameters
    ----------
    text : str
        The warning.

    Returns
    -------
    str
        A line in the form of `logged`; the text itself where nothing is logged.
    """
    record = logging.LogRecord(f"{LOGGER}.runtime", logging.WARNING, "", 0, text, None, None)
    lines = [one.format(record) for one in logging.getLogger(LOGGER).handlers if isinstance(one, _Lines)]
    return lines[0] if lines else text


def printable(text: str) -> str:
    """Return text as one line that a terminal takes for nothing but text.

    Parameters
    ----------
    text : str
        Text of any origin.

    Returns
    -------
    str
        The same with everything that cannot be printed escaped.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


class _Lines(logging.StreamHandler[TextIO]):
    """Writes lines, and lets the work go on where they cannot be written."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Do nothing: a full disk under the log is no reason to stop."""


def _time(record: logging.LogRecord) -> str:
    """When it was: ISO 8601 in UTC, to the millisecond."""
    at = datetime.fromtimestamp(record.created, UTC)
    return f"{at.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _traceback(record: logging.LogRecord) -> list[str]:
    """The lines of the traceback; none without one."""
    if not record.exc_info or record.exc_info[0] is None:
        return []
    return logging.Formatter().formatException(record.exc_info).splitlines()


def _plain(value: object) -> Any:
    """A field as JSON knows it."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return printable(str(value))
