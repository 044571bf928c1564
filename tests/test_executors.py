"""Executors that look after processes: a real supervisor, and processes of their own."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from free_ports import held_ports
from hostile_server import Answer, answering, dripping, endless, saying, silent
from supervisors import Supervisor, supervisor

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.executors.process import ProcessExecutor
from rejuvmodel.runtime.executors.supervisor import SupervisorExecutor
from rejuvmodel.runtime.outside.failures import (
    BadAnswerError,
    CommandError,
    DeadlineError,
    NobodyListensError,
    OutsideError,
    RefusedError,
    UnreachableError,
)
from rejuvmodel.runtime.watching.identity import Identity, identity_of

STUBBORN = "trap '' TERM; while :; do sleep 0.1; done"


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Supervisor, int]]:
    """A supervisor with a plain, a stubborn and a broken program, also on a TCP port with a password."""
    programs = {
        "plain": "sleep 100",
        "stubborn": f'sh -c "{STUBBORN}"',
        "broken": "sh -c 'sleep 0.1; exit 3'",
    }
    dying = "[program:dying]\ncommand = false\nstartsecs = 1\nstartretries = 0\nautostart = false\n"
    with held_ports(1) as [port], supervisor(programs, tcp=port, more=dying) as found:
        yield found, port


@pytest.fixture
def executor(world: tuple[Supervisor, int]) -> SupervisorExecutor:
    return SupervisorExecutor(world[0].url, restart_timeout=20)


def test_supervisor_restarts_a_program(executor: SupervisorExecutor) -> None:
    """After a restart it is another process, and the old one is gone."""
    before = executor.identity("plain")
    assert before is not None
    assert before == identity_of(before.pid)
    executor.restart("plain")
    after = executor.identity("plain")
    assert after is not None
    assert after.pid != before.pid
    assert identity_of(before.pid) is None
    assert executor.identity("plain") == after


def test_supervisor_by_tcp_wants_its_password(world: tuple[Supervisor, int]) -> None:
    """With the password it works by TCP as well; without, it is refused, and no error shows the secret."""
    url = f"http://127.0.0.1:{world[1]}/RPC2"
    known = SupervisorExecutor(url, restart_timeout=20, user="u", password="secret")
    before = known.identity("plain")
    known.restart("plain")
    assert known.identity("plain") not in (None, before)
    with pytest.raises(RefusedError, match="user and a password"):
        SupervisorExecutor(url, restart_timeout=20).identity("plain")
    with pytest.raises(RefusedError) as caught:
        SupervisorExecutor(url, restart_timeout=20, user="u", password="hunter2").restart("plain")
    assert "does not take this user and password" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "does not take this user and password" in str(caught.value)


def deaf(executor: Executor) -> Identity:
    """Wait until the stubborn program runs and ignores TERM, and return its process."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = executor.identity("stubborn")
        with suppress(psutil.NoSuchProcess):
            if found and psutil.Process(found.pid).children():  # it sleeps, after it has set its trap
                return found
        time.sleep(0.02)
    raise AssertionError("the stubborn program does not run")


def test_8_a_program_that_ignores_term_is_killed(executor: SupervisorExecutor) -> None:
    """Supervisor kills it after its stopwaitsecs, and the restart waits for that."""
    before = deaf(executor)
    executor.restart("stubborn")
    after = executor.identity("stubborn")
    assert after not in (None, before)


def test_8_a_supervisor_that_stands_still_leaves_no_order_behind(world: tuple[Supervisor, int]) -> None:
    """What it did not answer it may do later: it is asked until it has answered, and restarts once."""
    keeper, patient = world[0].process, SupervisorExecutor(world[0].url, restart_timeout=20, call_timeout=0.2)
    before = patient.identity("plain")
    failed: list[BaseException] = []

    def restart() -> None:
        try:
            patient.restart("plain")
        except BaseException as problem:
            failed.append(problem)

    keeper.send_signal(signal.SIGSTOP)
    try:
        thread = threading.Thread(target=restart)
        thread.start()
        time.sleep(0.7)
        assert thread.is_alive()
    finally:
        keeper.send_signal(signal.SIGCONT)
    thread.join(20)
    assert not failed
    after = patient.identity("plain")
    assert after not in (None, before)
    time.sleep(0.3)
    assert patient.identity("plain") == after


def test_8_a_supervisor_that_never_answers_is_an_error_in_time(world: tuple[Supervisor, int]) -> None:
    """At the deadline of the restart it is given up."""
    hurried = SupervisorExecutor(world[0].url, restart_timeout=0.5, call_timeout=0.2)
    world[0].process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(UnreachableError):
            hurried.restart("plain")
    finally:
        world[0].process.send_signal(signal.SIGCONT)
    deadline = time.monotonic() + 20
    while hurried.identity("plain") is not None:  # it carries out the order to stop after all
        assert time.monotonic() < deadline
        time.sleep(0.05)
    SupervisorExecutor(world[0].url, restart_timeout=20).restart("plain")


