"""Faults of every kind, one after another, on four servers and two controllers in processes of their own."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from controllers import SHORT, Controllers, controllers, signalled
from kept import file_of, phases, starts
from rolling import World, until, world

FAULTS = (
    "stop the leader", "kill the leader", "kill a server", "kill a server, stop the leader", "reload HAProxy",
    "stop both",
)  # fmt: skip
MORE = f'{SHORT}\n[policy]\nretry_after = "0.5 s"'
EXECUTOR = 'restart_timeout = "4 s"\nrecover_attempts = 100'


@pytest.fixture
def one() -> Iterator[World]:
    """Four servers."""
    with world(count=4, warm_up=0.2) as found:
        yield found


def happens(fault: str, one: World, both: Controllers, draw: random.Random) -> str:
    """Let a fault happen, and be mended; return the server that it took, if it took one."""
    leader = both.leader()
    assert leader is not None
    match fault:
        case "stop the leader":
            signalled(leader, signal.SIGSTOP)
            time.sleep(draw.uniform(0.0, 2.5))
            signalled(leader, signal.SIGCONT)
        case "kill the leader":
            signalled(leader, signal.SIGKILL)
            both.start()
        case "reload HAProxy":
            one.proxy.reload()
        case "stop both":
            alive = [each for each in both.running if each.poll() is None]
            for each in alive:
                signalled(each, signal.SIGSTOP)
            time.sleep(draw.uniform(0.0, 2.5))
            for each in draw.sample(alive, len(alive)):
                signalled(each, signal.SIGCONT)
        case _:
            name = draw.choice(list(one.ports))
            found = one.executor.identity(name)
            if found is not None:
                os.kill(found.pid, signal.SIGKILL)
                if fault.endswith("stop the leader"):
                    happens("stop the leader", one, both, draw)
                until("its end", lambda: one.executor.identity(name) != found)
                return name
    return ""


def one_round(fault: str, one: World, both: Controllers, draw: random.Random) -> None:
    """Roll, let a fault happen at a random moment, and check what came of it."""
    before = starts(one)
    lives = {name: one.executor.identity(name) for name in one.ports}
    both.ask("roll")
    time.sleep(draw.uniform(0.0, 4.5))
    killed = happens(fault, one, both, draw)

    def over() -> bool:
        found = both.acting()
        if found.get("halted"):
            assert killed, found["halted"]
            both.ask("resume")
        back = all(one.executor.identity(name) not in (None, lives[name]) for name in lives)
        return back and both.is_over() and len(one.balancer.view().serving) == both.file.group.primaries

    until(f"the end after {fault}", over)
    after = starts(one)
    for name in one.ports:
        number = after[name] - before[name]
        assert number in ((1, 2) if name == killed else (1,)), (fault, name, number, phases(both.acting()))
    if killed:
        both.ask("resume")


@pytest.mark.soak
@pytest.mark.parametrize(("mode", "seed"), [("active/active", 0), ("active/standby", 1)])
def test_whatever_happens(one: World, tmp_path: Path, mode: str, seed: int) -> None:
    """Each server is renewed once in each roll, none is lost or left drained, and one controller acts."""
    draw, spares = random.Random(seed), {}
    if mode == "active/standby":
        spares = dict.fromkeys(("s3", "s4"), 'role = "spare"')
    file = file_of(
        one, tmp_path, mode=mode, required=2 if spares else 3, server=spares, executor=EXECUTOR, more=MORE
    )
    with controllers(file, tmp_path) as both:
        both.start()
        both.start()
        until("a leader", both.acting)
        for number in range(24):
            one_round(FAULTS[number % len(FAULTS)], one, both, draw)
        both.check_one_at_a_time()
