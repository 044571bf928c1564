"""The objective against the rejuvenation rate, as a picture."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, File
from rejuvmodel.cli.shell import emit, require_writable, write_whole


def plot(
    file: File,
    output: Annotated[
        str, typer.Option("-o", "--output", help="The picture: .png, .svg or .pdf.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Draw the objective against the rejuvenation rate."""
    from rejuvmodel.cli.decided import decide_file
    from rejuvmodel.cli.pictures import picture_kind, rate_picture
    from rejuvmodel.solving import solve

    kind = picture_kind(output)
    require_writable(output)
    decided = decide_file(file, one_for="plot")
    state = solve(decided.cluster)
    write_whole(output, rate_picture(decided, state, kind))
    if as_json:
        from rejuvmodel.cli.json_documents import decided_json, json_text

        emit(json_text("plot", decided_json(decided, state), output=output, format=kind))
        return
    emit("\n".join(line for line in (decided.note, f"{output}: written as {kind}") if line))
