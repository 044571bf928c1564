"""What the command on uncertain rates prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.cli.numbers import availability_text, money_text, wait_text
from rejuvmodel.cli.tables import servers_text
from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.durations import words
from rejuvmodel.models.pool import Pool
from rejuvmodel.propagation.averages import log_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.propagation.averages import Average
    from rejuvmodel.propagation.expected_optimum import ExpectedOptimum
    from rejuvmodel.propagation.spreads import Spread
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
    shares = np.array([0.95, 0.5, 0.05])
    known = [[one.name, one.source, *_mean_times(one.quantile(shares))] for one in found.inputs]
    span = words(found.horizon)
    head = f"What is known of {servers_text(found.model)} ({file.path})"  # type: ignore[arg-type]  # of a file
    parts = [
        head,
        markdown_table(["uncertain rate", "from", "mean time, 5 %", "median", "95 %"], known),
        markdown_table(["", "5 %", "median", "95 %", "mean"], _measures(file, found, span)),
        markdown_table(["variance because of", *(one.of for one in found.indices.values())], _shares(found)),
    ]
    if found.decision is not None and found.decision.partial_information is not None:
        parts.append(
            markdown_table([f"knowing before deciding, in {span}", "is worth"], _values(file, found))
        )
    parts.append("\n".join(f"- {line}" for line in (*_notes(file, found, span), *assumed)))
    return "\n\n".join(parts)


def _mean_times(rates: Any) -> list[str]:
    return [words(float(f"{1 / rate:.4g}")) if rate > 0 else "never" for rate in rates]


def _measures(file: ClusterFile, found: Uncertainty, span: str) -> list[list[str]]:
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


def _shares(found: Uncertainty) -> list[list[str]]:
    first = next(iter(found.indices.values()))
    return [
        [name, *(f"{max(0.0, one.total[name].mean):.2f}" for one in found.indices.values())]
        for name in first.ranking
    ]


def _values(file: ClusterFile, found: Uncertainty) -> list[list[str]]:
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


def _notes(file: ClusterFile, found: Uncertainty, span: str) -> list[str]:
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
