"""The daemon."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, GroupFiles
from rejuvmodel.cli.shell import DISAGREE, emit


def run(
    files: GroupFiles,
    once: Annotated[
        bool, typer.Option("--once", help="Look until every server is judged, do what is due, and end.")
    ] = False,
    log_format: Annotated[
        str, typer.Option("--log-format", help="text or json: one line a record.")
    ] = "text",
    log_level: Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")] = "info",
    as_json: AsJson = False,
) -> None:
    """Watch the servers, and rejuvenate what is due."""
    from rejuvmodel.cli.runtime_documents import runtime_json
    from rejuvmodel.cli.runtime_serving import serve
    from rejuvmodel.cli.runtime_status import status_text
    from rejuvmodel.plain_values import choice
    from rejuvmodel.runtime.config.runtime_file import read_runtime_file
    from rejuvmodel.runtime.operating.logs import FORMATS, LEVELS, logged
    from rejuvmodel.runtime.operating.status import is_loud

    form = choice("--log-format", log_format, dict.fromkeys(FORMATS, "a line a record"))
    level = choice("--log-level", log_level, dict.fromkeys(LEVELS, "and what is above it"))
    found = [read_runtime_file(file) for file in files]
    with logged(form, level):
        groups = serve(found, once=once)
    if as_json:
        emit(runtime_json("runtime run", groups=groups))
    elif once:
        emit("\n\n".join(status_text(file.path, one) for file, one in zip(found, groups, strict=True)))
    if once and any(map(is_loud, groups)):
        raise typer.Exit(DISAGREE)
