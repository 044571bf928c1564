"""Restarts that go wrong, and restarts by others: rows 7, 8, 16 and 23 of the acceptance list."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kept import asked, file_of, phases, refusals, rolled, running, server_of, starts, ticked
from load import load
from rolling import NAMES, World, until, world

from rejuvmodel.runtime.balancing.balancer import Wanted
from rejuvmodel.runtime.operating.status import is_loud
from rejuvmodel.runtime.runner import Runner
from rejuvmodel.runtime.watching.identity import identity_of, is_alive

#: A restart command that hangs, and takes no notice of being told to end but for saying so.
STUBBORN = """
import os, signal, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: (folder / "told").touch())
(folder / "pid").write_text(str(os.getpid()))
while True:
    time.sleep(0.05)
"""

#: Restarts a program, by supervisor.
RESTART = """
import sys
from rejuvmodel.runtime.executors.supervisor import SupervisorExecutor
SupervisorExecutor(sys.argv[1], restart_timeout=20).restart(sys.argv[2])
"""


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


def test_7_a_restart_that_never_comes_back_halts_the_roll(
    one: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It stays out, nobody follows, and everybody is told, until an operator has seen to it and resumes."""
    told = tmp_path / "told-"
    file = file_of(
        one, tmp_path, executor='restart_timeout = "1 s"', group=f'notify = ["touch", "{told}{{server}}"]'
    )
    before, lives = starts(one), {name: one.executor.identity(name) for name in NAMES}
    one.warm_up(1000)
    with running(file, by_policy=False) as runner:
        asked(runner, ask="roll")
        one.wait("the halt", lambda: runner.status()["halted"])
        status = runner.status()
        (lost,) = [name for name in NAMES if phases(status)[name] == "out"]
        others = [name for name in NAMES if name != lost]
        assert one.balancer.view()[lost].admin == "maint"
        assert one.balancer.view().serving == tuple(others)
        assert is_loud(status)
        assert lost in status["halted"]
        assert any(record.levelname == "ERROR" and lost in record.message for record in caplog.records)
        one.wait("the operator", lambda: Path(f"{told}{lost}").exists())
        assert set(status["roll"]) == set(NAMES)
        one.wait(
            "the refusals", lambda: {refusals(runner.status()).get(name) for name in others} == {"halted"}
        )
        one.warm_up(0.2)
        one.executor.restart(lost)
        one.wait("its way back", lambda: phases(runner.status())[lost] == "serving")
        assert {name: one.executor.identity(name) for name in others} == {n: lives[n] for n in others}
        assert runner.status()["halted"]
        asked(runner, ask="resume")
        one.wait("the rest of the roll", lambda: not runner.status()["roll"])
        assert not is_loud(runner.status())
    after = starts(one)
    assert {name: after[name] - before[name] for name in NAMES} == {n: 2 if n == lost else 1 for n in NAMES}


def test_7_a_spare_is_in_for_a_restart_that_never_comes_back(one: World, tmp_path: Path) -> None:
    """In active/standby the spare serves before the drain, and goes on when the primary is lost."""
    file = file_of(
        one, tmp_path, mode="active/standby", executor='restart_timeout = "1 s"',
        server={"s3": 'role = "spare"'},
    )  # fmt: skip
    one.warm_up(1000)
    with running(file, by_policy=False) as runner:
        one.wait("one that stands by", lambda: one.balancer.view().serving == ("s1", "s2"))
        asked(runner, "s1")
        one.wait("the halt", lambda: runner.status()["halted"])
        assert phases(runner.status()) == {"s1": "out", "s2": "serving", "s3": "serving"}
        assert one.balancer.view().serving == ("s2", "s3")
        assert server_of(runner.status(), "s3")["role"] == "primary"
        one.warm_up(0.2)
        one.executor.restart("s1")
        one.wait("its way back, as the spare", lambda: phases(runner.status())["s1"] == "standby")
        assert one.balancer.view()["s1"].weight == 0
        one.wait("it up", lambda: one.balancer.view()["s1"].up)


def test_8_a_command_that_hangs_is_ended_and_the_loop_goes_on(one: World, tmp_path: Path) -> None:
    """TERM, then KILL; meanwhile the loop ticks and answers, and nobody serves whom it may still end."""
    restart = json.dumps([sys.executable, "-c", STUBBORN, str(tmp_path), "{program}"])
    restarter = f'type = "command"\nrestart = {restart}'
    file = file_of(one, tmp_path, restarter=restarter, executor='restart_timeout = "1 s"')
    before = starts(one)
    with running(file, by_policy=False) as runner:
        asked(runner, "s1")
        one.wait("the command", (tmp_path / "pid").exists)
        one.wait("its number", (tmp_path / "pid").read_text)
        hung = identity_of(int((tmp_path / "pid").read_text()))
        assert hung is not None
        asked(runner, ask="pause")
        ticks = set()
        while is_alive(hung):
            ticks.add(runner.status()["at"])
            if one.balancer.view()["s1"].serving:
                assert not is_alive(hung)
            time.sleep(0.01)
        assert (tmp_path / "told").exists()
        assert len(ticks) > 5
        one.wait("the alarm", lambda: is_loud(runner.status()))
        one.wait("its way back: nothing was restarted", lambda: phases(runner.status())["s1"] == "serving")
    assert starts(one) == before