def test_7_a_restart_that_takes_too_long_ends_at_its_deadline(world: tuple[Supervisor, int]) -> None:
    """The deadline ends the waiting, with what was being waited for."""
    hurried = SupervisorExecutor(world[0].url, restart_timeout=0.3)
    deaf(hurried)
    with pytest.raises(DeadlineError, match=r"stubborn is STOPPING and not stopped 0\.3 s after"):
        hurried.restart("stubborn")


def test_what_supervisor_does_not_know_is_refused(executor: SupervisorExecutor) -> None:
    """An unknown program is an error in supervisor's word."""
    with pytest.raises(RefusedError, match="BAD_NAME"):
        executor.restart("nothing")
    with pytest.raises(RefusedError, match="BAD_NAME"):
        executor.identity("nothing")
    with pytest.raises(InvalidInputError, match="program"):
        executor.restart("plain; rm")


def test_7_a_program_that_dies_in_supervisors_hands_is_an_error(executor: SupervisorExecutor) -> None:
    """One that does not live through its startsecs was not restarted, and has no identity."""
    with pytest.raises(CommandError, match="dying ended as soon as it was started"):
        executor.restart("dying")
    assert executor.identity("dying") is None


def test_a_program_that_has_ended_is_not_running(executor: SupervisorExecutor) -> None:
    """One that exits is known not to run, and has no identity."""
    deadline = time.monotonic() + 10
    while executor.identity("broken") is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert executor.identity("broken") is None


INFO = {"name": "s1", "statename": "RUNNING", "pid": 12, "start": 5}


def as_http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def as_xml(value: object) -> bytes:
    return as_http(xmlrpc.client.dumps((value,), methodresponse=True).encode())


BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    f'<!ENTITY {new} "{f"&{old};" * 10}">'.encode() for old, new in zip("abcdefghi", "bcdefghij", strict=True)
) + b"]><methodResponse><params><param><value>&j;</value></param></params></methodResponse>"  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (saying(b"garbage"), BadAnswerError),
        (saying(as_http(b"<html>", "404 Not Found")), BadAnswerError),
        (saying(as_http(b"<html>")), BadAnswerError),
        (saying(as_http(b"\xff\xfe")), BadAnswerError),
        (saying(as_http(BOMB)), BadAnswerError),
        (saying(as_xml({**INFO, "pid": -3})), BadAnswerError),
        (saying(as_xml({**INFO, "pid": True})), BadAnswerError),
        (saying(as_xml({**INFO, "statename": "FINE"})), BadAnswerError),
        (saying(as_xml({**INFO, "start": "yesterday"})), BadAnswerError),
        (saying(as_xml([1])), BadAnswerError),
        (saying(as_xml(INFO)[:-20]), BadAnswerError),
        (endless(b"x" * 65536, b"HTTP/1.1 200 OK\r\n\r\n"), BadAnswerError),
        (endless(b"x: y\r\n" * 1000, b"HTTP/1.1 200 OK\r\n"), BadAnswerError),
        (dripping(as_xml(INFO)), UnreachableError),
        (silent(0.5), UnreachableError),
    ],
)
def test_hostile_answers_of_supervisor_are_refused(answer: Answer, error: type[OutsideError]) -> None:
    """What is no good answer is an error within the time of a call, however it is said."""
    with answering(answer) as address:
        executor = SupervisorExecutor(f"http://{address}/RPC2", restart_timeout=1, call_timeout=0.4)
        begun = time.monotonic()
        with pytest.raises(error) as caught:
            executor.identity("s1")
        assert time.monotonic() - begun < 5
        assert len(str(caught.value)) < 400
        assert str(caught.value).isprintable()


def test_a_supervisor_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """No socket is no answer."""
    with pytest.raises(NobodyListensError):
        SupervisorExecutor(f"unix://{tmp_path}/s.sock", restart_timeout=1).identity("s1")


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:9001/RPC2",
        "http://u:p@127.0.0.1:9001",
        "https://127.0.0.1:9001",
        "127.0.0.1:9001",
        "unix://",
        "http://127.0.0.1:x/",
        "http://127.0.0.1:9001/a b",
        7,
    ],
)
def test_urls_are_loopback_without_secrets(url: str) -> None:
    """Another host must be allowed by name, and a password has no place in a URL."""
    with pytest.raises(InvalidInputError) as caught:
        SupervisorExecutor(url, restart_timeout=1)
    assert "u:p" not in str(caught.value)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[ProcessExecutor]:
    """An executor of its own processes, which are all stopped at the end."""
    programs = {
        "plain": ["sleep", "100"],
        "stubborn": ["sh", "-c", STUBBORN],
        "broken": ["sh", "-c", "echo no; exit 3"],
        "missing": ["no-such-program"],
    }
    executor = ProcessExecutor(programs, tmp_path, stop_timeout=0.4, settle=0.1)
    yield executor
    for name in programs:
        executor.stop(name)


