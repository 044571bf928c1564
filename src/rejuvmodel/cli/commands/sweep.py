"""The cluster at every point of a grid."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, File
from rejuvmodel.cli.shell import emit, require_writable, write_whole
from rejuvmodel.errors import InvalidInputError


def sweep(
    file: File,
    over: Annotated[
        list[str],
        typer.Option(
            "--over",
            help='A parameter and its values: "servers=1,2,4", "aging=3 d:30 d:10" (from, to, how many), '
            '"failure=1e-4:1e-2:9:log"; repeatable.',
            show_default=False,
        ),
    ],
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="What to print, such as nines; repeatable.")
    ] = None,
    optimize: Annotated[
        bool, typer.Option("--optimize", help="Find the best wait at every point, also if the file has one.")
    ] = False,
    out: Annotated[
        str | None, typer.Option("--out", help="Write everything to a file: .csv, .nc or .json.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", help="How many to work at the same time.")] = 1,
    keep: Annotated[
        str | None, typer.Option("--keep", help="Keep finished chunks in this file, and go on from there.")
    ] = None,
    errors: Annotated[
        str, typer.Option("--errors", help="At a point that cannot be solved: raise (stop) or nan (go on).")
    ] = "raise",
    as_json: AsJson = False,
) -> None:
    """Solve, or optimise, at every point of a grid of parameters."""
    from rejuvmodel.cli.swept import out_bytes, out_kind, ranges, sweep_json, sweep_report, swept
    from rejuvmodel.cluster_file import read_cluster_file

    kind = None if out is None else out_kind(out)
    if out is not None:
        require_writable(out)
    said = read_cluster_file(file)
    try:
        found = swept(
            said, ranges(over), measure, optimize=optimize, workers=workers, keep=keep, errors=errors
        )
    except KeyboardInterrupt as interrupt:
        sys.stderr.write("".join(f"interrupted: {note}\n" for note in getattr(interrupt, "__notes__", [])))
        raise
    except OSError as problem:
        raise InvalidInputError(
            f"--keep {keep}", str(problem), "finished chunks are kept in a file"
        ) from None
    document = sweep_json(said, found)
    if out is not None and kind is not None:
        write_whole(out, out_bytes(found, kind, document))
    emit(document if as_json else sweep_report(said, found, out))
