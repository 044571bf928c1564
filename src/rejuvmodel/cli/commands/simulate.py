"""The cluster played at random."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, File
from rejuvmodel.cli.shell import emit


def simulate(
    file: File,
    hours: Annotated[
        str | None, typer.Option("--hours", help='Play missions of this length, such as "30 d".')
    ] = None,
    replications: Annotated[
        int, typer.Option("--replications", help="How many missions or cycles.")
    ] = 100_000,
    seed: Annotated[int | None, typer.Option("--seed", help="Gives the same numbers again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play the cluster at random and estimate the same, with 99 % intervals."""
    from rejuvmodel.cli.decided import decide_file
    from rejuvmodel.cli.simulated import simulation_json, simulation_report
    from rejuvmodel.simulation.simulating import simulate as play

    decided = decide_file(file, one_for="simulate")
    sim = play(decided.cluster, hours, replications=replications, seed=seed)
    if as_json:
        from rejuvmodel.cli.json_documents import file_json, json_text

        parts = file_json(decided.file, decided.cluster), simulation_json(decided, sim)
        emit(json_text("simulate", *parts))
        return
    emit(simulation_report(decided, sim))
