"""The command for a user's CI: whether closed form and numeric solution agree."""

from __future__ import annotations

from rejuvmodel.cli.options import RTOL, AsJson, File, Rtol
from rejuvmodel.cli.progress import progress_bar
from rejuvmodel.cli.shell import emit
from rejuvmodel.errors import InvalidInputError


def check(file: File, rtol: Rtol = RTOL, as_json: AsJson = False) -> None:
    """Compare closed form and numeric solution."""
    from rejuvmodel.cli.decided import decide, worst_agreement
    from rejuvmodel.cli.json_documents import agreement_json, file_json, json_text
    from rejuvmodel.cluster_file import read_cluster_file
    from rejuvmodel.reporting.optimum_notes import agreement_line

    if not 0 <= rtol < float("inf"):
        raise InvalidInputError(
            "--rtol", f"{rtol:g}", "a tolerance is a finite number of at least 0", "Try 1e-10."
        )
    decided = decide(read_cluster_file(file), progress_bar("optimum"))
    found = worst_agreement(decided.cluster, progress_bar("comparison"))
    if as_json:
        parts = file_json(decided.file, decided.cluster), agreement_json(found, rtol)
        emit(json_text("check", *parts, shape=list(decided.cluster.shape), rejuvenation_from=decided.source))
    else:
        emit(
            "\n".join(
                line
                for line in (f"{file}:", decided.note, agreement_line(found, rtol, decided.cluster))
                if line
            )
        )
    found.check(rtol)
