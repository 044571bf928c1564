"""The sections that answer: what follows from the decision, and why it is the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rejuvmodel.durations import words
from rejuvmodel.measures import PRICED
from rejuvmodel.models.pool import Pool
from rejuvmodel.parameters import COST_NAMES
from rejuvmodel.plotting import plot_period, plot_rate
from rejuvmodel.reporting.blocks import Block, Bullets, Paragraph, Section, table
from rejuvmodel.reporting.images import picture
from rejuvmodel.reporting.number_texts import money_text, wait_text
from rejuvmodel.reporting.optimum_notes import decision_notes
from rejuvmodel.reporting.result_rows import result_rows, wait_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from rejuvmodel.reporting.case import Case

_TERMS = (
    "To rejuvenate is to restart software on purpose before it fails. Unstable is what has aged and may "
    "fail; planned downtime is caused by rejuvenation, unplanned downtime by failure."
)


def results_section(case: Case) -> Section:
    """What follows, side by side: never rejuvenated, as in the file, at the best wait."""
    columns = [result_rows(one.model, one.state, case.file) for one in case.columns]
    rows = [[line[0][0], *(cell[1] for cell in line)] for line in zip(*columns, strict=True)]
    head = ["", *(one.title for one in case.columns)]
    blocks: list[Block] = [Paragraph(_TERMS), table("Availability, downtime and cost", head, rows)]
    if case.file.costs is not None:
        span = words(case.file.horizon)
        blocks.append(table(f"Where the cost in {span} comes from", head, _cost_rows(case)))
    return Section("results", "What follows", tuple(blocks))


def _cost_rows(case: Case) -> list[list[str]]:
    """What each price causes over the horizon; prices of 0 are left out."""
    costs, horizon, currency = case.file.costs, case.file.horizon, case.file.currency
    rows = []
    for name, meaning in COST_NAMES.items():
        price = float(getattr(costs, name))
        if price > 0:
            parts = [float(one.state.solution.mass(PRICED[name])) * price * horizon for one in case.columns]
            what = meaning.removeprefix("hour ").removeprefix("of ")
            rows.append([what, *(money_text(part, currency) for part in parts)])
    totals = [float(one.state.cost(costs, horizon)) for one in case.columns]  # type: ignore[arg-type]  # there are
    return [*rows, ["all", *(money_text(total, currency) for total in totals)]]


def decision_section(case: Case) -> Section:
    """Why the best wait is the best, with the curve."""
    file, best = case.file, case.best
    notes = decision_notes(file, best)
    if case.given is not None:
        notes.append(_of_given(case))
    what = "cost per hour" if best.objective == "cost" else "unavailability"
    triggered = case.model.trigger is not None
    against = "the mean delay" if triggered else "the rejuvenation rate"
    is_pool = isinstance(file.cluster, Pool)

    def draw(ax: Axes) -> None:
        asked: dict[str, Any] = {"costs": file.costs, "bounds": file.bounds, "best": best, "ax": ax}
        if triggered and not is_pool:
            plot_period(file.cluster, **asked)  # type: ignore[arg-type]  # no pool has a trigger
        else:
            plot_rate(file.cluster, **asked)

    alt = (
        f"Curve of the {what} against {against}. Best wait {wait_text(best.period)}, there {best.value:.4g}; "
        f"never rejuvenated {best.without:.4g}."
    )
    return Section(
        "decision",
        "Why this wait",
        (Bullets(tuple(notes)), picture(draw, f"{what.capitalize()} against {against}", alt, (7.5, 6.0))),
    )


def _of_given(case: Case) -> str:
    """What the wait in the file costs more than the best."""
    assert case.given is not None  # there is one
    file, best = case.file, case.best
    if file.costs is not None:
        more = float(case.given.state.cost_rate(file.costs)) - best.value
        amount = money_text(max(0.0, more) * file.horizon, file.currency)
    else:
        amount = words(max(0.0, float(case.given.state.unavailability) - best.value) * file.horizon)
    wait = wait_rows(case.given.model)[0][1]
    what = "cost" if file.costs is not None else "downtime"
    return f"The wait in the file, {wait}: {amount} more {what} in {words(file.horizon)}."
