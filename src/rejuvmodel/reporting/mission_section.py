"""The section on a finite time from a fresh start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.durations import words
from rejuvmodel.errors import ConvergenceError, SizeError
from rejuvmodel.mission import interval_unreliability, mean_time_to_outage, transient
from rejuvmodel.plotting import plot_transient
from rejuvmodel.reporting.blocks import Block, Paragraph, Section, table
from rejuvmodel.reporting.comparing import has_chain
from rejuvmodel.reporting.images import picture
from rejuvmodel.reporting.mission_rows import mission_rows

if TYPE_CHECKING:
    from rejuvmodel.mission_result import Transient
    from rejuvmodel.reporting.case import Case

#: Servers of a cluster up to which its chain is followed in time.
_MOST_SERVERS = 1000
#: Points of the curve, and how far they reach back from the horizon.
_POINTS, _REACH = 80, 1e5


def mission_section(case: Case) -> Section:
    """From all fresh to the horizon: what it brings, and the unavailability on the way."""
    model, horizon = case.model, case.file.horizon
    title = f"The first {words(horizon)} from a fresh start"
    blocks: list[Block]
    if not has_chain(model) or model.servers > _MOST_SERVERS:
        law = model.trigger is not None
        why = "a delay of this law has no chain to be followed" if law else "the model is too large"
        return Section("mission", title, (Paragraph(f"Left out: {why}. Simulation can take its place."),))
    try:
        end = transient(model, horizon)
        outage = float(interval_unreliability(model, horizon))
        rows = mission_rows(model, case.file, end, outage, mean_time_to_outage(model))
        course = transient(model, np.geomspace(horizon / _REACH, horizon, _POINTS))
    except (SizeError, ConvergenceError) as error:
        blocks = [Paragraph(f"Left out: {error}")]
    else:
        text = "All servers are fresh at the start, at the best wait; the long run is reached from there."
        blocks = [Paragraph(text), table(f"In {words(horizon)}", ("", "from a fresh start"), rows)]
        blocks += _course(case, course)
    return Section("mission", title, tuple(blocks))


def _course(case: Case, course: Transient) -> list[Block]:
    """The unavailability against time, if there is any."""
    if not np.any(np.asarray(course.unavailability) > 0):
        return []
    last, limit = float(np.asarray(course.unavailability)[-1]), float(case.state.unavailability)
    alt = (
        f"Curves of the unavailability and its planned and unplanned part against time; {last:.3g} after "
        f"{words(case.file.horizon)}, {limit:.3g} in the long run."
    )
    return [
        picture(lambda ax: plot_transient(course, steady=case.state, ax=ax), "Unavailability on the way", alt)
    ]
