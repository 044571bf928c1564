"""The main job: the best mean wait, and what it saves."""

from __future__ import annotations

from typing import Annotated

import typer

from rejuvmodel.cli.options import RTOL, AsJson, File
from rejuvmodel.cli.shell import emit

#: Beyond this many servers the report leaves the comparison to `check`.
_COMPARED_SERVERS = 100_000


def optimize(
    file: File,
    as_json: AsJson = False,
    uncertified: Annotated[
        bool,
        typer.Option("--uncertified", help="Search numerically where the cluster is too large for a proof."),
    ] = False,
) -> None:
    """Print the best mean wait and what it saves."""
    from rejuvmodel.cli.decided import require_one
    from rejuvmodel.cli.json_documents import agreement_json, file_json, json_text, optimum_json, state_json
    from rejuvmodel.cli.text_reports import optimum_report
    from rejuvmodel.cluster_file import read_cluster_file
    from rejuvmodel.cross_check import agreement
    from rejuvmodel.errors import SizeError
    from rejuvmodel.optimum import optimize as find
    from rejuvmodel.reporting.comparing import has_chain
    from rejuvmodel.reporting.optimum_notes import agreement_line
    from rejuvmodel.solving import solve as steady

    said = read_cluster_file(file)
    require_one(said, "optimize")
    try:
        best = find(said.cluster, said.costs, said.bounds, certified=not uncertified)
    except SizeError as error:
        message = str(error).replace("certified: a proof", f"{file}: a proof")
        raise SizeError(message.replace("Write certified=False", "Add --uncertified")) from None
    never = said.cluster.with_period(float("inf"))
    columns = {"never": ("never rejuvenated", never, steady(never))}
    if not said.is_open:
        columns["as_given"] = ("as in the file", said.cluster, steady(said.cluster))
    columns["state"] = ("at the best wait", best.model, best.state)
    found = (
        agreement(best.model) if best.model.servers <= _COMPARED_SERVERS and has_chain(best.model) else None
    )
    if as_json:
        states = {key: state_json(state, said.costs, said.horizon) for key, (*_, state) in columns.items()}
        compared = {"agreement": None if found is None else agreement_json(found, RTOL)}
        emit(json_text("optimize", file_json(said, best.model), optimum_json(best), states, compared))
    else:
        emit(optimum_report(said, best, [*columns.values()], agreement_line(found, RTOL, best.model)))
    if found is not None:
        found.check(RTOL)
