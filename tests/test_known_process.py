"""Which process a server is: asked seldom, never guessed, told by the health body where nobody else can."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hostile_server import answering, saying

from rejuvmodel.runtime.executors.command import CommandExecutor
from rejuvmodel.runtime.executors.dry_run import DryRun
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.executors.process import ProcessExecutor
from rejuvmodel.runtime.outside.failures import RefusedError, UnreachableError
from rejuvmodel.runtime.watching.health_monitor import HealthMonitor
from rejuvmodel.runtime.watching.identity import Identity, identity_of, is_alive
from rejuvmodel.runtime.watching.joint_monitor import JointMonitor
from rejuvmodel.runtime.watching.known_process import KnownProcess
from rejuvmodel.runtime.watching.monitor import Monitor
from rejuvmodel.runtime.watching.process_monitor import ProcessMonitor
from rejuvmodel.runtime.watching.samples import QUANTITIES, Sample


class Counting:
    """An executor that counts how often it is asked, and answers what it is given."""

    def __init__(self, answer: Identity | None) -> None:
        self.answer: Identity | Exception | None = answer
        self.asked = 0

    def restart(self, program: str) -> None:
        """Do nothing."""

    def identity(self, program: str) -> Identity | None:
        """Answer."""
        assert program == "s1"
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def sleeping() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "100"])


def test_a_process_that_lives_is_not_asked_for() -> None:
    """While it lives the executor is asked once; when it is gone, at once again."""
    with sleeping() as first, sleeping() as second:
        executor = Counting(identity_of(first.pid))
        known = KnownProcess(executor, "s1")
        found = [known() for _ in range(5)]
        assert found == [identity_of(first.pid)] * 5
        assert executor.asked == 1
        first.kill()
        first.wait()
        executor.answer = identity_of(second.pid)
        assert known() == identity_of(second.pid)
        assert executor.asked == 2
        second.kill()
        second.wait()
        executor.answer = None
        assert [known(), known()] == [None, None]
        assert executor.asked == 4


def test_a_number_used_again_is_asked_for() -> None:
    """Another process with the number of the known one is not the known one, whoever says so."""
    own = identity_of(os.getpid())
    assert own is not None
    executor = Counting(Identity(own.pid, own.started - 5))
    known = KnownProcess(executor, "s1")
    assert [known(), known()] == [None, None]
    assert ProcessMonitor("s1", known).sample().answer == "gone"
    assert executor.asked == 3


def test_a_remote_process_is_asked_for_each_time() -> None:
    """Whether a process of another machine lives is not to be seen here, even if its number is used."""
    own = identity_of(os.getpid())
    assert own is not None
    executor = Counting(Identity(own.pid, own.started, here=False))
    known = KnownProcess(executor, "s1")
    assert known() == known() == own
    assert executor.asked == 2
    assert not is_alive(Identity(own.pid, own.started, here=False))


def test_an_old_answer_is_asked_for_again() -> None:
    """After a while the executor is asked even if the process lives, and a failure is none of its answers."""
    executor = Counting(identity_of(os.getpid()))
    known = KnownProcess(executor, "s1", ask_again=0.05)
    known()
    time.sleep(0.06)
    executor.answer = UnreachableError("supervisor", "no answer")
    for _ in range(2):
        with pytest.raises(UnreachableError):
            known()
    executor.answer = identity_of(os.getpid())
    assert known() == executor.answer
    assert executor.asked == 4


def test_a_remote_process_is_not_gone() -> None:
    """Of a process of another machine nothing is measured, and nothing is doubted."""
    executor = CommandExecutor(["true"], restart_timeout=5, identity=["echo", "4194999", "12.5"])
    sample = ProcessMonitor("s1", KnownProcess(executor, "s1")).sample()
    assert (sample.answer, sample.doubts) == ("unknown", ())
    assert sample.identity == Identity(4194999, 12.5)
    assert all(sample.value(name) is None for name in QUANTITIES)


def test_where_it_is_does_not_tell_identities_apart() -> None:
    """An identity of an older journal is equal to that of now."""
    assert Identity(5, 1.5) == Identity(5, 1.5, here=False)
    assert hash(Identity(5, 1.5)) == hash(Identity(5, 1.5, here=False))


def test_a_process_that_cannot_be_looked_at_is_not_gone() -> None:
    """A failed look is an error and no end: here all descriptors of this process are in use."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    own = identity_of(os.getpid())
    none = ProcessMonitor("s1", KnownProcess(Counting(Identity(os.getpid(), 1.0)), "s1"))
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        with pytest.raises(RefusedError, match="cannot be looked at"):
            identity_of(os.getpid())
        sample = none.sample()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert own is not None
    assert sample.answer == "unknown"
    assert "cannot be looked at" in sample.doubts[0]


