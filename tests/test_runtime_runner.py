"""The runner with real processes and a balancer: policy, operators, dry run, end, and two of them."""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from free_ports import held_ports

from rejuvmodel.runtime.config.runtime_file import RuntimeFile, read_runtime_file
from rejuvmodel.runtime.executors.process import ProcessExecutor
from rejuvmodel.runtime.parts import executor_of
from rejuvmodel.runtime.rolls import roll
from rejuvmodel.runtime.runner import Runner

SERVER = Path(__file__).parents[1] / "examples" / "runtime" / "leaking_server.py"
FILE = """
[group]
name = "web"
mode = "active/active"
required = 1
tick = "0.05 s"
{policy}
[balancer]
type = "in-process"
[executor]
type = "process"
directory = "."
healthy_for = "0.2 s"
restart_timeout = "20 s"
"""
ENTRY = """
[[servers]]
name = "s{number}"
health = "http://127.0.0.1:{port}/healthz"
command = ["{python}", "{server}", "{port}", "0.1"]
"""
#: Makes every server unstable at once.
UNSTABLE = '[thresholds]\nuptime = "0.01 s"\nunstable_after = 1\n[policy]\nconfirm_for = {confirm}\n'


@dataclass
class Two:
    """Two servers, and the file that says how they are kept."""

    file: RuntimeFile
    executor: ProcessExecutor

    def lives(self) -> dict[str, object]:
        """Which processes the servers are."""
        return {name: self.executor.identity(name) for name in ("s1", "s2")}


@contextmanager
def two(folder: Path, policy: str = "", *, dry: bool = False) -> Iterator[Two]:
    """Yield two running servers."""
    with held_ports(2) as ports:
        text = FILE.format(policy=policy)
        for number, port in enumerate(ports, start=1):
            text += ENTRY.format(number=number, port=port, python=sys.executable, server=SERVER)
        path = folder / "web.toml"
        path.write_text(text, encoding="utf-8")
        executor = executor_of(read_runtime_file(path))
        assert isinstance(executor, ProcessExecutor)
        if dry:
            lines = [line for line in text.splitlines() if not line.startswith(("command", "directory"))]
            path.write_text("\n".join(lines).replace('"process"', '"dry-run"'), encoding="utf-8")
        try:
            for name in ("s1", "s2"):
                executor.start(name)
            yield Two(read_runtime_file(path), executor)
        finally:
            for name in ("s1", "s2"):
                executor.stop(name)


@contextmanager
def running(file: RuntimeFile, **options: bool) -> Iterator[Runner]:
    """Yield a runner whose loop goes on in another thread; it is stopped at the end."""
    stop = threading.Event()
    with Runner(file, **options) as runner:
        thread = threading.Thread(target=runner.run, args=(stop,))
        thread.start()
        try:
            yield runner
        finally:
            stop.set()
            runner.wake()
            thread.join(60)
        assert not thread.is_alive()


