"""report(file): everything a planner has to hand on about one cluster file, on one page."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from rejuvmodel.cluster_file import ClusterFile, read_cluster_file
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.reporting.alternative_section import alternative_section
from rejuvmodel.reporting.answer_section import decision_section, results_section
from rejuvmodel.reporting.case import case_of
from rejuvmodel.reporting.decision import decision_sentence, key_figures
from rejuvmodel.reporting.input_section import agreement_section, input_section
from rejuvmodel.reporting.limits_section import limits_section, symbols_section
from rejuvmodel.reporting.mission_section import mission_section
from rejuvmodel.reporting.probability_section import probability_section
from rejuvmodel.reporting.report_result import Report
from rejuvmodel.reporting.result_rows import servers_text
from rejuvmodel.reporting.sensitivity_section import sensitivity_section
from rejuvmodel.reporting.uncertainty_section import file_uncertainty, uncertainty_section

if TYPE_CHECKING:
    from rejuvmodel.estimation.rate_estimates import RateEstimates
    from rejuvmodel.reporting.case import Case


def report(
    file: ClusterFile | str | os.PathLike[str],
    *,
    inputs: Mapping[str, Any] | RateEstimates | None = None,
    target: float | str | None = None,
    points: int | None = None,
    seed: int = 0,
    workers: Any = None,
    notes: Sequence[str] | None = None,
    date: dt.date | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Report:
    """Return a report on one cluster file: the decision, why, and all that it rests on.

    Parameters
    ----------
    file : ClusterFile, str or path
        What `read_cluster_file` returned, or the file itself; one cluster or pool, no grid. Its table
        ``[report]`` has the title, the horizon, the target, and of a pool the alternatives to compare.
    inputs : mapping or RateEstimates, optional
        What is known of uncertain rates, as `uncertainty` takes it; by default the ranges of the table
        ``[uncertainty]``. Where there are neither, the report has no section on uncertainty.
    target : float or str, optional
        Availability to be met, such as 0.9999, or downtime over the horizon, such as "50 min"; by default
        that of the file.
    points : int, optional
        Points of each scrambling, as `uncertainty` takes them.
    seed : int, optional
        Gives other points; the same seed gives the same numbers.
    workers : int, executor or map-like callable, optional
        Who solves the points of a pool, as `uncertainty` takes them.
    notes : sequence of str, optional
        What else is to be said of the uncertain rates; by default the notes of `RateEstimates`.
    date : datetime.date, optional
        Date of the report; today by default.
    progress : callable, optional
        Called with the parts done and all parts.

    Returns
    -------
    Report
        With ``html``, the page, and ``save(path)``.

    Raises
    ------
    InvalidInputError
        If the file cannot be read, describes a grid, or another argument is not valid.
    ConvergenceError
        If a pool cannot be solved.

    Examples
    --------
    >>> from rejuvmodel import report
    >>> print(report("examples/duplex.toml").decision)  # doctest: +SKIP
    Rejuvenate the cluster on average 14.02 d after it has become unstable: this saves 121.44 EUR in 365 d ...
    """
    said = file if isinstance(file, ClusterFile) else read_cluster_file(file)
    day = _date(date)
    goal = said.target if target is None else target
    known = _known(said, inputs)
    case = case_of(said, goal)
    steps = _Steps(progress, 7 + bool(known) + bool(said.report.alternatives))
    steps.end_of_part()
    found = None
    if known:
        found = file_uncertainty(said, known, goal, points, seed, workers, steps.inside_part)
        steps.end_of_part()
    checked, agree = agreement_section(case)
    sections = [results_section(case), decision_section(case)]
    steps.end_of_part()
    if found is not None:
        sections.append(uncertainty_section(case, found, _notes(inputs, notes)))
    if said.report.alternatives and goal is not None:
        sections.append(alternative_section(case, goal, steps.inside_part))
        steps.end_of_part()
    sections += [input_section(case), checked]
    for make in (probability_section, sensitivity_section, mission_section, limits_section, symbols_section):
        sections.append(make(case))
        steps.end_of_part()
    return Report(
        said.report.title or _title(case), said.path, day, _version(), decision_sentence(case, found),
        tuple(key_figures(case, found)), tuple(sections), case.best, agree, found,
    )  # fmt: skip


class _Steps:
    """Tells how far a report has come, in hundredths of its parts."""

    def __init__(self, progress: Callable[[int, int], object] | None, parts: int) -> None:
        self._progress, self._parts, self._done = progress, parts, 0

    def inside_part(self, done: int, total: int) -> None:
        """Tell how much of the present part is done."""
        if self._progress is not None:
            self._progress(100 * self._done + 100 * done // max(total, 1), 100 * self._parts)

    def end_of_part(self) -> None:
        """Tell that the present part is done."""
        self._done += 1
        self.inside_part(0, 1)


def _known(file: ClusterFile, inputs: Any) -> Any:
    """What is known of uncertain rates; None where all are certain."""
    if inputs is not None:
        return inputs
    return dict(file.uncertainty.ranges) if file.uncertainty is not None else None


def _notes(inputs: object, notes: Sequence[str] | None) -> Sequence[str]:
    """What had to be assumed of a log, if nothing else is to be said."""
    return getattr(inputs, "notes", ()) if notes is None else notes


def _date(date: object) -> dt.date:
    if date is None:
        return dt.datetime.now().astimezone().date()
    if isinstance(date, dt.datetime):
        return date.date()
    if isinstance(date, dt.date):
        return date
    raise InvalidInputError(
        "date",
        shown(date),
        "date is a datetime.date",
        "Write date=datetime.date(2026, 3, 1), or leave it out.",
    )


def _title(case: Case) -> str:
    return f"When to rejuvenate {servers_text(case.model)}"


def _version() -> str:
    try:
        return version("rejuvmodel")
    except PackageNotFoundError:  # run from its sources
        return "from its sources"
