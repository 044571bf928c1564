"""How a group stands."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, GroupFile
from rejuvmodel.cli.shell import DISAGREE, emit
from rejuvmodel.errors import InvalidInputError

#: Moves the cursor to the top of a terminal and clears what is below.
_CLEAR = "\x1b[H\x1b[2J"
_EVERY = 2.0


def status(
    file: GroupFile,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Again and again, until Ctrl-C.")] = False,
    every: Annotated[
        float | None,
        typer.Option("--every", metavar="SECONDS", help="How often with --watch; 2 if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how every server stands, and what it waits for."""
    from rejuvmodel.cli.runtime_documents import written
    from rejuvmodel.cli.runtime_shown import current
    from rejuvmodel.cli.runtime_status import status_text
    from rejuvmodel.runtime.config.runtime_file import read_runtime_file
    from rejuvmodel.runtime.operating.status import is_loud

    if every is not None and not 0.1 <= every < float("inf"):
        rule = "a number of seconds of at least 0.1 is expected"
        raise InvalidInputError("--every", f"{every:g}", rule, "Try 2.")
    found = read_runtime_file(file)
    if not watch and every is None:
        document = current(found)
        emit(written(document) if as_json else status_text(found.home.control, document))
        if is_loud(document):
            raise typer.Exit(DISAGREE)
        return
    clear = _CLEAR if sys.stdout is not None and sys.stdout.isatty() and not as_json else ""
    try:
        while True:
            document = current(found)
            text = written(document, line=True) if as_json else f"{status_text(file, document)}\n"
            emit(f"{clear}{text}" if as_json or clear else f"{text}\n---")
            time.sleep(_EVERY if every is None else every)
    except KeyboardInterrupt:
        return
