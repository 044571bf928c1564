"""Monitors: real processes, a real server that ages, and answers that cannot be believed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from free_ports import held_ports
from haproxies import end
from hostile_server import Answer, answering, dripping, endless, saying, silent

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.outside.failures import RefusedError
from rejuvmodel.runtime.watching.health_monitor import MOST_BYTES, HealthMonitor
from rejuvmodel.runtime.watching.identity import Identity, identity_of
from rejuvmodel.runtime.watching.joint_monitor import JointMonitor
from rejuvmodel.runtime.watching.process_monitor import ProcessMonitor
from rejuvmodel.runtime.watching.samples import QUANTITIES, Sample

SERVER = Path(__file__).parents[1] / "examples" / "runtime" / "leaking_server.py"


def http(body: bytes, status: str = "200 OK") -> Answer:
    return saying(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def look(answer: Answer, **settings: object) -> Sample:
    """Look once at a server that gives this answer."""
    with answering(answer) as address:
        return HealthMonitor("s1", f"http://{address}/healthz", timeout=0.4, **settings).sample()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A leaking server: its port, and its process."""
    with held_ports(1) as [port]:
        process = subprocess.Popen([sys.executable, str(SERVER), str(port)])
        try:
            yield port, process
        finally:
            end(process)


def until(monitor: HealthMonitor, answer: str) -> Sample:
    """Look until the answer comes."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if (sample := monitor.sample()).answer == answer:
            return sample
        time.sleep(0.02)
    raise AssertionError(f"the server was never {answer}")


def test_16_an_open_port_is_not_health(server: tuple[int, subprocess.Popen[bytes]]) -> None:
    """While it warms up the server answers and says that it is not well; then it is healthy."""
    port, process = server
    monitor = HealthMonitor("s1", f"http://127.0.0.1:{port}/healthz")
    cold = until(monitor, "unhealthy")
    assert cold.uptime is not None
    assert cold.uptime < 0.6
    warm = until(monitor, "healthy")
    assert warm.uptime is not None
    assert warm.uptime >= 0.6
    assert warm.load == 0
    assert warm.buffers is not None
    assert warm.buffers > 0
    assert identity_of(process.pid) is not None


def test_the_process_is_looked_at(server: tuple[int, subprocess.Popen[bytes]]) -> None:
    """Memory, files, uptime and processor time are those of the process itself."""
    _, process = server
    monitor = ProcessMonitor("s1", lambda: identity_of(process.pid))
    first = monitor.sample()
    assert first.load is None
    assert first.answer == "unknown"
    time.sleep(0.06)
    second = monitor.sample()
    truth = psutil.Process(process.pid)
    assert second.load is not None
    assert 0 <= second.load < 8
    assert second.memory == pytest.approx(truth.memory_info().rss, rel=0.2)
    assert second.buffers == truth.num_fds()
    assert second.uptime == pytest.approx(time.time() - truth.create_time(), abs=2)
    assert second.identity == identity_of(process.pid)


def test_memory_of_children_is_added() -> None:
    """With its children a process has more memory than without."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as parent:
        deadline = time.monotonic() + 20
        while not psutil.Process(parent.pid).children() and time.monotonic() < deadline:
            time.sleep(0.02)
        alone = ProcessMonitor("s1", lambda: identity_of(parent.pid)).sample()
        together = ProcessMonitor("s1", lambda: identity_of(parent.pid), with_children=True).sample()
        assert alone.memory is not None
        assert together.memory is not None
        assert together.memory > alone.memory
        parent.communicate(b"\n")


def test_a_process_that_is_gone_is_gone() -> None:
    """No process, one that ends while it is looked at, and one that nobody knows are told apart."""
    assert ProcessMonitor("s1", lambda: None).sample().answer == "gone"
    with subprocess.Popen(["sleep", "100"]) as process:
        ending = ProcessMonitor("s1", lambda: identity_of(process.pid))
        found = ending.found()
        process.kill()
    assert ending.measured(found, QUANTITIES).answer == "gone"

    def nobody_knows() -> Identity | None:
        raise RefusedError("executor", "it does not know", "")

    sample = ProcessMonitor("s1", nobody_knows).sample()
    assert sample.answer == "unknown"
    assert "does not know" in sample.doubts[0]


