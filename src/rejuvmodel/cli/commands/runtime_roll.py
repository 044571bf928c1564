"""Every server rejuvenated once."""

from __future__ import annotations

import typer

from rejuvmodel.cli.options import AsJson, GroupFile
from rejuvmodel.cli.shell import DISAGREE, emit


def roll(file: GroupFile, as_json: AsJson = False) -> None:
    """Rejuvenate every server once, one after another."""
    from rejuvmodel.cli.runtime_asking import asked
    from rejuvmodel.cli.runtime_rolling import rolled
    from rejuvmodel.runtime.config.runtime_file import read_runtime_file

    found = read_runtime_file(file)
    text, ok = rolled(found, (), asked(found, "status"), command="runtime roll", as_json=as_json)
    emit(text)
    if not ok:
        raise typer.Exit(DISAGREE)
