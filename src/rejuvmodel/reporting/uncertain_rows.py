"""What a report says of uncertain rates: rows of its tables, and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import words
from rejuvmodel.models.pool import Pool
from rejuvmodel.propagation.averages import log_mean
from rejuvmodel.reporting.number_texts import availability_text, money_text, wait_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.propagation.averages import Average
    from rejuvmodel.propagation.expected_optimum import ExpectedOptimum
    from rejuvmodel.propagation.spreads import Spread
    from rejuvmodel.propagation.uncertainty_result import Uncertainty

KNOWN = ("uncertain rate", "from", "mean time, 5 %", "median", "95 %")
MEASURES = ("", "5 %", "median", "95 %", "mean")


def known_rows(found: Uncertainty) -> list[list[str]]:
    """What is known of each rate: mean times, the longest likely rate first, in the columns of `KNOWN`."""
    shares = np.array([0.95, 0.5, 0.05])
    return [[one.name, one.source, *_mean_times(one.quantile(shares))] for one in found.inputs]


def _mean_times(rates: Any) -> list[str]:
    return [words(float(f"{1 / rate:.4g}")) if rate > 0 else "never" for rate in rates]


def measure_rows(file: ClusterFile, found: Uncertainty, span: str) -> list[list[str]]:
    """Quantiles and mean of each measure, in the columns of `MEASURES`."""
    down = found.unavailability
    logs = [*np.quantile(down.logs, (0.95, 0.5, 0.05), method="inverted_cdf"), log_mean(down.logs.ravel())]
    rows = [["availability", *(availability_text(float(np.exp(x)), float(x)) for x in logs)]]
    rows.append([f"downtime in {span}", *_row(found.downtime, words)])
    if found.cost is not None:
        rows.append([f"cost in {span}", *_row(found.cost, lambda x: money_text(x, file.currency))])
    if found.decision is not None:
        ends = np.asarray(found.decision.best_periods.quantile([0.05, 0.5, 0.95]))
        waits = [wait_text(float(x)) for x in ends]
        rows.append(["best wait if the rates were known", *waits, ""])
    return rows


def _row(spread: Spread, text: Callable[[float], str]) -> list[str]:
    ends = np.asarray(spread.quantile([0.05, 0.5, 0.95]))
    return [text(float(x)) for x in (*ends, spread.mean.mean)]


def share_rows(found: Uncertainty) -> list[list[str]]:
    """Total Sobol' index of each rate, for each measure."""
    first = next(iter(found.indices.values()))
    return [
        [name, *(f"{max(0.0, one.total[name].mean):.2f}" for one in found.indices.values())]
        for name in first.ranking
    ]


def value_rows(file: ClusterFile, found: Uncertainty) -> list[list[str]]:
    """What it is worth to know all rates, or one, before deciding."""
    best = found.decision
    assert best is not None  # was asked
    assert best.partial_information is not None
    each = sorted(best.partial_information.items(), key=lambda item: -item[1].mean)
    rows = [[name, _worth(file, value)] for name, value in each]
    return [["all rates", _worth(file, best.perfect_information)], *rows]


def _worth(file: ClusterFile, value: Average) -> str:
    if file.costs is None:
        return f"{words(value.mean)} of downtime"
    return f"{money_text(value.mean)} ± {money_text(value.standard_error, file.currency)}"


def uncertainty_notes(file: ClusterFile, found: Uncertainty, span: str) -> list[str]:
    """Sentences on the target, the decision and what the numbers hold for."""
    lines = []
    if found.meets_target is not None and found.target is not None:
        met = f"{100 * found.meets_target.mean:.4g} % ± {100 * found.meets_target.standard_error:.2g} %"
        allowed = words(found.target * found.horizon)
        lines.append(f"Target of at most {allowed} down in {span}: met with probability {met}.")
    if found.decision is not None:
        lines += _decision(file, found, found.decision, span)
    at = "that decision" if found.at == "decision" else "the wait in the file"
    if not isinstance(found.model, Pool) or found.decision is not None:
        lines.append(f"Availability, downtime and cost are those at {at}.")
    points = f"{found.scramblings} scramblings of {found.points:,} points"
    return [*lines, f"Errors are standard errors from {points}; the same numbers again: --seed {found.seed}."]


def _decision(file: ClusterFile, found: Uncertainty, best: ExpectedOptimum, span: str) -> list[str]:
    what = "downtime" if file.costs is None else "cost"
    wait, guess = wait_text(best.period), wait_text(best.best_guess_period)
    expected, regret = _worth(file, best.expected), _worth(file, best.regret)
    points = f"{best.points:,} points of each of {found.scramblings} scramblings"
    return [
        f"Wait of least expected {what}: {wait} ({best.location}); expected {expected} in {span}.",
        f"Best wait at the rates of the file: {guess}; expected to cost {regret} more.",
        f"Decided on {points}: {best.certainty}.",
    ]
