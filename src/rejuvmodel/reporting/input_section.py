"""The section on what was put in, and the one on how it was checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rejuvmodel.cross_check import RTOL, Agreement, agreement
from rejuvmodel.durations import words
from rejuvmodel.parameters import COST_NAMES
from rejuvmodel.reporting.blocks import Block, Bullets, Paragraph, Section, Symbol, table
from rejuvmodel.reporting.comparing import has_chain
from rejuvmodel.reporting.number_texts import money_text, wait_text
from rejuvmodel.reporting.optimum_notes import agreement_line
from rejuvmodel.reporting.result_rows import PARAMETERS, parameter_rows

if TYPE_CHECKING:
    from rejuvmodel.reporting.case import Case

#: Beyond this many servers the comparison is left to the command that makes it.
_COMPARED_SERVERS = 100_000


def input_section(case: Case) -> Section:
    """Rates and mean times, costs, limits, and what was searched."""
    file = case.file
    rows = [[row[0], Symbol(row[1]), *row[2:]] for row in parameter_rows(case.model)]
    blocks: list[Block] = [table("Servers, mean times and rates", PARAMETERS, rows)]
    if file.costs is None:
        blocks.append(Paragraph("No costs were given: the unavailability is minimised."))
    else:
        prices = [[name, money_text(float(getattr(file.costs, key)))] for key, name in COST_NAMES.items()]
        blocks.append(table("Cost of one", ("cost of one", file.currency or "cost"), prices))
    low, high = file.waits
    default = " (the default, the file does not say)" if file.default_bounds else ""
    lines = [
        f"Mean waits searched: from {wait_text(low)} to {wait_text(high)}{default}.",
        f"Downtime and cost are stated for {words(file.horizon)}.",
    ]
    if case.given is not None:
        lines.append("The file gives a wait; it stands beside the best one in all comparisons.")
    return Section("inputs", "What was put in", (*blocks, Bullets(tuple(lines))))


def agreement_section(case: Case) -> tuple[Section, Agreement | None]:
    """Whether two independent solutions agree."""
    few = case.model.servers <= _COMPARED_SERVERS
    found = agreement(case.model) if few and has_chain(case.model) else None
    blocks: list[Block] = [Paragraph(agreement_line(found, RTOL, case.model))]
    if found is not None:
        logs = "natural logarithms of the values" if found.logarithms else "values"
        blocks.append(
            table(
                f"Where they differ most: {found.where}, {logs}",
                ("way", "value"),
                [
                    [found.methods[0], f"{found.first:.15g}"],
                    [found.methods[1], f"{found.second:.15g}"],
                    ["relative difference", f"{found.worst_relative:.2g}"],
                ],
            )
        )
        blocks.append(
            Paragraph(
                "The two ways share no code: to pass unseen, a mistake would have to be made twice, in "
                "the same digits."
            )
        )
    return Section("agreement", "Checked in two ways", tuple(blocks)), found
