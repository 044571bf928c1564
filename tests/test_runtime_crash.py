"""Row 12 of the fault list: a server is killed in the midst of a roll, whichever and whenever."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kept import asked, file_of, phases, running, starts
from rolling import World, until, world

from rejuvmodel.runtime.runner import Runner
from rejuvmodel.runtime.watching.identity import Identity

REQUIRED = 3
EXECUTOR = 'restart_timeout = "4 s"\nrecover_attempts = 100'
POLICY = '[policy]\nretry_after = "0.5 s"'
_LOST = ("failed", "recovering")


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """Four servers for all tests of this file."""
    with world(count=4, warm_up=0.2) as one:
        yield one


@pytest.fixture
def one(shared: World) -> Iterator[World]:
    """The four servers, which serve again after each test."""
    yield shared
    shared.put_back()


class Witness:
    """Looks at HAProxy and at the status in turn, and objects to what the controller takes away."""

    def __init__(self, one: World, runner: Runner) -> None:
        self.one = one
        self.runner = runner
        self.killed = ""
        self.dead: Identity | None = None
        self._known = False
        self._taken: set[str] = set()

    def look(self) -> dict[str, Any]:
        """Look once; return the status."""
        status = self.runner.status()
        known = bool(self.killed) and phases(status)[self.killed] in _LOST
        view = self.one.balancer.view()
        serving = set(view.serving)
        # Because of the controller: those that do not serve, without the one that was killed.
        because = set(self.one.ports) - serving - {self.killed}
        assert len(self.one.ports) - len(because) >= REQUIRED, (because, view, phases(status))
        taken = {name for name in self.one.ports if view[name].admin != "ready"} - {self.killed}
        if known and self._known:
            assert taken <= self._taken, (taken, self._taken)
        self._known, self._taken = known, taken
        return status

    def kill(self, name: str) -> bool:
        """Kill a server; False if it has no process at this moment."""
        found = self.one.executor.identity(name)
        if found is None:
            return False
        self.dead = found
        self.killed = name  # first, so that whatever is seen from now on is put down to the kill
        os.kill(found.pid, signal.SIGKILL)
        return True


def killed_in_a_roll(one: World, runner: Runner, draw: random.Random) -> str:
    """Roll, kill one server at a random moment, see everything through; return where it was."""
    before = starts(one)
    lives = {name: one.executor.identity(name) for name in one.ports}
    witness, name = Witness(one, runner), ""
    asked(runner, ask="roll")
    end, among = time.monotonic() + draw.uniform(0.0, 4.5), draw.choice(("all", "those away"))
    while time.monotonic() < end or not witness.kill(name):
        status = witness.look()
        away = [each for each, phase in phases(status).items() if phase != "serving"]
        name = draw.choice(away if away and among == "those away" else list(one.ports))
    where = phases(status)[name]

    def all_back() -> bool:
        status = witness.look()
        back = one.executor.identity(name) not in (None, witness.dead)  # else nobody has seen it yet
        return back and set(phases(status).values()) == {"serving"} and one.all_serve()

    def halted_or_over() -> bool:
        status = witness.look()
        return bool(status["halted"]) or not status["roll"]

    until("the end", lambda: all_back() and halted_or_over())
    halted = witness.look()["halted"]
    if halted:  # one that died in its own restart: an operator has to say that it was no fault of the restart
        assert where not in ("serving", "watched"), (where, halted)
        witness.killed = ""
        asked(runner, ask="resume")
        until("the rest", lambda: all_back() and halted_or_over())
    after = starts(one)
    for each in one.ports:
        assert one.executor.identity(each) not in (None, lives[each]), each
        assert after[each] - before[each] in ((1, 2) if each == name else (1,)), (each, where)
    asked(runner, ask="resume")  # whatever was loud has been seen
    return where


def test_12_a_server_is_killed_in_a_roll(one: World, tmp_path: Path) -> None:
    """It counts as away, the one that is away ends, it is recovered, and only then the roll goes on."""
    file = file_of(one, tmp_path, required=REQUIRED, executor=EXECUTOR, more=POLICY)
    with running(file, by_policy=False) as runner:
        killed_in_a_roll(one, runner, random.Random(3))


@pytest.mark.soak
def test_12_twenty_kills(one: World, tmp_path: Path) -> None:
    """Any one of four servers, at twenty random moments: enough serve, and all are back at the end."""
    draw = random.Random(20261127)
    file = file_of(one, tmp_path, required=REQUIRED, executor=EXECUTOR, more=POLICY)
    with running(file, by_policy=False) as runner:
        where = [killed_in_a_roll(one, runner, draw) for _ in range(20)]
    assert len(set(where)) > 1, where
