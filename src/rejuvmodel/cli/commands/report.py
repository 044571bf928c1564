"""A page to hand on: the decision, and all that it rests on."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import RTOL, AsJson, Clock, Events, File, Log, Ranges, Target, Workers
from rejuvmodel.cli.shell import emit, require_writable, write_whole
from rejuvmodel.errors import InvalidInputError


def report(
    file: File,
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", "--out", help="The page; by default the file's name with .html, here."
        ),
    ] = None,
    ranges: Ranges = None,
    events: Events = None,
    clock: Clock = None,
    log: Log = None,
    target: Target = None,
    workers: Workers = 1,
    as_json: AsJson = False,
) -> None:
    """Write one HTML page with the decision, tables and pictures."""
    from rejuvmodel.cli.decided import require_one
    from rejuvmodel.cli.progress import step_bar
    from rejuvmodel.cli.uncertain import given_log, inputs_of, retyped, target_of
    from rejuvmodel.cluster_file import read_cluster_file
    from rejuvmodel.reporting.writing import report as write

    said = read_cluster_file(file)
    require_one(said, "report")
    page = _page(file, output)
    require_writable(page)
    is_uncertain = bool(ranges or events or (said.uncertainty and said.uncertainty.ranges))
    given = given_log(events, clock, log)
    inputs, notes = inputs_of(said, ranges, given) if is_uncertain else (None, ())
    with step_bar("report") as progress, retyped(file if target is None else None):
        goal = target_of(said, target)
        made = write(said, inputs=inputs, target=goal, workers=workers, notes=notes, progress=progress)
    write_whole(page, made.html.encode("utf-8"))
    if as_json:
        from rejuvmodel.cli.json_documents import file_json, json_text, state_json

        state = {"state": state_json(made.best.state, said.costs, said.horizon)}
        emit(json_text("report", file_json(said, made.best.model), made.to_dict(), state, output=page))
    else:
        emit(f"{made.decision}\n{page}: written, {len(made.sections)} sections")
    if made.agreement is not None:
        made.agreement.check(RTOL)


def _page(file: str, output: str | None) -> str:
    """Name of the page: as asked for, else that of the cluster file with another ending, here."""
    from pathlib import Path

    page = f"{Path(file).stem}.html" if output is None else output
    if not page.lower().endswith((".html", ".htm")):
        raise InvalidInputError(
            f"output {page}",
            "no name of a page",
            "the ending tells the format: .html",
            "Write -o report.html.",
        )
    return page
