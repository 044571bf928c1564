"""Row 1 of the acceptance list: a controller that is killed at any step, and its successor."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from kept import file_of, settled, starts
from rolling import NAMES, world

CONTROLLER = Path(__file__).with_name("killed_controller.py")
#: The rejuvenation of one server has at least so many writes; steps that come in one tick are one write.
WRITES = 6


def killed(path: str, server: str, number: object, when: str) -> int:
    """Run a controller that dies at a write or a call; return how it ended."""
    done = subprocess.run(
        [sys.executable, CONTROLLER, path, server, str(number), when],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.mark.parametrize("when", ["before", "after"])
def test_1_killed_at_every_write_of_the_journal(tmp_path: Path, when: str) -> None:
    """The successor finishes or undoes it: every server serves, none was restarted twice, none is drained."""
    with world(warm_up=0.2) as one:
        file = file_of(one, tmp_path)
        for number in itertools.count(1):
            before = starts(one)
            if killed(file.path, "s1", number, when) == 0:
                break  # there is no such write any more
            found = settled(file)
            after = starts(one)
            assert {name: after[name] - before[name] for name in NAMES} in (
                {"s1": 0, "s2": 0, "s3": 0}, {"s1": 1, "s2": 0, "s3": 0},
            ), number  # fmt: skip
            assert not found["problems"], (number, found["problems"])
            assert not found["loud"], (number, found["loud"])
            assert one.balancer.view().serving == NAMES, number
            assert {server["phase"] for server in found["servers"]} == {"serving"}, number
    assert number > WRITES


@pytest.mark.parametrize("method", ["supervisor.stopProcess", "supervisor.startProcess"])
def test_1_killed_between_stop_and_start(tmp_path: Path, method: str) -> None:
    """A server that was stopped and not yet started again is started by the successor, once."""
    with world(warm_up=0.2) as one:
        file = file_of(one, tmp_path, executor='restart_timeout = "1 s"')
        before = starts(one)
        assert killed(file.path, "s1", method, "call") == -signal.SIGKILL
        found = settled(file)
        assert starts(one)["s1"] == before["s1"] + 1
        assert not found["problems"]
        assert one.balancer.view().serving == NAMES
