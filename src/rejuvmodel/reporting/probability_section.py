"""The section on where the time goes: probabilities of the states, and of a pool how many servers are up."""

from __future__ import annotations

from math import exp, isnan
from typing import TYPE_CHECKING

from rejuvmodel.drawing.up_server_bars import plot_up_servers
from rejuvmodel.durations import words
from rejuvmodel.plotting import MOST_BARS, plot_probabilities
from rejuvmodel.reporting.blocks import Block, Paragraph, Section, Symbol, table
from rejuvmodel.reporting.images import picture
from rejuvmodel.reporting.number_texts import small_text

if TYPE_CHECKING:
    from rejuvmodel.pool_state import PoolState
    from rejuvmodel.reporting.case import Case

#: States, or numbers of servers, that a table lists.
_MOST_ROWS = 34
_GROUPS = {
    "up": "up",
    "degraded": "unstable",
    "rejuvenating": "rejuvenating",
    "planned": "down by rejuvenation (planned)",
    "unplanned": "down by failure (unplanned)",
}


def probability_section(case: Case) -> Section:
    """States of the model at the best wait."""
    span = words(case.file.horizon)
    blocks: list[Block] = [Paragraph("In the long run, at the best wait. Groups of states overlap.")]
    groups = []
    for name, meaning in _GROUPS.items():
        if name == "up" or (name == "degraded" and case.pool is not None):
            continue
        groups.append([meaning, *_shares(case, *_mass(case, name))])
    blocks.append(table("Time in groups of states", ("", "probability", f"of {span}"), groups))
    blocks += _of_pool(case, span) if case.pool is not None else _of_cluster(case, span)
    return Section("probabilities", "Where the time goes", tuple(blocks))


def _mass(case: Case, name: str) -> tuple[float, float]:
    mass = case.state.solution.mass
    return float(mass(name)), float(mass(name, logarithm=True))


def _shares(case: Case, value: float, log_value: float) -> list[str]:
    """A probability, and the time that it is of the horizon."""
    return [small_text(value, log_value), words(value * case.file.horizon)]


def _of_cluster(case: Case, span: str) -> list[Block]:
    state = case.state
    blocks: list[Block] = []
    names = state.solution.labels
    if len(names) <= _MOST_ROWS:
        values, logs = state.probabilities, state.log_probabilities
        rows = [
            [Symbol(_named(name)), _meaning(name), *_shares(case, float(p), float(log_p))]
            for name, p, log_p in zip(map(str, names), values, logs, strict=True)
        ]
        blocks.append(table("States", ("state", "meaning", "probability", f"of {span}"), rows))
    if len(names) <= MOST_BARS:
        likeliest = str(names[int(state.log_probabilities.argmax())])
        alt = f"Bars of the probability of each state on a log axis; state {likeliest} is the likeliest."
        width = max(7.5, 1.5 + 0.25 * len(names))
        blocks.append(
            picture(
                lambda ax: plot_probabilities(state, ax=ax), "Probability of each state", alt, (width, 4.4)
            )
        )
    else:
        blocks.append(Paragraph(f"The {len(names)} states are too many to be listed one by one."))
    return blocks


def _named(label: str) -> str:
    return label if label.isdigit() else f"{label[0]}_{label[1:]}"


def _meaning(label: str) -> str:
    """A state of a cluster in words."""
    if label == "0":
        return "all failed: down, unplanned"
    count = label.lstrip("ur")
    servers = f"{count} server{'' if count == '1' else 's'}"
    if label.startswith("r"):
        return "1 server, rejuvenating: down, planned" if count == "1" else f"{servers}, one rejuvenating"
    return f"{servers}, unstable" if label.startswith("u") else f"{servers}, fresh"


def _of_pool(case: Case, span: str) -> list[Block]:
    state: PoolState = case.state  # type: ignore[assignment]  # of a pool
    pool = case.pool
    assert pool is not None  # was asked
    logs = state.log_up_servers.tolist()
    blocks: list[Block] = []
    if len(logs) <= _MOST_ROWS:
        rows = [
            [str(k), "up" if k >= pool.needed else "down", *_up_shares(case, log_p)]
            for k, log_p in enumerate(logs)
        ]
        blocks.append(table("Servers up", ("servers up", "service", "probability", f"of {span}"), rows))
    else:
        blocks.append(Paragraph(f"0 to {pool.total} servers can be up; the picture shows the likeliest."))
    alt = (
        f"Bars of the probability of each number of servers up, on a logarithmic axis; the service needs "
        f"{pool.needed} of {pool.total}."
    )
    draw = picture(lambda ax: plot_up_servers(state, ax=ax), "How many servers are up", alt, (7.5, 4.4))
    capacity = Paragraph(
        f"Capacity availability {state.capacity_availability:.10g}: the share of the work of "
        f"{pool.primaries} primaries that is served on average."
    )
    return [*blocks, capacity, draw]


def _up_shares(case: Case, log_value: float) -> list[str]:
    if isnan(log_value):
        return ["not computed", ""]
    return _shares(case, exp(log_value), log_value)
