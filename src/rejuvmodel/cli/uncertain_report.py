"""What the command on uncertain rates prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.durations import words
from rejuvmodel.reporting.result_rows import servers_text
from rejuvmodel.reporting.uncertain_rows import (
    KNOWN,
    MEASURES,
    known_rows,
    measure_rows,
    share_rows,
    uncertainty_notes,
    value_rows,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.propagation.uncertainty_result import Uncertainty


def uncertainty_report(file: ClusterFile, found: Uncertainty, assumed: Sequence[str] = ()) -> str:
    """Return tables and sentences for a planner.

    Parameters
    ----------
    file : ClusterFile
        The file.
    found : Uncertainty
        What follows.
    assumed : sequence of str
        What had to be assumed of the log.

    Returns
    -------
    str
        Markdown text.
    """
    span = words(found.horizon)
    parts = [
        f"What is known of {servers_text(found.model)} ({file.path})",  # type: ignore[arg-type]  # of a file
        markdown_table(KNOWN, known_rows(found)),
        markdown_table(MEASURES, measure_rows(file, found, span)),
        markdown_table(
            ["variance because of", *(one.of for one in found.indices.values())], share_rows(found)
        ),
    ]
    if found.decision is not None and found.decision.partial_information is not None:
        head = [f"knowing before deciding, in {span}", "is worth"]
        parts.append(markdown_table(head, value_rows(file, found)))
    parts.append("\n".join(f"- {line}" for line in (*uncertainty_notes(file, found, span), *assumed)))
    return "\n\n".join(parts)
