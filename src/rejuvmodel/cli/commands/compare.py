"""Two clusters side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rejuvmodel.cli.options import AsJson
from rejuvmodel.cli.shell import emit

if TYPE_CHECKING:
    from rejuvmodel.cli.decided import Decided
    from rejuvmodel.steady_state import SteadyState


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A cluster file.", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="B", help="Another cluster file.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Print two clusters side by side."""
    from dataclasses import replace

    from rejuvmodel.cli.decided import decide, require_one
    from rejuvmodel.cli.json_documents import decided_json, json_text
    from rejuvmodel.cli.text_reports import compare_report
    from rejuvmodel.cluster_file import read_cluster_file
    from rejuvmodel.solving import solve as steady

    pairs: list[tuple[Decided, SteadyState]] = []
    for path in (first, second):
        said = read_cluster_file(path)
        require_one(said, "compare")
        horizon = pairs[0][0].file.horizon if pairs else said.horizon
        decided = decide(replace(said, horizon=horizon))
        pairs.append((decided, steady(decided.cluster)))
    if as_json:
        emit(json_text("compare", clusters=[decided_json(*pair) for pair in pairs]))
    else:
        emit(compare_report(pairs))