def test_16_no_request_meets_a_cold_server(one: World, tmp_path: Path) -> None:
    """HAProxy passes on no 503 of a server whose port is open before it is warm; ready too early it does."""
    one.warm_up(1.5)
    file = file_of(one, tmp_path)
    with load(one.proxy.port) as traffic:
        before = one.proxy.errors()
        assert rolled(file, "s1").ok
        assert one.proxy.errors() == before
        assert traffic.lost == {}
        one.balancer.hold({"s1": Wanted("maint")})
        one.executor.restart("s1")
        one.wait("the port", lambda: one.get("/healthz", name="s1") == 503)
        one.balancer.hold({"s1": Wanted("ready")})
        one.wait("a request that comes too early", lambda: one.proxy.errors()["s1"] > before["s1"])
    assert traffic.lost["status 503"] > 0


def test_23_a_watched_server_that_somebody_restarts(one: World, tmp_path: Path) -> None:
    """It is noticed: the server is watched no more, its age begins anew, and it is not restarted again."""
    more = '[policy]\nconfirm_for = "1 h"\n[thresholds]\nmemory = 5e7\nunstable_after = 1\nnormal_after = 1'
    before = starts(one)
    with Runner(file_of(one, tmp_path, more=more)) as runner:
        assert one.get("/leak/60000000", name="s2") == 200
        status = ticked(runner, "a watch", lambda found: phases(found)["s2"] == "watched")
        old = server_of(status, "s2")
        one.executor.restart("s2")
        status = ticked(runner, "its end", lambda found: phases(found)["s2"] == "serving")
        new = server_of(status, "s2")
        assert new["identity"] != old["identity"]
        assert new["uptime"] < old["uptime"]
        assert new["condition"] == "normal"
        ticked(runner, "it up again", lambda _: one.balancer.view().serving == NAMES)
        ticked(runner, "nothing more", lambda found: set(phases(found).values()) == {"serving"})
        assert refusals(runner.status()) == {}
    after = starts(one)
    assert {name: after[name] - before[name] for name in NAMES} == {"s1": 0, "s2": 1, "s3": 0}


def test_23_servers_of_a_roll_that_somebody_restarts(one: World, tmp_path: Path) -> None:
    """One waits for its turn and one is just being drained: both are let off with their new lives."""
    before = starts(one)
    with Runner(file_of(one, tmp_path, more='[policy]\nretry_after = "0.1 s"'), by_policy=False) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "roll"})
        status = ticked(runner, "a drain", lambda found: "draining" in phases(found).values())
        (first,) = [name for name, phase in phases(status).items() if phase == "draining"]
        waits = next(name for name in NAMES if name != first)
        one.executor.restart(first)
        one.executor.restart(waits)
        until("both warm", lambda: one.healthy(first) and one.healthy(waits))
        ticked(runner, "the end of the roll", lambda _: runner.idle)
        ticked(runner, "all three", lambda _: one.balancer.view().serving == NAMES)
    after = starts(one)
    assert {name: after[name] - before[name] for name in NAMES} == dict.fromkeys(NAMES, 1)


def test_23_a_server_that_somebody_restarts_while_it_is_cleaned(one: World, tmp_path: Path) -> None:
    """Between the drain and our restart: its new life is seen, and not ended."""
    step = json.dumps([sys.executable, "-c", RESTART, one.keeper.url, "{program}"])
    before = starts(one)
    result = rolled(file_of(one, tmp_path, more=f"[clean]\nmemory = {step}"), "s1")
    assert result.ok, result
    assert starts(one) == {**before, "s1": before["s1"] + 1}


def test_8_nobody_takes_over_beside_a_command(one: World, tmp_path: Path) -> None:
    """Whoever breaks off while a command runs does not give the lease back: it runs out."""
    restart = json.dumps([sys.executable, "-c", STUBBORN, str(tmp_path), "{program}"])
    restarter = f'type = "command"\nrestart = {restart}'
    executor, more = 'restart_timeout = "1 s"', '[lease]\nttl = "2 s"'
    file = file_of(one, tmp_path, restarter=restarter, executor=executor, more=more)
    before = starts(one)
    with Runner(file, by_policy=False) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "rejuvenate", "servers": ["s1"]})
        ticked(runner, "the command", lambda _: (tmp_path / "pid").exists())
        one.wait("its number", (tmp_path / "pid").read_text)
        hung = identity_of(int((tmp_path / "pid").read_text()))
    assert hung is not None
    with Runner(file, by_policy=False) as successor:
        successor.tick()
        assert not successor.status()["epoch"]
        assert is_alive(hung)
        ticked(successor, "its turn", lambda found: found["epoch"])
    assert starts(one) == before