def until(runner: Runner, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Wait until something holds of the status."""
    end = time.monotonic() + 30
    while not holds(found := runner.status()):
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


def phases(found: dict[str, Any]) -> set[str]:
    """The phases of all servers."""
    return {server["phase"] for server in found["servers"]}


def test_the_policy_rejuvenates_one_server_after_another(tmp_path: Path) -> None:
    """Both are unstable for long enough; both get a new process, and never at the same time."""
    with two(tmp_path, UNSTABLE.format(confirm='"0.1 s"')) as one:
        before, away = one.lives(), []
        with running(one.file) as runner:

            def renewed(found: dict[str, Any]) -> bool:
                away.append(found["away"] or 0)  # null until it knows
                lives = one.lives()
                return all(lives[name] not in (None, before[name]) for name in lives)

            until(runner, renewed)
        assert max(one for one in away if one is not None) == 1


def test_a_dry_run_says_what_it_would_do_and_does_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each server is named once, with the rule; processes and orders stay as they are."""
    caplog.set_level(logging.INFO, "rejuvmodel")
    with two(tmp_path, UNSTABLE.format(confirm='"0.1 s"'), dry=True) as one:
        before = one.lives()
        with running(one.file) as runner:
            until(runner, lambda _: "would drain and restart s1: unstable for long enough" in caplog.text)
            found = runner.status()
            with Runner(one.file, by_policy=False) as other:
                assert not other.ready
        assert one.lives() == before
    assert found["dry_run"]
    assert phases(found) <= {"serving", "watched"}
    assert {server["admission"] for server in found["servers"]} == {"ready"}
    assert caplog.text.count("would drain and restart s1") == 1


def test_a_paused_group_begins_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    """What is due says that an operator has paused it; after resume it goes on."""
    with two(tmp_path, UNSTABLE.format(confirm='"2 s"')) as one, running(one.file) as runner:
        before = one.lives()
        until(runner, lambda found: found["acting"])
        assert runner.post({"ask": "pause"})["status"]["paused"]
        found = until(runner, lambda found: all(server["refusal"] for server in found["servers"]))
        assert {server["refusal"]["reason"] for server in found["servers"]} == {"paused"}
        assert one.lives() == before
        assert not runner.post({"ask": "resume"})["status"]["paused"]
        until(runner, lambda _: one.lives()["s1"] not in (None, before["s1"]))


def test_an_operator_rejuvenates_one_server(tmp_path: Path) -> None:
    """The one that was named, and no other."""
    with two(tmp_path) as one, running(one.file) as runner:
        before = one.lives()
        until(runner, lambda found: found["acting"] and found["serving"] == 2)
        assert runner.post({"ask": "rejuvenate", "servers": ["s2"]})["ok"]
        until(runner, lambda found: not found["roll"] and phases(found) == {"serving"})
        after = one.lives()
    assert after["s1"] == before["s1"]
    assert after["s2"] not in (None, before["s2"])


def test_a_single_pass_does_what_is_due_and_ends(tmp_path: Path) -> None:
    """All that are due are rejuvenated once, however soon they are due again; the last status is returned."""
    with two(tmp_path, UNSTABLE.format(confirm="0")) as one:
        before = one.lives()
        with Runner(one.file) as runner:
            found = runner.once(threading.Event())
        after = one.lives()
    assert phases(found) <= {"serving", "watched"}
    assert all(after[name] not in (None, before[name]) for name in after)


def test_work_is_handed_over_and_cleaned_before_each_restart(tmp_path: Path) -> None:
    """The duplexer runs before the drain, the clean steps before the restart, and checkpoints in between."""
    log = tmp_path / "log"
    code = "import sys; open(sys.argv[1], 'a').write(' '.join(sys.argv[2:]) + chr(10))"
    line = f'["{sys.executable}", "-c", "{code}", "{log}"'
    policy = f"""
[duplexer]
command = {line}, "copy", "{{source}}", "{{target}}"]
checkpoint_every = "1 s"
[clean]
file_system = {line}, "files of", "{{program}}"]
memory = {line}, "memory of", "{{program}}"]
"""
    with two(tmp_path, policy) as one:
        before = one.lives()
        with Runner(one.file, by_policy=False) as runner:
            assert roll(runner).ok
        after = one.lives()
    assert all(after[name] not in (None, before[name]) for name in after)
    lines = log.read_text(encoding="utf-8").splitlines()
    for name, other in (("s1", "s2"), ("s2", "s1")):
        files, memory = lines.index(f"files of {name}"), lines.index(f"memory of {name}")
        assert lines.index(f"copy {name} {other}") < files < memory
    assert (
        sum(line.startswith("copy") for line in lines) > 2
    )  # checkpoints: copies of servers that go on serving


def test_a_runner_that_is_told_to_stop_finishes_what_has_begun(tmp_path: Path) -> None:
    """The server that is being restarted comes back, and the other one of the roll is not begun."""
    with two(tmp_path) as one:
        before = one.lives()
        with running(one.file) as runner:
            until(runner, lambda found: found["acting"] and found["serving"] == 2)
            runner.post({"ask": "roll"})
            until(runner, lambda found: "warming" in phases(found))
        found, after = runner.status(), one.lives()
    assert phases(found) == {"serving"}
    assert sum(after[name] != before[name] for name in after) == 1
    assert len(found["roll"]) == 1


def test_of_two_runners_the_one_that_acts_shows_metrics(tmp_path: Path) -> None:
    """Two of one file share its address: the second starts, and has it when the first has gone."""

    def shown() -> bytes:
        with suppress(OSError), urlopen(f"http://{address}/metrics", timeout=5) as answer:
            return bytes(answer.read())
        return b""

    with held_ports(1) as [port], ExitStack() as one_acts:
        address = f"127.0.0.1:{port}"
        with two(tmp_path, f'[metrics]\naddress = "{address}"') as one:
            first = one_acts.enter_context(running(one.file))
            until(first, lambda found: found["acting"] and shown())
            with running(one.file) as second:
                until(second, lambda found: found["holder"])
                assert b'rejuvmodel_epoch{group="web"} 1.0' in shown()
                one_acts.close()
                until(second, lambda _: b'rejuvmodel_epoch{group="web"} 2.0' in shown())
                assert not second.status()["problems"]


def test_metrics_that_cannot_be_shown_are_a_problem(tmp_path: Path) -> None:
    """An address that somebody else has is a problem, all else goes on, and it is taken when it is free."""
    with held_ports(1) as [port], socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with two(tmp_path, f'[metrics]\naddress = "127.0.0.1:{port}"') as one, running(one.file) as runner:
            (problem,) = until(runner, lambda found: found["acting"] and found["problems"])["problems"]
            assert problem.startswith(f"metrics: 127.0.0.1:{port}: nothing can listen there")
            other.close()
            until(runner, lambda found: not found["problems"])


def test_of_two_runners_one_acts_and_the_other_stands_by(tmp_path: Path) -> None:
    """The second says who acts, refuses requests, and takes over when the first has gone."""
    with two(tmp_path) as one:
        with running(one.file) as first:
            until(first, lambda found: found["acting"])
            with running(one.file) as second:
                found = until(second, lambda found: found["holder"])
                assert not found["acting"]
                answer = second.post({"ask": "pause"})
                assert not answer["ok"]
                assert found["holder"] in answer["error"]
        with running(one.file) as third:
            until(third, lambda found: found["acting"])


def test_a_roll_that_has_to_wait_for_ever_is_given_up_with_the_reason(tmp_path: Path) -> None:
    """A blackout check that never clears leaves every server as it was."""
    policy = '[policy]\nblackout = [["false"]]\n'
    with two(tmp_path, policy) as one:
        before = one.lives()
        with Runner(one.file, by_policy=False) as runner:
            result = roll(runner, patience=1.0)
        assert one.lives() == before
    assert not result.ok
    assert result.rejuvenated == ()
    assert set(result.left) == {"s1", "s2"}
    assert "exit code 1" in result.left["s1"]


def test_the_runtime_never_loads_numpy(tmp_path: Path) -> None:
    """A controller has a small memory: it must do without the library's numerical half."""
    import subprocess

    code = "import sys, rejuvmodel.runtime.rolls; sys.exit('numpy' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path).returncode == 0