def test_what_nobody_asks_for_is_not_measured(server: tuple[int, subprocess.Popen[bytes]]) -> None:
    """A value is measured if this monitor has it and it is asked for; a share of a core spans no gap."""
    _, process = server
    monitor = ProcessMonitor("s1", lambda: identity_of(process.pid), quantities=("load", "memory"))
    found = monitor.found()
    assert (found.identity, found.memory) == (identity_of(process.pid), None)
    assert monitor.measured(found, ("uptime", "buffers")) is found
    memory = monitor.measured(found, ("memory", "buffers"))
    assert [name for name in QUANTITIES if memory.value(name) is not None] == ["uptime", "memory"]
    shares = []
    for asked in (("load",), ("load",), ("memory",), ("load",)):
        shares.append(monitor.measured(monitor.found(), asked).load is not None)
        time.sleep(0.06)
    assert shares == [False, True, False, False]


def test_health_and_process_are_put_together(server: tuple[int, subprocess.Popen[bytes]]) -> None:
    """Health is the endpoint's to say, the rest is filled in; a process that is gone outweighs an answer."""
    port, process = server
    health = HealthMonitor("s1", f"http://127.0.0.1:{port}/healthz")
    until(health, "healthy")
    joint = JointMonitor(health, ProcessMonitor("s1", lambda: identity_of(process.pid))).sample()
    assert joint.answer == "healthy"
    assert joint.identity == identity_of(process.pid)
    assert all(joint.value(name) is not None for name in QUANTITIES)
    assert JointMonitor(health, ProcessMonitor("s1", lambda: None)).sample().answer == "gone"


@pytest.mark.parametrize(
    ("fields", "bodies", "memory"),
    [
        ({}, [{"memory": -1}], None),  # the body has it, and it cannot be
        ({}, [{"memory": True}, {"memory": 5}], 5),
        ({"memory": "heap.used"}, [{"memory": 5}], None),  # the file says where it has to be
        ({}, [{"memory": 5}, {}], None),  # what the body had once comes from nowhere else
        ({}, [{"memory": 5}, b"no JSON"], None),
        ({}, [{}, b"no JSON", {"load": 0.5}], "process"),
    ],
)
def test_13_a_value_of_the_body_is_never_replaced_by_another_one(
    fields: dict[str, str], bodies: list[object], memory: object
) -> None:
    """A quantity that the body has is the body's: bytes of a heap are not those of a process."""
    own = identity_of(os.getpid())
    answers = [http(one if isinstance(one, bytes) else json.dumps(one).encode()) for one in bodies]

    def next_answer(connection: socket.socket) -> None:
        answers.pop(0)(connection)

    with answering(next_answer) as address:
        health = HealthMonitor("s1", f"http://{address}/", fields=fields)
        joint = JointMonitor(health, ProcessMonitor("s1", lambda: own))
        sample = [joint.sample() for _ in bodies][-1]
    assert sample.buffers is not None  # never the body's
    if memory == "process":
        assert sample.memory is not None
        assert sample.memory > 1e6
    else:
        assert sample.memory == memory


def test_nothing_listening_is_gone() -> None:
    """A refused connection is an answer: nobody is there."""
    with held_ports(1) as [port]:
        sample = HealthMonitor("s1", f"http://127.0.0.1:{port}/healthz").sample()
    assert sample.answer == "gone"
    assert "nobody listens" in sample.doubts[0]


