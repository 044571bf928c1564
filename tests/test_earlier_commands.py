"""Commands that a controller left running: its successor ends them, and nothing else."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from rejuvmodel.runtime.acting.commands import MARK, owned_by, run
from rejuvmodel.runtime.acting.earlier_commands import end_earlier
from rejuvmodel.runtime.executors.process import ProcessExecutor
from rejuvmodel.runtime.outside.failures import CommandError
from rejuvmodel.runtime.watching.identity import identity_of

#: Runs one command for an owner, as the runtime does in its worker threads.
CONTROLLER = """
import sys, threading
from rejuvmodel.runtime.acting import commands
def work():
    with commands.owned_by(sys.argv[1]):
        try:
            commands.run("restart", sys.argv[2:], 100)
        except commands.CommandError as problem:
            print(problem)
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
#: A command with processes below it, all of which ignore TERM; their numbers go to a file.
COMMAND = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def start(quiet, **how):
    output = subprocess.DEVNULL if quiet else None
    return subprocess.Popen(["sleep", "100"], stdout=output, stderr=output, **how).pid
pids = [os.getpid(), start(False), start(True), start(False, start_new_session=True)]
daemon = start(True, start_new_session=True)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(" ".join(map(str, [*pids, daemon])))
os.rename(sys.argv[1] + ".new", sys.argv[1])
if sys.argv[2:]:
    os.execvp("sleep", ["sleep", "100", *sys.argv[3:]])
signal.pause()
"""
#: A command that cleans up when it is told to end.
TIDY = """
import os, signal, sys
def tidy(*_):
    open(sys.argv[1] + ".tidied", "w").close()
    os._exit(0)
signal.signal(signal.SIGTERM, tidy)
open(sys.argv[1], "w").write(str(os.getpid()))
while True:
    signal.pause()
"""


class Left:
    """Controllers of this test and what they have started."""

    def __init__(self) -> None:
        self.controllers: list[subprocess.Popen[bytes]] = []
        self.pids: list[int] = []

    def start(self, owner: str, file: Path, code: str = COMMAND, *more: str) -> list[int]:
        """Start a controller with one command; return the processes of that, when all of them are there."""
        command = [sys.executable, "-c", code, str(file), *more]
        self.controllers.append(
            subprocess.Popen([sys.executable, "-c", CONTROLLER, owner, *command], stdout=subprocess.PIPE)
        )
        wait_until(lambda: file.exists() and file.read_text() != "")
        found = [int(pid) for pid in file.read_text().split()]
        self.pids += found
        return found

    def kill(self) -> None:
        """Kill the last controller."""
        with self.controllers[-1] as controller:
            controller.kill()


@pytest.fixture
def left() -> Iterator[Left]:
    found = Left()
    yield found
    for one in found.controllers:
        with one:
            one.kill()
    for pid in found.pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(pids: list[int]) -> list[bool]:
    return [identity_of(pid) is not None for pid in pids]


@pytest.mark.parametrize("becomes", [(), ("exec",)], ids=["itself", "another program"])
def test_1_a_successor_ends_what_a_killed_controller_left(
    left: Left, tmp_path: Path, becomes: tuple[str, ...]
) -> None:
    """The command and all that writes to its pipe or is of its group is gone; a daemon stays."""
    owner = str(tmp_path / "a|b.journal")
    pids = left.start(owner, tmp_path / "pids", COMMAND, *becomes)
    left.kill()
    assert alive(pids) == [True] * 5
    wait_until(lambda: not becomes or psutil.Process(pids[0]).name() == "sleep")
    words = end_earlier(owner, grace=0.2)
    assert alive(pids) == [False] * 4 + [True]
    assert len(words) == 2  # its group, and the one that left it
    assert not any("100" in text.partition("(")[2] for text in words)
    assert end_earlier(owner) == []


def test_term_comes_first(left: Left, tmp_path: Path) -> None:
    """A command of an earlier life may clean up, and is waited for."""
    owner, file = str(tmp_path / "x.journal"), tmp_path / "pid"
    [pid] = left.start(owner, file, TIDY)
    left.kill()
    [text] = end_earlier(owner, grace=20)
    assert text.startswith(f"process {pid} (")
    assert file.with_name("pid.tidied").exists()
    assert alive([pid]) == [False]


def test_2_commands_of_a_stopped_controller_are_ended(left: Left, tmp_path: Path) -> None:
    """One that was stopped past its lease finds its command killed when it goes on."""
    owner = str(tmp_path / "x.journal")
    pids = left.start(owner, tmp_path / "pids")
    controller = left.controllers[-1]
    controller.send_signal(signal.SIGSTOP)
    assert end_earlier(owner, grace=0.1)
    controller.send_signal(signal.SIGCONT)
    output, _ = controller.communicate(timeout=20)
    assert b"exit code -9" in output
    assert alive(pids) == [False] * 4 + [True]


def test_commands_of_others_are_left_alone(left: Left, tmp_path: Path) -> None:
    """Another journal's commands and those without a mark go on, and so does a mark with another pipe."""
    pids = left.start(str(tmp_path / "other.journal"), tmp_path / "pids", TIDY)
    left.kill()
    pids += left.start("", tmp_path / "unmarked", TIDY)
    left.kill()
    owner = str(tmp_path / "x.journal")
    marked = {**os.environ, MARK: f"{owner}|pipe:[1]"}
    ends = os.pipe()
    left.controllers.append(
        subprocess.Popen(["sleep", "100"], stdout=ends[1], env=marked, start_new_session=True)
    )
    for one in ends:
        os.close(one)
    pids.append(left.controllers[-1].pid)
    assert end_earlier(owner) == end_earlier("") == end_earlier(owner.upper()) == []
    assert alive(pids) == [True] * 3


