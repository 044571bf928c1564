"""The reports that the commands print: tables and sentences for a planner, to be pasted as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

from rejuvmodel.cli.numbers import money_text, rate_text, ratio_text, small_text, wait_text
from rejuvmodel.cli.tables import (
    compare_column,
    cost_table,
    grid_table,
    parameter_table,
    result_rows,
    servers_text,
    wait_name,
)
from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.durations import words
from rejuvmodel.optimum_result import Optimum, mean_wait

if TYPE_CHECKING:
    from rejuvmodel.cli.decided import Decided
    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.cross_check import Agreement
    from rejuvmodel.models.cluster import Cluster
    from rejuvmodel.models.pool import Pool
    from rejuvmodel.steady_state import SteadyState

PRIOR_ART = "prior-art model (Fig. 2), other repair assumption"


def optimum_report(
    file: ClusterFile, best: Optimum, columns: Sequence[tuple[str, Cluster | Pool, SteadyState]], agree: str
) -> str:
    """Return the report of the main job.

    Parameters
    ----------
    file : ClusterFile
        What was asked.
    best : Optimum
        The answer.
    columns : sequence of (str, Cluster, SteadyState)
        What stands side by side, each with its title.
    agree : str
        What the comparison of the two roads found.

    Returns
    -------
    str
        Markdown text.
    """
    tables = [result_rows(cluster, state, file) for _, cluster, state in columns]
    rows = [[line[0][0], *(cell[1] for cell in line)] for line in zip(*tables, strict=True)]
    results = markdown_table(["", *(title for title, _, _ in columns)], rows)
    return "\n\n".join(
        [
            f"When to rejuvenate {servers_text(best.model)} ({file.path})",
            parameter_table(best.model),
            cost_table(file),
            results,
            "\n".join(f"- {line}" for line in (*_decision(file, best), agree)),
        ]
    )


def _decision(file: ClusterFile, best: Optimum) -> list[str]:
    low, high = file.waits
    searched = f"mean waits from {wait_text(low)} to {wait_text(high)}"
    return [
        f"Best {wait_name(best.model)}: {wait_text(best.period)}{_rate(best)}.",
        f"Location: {_where(best)}.",
        f"Why: {best.reason}",
        f"Searched: {searched}{' (the default)' if file.default_bounds else ''}.",
        f"Within 1 % of the best {best.objective}: {_flat(best)}.",
        f"Break-even: {_break_even(best)}.",
        f"{_gain(file, best)}.",
        f"Certificate: {_certificate(best)}.",
    ]


def _rate(best: Optimum) -> str:
    return f" (rate {rate_text(best.rate)})" if best.delay is None else ""


def _where(best: Optimum) -> str:
    ends = ["the shortest wait searched", "the longest wait searched"]
    axis = " of the rate" if best.delay is None else ""
    others = {"interior": "between the waits searched", "flat": "every wait is equally good"}
    if best.location in others:
        return f"{best.location}, {others[best.location]}"
    return f"{best.location}{axis}, {ends[(best.location == 'upper bound') ^ bool(axis)]}"


def _flat(best: Optimum) -> str:
    shortest, longest = best.flat_waits
    if shortest == longest:
        return f"{wait_text(shortest)} alone"
    return f"mean waits from {wait_text(shortest)} to {wait_text(longest)}"


def _break_even(best: Optimum) -> str:
    if best.delay is not None and best.gain < 0:
        return "none, never rejuvenating is better than every wait searched"
    if best.break_even_wait is not None:
        if best.delay is not None and best.bounds[1] < inf:
            return f"mean waits below {words(best.break_even_wait)} are better than the longest searched"
        rates = "" if best.delay is not None else f" (rates above {rate_text(best.break_even or 0.0)})"
        return f"rejuvenation pays only for mean waits below {words(best.break_even_wait)}{rates}"
    if best.location in ("upper bound" if best.delay is not None else "lower bound", "flat"):
        return "none, no shorter wait pays"
    return "none, the longest waits searched already pay"


def _gain(file: ClusterFile, best: Optimum) -> str:
    span, saved = words(file.horizon), best.gain * file.horizon
    verb = "saves" if saved >= 0 else "loses"
    amount = money_text(abs(saved), file.currency) if best.objective == "cost" else words(abs(saved))
    what = "" if best.objective == "cost" else " of downtime"
    share = f" ({_percent(best)} % of the {best.objective})" if best.without > 0 else ""
    return f"Against never rejuvenating: it {verb} {amount}{what} in {span}{share}"


def _percent(best: Optimum) -> str:
    percent = f"{100 * best.gain / best.without:.3g}"
    # Rounding must not promise that nothing is left.
    return "more than 99.9" if percent == "100" and best.value > 0 else percent


def _certificate(best: Optimum) -> str:
    if not best.certified:
        return "none, the best wait was found by a numerical search"
    if best.delay is not None:
        return "no wait searched gives a value lower by more than a millionth (proved)"
    waits = ", ".join(words(mean_wait(rate)) for rate in reversed(best.critical_points))
    if waits:
        many = len(best.critical_points) > 1
        place = f"waits {waits}" if many else f"wait {waits}"
        return f"exact, every place where the slope is 0 is known ({place}) and both ends were compared"
    return "exact, the slope is 0 nowhere between the ends, which were compared"


def agreement_line(found: Agreement | None, rtol: float, cluster: Cluster | Pool) -> str:
    """One line on how far the two roads are apart."""
    if found is None and cluster.trigger is not None:
        return "Agreement: not compared, because a delay without exponential phases has no Markov chain."
    if found is None:
        return "Agreement: not compared at this size; rejuvmodel check does it."
    # A label of a cluster, or (h, a, r, f) of a pool.
    is_state = found.where.lstrip("ur(")[:1].isdigit()
    place = f"state {found.where}" if is_state else found.where
    verb = "agree" if found.worst_relative <= rtol else "DISAGREE"
    return (
        f"Agreement: {found.methods[0]} and {found.methods[1]} {verb}, largest relative difference "
        f"{found.worst_relative:.2g} (in {place}), tolerance {rtol:g}."
    )


def solve_report(decided: Decided, state: SteadyState, prior_art: SteadyState | None) -> str:
    """Return the report of `solve`; a grid gets one row for each cluster."""
    file, cluster = decided.file, decided.cluster
    title = f"Steady state of {servers_text(cluster)} ({file.path}), {state.method}"
    why = getattr(state, "reason", "")  # of pools
    if cluster.shape:
        results = grid_table(decided, state)
    else:
        results = markdown_table(["", "steady state"], result_rows(cluster, state, file))
    parts = [title, decided.note, parameter_table(cluster), cost_table(file), results]
    if why:
        parts.append(f"Solved by {state.method}: {why}.")
    if prior_art is not None:
        amount = small_text(float(prior_art.unavailability), float(prior_art.log_unavailability))
        parts.append(f"{PRIOR_ART}: unavailability {amount}. It may repair at once, so it is no baseline.")
    return "\n\n".join(part for part in parts if part)


def compare_report(pairs: Sequence[tuple[Decided, SteadyState]]) -> str:
    """Return the report of `compare`.

    Parameters
    ----------
    pairs : sequence of (Decided, SteadyState)
        Two clusters, both to be reported over the same horizon and in the same order as named.

    Returns
    -------
    str
        Markdown text: both side by side, and the second as a multiple of the first.
    """
    columns = [compare_column(decided, state) for decided, state in pairs]
    names = list(dict.fromkeys(name for column in columns for name in column))
    ratios = _ratios(pairs)
    rows = [[name, *(column.get(name, "-") for column in columns), ratios.get(name, "")] for name in names]
    titles = [f"{letter}: {decided.file.path}" for letter, (decided, _) in zip("AB", pairs, strict=True)]
    notes = [f"{title}. {pair[0].note}" for title, pair in zip(titles, pairs, strict=True) if pair[0].note]
    return "\n\n".join([markdown_table(["", *titles, "B / A"], rows), *notes])


def _ratios(pairs: Sequence[tuple[Decided, SteadyState]]) -> dict[str, str]:
    """The second as a multiple of the first, where both have the number and mean the same by it."""
    (first, one), (second, two) = pairs
    span = words(first.file.horizon)
    logs = [(float(one.log_unavailability), float(two.log_unavailability))] * 2
    names = ["unavailability", f"downtime in {span}"]
    if first.file.costs and second.file.costs and first.file.currency == second.file.currency:
        names.append(f"cost in {span}")
        costs = one.log_cost_rate(first.file.costs), two.log_cost_rate(second.file.costs)
        logs.append((float(costs[0]), float(costs[1])))
    return {name: ratio_text(*pair) for name, pair in zip(names, logs, strict=True)}