def test_a_process_is_started_restarted_and_stopped(processes: ProcessExecutor) -> None:
    """Each restart is a new process, and only one of them runs."""
    assert isinstance(processes, Executor)
    assert processes.identity("plain") is None
    processes.restart("plain")
    first = processes.identity("plain")
    assert first is not None
    with pytest.raises(RefusedError, match="runs already"):
        processes.start("plain")
    processes.restart("plain")
    second = processes.identity("plain")
    assert second is not None
    assert second != first
    assert identity_of(first.pid) is None
    processes.stop("plain")
    processes.stop("plain")
    assert processes.identity("plain") is None


def test_a_successor_finds_the_process(processes: ProcessExecutor, tmp_path: Path) -> None:
    """Another executor on the same directory knows it, and stops it."""
    found = processes.start("plain")
    successor = ProcessExecutor({"plain": ["sleep", "100"]}, tmp_path)
    assert successor.identity("plain") == found
    successor_stop = successor.stop
    processes._children.clear()  # as if the first one were gone; the test reaps in its place
    os.kill(found.pid, 15)
    os.waitpid(found.pid, 0)
    successor_stop("plain")
    assert successor.identity("plain") is None


def test_a_stubborn_process_is_killed(processes: ProcessExecutor) -> None:
    """TERM, then KILL, in bounded time."""
    processes.start("stubborn")
    found = deaf(processes)
    processes.stop("stubborn")
    assert identity_of(found.pid) is None


def test_a_number_used_again_is_not_touched(processes: ProcessExecutor, tmp_path: Path) -> None:
    """A process with the number of an earlier one is somebody else's: it is neither believed nor stopped."""
    found = processes.start("plain")
    file = tmp_path / "plain.identity"
    processes.stop("plain")
    file.write_text(f"{os.getpid()} {found.started!r}\n")
    assert processes.identity("plain") is None
    processes.stop("plain")  # would end this test if it believed the number
    assert identity_of(os.getpid()) is not None


@pytest.mark.parametrize("left", ["nothing", "an old identity"])
def test_1_a_process_that_no_file_knows_is_found(
    processes: ProcessExecutor, tmp_path: Path, left: str
) -> None:
    """A controller killed between start and file leaves a process, and its successor starts no second one."""
    found = processes.start("plain")
    file = tmp_path / "plain.identity"
    file.unlink() if left == "nothing" else file.write_text("4194000 1.0\n")
    successor = ProcessExecutor({"plain": ["sleep", "100"], "other": ["sleep", "100"]}, tmp_path)
    assert successor.identity("other") is None
    assert successor.identity("plain") == found
    with pytest.raises(RefusedError, match="runs already"):
        successor.start("plain")
    assert file.read_text() == f"{found.pid} {found.started!r}\n"


@pytest.mark.parametrize("text", ["", "abc def\n", "12\n", "\u00e9 1\n"])
def test_a_torn_identity_is_an_error(processes: ProcessExecutor, tmp_path: Path, text: str) -> None:
    """What cannot be read is not guessed at."""
    file = tmp_path / "plain.identity"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadAnswerError, match="plain"):
        processes.restart("plain")
    file.unlink()


def test_7_a_process_that_ends_at_once_is_an_error(processes: ProcessExecutor) -> None:
    """A program that dies as soon as it is started was not restarted."""
    with pytest.raises(CommandError, match="exit code 3"):
        processes.restart("broken")
    with pytest.raises(CommandError, match="cannot be started"):
        processes.restart("missing")
    with pytest.raises(RefusedError, match="no command starts it"):
        processes.restart("other")


def test_7_the_exit_code_is_said_whoever_looks_meanwhile(processes: ProcessExecutor) -> None:
    """A monitor that asks all the time which process it is does not hide how it ended."""
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            processes.identity("broken")

    monitor = threading.Thread(target=look)
    monitor.start()
    try:
        for _ in range(5):
            with pytest.raises(CommandError, match="exit code 3"):
                processes.restart("broken")
    finally:
        over.set()
        monitor.join()


def test_the_directory_must_exist(tmp_path: Path) -> None:
    """The place of the identities is not made by guessing."""
    with pytest.raises(InvalidInputError, match="directory"):
        ProcessExecutor({"s": [sys.executable]}, tmp_path / "nothing")
