"""Every server rejuvenated once."""

from __future__ import annotations

import typer

from rejuvmodel.cli.options import AsJson, GroupFile
from rejuvmodel.cli.shell import DISAGREE, emit


def roll(file: GroupFile, as_json: AsJson = False) -> None:
    """Rejuvenate every server once, one after another."""
    from rejuvmodel.cli.runtime_asking import asked
    from rejuvmodel.cli.runtime_documents import runtime_json
    from rejuvmodel.cli.runtime_rolling import result_json, result_text, rolled_by, rolled_here
    from rejuvmodel.runtime.config.runtime_file import read_runtime_file

    found = read_runtime_file(file)
    running = asked(found, "status")
    result = rolled_here(found, ()) if running is None else rolled_by(found, (), running)
    by = found.home.control if running is None else running.path
    emit(
        runtime_json("runtime roll", **result_json(result, by)) if as_json else result_text(found, (), result)
    )
    if not result.ok:
        raise typer.Exit(DISAGREE)
