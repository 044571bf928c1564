"""A runtime's file against the world."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import AsJson, GroupFile
from rejuvmodel.cli.shell import DISAGREE, emit


def check(
    file: GroupFile,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: neither balancer, executor nor servers.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the file, and ask everything that it names."""
    from rejuvmodel.cli.runtime_checked import findings_json, findings_text
    from rejuvmodel.cli.runtime_documents import runtime_json
    from rejuvmodel.runtime.config.runtime_file import read_runtime_file
    from rejuvmodel.runtime.operating.checking import check as find

    found = read_runtime_file(file)
    findings = find(found, offline=offline)
    if as_json:
        emit(runtime_json("runtime check", **findings_json(found, findings, offline=offline)))
    else:
        emit(findings_text(found, findings))
    if not all(one.ok for one in findings):
        raise typer.Exit(DISAGREE)
