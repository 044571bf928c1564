"""Active/standby on real servers: row 11 of the fault list, the spare dies during the switch."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from kept import file_of, phases, starts, ticked
from rolling import World, world

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.runner import Runner

SPARE = 'role = "spare"'


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """Three servers for all tests of this file."""
    with world(warm_up=0.2) as one:
        yield one


@pytest.fixture
def one(shared: World) -> Iterator[World]:
    """The three servers, which serve again after each test."""
    yield shared
    shared.put_back()


def standby(one: World, folder: Path) -> RuntimeFile:
    """One primary and two spares."""
    return file_of(
        one, folder, mode="active/standby", required=1, server={"s2": SPARE, "s3": SPARE},
        executor='restart_timeout = "3 s"', more='[policy]\nretry_after = "0.5 s"',
    )  # fmt: skip


def kill(one: World, name: str) -> None:
    """Kill a server."""
    found = one.executor.identity(name)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)


def switching(one: World, runner: Runner) -> str:
    """Rejuvenate the primary, as far as the promotion of a spare; return which."""
    ticked(runner, "a full view", lambda found: runner.ready and found["serving"] == 1)
    assert phases(runner.status()) == {"s1": "serving", "s2": "standby", "s3": "standby"}
    assert {name: one.balancer.view()[name].weight for name in ("s2", "s3")} == {"s2": 0, "s3": 0}
    runner.put({"ask": "rejuvenate", "servers": ["s1"]})
    found = ticked(runner, "a promotion", lambda found: "promoting" in phases(found).values())
    (promoted,) = [name for name, phase in phases(found).items() if phase == "promoting"]
    return promoted


def working(one: World) -> list[str]:
    """Servers that get work."""
    return [server.name for server in one.balancer.view().servers if server.serving and server.weight > 0]


def test_11_the_old_primary_stays_when_the_spare_dies(one: World, tmp_path: Path) -> None:
    """It was not drained yet: it serves all the time, and leaves when the next spare has taken over."""
    before = starts(one)
    with Runner(standby(one, tmp_path), by_policy=False) as runner:
        promoted = switching(one, runner)
        kill(one, promoted)

        def back(found: dict[str, object]) -> bool:
            assert "s1" in working(one)
            return phases(found)["s1"] == "serving"

        ticked(runner, "the way back", back)
        assert starts(one)["s1"] == before["s1"]

        def over(found: dict[str, object]) -> bool:
            assert working(one)
            return runner.idle and sorted(phases(found).values()) == ["serving", "standby", "standby"]

        ticked(runner, "the rest", over)
    after = starts(one)
    assert after["s1"] == before["s1"] + 1
    assert after[promoted] == before[promoted] + 1


def test_11_the_next_spare_serves_when_both_die(one: World, tmp_path: Path) -> None:
    """The old primary and the spare that was to follow it die at once: the other spare takes over."""
    before = starts(one)
    with Runner(standby(one, tmp_path), by_policy=False) as runner:
        promoted = switching(one, runner)
        (left,) = {"s2", "s3"} - {promoted}
        kill(one, promoted)
        kill(one, "s1")
        ticked(runner, "the next spare", lambda _: working(one) == [left])
        ticked(
            runner,
            "all back",
            lambda found: runner.idle and sorted(phases(found).values()) == ["serving", "standby", "standby"],
        )
    after = starts(one)
    assert after[left] - before[left] == 0
    assert after[promoted] - before[promoted] == 1
    assert after["s1"] > before["s1"]