@pytest.mark.parametrize(
    "answer",
    [
        endless(b"x" * 65536, b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n", most=10 * 2**20),
        http(b"{" + b" " * MOST_BYTES + b"}"),
        endless(b"x" * 65536, b"HTTP/1.1 200 OK\r\n\r\n"),
        endless(b"1\r\nx\r\n" * 1000, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b" " * 100, 0.03),
        silent(0.5),
        saying(b""),
        saying(b"SSH-2.0-OpenSSH_9.9\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{"),
        saying(b"HTTP/1.1 abc OK\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\n\n{}"),
        saying(b"RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"),
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
        saying(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}"),
        saying(b"HTTP/1.1 100 Continue\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nX: y"),
        endless(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, b""),
        endless(b"x" * 65536, b"HTTP/1.1 200 OK\r\nX: "),
        http(b'{"load": "\xff\xfe"}'),
        http(b'{"load": NaN}'),
        http(b'{"load": -Infinity}'),
        http(b'{"load": 1e999}'),
        http(b'{"load": ' + b"9" * 10000 + b"}"),
        http(b'{"load": 1, "load": 2}'),
        http(b"[" * 50000),
        http(b"[1]"),
        http(b'"healthy"'),
        http(b'{"load": 1'),
    ],
)
def test_13_hostile_answers_are_unknown(answer: Answer) -> None:
    """Too long, too slow, cut off, no HTTP or no strict JSON: nobody knows, in time and in few words."""
    begun = time.monotonic()
    sample = look(answer)
    assert time.monotonic() - begun < 5
    assert sample.answer == "unknown"
    assert all(sample.value(name) is None for name in QUANTITIES)
    assert len(sample.doubts) == 1
    assert len(sample.doubts[0]) < 500
    assert sample.doubts[0].isprintable()


@pytest.mark.parametrize(
    ("load", "doubt"),
    [(-1, "load is negative"), ("0.5", "load is no number (str)"), (None, "load is no number (NoneType)"),
     (True, "load is no number (bool)"), ([1], "load is no number (list)"), (10**400, "load is inf")],
)  # fmt: skip
def test_13_a_value_that_cannot_be_is_left_out(load: object, doubt: str) -> None:
    """One bad value is left out and named; the others are kept."""
    sample = look(http(json.dumps({"load": load, "memory": 5}).encode()))
    assert sample.answer == "healthy"
    assert sample.load is None
    assert sample.memory == 5
    assert sample.doubts == (doubt,)


@pytest.mark.parametrize(
    ("status", "answer"),
    [("200 OK", "healthy"), ("204 No Content", "healthy"), ("302 Found", "unhealthy"),
     ("404 Not Found", "unhealthy"), ("503 Service Unavailable", "unhealthy")],
)  # fmt: skip
def test_the_status_says_whether_it_is_well(status: str, answer: str) -> None:
    """Only 200 to 299 is healthy, with or without a body; nothing is followed elsewhere."""
    assert look(http(b"", status)).answer == answer


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"lo\r\n7\r\nad": 5}\r\n0\r\n\r\n',
        b'HTTP/1.0 200 OK\r\nServer: old\r\n\r\n{"load": 5}',
        b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"load": 5}',
        b'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"load": 5}HTTP/1.1 500 no\r\n\r\nx',
        b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{"load": 5}more',
    ],
)
@pytest.mark.parametrize("dripped", [False, True])
def test_every_way_to_end_an_answer_is_read(answer: bytes, dripped: bool) -> None:
    """In chunks, until the connection is closed, or so many bytes; at once or byte by byte, and no more."""
    with answering(dripping(answer, 0.0005, 20) if dripped else saying(answer)) as address:
        sample = HealthMonitor("s1", f"http://{address}/", timeout=20).sample()
    assert (sample.answer, sample.load, sample.doubts) == ("healthy", 5, ())


def test_fields_of_the_body_have_names_of_their_own() -> None:
    """A quantity may stand deep in the body under another name; one that was promised must be there."""
    body = json.dumps({"heap": {"used": 7}, "memory": 1, "load": 0.5}).encode()
    sample = look(http(body), fields={"memory": "heap.used", "buffers": "queue"})
    assert (sample.memory, sample.load, sample.buffers) == (7, 0.5, None)
    assert sample.doubts == ("buffers is missing",)
    for fields in ({"memoory": "x"}, {"memory": ""}, {"memory": 7}):
        with pytest.raises(InvalidInputError, match="the quantities are"):
            HealthMonitor("s1", "http://127.0.0.1:1/", fields=fields)


def test_13_an_uptime_that_stands_still_is_not_believed() -> None:
    """An answer with the uptime of a while ago is an old one, whatever else it says."""
    body = json.dumps({"uptime": 100.0, "load": 0.1}).encode()
    with answering(http(body)) as address:
        monitor = HealthMonitor("s1", f"http://{address}/", frozen_after=0.2)
        patient = HealthMonitor("s1", f"http://{address}/", frozen_after=60)
        assert monitor.sample().answer == "healthy"
        assert patient.sample().answer == "healthy"
        time.sleep(0.25)
        assert patient.sample().answer == "healthy"
        frozen = monitor.sample()
        assert frozen.answer == "unknown"
        assert frozen.load is None
        assert "uptime stands still at 100 s" in frozen.doubts[0]


def test_health_is_asked_on_this_host_unless_allowed() -> None:
    """Another host must be allowed by name."""
    with pytest.raises(InvalidInputError, match="allowed by name"):
        HealthMonitor("s1", "http://10.0.0.1/healthz")
    HealthMonitor("s1", "http://10.0.0.1/healthz", allowed=["10.0.0.1"])
    with pytest.raises(InvalidInputError, match="server"):
        HealthMonitor("s 1", "http://127.0.0.1/healthz")