@contextmanager
def asked(body: object) -> Iterator[HealthMonitor]:
    """Yield a monitor of a server with this health body."""
    text = json.dumps(body).encode()
    answer = saying(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text)
    with answering(answer) as address:
        yield HealthMonitor("s1", f"http://{address}/healthz")


def test_the_body_tells_lives_apart() -> None:
    """Number and begin together are an identity, of a process that need not be on this machine."""
    seen = []
    for started in (17.25, 17.25, 18):
        with asked({"pid": 12, "started": started, "load": 0.5}) as monitor:
            seen.append(monitor.sample())
    assert [one.identity for one in seen] == [Identity(12, 17.25), Identity(12, 17.25), Identity(12, 18.0)]
    assert not any(one.identity is None or one.identity.here or one.doubts for one in seen)


@pytest.mark.parametrize(
    ("body", "doubt"),
    [
        ({"pid": 12}, ()),
        ({"started": 12}, ()),
        ({"pid": "12", "started": 5}, ("pid is no number (str)",)),
        ({"pid": True, "started": 5}, ("pid is no number (bool)",)),
        ({"pid": 12.0, "started": 5}, ("pid is no number of a process",)),
        ({"pid": 0, "started": 5}, ("pid is no number of a process",)),
        ({"pid": -3, "started": 5}, ("pid is negative",)),
        ({"pid": 2**40, "started": 5}, ("pid is no number of a process",)),
        ({"pid": 12, "started": -1}, ("started is negative",)),
        ({"pid": 12, "started": "yesterday"}, ("started is no number (str)",)),
        ({"pid": 12, "started": None}, ("started is no number (NoneType)",)),
        ({"pid": 12, "started": 10**400}, ("started is inf",)),
    ],
)
def test_13_an_identity_that_cannot_be_is_left_out(body: object, doubt: tuple[str, ...]) -> None:
    """What is no number of a process and no time is named and not believed; one of the two says nothing."""
    with asked(body) as monitor:
        sample = monitor.sample()
    assert (sample.answer, sample.identity, sample.doubts) == ("healthy", None, doubt)


BODY = {"pid": 12, "started": 17.25}


def joint(health: Monitor, executor: Executor) -> Sample:
    """Return what both together see."""
    return JointMonitor(health, ProcessMonitor("s1", KnownProcess(executor, "s1"))).sample()


def test_the_body_is_believed_where_nobody_else_knows() -> None:
    """An executor that never knows processes leaves the word to the body, without a doubt."""
    with asked(BODY) as health:
        for executor in (DryRun(), CommandExecutor(["true"], restart_timeout=5)):
            sample = joint(health, executor)
            assert (sample.identity, sample.doubts) == (Identity(12, 17.25), ())


def test_two_sources_are_not_taken_for_two_lives() -> None:
    """The process comes first; where it is in doubt or gone the body does not step in."""
    own = identity_of(os.getpid())
    with asked(BODY) as health:
        assert joint(health, Counting(own)).identity == own
        down = Counting(None)
        assert joint(health, down).answer == "gone"
        assert joint(health, down).identity is None
        down.answer = UnreachableError("supervisor", "no answer")
        sample = joint(health, down)
        assert (sample.answer, sample.identity) == ("healthy", None)
        assert "no answer" in sample.doubts[0]


def test_a_restarted_program_is_found_at_once(tmp_path: Path) -> None:
    """After a restart by a real executor the next look sees the new process."""
    code = "import time; time.sleep(100)"
    executor = ProcessExecutor({"s1": [sys.executable, "-c", code]}, tmp_path, settle=0.05)
    try:
        monitor = ProcessMonitor("s1", KnownProcess(executor, "s1"))
        assert monitor.sample().answer == "gone"
        executor.restart("s1")
        first = monitor.sample()
        executor.restart("s1")
        second = monitor.sample()
        assert first.identity not in (None, second.identity)
        assert second.identity == executor.identity("s1")
    finally:
        executor.stop("s1")
