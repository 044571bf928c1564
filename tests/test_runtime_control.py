"""The control socket: who has its name, who may ask, and that no client can hold it up."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from hostile_server import answering, dripping, endless, saying, silent

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.operating import control_socket
from rejuvmodel.runtime.operating.control import ControlServer
from rejuvmodel.runtime.operating.control_client import ask, ask_one
from rejuvmodel.runtime.operating.control_messages import MOST_REQUEST
from rejuvmodel.runtime.outside.failures import (
    BadAnswerError,
    NobodyListensError,
    OutsideError,
    RefusedError,
    UnreachableError,
)

PATIENCE = 0.3
Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, which sockets need."""
    made = Path(tempfile.mkdtemp(prefix="rj-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def status(request: Mapping[str, Any], acting: bool = True) -> dict[str, Any]:
    """The reply of a runtime that does what it is told."""
    return {"ok": True, "status": {"schema": 1, "acting": acting, "asked": dict(request)}}


def standby(request: Mapping[str, Any]) -> dict[str, Any]:
    """The reply of the one of two that does not act."""
    return status(request, acting=False)


@contextmanager
def served(path: Path, answer: Answer = status) -> Iterator[ControlServer]:
    with ControlServer(str(path), answer, patience=PATIENCE) as server:
        yield server


def sent(path: Path | str, data: bytes, *, end: bool = False) -> dict[str, Any]:
    """Send bytes and read the one line that comes back."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        if end:
            connection.shutdown(socket.SHUT_WR)
        found = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                found += part
    assert found.endswith(b"\n")
    assert found.count(b"\n") == 1
    values: dict[str, Any] = json.loads(found, parse_constant=pytest.fail)
    return values


OTHER = """
import sys, time
from rejuvmodel.runtime.operating.control import ControlServer
server = ControlServer(sys.argv[1], lambda request: {"ok": True, "status": {"acting": True, "other": True}})
server.start()
print(server.path, flush=True)
time.sleep(60)
"""


@contextmanager
def other_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that listens on a control socket of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == str(path)
            yield process
        finally:
            process.kill()


def test_a_request_and_its_reply(folder: Path) -> None:
    """What is asked reaches the runtime as checked values, and its reply comes back; then nothing is left."""
    with served(folder / "w.sock"):
        reply = ask(str(folder / "w.sock"), "status")
        assert (reply.ok, reply.acts, reply.path) == (True, True, str(folder / "w.sock"))
        assert reply.status == {"schema": 1, "acting": True, "asked": {"ask": "status", "servers": []}}
        reply = ask(str(folder / "w.sock"), "rejuvenate", ["s1", "s2"])
        assert reply.status["asked"] == {"ask": "rejuvenate", "servers": ["s1", "s2"]}
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the mode is set between bind and listen")
def test_the_mode_from_the_first_moment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket is made with mode 600 whatever the umask is: nothing has to be corrected afterwards."""
    monkeypatch.setattr(control_socket.os, "chmod", lambda *_: pytest.fail("it had another mode at first"))
    before = os.umask(0)
    try:
        with served(folder / "w.sock"):
            assert stat.S_IMODE((folder / "w.sock").stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_nobody_connects_before_the_mode_is_set(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a socket cannot be given its mode before it is bound, it gets it before anybody can connect."""
    monkeypatch.setattr(control_socket.os, "fchmod", lambda *_: None)
    chmod, seen = os.chmod, []

    def corrected(path: str, mode: int) -> None:
        with socket.socket(socket.AF_UNIX) as early:
            seen.append(early.connect_ex(path))
        chmod(path, mode)

    monkeypatch.setattr(control_socket.os, "chmod", corrected)
    with served(folder / "w.sock"):
        assert seen == [errno.ECONNREFUSED]
        assert stat.S_IMODE((folder / "w.sock").stat().st_mode) == 0o600


def test_the_socket_of_a_dead_process_is_replaced(folder: Path) -> None:
    """A killed runtime leaves its socket behind, and the next one takes the same name."""
    path = folder / "w.sock"
    with other_process(path) as process:
        assert ask(str(path), "status").status["other"] is True
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert stat.S_ISSOCK(path.stat().st_mode)
    with pytest.raises(NobodyListensError, match=r"w\.sock: nobody listens .* Is the runtime running\?"):
        ask(str(path), "status")
    with served(path) as server:
        assert server.path == str(path)
        assert "other" not in ask(str(path), "status").status


def test_two_runtimes_of_a_group(folder: Path) -> None:
    """The second takes the name with .2, a third is refused; questions and orders reach the one that acts."""
    path = folder / "w.sock"
    with ExitStack() as stack:
        stack.enter_context(served(path, standby))
        second = stack.enter_context(served(path))
        assert second.path == f"{path}.2"
        with pytest.raises(RefusedError, match=r"two runtimes of this group .* Stop one of them first"):
            ControlServer(str(path), status).start()
        for what in ("status", "pause"):
            reply = ask(str(path), what)
            assert (reply.path, reply.acts) == (f"{path}.2", True)
        second.close()
        reply = ask(str(path), "resume")
        assert (reply.path, reply.acts, reply.status["asked"]["ask"]) == (str(path), False, "resume")
    assert list(folder.iterdir()) == []


def test_neither_acts(folder: Path) -> None:
    """While nobody acts, the first one answers."""
    path = folder / "w.sock"
    with (
        served(path, standby),
        served(path, standby),
    ):
        assert ask(str(path), "status").path == str(path)


def test_a_stopped_process_keeps_its_name(folder: Path) -> None:
    """A runtime that is stopped still has its socket, and the one that runs is asked nevertheless."""
    path = folder / "w.sock"
    with other_process(path) as process:
        process.send_signal(signal.SIGSTOP)
        while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
            time.sleep(0.01)
        with served(path) as second:
            assert second.path == f"{path}.2"
            reply = ask(str(path), "pause", timeout=2)
            assert (reply.path, reply.status["asked"]["ask"]) == (f"{path}.2", "pause")
        with pytest.raises(
            UnreachableError, match=r"no complete answer within 0\.5 s\. Is the runtime stopped"
        ):
            ask(str(path), "status", timeout=0.5)


def test_many_start_at_once(folder: Path) -> None:
    """Of eight that find the socket of a dead process at once, two get a name, each one of its own."""
    path = folder / "w.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    servers = [ControlServer(str(path), status) for _ in range(8)]
    gate, refused = threading.Barrier(len(servers)), []

    def start(server: ControlServer) -> None:
        gate.wait()
        try:
            server.start()
        except RefusedError:
            refused.append(server)

    threads = [threading.Thread(target=start, args=(one,)) for one in servers]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    good = [one for one in servers if one not in refused]
    assert sorted(one.path for one in good) == [str(path), f"{path}.2"]
    for one in good:
        assert ask_one(one.path, "status").ok
        one.close()
    assert list(folder.iterdir()) == []


def test_the_file_of_another_is_not_removed(folder: Path) -> None:
    """At its end a server removes its own file only."""
    path = folder / "w.sock"
    with served(path):
        path.unlink()
        path.write_text("mine")
    assert path.read_text() == "mine"


def test_names_that_cannot_be_had(folder: Path) -> None:
    """A file that is no socket, a link, a folder that is missing: each is refused with the next step."""
    (folder / "file").write_text("")
    (folder / "link").symlink_to(folder / "w.sock")
    for name, words in {
        "file": "which is no socket; a name is expected that nothing else has",
        "link": "which is no socket",
        "none/w.sock": "Make the folder first",
        ".": "which is no socket",
    }.items():
        with pytest.raises(InvalidInputError, match=words):
            ControlServer(f"{folder}/{name}", status).start()
    assert (folder / "file").exists()


def test_a_folder_that_is_locked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program that holds the lock on the folder is waited for, not for ever."""
    import fcntl

    monkeypatch.setattr(control_socket, "_PATIENCE", 0.05)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(RefusedError, match="Name a folder of its own"):
            ControlServer(f"{folder}/w.sock", status).start()
    finally:
        os.close(held)


WRONG = {
    "no JSON": (b"status\n", "request: got a syntax error"),
    "nothing": (b"\n", "request: got a syntax error"),
    "no UTF-8": (b'{"ask": "\xff"}\n', "bytes that are no UTF-8 (byte 9)"),
    "NaN": (b'{"ask": NaN}\n', "NaN, which is no JSON"),
    "twice": (b'{"ask": "pause", "ask": "status"}\n', 'the key "ask" twice'),
    "deep": (b"[" * 60_000 + b"\n", "nested too deeply"),
    "no object": (b'["status"]\n', "request: got ['status'] (list)"),
    "no question": (b"{}\n", "request.ask: got nothing (the key is missing)"),
    "unknown question": (b'{"ask": "shutdown"}\n', 'request.ask is "status" (how everything stands)'),
    "unknown key": (b'{"ask": "status", "shell": "rm"}\n', "request.shell: got an unknown key"),
    "servers of no list": (b'{"ask": "roll", "servers": "s1"}\n', "a list of names is expected"),
    "hostile server": (b'{"ask": "roll", "servers": ["a; rm"]}\n', "request.servers[0]"),
    "servers for nothing": (b'{"ask": "pause", "servers": ["a"]}\n', "servers belong to roll and rejuvenate"),
    "rejuvenate nobody": (b'{"ask": "rejuvenate"}\n', "at least one server is named"),
    "two lines": (b'{"ask": "pause"}\n{"ask": "roll"}\n', "more than one line"),
    "huge": (b'{"ask": "' + b"x" * 10_000_000 + b'"}\n', f"more than {MOST_REQUEST} bytes"),
    "huge number": (b'{"ask": ' + b"9" * 60_000 + b"}\n", "request"),
}


@pytest.mark.parametrize("case", WRONG)
def test_hostile_requests_are_refused(folder: Path, case: str) -> None:
    """Whatever is sent, the reply says what is wrong with it, nothing is done, and the next one is served."""
    asked: list[str] = []

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(request["ask"])
        return status(request)

    data, words = WRONG[case]
    with served(folder / "w.sock", answer) as server:
        reply = sent(server.path, data)
        assert reply["ok"] is False
        assert words in reply["error"], reply
        assert len(reply["error"]) < 1000
        assert asked == []
        assert ask(server.path, "status").ok


def test_clients_that_hold_the_line(folder: Path) -> None:
    """A slow drip, an unfinished line and silence end at the deadline; whoever goes away is forgotten."""
    with served(folder / "w.sock") as server, ExitStack() as stack:
        began = time.monotonic()
        assert "without an end of the line" in sent(server.path, b'{"ask": "status"}', end=True)["error"]
        assert f"no complete line within {PATIENCE} s" in sent(server.path, b'{"ask"')["error"]

        def drip() -> None:
            with socket.socket(socket.AF_UNIX) as slow, suppress(OSError):
                slow.connect(server.path)
                while True:
                    slow.sendall(b" ")
                    time.sleep(0.01)

        for _ in range(3):
            thread = threading.Thread(target=drip)
            thread.start()
            stack.callback(thread.join)
            silent_one = stack.enter_context(socket.socket(socket.AF_UNIX))
            silent_one.connect(server.path)
            with socket.socket(socket.AF_UNIX) as hasty:
                hasty.connect(server.path)
                hasty.sendall(b'{"ask": "status"}\n')
        assert ask(server.path, "status", timeout=10).ok
        assert time.monotonic() - began < 10


def test_a_client_that_does_not_read(folder: Path) -> None:
    """A reply that nobody takes is given up at its deadline."""

    def long(request: Mapping[str, Any]) -> dict[str, Any]:
        return status(request) | {"more": "x" * 4_000_000}

    with served(folder / "w.sock", long) as server, socket.socket(socket.AF_UNIX) as deaf:
        deaf.connect(server.path)
        deaf.sendall(b'{"ask": "status"}\n')
        assert ask(server.path, "status").ok


def refused(_: Mapping[str, Any]) -> dict[str, Any]:
    raise RefusedError("group web", "it is stopping", "Ask again later.")


def invalid(_: Mapping[str, Any]) -> dict[str, Any]:
    raise InvalidInputError("servers[0]", '"s9"', "the servers are s1, s2", 'Did you mean "s1"?')


def faulty(_: Mapping[str, Any]) -> dict[str, Any]:
    return {}["secret"]  # type: ignore[no-any-return]


def impossible(_: Mapping[str, Any]) -> dict[str, Any]:
    return {"ok": True, "status": {"load": float("nan")}}


def too_long(_: Mapping[str, Any]) -> dict[str, Any]:
    return {"ok": True, "status": {"text": "x" * 9_000_000}}


FAULT, REPORT = "control socket: a fault of the runtime", "Its log says more; please report it."


@pytest.mark.parametrize(
    ("answer", "error", "advice"),
    [
        (refused, "group web: it is stopping.", "Ask again later."),
        (invalid, 'servers[0]: got "s9"; the servers are s1, s2.', 'Did you mean "s1"?'),
        (faulty, f"{FAULT} (KeyError).", REPORT),
        (impossible, f"{FAULT} (ValueError).", REPORT),
        (too_long, "control socket: the reply would have 9000033 bytes.", "Watch fewer servers"),
    ],
)
def test_what_goes_wrong_in_the_runtime(folder: Path, answer: Answer, error: str, advice: str) -> None:
    """An error of the library is told with its advice, a fault by its kind alone; the server goes on."""
    with served(folder / "w.sock", answer) as server:
        for _ in range(2):
            reply = ask(server.path, "pause")
            assert (reply.ok, reply.status, reply.error) == (False, {}, error)
            assert reply.advice.startswith(advice)


def test_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is neither the same user nor root gets nothing, even if the mode of the file would allow it."""
    with served(folder / "w.sock") as server:
        if os.geteuid() != 0:
            monkeypatch.setattr(control_socket.os, "geteuid", lambda: os.getuid() + 1)
            reply = sent(server.path, b'{"ask": "status"}\n')
        else:
            folder.chmod(0o711)
            os.chmod(server.path, 0o666)
            code = (
                "import os, socket, sys\nos.setgid(65534); os.setuid(65534)\n"
                "with socket.socket(socket.AF_UNIX) as one:\n"
                " one.connect(sys.argv[1])\n"
                " sys.stdout.buffer.write(one.recv(9999))"
            )
            command = [sys.executable, "-c", code, server.path]
            run = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            reply = json.loads(run.stdout)
        assert reply["error"] == "control socket: another user asks."
        monkeypatch.undo()
        assert ask(server.path, "status").ok


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (saying(b""), BadAnswerError, "the reply is cut off"),
        (saying(b'{"ok": true}\n'), BadAnswerError, "no reply of a runtime"),
        (saying(b'{"ok": 1, "status": {}}\n'), BadAnswerError, "no reply of a runtime"),
        (saying(b'{"ok": false, "error": 3, "advice": ""}\n'), BadAnswerError, "no reply of a runtime"),
        (saying(b"[]\n"), BadAnswerError, "no reply of a runtime"),
        (saying(b"\xff\n"), BadAnswerError, "no strict JSON"),
        (saying(b'{"ok": true, "status": {"epoch": NaN}}\n'), BadAnswerError, "no strict JSON"),
        (endless(b"x" * 65536), BadAnswerError, "longer than 8388608 bytes"),
        (dripping(b" " * 1000), UnreachableError, "no complete answer within 0.5 s"),
        (silent(), UnreachableError, "no complete answer within 0.5 s"),
    ],
)
def test_what_is_no_runtime(folder: Path, answer: Any, kind: type[OutsideError], words: str) -> None:
    """The client believes no reply that is not one, and waits for none for ever."""
    with answering(answer, folder / "w.sock") as path:
        timeout = 0.5 if kind is UnreachableError else 10
        with pytest.raises(kind, match=words):
            ask(path, "status", timeout=timeout)


def test_no_socket_at_all(folder: Path) -> None:
    """Where no runtime was ever started, the error names the socket and asks whether it runs."""
    with pytest.raises(
        NobodyListensError, match=r"w\.sock: nobody listens \(No such file or directory\)\. Is"
    ):
        ask(f"{folder}/w.sock", "pause")
