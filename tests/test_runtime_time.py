"""Windows that close on the way, by a clock that the test sets: row 21 of the acceptance list."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kept import file_of, phases, refusals, starts, ticked
from long_request import Long
from rolling import NAMES, World, world

from rejuvmodel.runtime import ticks
from rejuvmodel.runtime.deciding.views import Moment
from rejuvmodel.runtime.runner import Runner

#: Due is what has leaked, within a window over midnight; what was called back may be tried again soon.
POLICY = """
[policy]
confirm_for = "0 s"
windows = ["22:00-05:00"]
retry_after = "0.1 s"
[thresholds]
memory = 5e7
unstable_after = 1
normal_after = 1
"""


class Wall:
    """The wall clock of the runner: it stands at what the test sets, while the monotonic one goes on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def at(self, day: int, hour: int, minute: int) -> None:
        """Set it."""
        self.now = datetime(2026, 3, day, hour, minute, tzinfo=UTC)

    def moment(self) -> Moment:
        """Both clocks."""
        return Moment(time.monotonic(), self.now)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """The clock of every runner of the test."""
    found = Wall()
    monkeypatch.setattr(ticks, "_now", found.moment)
    return found


@pytest.fixture
def one() -> Iterator[World]:
    """Three servers."""
    with world(warm_up=0.2) as found:
        yield found


def test_21_a_window_over_midnight_closes_while_draining(one: World, wall: Wall, tmp_path: Path) -> None:
    """It waits for the window, is called back when it closes before the restart, and goes the next night."""
    before = starts(one)
    request = Long(one, 2.0)
    name = request.server
    assert one.get("/leak/60000000", name=name) == 200
    with Runner(file_of(one, tmp_path, more=POLICY)) as runner:
        for day, hour, minute in [(1, 12, 0), (1, 21, 59), (2, 5, 0)]:
            wall.at(day, hour, minute)
            ticked(runner, "the refusal", lambda found: refusals(found) == {name: "outside the windows"})
        wall.at(2, 4, 59)
        ticked(runner, "a drain", lambda found: phases(found)[name] == "draining")
        wall.at(2, 5, 0)
        assert request.end() == 200
        ticked(runner, "its way back", lambda found: phases(found)[name] in ("joining", "serving", "watched"))
        ticked(runner, "the refusal", lambda found: refusals(found) == {name: "outside the windows"})
        assert one.balancer.view().serving == NAMES
        assert starts(one) == before
        wall.at(2, 23, 59)
        ticked(runner, "a new drain", lambda found: phases(found)[name] == "draining")
        wall.at(3, 0, 1)
        ticked(runner, "its new life", lambda found: set(phases(found).values()) == {"serving"})
    assert starts(one) == {**before, name: before[name] + 1}
