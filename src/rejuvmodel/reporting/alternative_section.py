"""The section on other pools: which of those asked for meets the target with the fewest servers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from rejuvmodel.durations import exact_hours, words
from rejuvmodel.models.pool import Pool
from rejuvmodel.pool_choice import choose_pool
from rejuvmodel.reporting.blocks import Paragraph, Section, table
from rejuvmodel.reporting.number_texts import wait_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from rejuvmodel.pool_alternative import PoolAlternative
    from rejuvmodel.reporting.case import Case

#: Alternatives that are listed.
_MOST = 30
_HEAD = (
    "primaries + spares", "required", "slots", "crews", "wait", "nines", "planned", "unplanned", "capacity",
    "meets target",
)  # fmt: skip


def alternative_section(
    case: Case, target: float | str, progress: Callable[[int, int], object] | None
) -> Section:
    """All alternatives that the file asks for, those with the fewest servers first."""
    file, pool = case.file, case.file.cluster
    assert isinstance(pool, Pool)  # no other file has alternatives
    bounds, rejuvenation = (file.bounds, "best") if file.is_open else (None, None)
    found = choose_pool(
        pool, target=_availability(target, file.horizon), bounds=bounds, rejuvenation=rejuvenation,
        progress=progress, **dict(file.report.alternatives),  # type: ignore[arg-type]  # lists of numbers
    )  # fmt: skip
    waits = "each at the wait of its least downtime" if file.is_open else "all with the wait in the file"
    shown, count = found.table[:_MOST], len(found.table)
    listed = f"The first {_MOST} of {count} alternatives" if count > _MOST else f"{count} alternatives"
    return Section(
        "alternatives",
        "Other numbers of servers",
        (
            Paragraph(found.reason),
            table(f"{listed}, the fewest servers first, {waits}", _HEAD, [_row(one) for one in shown]),
        ),
    )


def _availability(target: float | str, horizon: float) -> float | Fraction:
    """A target as an availability, exactly."""
    if not isinstance(target, str):
        return target
    down = exact_hours(target, "target")
    assert down is not None  # a finite one was read from the file
    return 1 - down / Fraction(horizon)


def _row(one: PoolAlternative) -> list[str]:
    rate = one.pool.require_rejuvenation()
    return [
        f"{one.pool.primaries} + {one.pool.spares}", str(one.pool.needed), str(one.pool.places),
        str(one.pool.crews), wait_text(1 / rate) if rate > 0 else words(float("inf")), f"{one.nines:.3f}",
        f"{one.planned_unavailability:.3g}", f"{one.unplanned_unavailability:.3g}",
        f"{one.capacity_availability:.6f}", "yes" if one.meets_target else "no",
    ]  # fmt: skip
