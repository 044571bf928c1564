"""The command that prints a steady state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rejuvmodel.cli.options import AsJson, File
from rejuvmodel.cli.shell import emit

if TYPE_CHECKING:
    from rejuvmodel.cli.decided import Decided
    from rejuvmodel.steady_state import SteadyState

#: Beyond this many servers the prior-art line is left out.
_PRIOR_ART_SERVERS = 100_000


def solve(file: File, as_json: AsJson = False) -> None:
    """Print availability, downtime and cost."""
    from rejuvmodel.cli.decided import decide_file
    from rejuvmodel.cli.json_documents import decided_json, json_text
    from rejuvmodel.cli.text_reports import PRIOR_ART, solve_report
    from rejuvmodel.solving import solve as steady

    decided = decide_file(file)
    state = steady(decided.cluster)
    prior_art = _prior_art(decided)
    if not as_json:
        emit(solve_report(decided, state, prior_art))
        return
    label = {"label": PRIOR_ART}
    beside = None if prior_art is None else label | {"unavailability": prior_art.unavailability}
    emit(json_text("solve", decided_json(decided, state), prior_art=beside))


def _prior_art(decided: Decided) -> SteadyState | None:
    """Fig. 2 with the same failure and repair rates, where it is one model of readable size."""
    from rejuvmodel.models.pool import Pool
    from rejuvmodel.models.reactive import Reactive
    from rejuvmodel.solving import solve as steady

    cluster, rates = decided.cluster, decided.cluster.rates
    if isinstance(cluster, Pool) or cluster.shape or cluster.servers > _PRIOR_ART_SERVERS:
        return None
    return steady(Reactive(servers=cluster.servers, failure=rates.failure, repair=rates.repair))
