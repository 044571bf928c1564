"""States and transitions: a picture, text for others to draw, or a PRISM model."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, File
from rejuvmodel.cli.shell import emit, require_writable, write_whole


def diagram(
    file: File,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", help="Where to write: .png, .svg, .pdf, .mmd, .dot or .prism."),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="mermaid, dot, prism, png, svg, pdf; by default as the output is named."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw the states and transitions."""
    from rejuvmodel.cli.decided import decide_file
    from rejuvmodel.cli.json_documents import chain_json, file_json, json_text
    from rejuvmodel.cli.pictures import diagram_files, diagram_format
    from rejuvmodel.models.pool import Pool

    kind = diagram_format(form, output)
    if output is not None:
        require_writable(output)
    decided = decide_file(file, one_for="diagram")
    files = {} if output is None and as_json else diagram_files(decided, kind, output or "")
    if output is not None:
        for name, contents in files.items():
            write_whole(name, contents)
    if as_json:
        parts = file_json(decided.file, decided.cluster), chain_json(decided.cluster.chain())
        emit(json_text("diagram", *parts, rejuvenation_from=decided.source, output=output, format=kind))
        return
    if decided.note:
        sys.stderr.write(f"{decided.note}\n")
    if output is None:
        emit(files[""].decode())
        return
    model = decided.cluster  # of a pool neither chain nor states need to be built to be counted
    count = len(model.labels) if isinstance(model, Pool) else len(model.chain())
    emit(f"{' and '.join(files)}: {count} states as {kind}")
