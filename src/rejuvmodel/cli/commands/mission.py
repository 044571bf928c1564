"""A finite time from a fresh start."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, File
from rejuvmodel.cli.shell import emit


def mission(
    file: File,
    hours: Annotated[
        str | None, typer.Option("--hours", help='Length, such as "30 d"; by default the horizon.')
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what a finite time from a fresh start brings."""
    from rejuvmodel.cli.decided import decide_file
    from rejuvmodel.cli.missions import mission_json, mission_of, mission_report

    decided = decide_file(file, one_for="mission")
    found = mission_of(decided, hours)
    if as_json:
        from rejuvmodel.cli.json_documents import file_json, json_text

        emit(json_text("mission", file_json(decided.file, decided.cluster), mission_json(found)))
        return
    emit(mission_report(found))
