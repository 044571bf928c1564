"""One server rejuvenated."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, GroupFile
from rejuvmodel.cli.shell import DISAGREE, emit


def rejuvenate(
    file: GroupFile,
    server: Annotated[
        str, typer.Argument(metavar="SERVER", help="Its name in the file.", show_default=False)
    ],
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Rejuvenate one server."""
    from rejuvmodel.cli.runtime_asking import asked, server_of
    from rejuvmodel.cli.runtime_documents import written
    from rejuvmodel.cli.runtime_rolling import rolled
    from rejuvmodel.runtime.config.runtime_file import read_runtime_file

    found = read_runtime_file(file)
    names = (server_of(found, server),)
    running = asked(found, "status")
    if running is not None and not wait:
        reply = asked(found, "rejuvenate", names)
        document = running.status if reply is None else reply.status
        emit(written(document) if as_json else f"{found.group.name}: {server} is to be rejuvenated")
        return
    text, ok = rolled(found, names, running, command="runtime rejuvenate", as_json=as_json)
    emit(text)
    if not ok:
        raise typer.Exit(DISAGREE)
