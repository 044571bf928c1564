"""What is expected in the next days."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, GroupFile
from rejuvmodel.cli.shell import emit


def plan(
    file: GroupFile,
    days: Annotated[float, typer.Option("--days", help="Length of the plan.")] = 7.0,
    aging: Annotated[
        str | None,
        typer.Option("--aging", help='Mean time in which a normal server becomes unstable: "7 d".'),
    ] = None,
    restart: Annotated[
        str | None, typer.Option("--restart", help='How long a restart takes until healthy: "40 s".')
    ] = None,
    drain: Annotated[str | None, typer.Option("--drain", help='How long a drain takes: "10 s".')] = None,
    seed: Annotated[int, typer.Option("--seed", help="For what is random.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Say what is expected in the next days, windows and all."""
    from rejuvmodel.cli.runtime_documents import runtime_json
    from rejuvmodel.cli.runtime_foresight import history, plan_text, present
    from rejuvmodel.runtime.config.runtime_file import read_runtime_file
    from rejuvmodel.runtime.foresight.planning import plan as find

    group = read_runtime_file(file)
    found = find(
        group, days=days, journal=history(group), status=present(group), aging=aging, restart=restart,
        drain=drain, seed=seed,
    )  # fmt: skip
    emit(runtime_json("runtime plan", **found.to_dict()) if as_json else plan_text(found))
