"""Row 1 of the acceptance list: a controller that is killed at any step, and its successor."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from free_ports import held_ports
from haproxies import haproxy
from kept import file_of, settled, starts
from rolling import NAMES, SERVER, World, until, world

from rejuvmodel.runtime.balancing.haproxy import HAProxyBalancer
from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.executors.process import ProcessExecutor

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


@pytest.mark.parametrize("when", ["before", "after"])
def test_1_killed_at_every_write_of_the_journal(one: World, tmp_path: Path, when: str) -> None:
    """The successor finishes or undoes it: every server serves, none was restarted twice, none is drained."""
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
def test_1_killed_between_stop_and_start(one: World, tmp_path: Path, method: str) -> None:
    """A server that was stopped and not yet started again is started by the successor, once."""
    file = file_of(one, tmp_path, executor='restart_timeout = "1 s"')
    before = starts(one)
    assert killed(file.path, "s1", method, "call") == -signal.SIGKILL
    found = settled(file)
    assert starts(one)["s1"] == before["s1"] + 1
    assert not found["problems"]
    assert one.balancer.view().serving == NAMES


#: A restart command that hangs the first time, before or after the restart.
HANGING = """
import sys, time
from pathlib import Path
from rejuvmodel.runtime.executors.supervisor import SupervisorExecutor
calls, url, when, program = Path(sys.argv[1]), *sys.argv[2:]
first = not calls.exists()
if when == "after":
    SupervisorExecutor(url, restart_timeout=20).restart(program)
with calls.open("a") as file:
    file.write("x")
if first:
    time.sleep(60)
if when == "before":
    SupervisorExecutor(url, restart_timeout=20).restart(program)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_1_killed_while_a_command_runs(one: World, tmp_path: Path, when: str) -> None:
    """The successor ends the command of the earlier life, and restarts only what that has not restarted."""
    calls = tmp_path / "calls"
    restart = json.dumps([sys.executable, "-c", HANGING, str(calls), one.keeper.url, when, "{program}"])
    restarter = f'type = "command"\nrestart = {restart}'
    file = file_of(one, tmp_path, restarter=restarter)
    before = starts(one)
    with subprocess.Popen([sys.executable, CONTROLLER, file.path, "s1", "0", "before"]) as controller:
        try:
            until("the command", calls.exists)
        finally:
            controller.kill()
    found = settled(file)
    assert starts(one) == {**before, "s1": before["s1"] + 1}
    assert calls.read_text() == ("xx" if when == "before" else "x")
    assert not found["problems"]
    assert not found["loud"]
    assert one.balancer.view().serving == NAMES


PROCESSES = """
[group]
name = "web"
mode = "active/active"
required = 1
tick = "0.05 s"
[balancer]
type = "haproxy"
sockets = ["{socket}"]
backend = "app"
[executor]
type = "process"
directory = "{folder}"
restart_timeout = "1 s"
healthy_for = "0.3 s"
"""
PROCESS = """
[[servers]]
name = "{name}"
health = "http://127.0.0.1:{port}/healthz"
command = {command}
"""


@pytest.mark.parametrize("method", ["stop", "start"])
def test_1_killed_between_the_processes(tmp_path: Path, method: str) -> None:
    """A process that was stopped is started by the successor; one that was started already stays."""
    with held_ports(2) as numbers, haproxy(numbers) as proxy:
        ports = {"s1": numbers[0], "s2": numbers[1]}
        commands = {
            name: [sys.executable, str(SERVER), str(port), "0.2", str(os.getpid())]
            for name, port in ports.items()
        }
        text = PROCESSES.format(socket=proxy.socket, folder=tmp_path)
        for name, port in ports.items():
            text += PROCESS.format(name=name, port=port, command=json.dumps(commands[name]))
        path = tmp_path / "web.toml"
        path.write_text(text, encoding="utf-8")
        keeper = ProcessExecutor(commands, tmp_path)
        balancer = HAProxyBalancer([proxy.socket], "app")
        try:
            first = {name: keeper.start(name) for name in ports}
            until("both", lambda: balancer.view().serving == tuple(ports))
            assert killed(str(path), "s1", method, "call") == -signal.SIGKILL
            begun = keeper.identity("s1")
            assert (begun is None) == (method == "stop")
            found = settled(read_runtime_file(path))
            assert not found["problems"]
            assert balancer.view().serving == tuple(ports)
            after = keeper.identity("s1")
            assert after not in (None, first["s1"])
            assert begun in (None, after)
            assert keeper.identity("s2") == first["s2"]
        finally:
            for name in ports:
                keeper.stop(name)
