"""The journal as an event log."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, GroupFile
from rejuvmodel.cli.shell import emit


def export(
    file: GroupFile,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="CSV", help="Write it there; shown if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Turn the journal into the event log that `rejuvmodel estimate` reads."""
    from rejuvmodel.cli.runtime_documents import runtime_json
    from rejuvmodel.cli.runtime_foresight import export_text
    from rejuvmodel.runtime.foresight.exporting import export_log

    log = export_log(file)
    if output is not None:
        log.save(output)
    if as_json:
        emit(runtime_json("runtime export", **log.to_dict()))
    else:
        emit(log.text() if output is None else export_text(output, log))
