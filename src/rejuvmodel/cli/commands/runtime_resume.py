"""A group that goes on."""

from __future__ import annotations

from rejuvmodel.cli.options import AsJson, GroupFile
from rejuvmodel.cli.shell import emit


def resume(file: GroupFile, as_json: AsJson = False) -> None:
    """Go on after a pause or a halt."""
    from rejuvmodel.cli.runtime_asking import needed
    from rejuvmodel.cli.runtime_documents import written
    from rejuvmodel.runtime.config.runtime_file import read_runtime_file

    found = read_runtime_file(file)
    reply = needed(found, "resume")
    emit(written(reply.status) if as_json else f"{found.group.name}: goes on")