def test_its_own_commands_go_on(tmp_path: Path) -> None:
    """What this very process runs at this moment is of no earlier life."""
    owner, file = str(tmp_path / "x.journal"), tmp_path / "go"
    code = "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.02)\nprint('done')"
    printed: list[str] = []

    def work() -> None:
        with owned_by(owner):
            printed.append(run("restart", [sys.executable, "-c", code, str(file)], 60))

    def mine() -> list[psutil.Process]:
        found = []
        for one in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):  # or a zombie that nobody has waited for
                found += [one] if str(file) in one.cmdline() else []
        return found

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: bool(mine()))
    assert mine()[0].environ()[MARK].startswith(f"{owner}|pipe:[")
    assert end_earlier(owner) == []
    file.touch()
    thread.join(20)
    assert printed == ["done\n"]


def test_the_mark_ends_with_the_block() -> None:
    """Only commands that are run in the block, in its thread, are marked."""
    show = [sys.executable, "-c", f"import os; print(os.environ.get({MARK!r}))"]
    with owned_by("/a"), owned_by("/b"):
        assert run("x", show, 20).startswith("/b|pipe:[")
        with owned_by(""):
            assert run("x", show, 20) == "None\n"
    assert run("x", show, 20) == "None\n"
    with owned_by("/a"), pytest.raises(CommandError, match="cannot be started"):
        run("x", ["no-such-program"], 20)


def test_a_program_is_no_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs that the executor starts do not inherit a mark that this process may have."""
    monkeypatch.setenv(MARK, "/a|pipe:[1]")
    executor = ProcessExecutor({"plain": ["sleep", "100"]}, tmp_path)
    try:
        found = executor.start("plain")
        assert MARK not in psutil.Process(found.pid).environ()
    finally:
        executor.stop("plain")


#: Starts one command after another, each ended in the middle of its time.
HURRIED = """
import sys, threading
from rejuvmodel.runtime.acting import commands
def work():
    with commands.owned_by(sys.argv[1]):
        print("begun", flush=True)
        while True:
            try:
                commands.run("restart", ["sleep", sys.argv[2]], 0.03, grace=0.01)
            except commands.DeadlineError:
                pass
for _ in range(3):
    threading.Thread(target=work).start()
"""


@pytest.mark.soak
def test_1_killed_at_any_moment_nothing_is_left(tmp_path: Path) -> None:
    """Whenever the controller is killed, also while it starts a command, its successor at once finds all."""
    draw, ended = random.Random(1), 0
    for k in range(200):
        owner, time_ = str(tmp_path / f"{k}.journal"), f"{1000 + k}.5"
        hurried = [sys.executable, "-c", HURRIED, owner, time_]
        with subprocess.Popen(hurried, stdout=subprocess.PIPE) as controller:
            assert controller.stdout is not None
            controller.stdout.readline()
            time.sleep(draw.random() * 0.1)
            controller.kill()
            controller.wait()
        ended += len(end_earlier(owner, grace=1))
        running = [one for one in psutil.process_iter(["cmdline"]) if time_ in (one.info["cmdline"] or ())]
        for one in running:
            one.kill()
        assert running == []
    assert ended > 100
