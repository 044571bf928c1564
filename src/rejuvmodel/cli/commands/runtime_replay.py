"""What a policy would have done."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rejuvmodel.cli.options import AsJson, GroupFile
from rejuvmodel.cli.shell import emit


def replay(
    file: GroupFile,
    samples: Annotated[
        str, typer.Argument(metavar="SAMPLES", help="The folder of recorded samples, or one CSV file.")
    ],
    restart: Annotated[
        str | None, typer.Option("--restart", help='How long a restart takes until healthy: "40 s".')
    ] = None,
    drain: Annotated[str | None, typer.Option("--drain", help='How long a drain takes: "10 s".')] = None,
    undo: Annotated[
        str, typer.Option("--undo", help="Restarts of the record to leave out: own, all or none.")
    ] = "own",
    seed: Annotated[int, typer.Option("--seed", help="For delays that are drawn.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Say what the file's policy would have done over recorded samples."""
    from rejuvmodel.cli.runtime_documents import runtime_json
    from rejuvmodel.cli.runtime_foresight import history, replay_text
    from rejuvmodel.runtime.config.runtime_file import read_runtime_file
    from rejuvmodel.runtime.foresight.replaying import replay as find

    group = read_runtime_file(file)
    undone: Any = undo
    found = find(
        group, samples, restart=restart, drain=drain, undone=undone, journal=history(group), seed=seed
    )
    emit(runtime_json("runtime replay", **found.to_dict()) if as_json else replay_text(found))
