"""Slots of a cron expression, by cronsim: each fires once, across clock changes and jumps of the clock.

A slot that does not exist (02:30 on the day when the clock goes forward) fires when the gap ends; one that is
there twice fires the first time. A slot fires only if it is noticed within the grace: after a jump of the
clock, or a night in which nobody looked, missed slots do not fire one after another.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.optional_packages import optional_package


def checked_cron(argument: str, value: object) -> str:
    """Return a cron expression that has slots.

    Parameters
    ----------
    argument : str
        The name that errors give.
    value : object
        Five fields: minute, hour, day of month, month, day of week.

    Returns
    -------
    str
        The same.

    Raises
    ------
    InvalidInputError
        If it is none, or never fires.
    """
    rule = "a cron expression has five fields: minute, hour, day of month, month, day of week"
    advice = 'Write, for example, "0 3 * * *".'
    if not isinstance(value, str) or len(value) > 200 or not value.isascii() or len(value.split()) != 5:
        raise InvalidInputError(argument, shown(value), rule, advice)
    cronsim = optional_package("cronsim", "runtime")
    try:
        next(cronsim.CronSim(value, datetime(2024, 1, 1, tzinfo=UTC)))
    except cronsim.CronSimError as problem:
        raise InvalidInputError(argument, shown(value), f"{rule} ({problem})", advice) from None
    except StopIteration:
        raise InvalidInputError(argument, shown(value), "this cron expression never fires", advice) from None
    return str(value)


def slot_due(
    expression: str, zone: str, looked: datetime | None, now: datetime, grace: float, fired: tuple[str, ...]
) -> str:
    """Return the slot that fires now.

    Parameters
    ----------
    expression : str
        The cron expression.
    zone : str
        Its time zone.
    looked : datetime or None
        When it was last asked; None for the first time.
    now : datetime
        The wall clock.
    grace : float
        How late [s] a slot may fire.
    fired : tuple of str
        Slots that have fired already.

    Returns
    -------
    str
        The latest slot that is due, ISO 8601 in UTC; empty if there is none.
    """
    now = now.astimezone(UTC)
    first = now - timedelta(seconds=grace)
    if looked is not None and looked.astimezone(UTC) <= now:
        first = max(first, looked.astimezone(UTC))
    # A clock that was set back may look at a slot a second time: those that fired are remembered.
    cronsim = optional_package("cronsim", "runtime")
    due, begin = "", first.astimezone(ZoneInfo(zone)) - timedelta(seconds=1)
    for slot in cronsim.CronSim(expression, begin):
        utc = slot.astimezone(UTC)
        if utc > now:
            break
        name = utc.isoformat()
        if utc >= first and name not in fired:
            due = name
    return due
