"""The rates from an event log."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson
from rejuvmodel.cli.shell import emit, require_writable, write_whole


def estimate(
    log: Annotated[str, typer.Argument(metavar="LOG", help="The event log (CSV).", show_default=False)],
    clock: Annotated[
        str | None,
        typer.Option("--clock", help="Whose clock: cluster or server; by default as the log says."),
    ] = None,
    servers: Annotated[
        str | None, typer.Option("--servers", help='How many servers, or their names: "web1, web2".')
    ] = None,
    start: Annotated[str | None, typer.Option("--start", help="When the log began.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="When the log ended.")] = None,
    initial: Annotated[
        str | None, typer.Option("--initial", help='What was not normal then: "u2", or "web1 failed".')
    ] = None,
    layout: Annotated[
        list[str] | None, typer.Option("--layout", help="A limit of the pool, such as crews=1; repeatable.")
    ] = None,
    confidence: Annotated[float, typer.Option("--confidence", help="Of each interval.")] = 0.95,
    write: Annotated[
        str | None, typer.Option("--write", help="Write a cluster file (TOML) with these rates.")
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option("--rate", help="A rate per hour to write instead, such as failure=0.001; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Estimate the rates from an event log, with intervals."""
    from rejuvmodel.cli.estimated import cluster_file_text, estimate_json, estimate_report, settings
    from rejuvmodel.estimation.estimating import estimate as find

    if write is not None:
        require_writable(write)
    known = settings("--rate", rate, "failure=0.001")
    found = find(
        log, clock=clock, servers=servers, start=start, until=until, initial=initial,
        layout=settings("--layout", layout, "crews=1"), confidence=confidence,
    )  # fmt: skip
    if write is not None:
        write_whole(write, cluster_file_text(found, known, log).encode("utf-8"))
    if as_json:
        from rejuvmodel.cli.json_documents import json_text

        emit(json_text("estimate", {"log": log}, estimate_json(found), written=write))
        return
    emit(estimate_report(found, log, write))
