"""What follows from what is known of the rates."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, File
from rejuvmodel.cli.shell import emit


def uncertainty(
    file: File,
    ranges: Annotated[
        list[str] | None,
        typer.Option("--range", help='A mean time lies between two: aging="5 d,10 d"; repeatable.'),
    ] = None,
    events: Annotated[
        str | None, typer.Option("--events", help="An event log (CSV) that the rates are known from.")
    ] = None,
    clock: Annotated[
        str | None, typer.Option("--clock", help="Whose clock the log measures, if it does not say.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help='Availability, or downtime in the horizon: "50 min".')
    ] = None,
    points: Annotated[
        int | None, typer.Option("--points", help="Points of each scrambling, a power of 2.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Gives the same numbers again.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Print what is known while rates are uncertain, and the wait of least expected cost."""
    from rejuvmodel.cli.decided import require_one
    from rejuvmodel.cli.progress import step_bar
    from rejuvmodel.cli.uncertain import inputs_of, target_of, uncertainty_of
    from rejuvmodel.cli.uncertain_report import uncertainty_report
    from rejuvmodel.cluster_file import read_cluster_file

    said = read_cluster_file(file)
    require_one(said, "uncertainty")
    inputs = inputs_of(said, ranges, events, clock)
    with step_bar("uncertainty") as progress:
        found = uncertainty_of(said, inputs, target_of(said, target), points, seed, progress)
    if as_json:
        from rejuvmodel.cli.json_documents import file_json, json_text

        emit(json_text("uncertainty", file_json(said, said.cluster), found.to_dict()))
        return
    emit(uncertainty_report(said, found))
