"""What a report says of an optimum, and of the agreement of the two roads, in sentences."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from rejuvmodel.durations import words
from rejuvmodel.optimum_result import Optimum, mean_wait
from rejuvmodel.reporting.number_texts import money_text, rate_text, wait_text
from rejuvmodel.reporting.result_rows import wait_name

if TYPE_CHECKING:
    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.cross_check import Agreement
    from rejuvmodel.models.cluster import Cluster
    from rejuvmodel.models.pool import Pool


def decision_notes(file: ClusterFile, best: Optimum) -> list[str]:
    """Return what is to be said of an optimum: where it lies, why, what it saves, and how sure it is."""
    low, high = file.waits
    searched = f"mean waits from {wait_text(low)} to {wait_text(high)}"
    return [
        f"Best {wait_name(best.model)}: {wait_text(best.period)}{_rate(best)}.",
        f"Location: {_where(best)}.",
        f"Why: {best.reason}",
        f"Searched: {searched}{' (the default)' if file.default_bounds else ''}.",
        f"Within 1 % of the best {best.objective}: {_flat(best)}.",
        f"Break-even: {_break_even(best)}.",
        f"{gain_text(file, best)}.",
        f"Certificate: {certificate_text(best)}.",
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


def gain_text(file: ClusterFile, best: Optimum) -> str:
    """What the best wait saves against never rejuvenating."""
    verb = "saves" if best.gain >= 0 else "loses"
    return f"Against never rejuvenating: it {verb} {saved_text(file, best)}"


def saved_text(file: ClusterFile, best: Optimum, *, share: bool = True) -> str:
    """How much the best wait saves or loses against never rejuvenating."""
    span, saved = words(file.horizon), abs(best.gain * file.horizon)
    amount = money_text(saved, file.currency) if best.objective == "cost" else words(saved)
    what = "" if best.objective == "cost" else " of downtime"
    of_all = f" ({_percent(best)} % of the {best.objective})" if share and best.without > 0 else ""
    return f"{amount}{what} in {span}{of_all}"


def _percent(best: Optimum) -> str:
    percent = f"{100 * best.gain / best.without:.3g}"
    # Rounding must not promise that nothing is left.
    return "more than 99.9" if percent == "100" and best.value > 0 else percent


def certificate_text(best: Optimum) -> str:
    """What proves the best wait."""
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
