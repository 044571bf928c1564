"""What a display says of an uncertainty: a table of measures, and sentences on what follows."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log

import numpy as np

from rejuvmodel.durations import words
from rejuvmodel.propagation.averages import Average, log_mean
from rejuvmodel.propagation.expected_optimum import ExpectedOptimum
from rejuvmodel.propagation.indices import SobolIndices
from rejuvmodel.propagation.spreads import Spread

#: Columns of the table of measures.
HEAD = ("measure", "5 %", "median", "95 %", "mean")
_TITLES = {
    "availability": "availability", "unavailability": "unavailability", "downtime": "downtime in {}",
    "cost": "cost in {}", "best_period": "best wait if the rates were known",
}  # fmt: skip


def measure_rows(spreads: Mapping[str, Spread], horizon: float) -> list[tuple[str, ...]]:
    """Return the table of measures.

    Parameters
    ----------
    spreads : mapping of Spread
        Distributions by name.
    horizon : float
        Horizon [h].

    Returns
    -------
    list of tuple of str
        Name, 5 %, median, 95 % and mean; of the best wait, which may be "never", no mean.
    """
    rows = []
    for name, title in _TITLES.items():
        if name not in spreads:
            continue
        one = spreads[name]
        if name == "availability":
            downs = np.quantile(one.logs, (0.95, 0.5, 0.05), method="inverted_cdf")
            cells = [_availability(float(x)) for x in (*downs, log_mean(one.logs.ravel()))]
        else:
            values = [float(x) for x in np.asarray(one.quantile([0.05, 0.5, 0.95]))]
            cells = [wait_text(x) if name == "best_period" else _amount(name, x) for x in values]
            cells.append("" if name == "best_period" else _amount(name, one.mean.mean))
        rows.append((title.format(words(horizon)), *cells))
    return rows


def notes(
    indices: Mapping[str, SobolIndices],
    decision: ExpectedOptimum | None,
    target: tuple[float, Average] | None,
    horizon: float,
    *,
    priced: bool,
) -> list[str]:
    """Return what else a reader wants to know, in sentences.

    Parameters
    ----------
    indices : mapping of SobolIndices
        Where the variance of the measures comes from.
    decision : ExpectedOptimum or None
        The decision.
    target : tuple or None
        Unavailability that is allowed, and the probability that it is met.
    horizon : float
        Horizon [h].
    priced : bool
        Whether there are costs.

    Returns
    -------
    list of str
        On the target, on where the uncertainty comes from, and on the decision.
    """
    lines = []
    if target is not None:
        met = f"{100 * target[1].mean:.4g} % ± {100 * target[1].standard_error:.2g} %"
        allowed = words(target[0] * horizon)
        lines.append(f"Target: at most {allowed} down in {words(horizon)}; met with probability {met}.")
    lines += [f"The {one.of} varies because of {_ranked(one)}." for one in indices.values()]
    return lines if decision is None else [*lines, *_on_the_decision(decision, horizon, priced)]


def wait_text(period: float) -> str:
    """Mean wait in words; "at once" for 0, "never" for infinity."""
    return "at once" if period == 0 else words(period)


def _on_the_decision(best: ExpectedOptimum, horizon: float, priced: bool) -> list[str]:
    unit = "" if priced else " h"
    what = "cost" if priced else "downtime"
    found = f"{wait_text(best.period)} ({best.location}), {best.expected:.5g}{unit} in {words(horizon)}"
    guess = f"{wait_text(best.best_guess_period)}, expected to be worse by {best.regret:.3g}{unit}"
    lines = [
        f"Wait of least expected {what}: {found}; {best.certainty}.",
        f"Best wait at the model's own rates: {guess}.",
        f"Knowing all rates before deciding is worth {best.perfect_information:.3g}{unit}.",
    ]
    if best.partial_information is not None and len(best.partial_information) > 1:
        each = sorted(best.partial_information.items(), key=lambda item: -item[1].mean)
        lines.append(f"Knowing one rate is worth: {', '.join(f'{k} {v:.3g}' for k, v in each)}{unit}.")
    return lines


def _ranked(one: SobolIndices) -> str:
    parts = [
        f"{name} {max(0.0, one.total[name].mean):.2f} (alone {max(0.0, one.first[name].mean):.2f})"
        for name in one.ranking
    ]
    return ", ".join(parts)


def _amount(name: str, value: float) -> str:
    return words(value) if name == "downtime" else f"{value:.6g}"


def _availability(log_down: float) -> str:
    """Availability with three digits beyond its nines."""
    if log_down == -np.inf:
        return "1"
    places = max(4, ceil(-log_down / log(10)) + 2)
    if places > 15:
        return f"1 - {np.exp(log_down):.3g}"
    return f"{1 - np.exp(log_down):.{places}f}"
