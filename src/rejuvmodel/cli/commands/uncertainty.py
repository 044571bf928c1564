"""What follows from what is known of the rates."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, Clock, Events, File, Log, Ranges, Target, Workers
from rejuvmodel.cli.shell import emit


def uncertainty(
    file: File,
    ranges: Ranges = None,
    events: Events = None,
    clock: Clock = None,
    log: Log = None,
    target: Target = None,
    points: Annotated[
        int | None, typer.Option("--points", help="Points of each scrambling, a power of 2.")
    ] = None,
    workers: Workers = 1,
    seed: Annotated[int, typer.Option("--seed", help="Gives the same numbers again.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Print what is known while rates are uncertain, and the wait of least expected cost."""
    from rejuvmodel.cli.decided import require_one
    from rejuvmodel.cli.progress import step_bar
    from rejuvmodel.cli.uncertain import given_log, inputs_of, target_of, uncertainty_of
    from rejuvmodel.cli.uncertain_report import uncertainty_report
    from rejuvmodel.cluster_file import read_cluster_file

    said = read_cluster_file(file)
    require_one(said, "uncertainty")
    inputs, notes = inputs_of(said, ranges, given_log(events, clock, log))
    with step_bar("uncertainty") as progress:
        found = uncertainty_of(said, inputs, target_of(said, target), points, seed, workers, progress)
    if as_json:
        from rejuvmodel.cli.json_documents import file_json, json_text

        emit(json_text("uncertainty", file_json(said, said.cluster), found.to_dict(), log_notes=list(notes)))
        return
    emit(uncertainty_report(said, found, notes))
