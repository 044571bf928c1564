"""A group held."""

from __future__ import annotations

from rejuvmodel.cli.options import AsJson, GroupFile
from rejuvmodel.cli.shell import emit


def pause(file: GroupFile, as_json: AsJson = False) -> None:
    """Let nothing new begin; what is under way is finished."""
    from rejuvmodel.cli.runtime_asking import needed
    from rejuvmodel.cli.runtime_documents import written
    from rejuvmodel.runtime.config.runtime_file import read_runtime_file

    found = read_runtime_file(file)
    reply = needed(found, "pause")
    text = f"{found.group.name}: paused; what is under way is finished, and nothing new begins"
    emit(written(reply.status) if as_json else text)
