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

    kind = diagram_format(form, output)
    if output is not None:
        require_writable(output)
    decided, _ = decide_file(file, one_for="diagram")
    chain = decided.cluster.chain()
    files = {} if output is None and as_json else diagram_files(decided, kind, output or "")
    if output is not None:
        for name, contents in files.items():
            write_whole(name, contents)
    if as_json:
        parts = file_json(decided.file, decided.cluster), chain_json(chain)
        emit(json_text("diagram", *parts, rejuvenation_from=decided.source, output=output, format=kind))
        return
    if decided.note:
        sys.stderr.write(f"{decided.note}\n")
    emit(files[""].decode() if output is None else f"{' and '.join(files)}: {len(chain)} states as {kind}")
