"""Row 5 of the fault list: the wall clock jumps, or changes to summer time and back, under a whole runner."""

from __future__ import annotations

import itertools
import logging
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kept import phases, ticked
from test_runtime_runner import Two, two

from rejuvmodel.runtime import ticks
from rejuvmodel.runtime.deciding.views import Moment
from rejuvmodel.runtime.operating.status import is_loud
from rejuvmodel.runtime.runner import Runner

TEN_DAYS = timedelta(days=10)
#: Shortly before three o'clock, when the slot is.
NIGHT = datetime(2026, 3, 1, 2, 59, 50, tzinfo=UTC)
CRON = '[policy]\ncron = "0 3 * * *"\n'


class Wall:
    """A wall clock that stands where it is put; the other clock is the machine's."""

    def __init__(self, patch: pytest.MonkeyPatch, at: datetime) -> None:
        self.at = at
        patch.setattr(ticks, "_now", lambda: Moment(time.monotonic(), self.at))


def begun(runner: Runner, wall: Wall, at: datetime) -> list[str]:
    """Put the clock somewhere and let some ticks pass; return who is to be rejuvenated."""
    wall.at = at
    for _ in range(5):
        runner.tick()
    return list(runner.status()["roll"])


def rolled(runner: Runner, one: Two, before: dict[str, object]) -> dict[str, object]:
    """See a roll through; return the new lives, each of them another one."""
    ticked(runner, "the end of the roll", lambda _: runner.idle)
    after = one.lives()
    assert all(after[name] not in (None, before[name]) for name in before)
    return after


def test_5_a_clock_that_jumps_by_ten_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each slot fires once, however often it is passed; missed ones do not follow, nothing times out."""
    wall = Wall(monkeypatch, NIGHT)
    with two(tmp_path, CRON) as one:
        lives = one.lives()
        with Runner(one.file) as runner:
            ticked(runner, "a full view", lambda found: runner.ready and found["serving"] == 2)
            assert begun(runner, wall, NIGHT) == []
            assert len(begun(runner, wall, NIGHT + timedelta(seconds=15))) == 2
            far = TEN_DAYS + timedelta(hours=3)  # not to another slot
            jumps = itertools.cycle((far, -far, -far, far))

            def jumping(found: dict[str, object]) -> bool:
                wall.at += next(jumps)
                assert not is_loud(found), found
                return runner.idle

            ticked(runner, "a roll while the clock jumps", jumping)
            lives = rolled(runner, one, lives)
            later = NIGHT + timedelta(hours=1)
            for at in (later, later + TEN_DAYS, later - TEN_DAYS, NIGHT, NIGHT + timedelta(seconds=20)):
                assert begun(runner, wall, at) == [], at
        with Runner(one.file) as successor:  # which has the journal only
            ticked(successor, "a full view", lambda found: successor.ready and found["serving"] == 2)
            assert begun(successor, wall, NIGHT + timedelta(seconds=30)) == []
            assert one.lives() == lives
            assert len(begun(successor, wall, NIGHT + TEN_DAYS + timedelta(seconds=15))) == 2
            rolled(successor, one, lives)
            assert set(phases(successor.status()).values()) == {"serving"}


@pytest.mark.parametrize(
    ("night", "slots"),
    [
        (datetime(2026, 3, 29, tzinfo=UTC), ["2026-03-29T01:00:00+00:00"]),  # 02:30 does not exist
        (datetime(2026, 10, 25, tzinfo=UTC), ["2026-10-25T00:30:00+00:00"]),  # 02:30 is there twice
    ],
)
def test_5_the_nights_when_the_clocks_are_changed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    night: datetime,
    slots: list[str],
) -> None:
    """A slot that does not exist fires when the gap ends, one that is there twice fires the first time."""
    caplog.set_level(logging.INFO, "rejuvmodel")
    wall = Wall(monkeypatch, night - timedelta(hours=1))
    zone = '[policy]\ncron = "30 2 * * *"\ntimezone = "Europe/Berlin"\n'
    with two(tmp_path, zone, dry=True) as one, Runner(one.file) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        for _ in range(180):
            wall.at += timedelta(minutes=1, seconds=40)
            runner.tick()
    assert re.findall(r"cron slot (\S+)", caplog.text) == slots
