"""The section on uncertain rates: distributions, the decision that suits them, and what knowing is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import words
from rejuvmodel.plotting import plot_band, plot_uncertainty
from rejuvmodel.propagation.propagating import uncertainty
from rejuvmodel.reporting.blocks import Block, Bullets, Section, table
from rejuvmodel.reporting.images import picture
from rejuvmodel.reporting.number_texts import wait_text
from rejuvmodel.reporting.uncertain_rows import (
    KNOWN,
    MEASURES,
    known_rows,
    measure_rows,
    share_rows,
    uncertainty_notes,
    value_rows,
)

if TYPE_CHECKING:
    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.estimation.rate_estimates import RateEstimates
    from rejuvmodel.propagation.uncertainty_result import Uncertainty
    from rejuvmodel.reporting.case import Case


def file_uncertainty(
    file: ClusterFile,
    inputs: Mapping[str, Any] | RateEstimates,
    target: float | str | None,
    points: int | None,
    seed: int,
    workers: Any,
    progress: Callable[[int, int], object] | None,
) -> Uncertainty:
    """Return what follows for the cluster of a file; where it leaves the wait out, at the decision.

    Parameters
    ----------
    file : ClusterFile
        The file.
    inputs : mapping or RateEstimates
        What is known of the rates, as `uncertainty` takes it.
    target : float, str or None
        Availability or downtime to be met.
    points : int or None
        Points of each scrambling.
    seed : int
        Gives the same numbers again.
    workers : int, executor or callable
        Who solves the points of a pool.
    progress : callable or None
        Called with the parts done and all parts.

    Returns
    -------
    Uncertainty
        Ranges are read as the file says.
    """
    return uncertainty(
        file.cluster, inputs, costs=file.costs, bounds=file.bounds, target=target, horizon=file.horizon,
        ranges="lognormal" if file.uncertainty is None else file.uncertainty.reading,
        at="decision" if file.is_open else "model", points=points, seed=seed,
        workers=workers, progress=progress,
    )  # fmt: skip


def uncertainty_section(case: Case, found: Uncertainty, assumed: Sequence[str]) -> Section:
    """What is known of the rates, and what follows from it."""
    file, span = case.file, words(found.horizon)
    shares = ["variance because of", *(one.of for one in found.indices.values())]
    blocks: list[Block] = [
        Bullets((*uncertainty_notes(file, found, span), *assumed)),
        table("What is known of the rates", KNOWN, known_rows(found)),
        table("Distributions", MEASURES, measure_rows(file, found, span)),
        table("Where the uncertainty comes from (total Sobol' indices)", shares, share_rows(found)),
    ]
    if found.decision is not None and found.decision.partial_information is not None:
        head = (f"knowing before deciding, in {span}", "is worth")
        blocks.append(table("What it is worth to know better", head, value_rows(file, found)))
    shown = [measure for measure in ("downtime", "cost") if measure in found.spreads]
    blocks += [_distribution(found, measure, span) for measure in shown]
    if found.decision is not None:
        blocks.append(_band(found))
    return Section("uncertainty", "While the rates are uncertain", tuple(blocks))


def _distribution(found: Uncertainty, measure: str, span: str) -> Block:
    low, middle, high = np.asarray(found.spreads[measure].quantile([0.05, 0.5, 0.95])).tolist()
    said = words if measure == "downtime" else lambda value: f"{value:.4g}"
    alt = (
        f"Histogram of the {measure} in {span}: 5 % below {said(low)}, half below {said(middle)}, "
        f"5 % above {said(high)}."
    )
    caption = f"Distribution of the {measure} in {span}"
    return picture(lambda ax: plot_uncertainty(found, measure, ax=ax), caption, alt)


def _band(found: Uncertainty) -> Block:
    assert found.decision is not None  # was asked
    what = "cost per hour" if found.costs is not None else "unavailability"
    wait = wait_text(found.decision.period)
    alt = f"Curve of the {what} with bands of its middle 50 % and 90 %; least expected at a wait of {wait}."
    return picture(lambda ax: plot_band(found, ax=ax), f"The {what} and its uncertainty", alt, (7.5, 6.0))
