"""Small groups for the runtime's command line, without a real balancer; and what answers for one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostile_server import answering, saying

from rejuvmodel.runtime.operating.control import ControlServer

NAMES = ("s1", "s2", "s3")
HEAD = """
[group]
name = "web"
mode = "active/active"
required = 2
tick = "0.05 s"
[balancer]
type = "in-process"
[executor]
"""
#: A process that lives as long as the test: this one.
COMMAND = f"""
type = "command"
identity = ["echo", "{os.getpid()}"]
healthy_for = "0.1 s"
"""
DRY = 'type = "dry-run"\n'
HEALTHY = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a name that is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="rj-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def written(folder: Path, executor: str = DRY, *, health: str = "", more: str = "", name: str = "web") -> str:
    """Write the file of a group of three servers, and return its name."""
    servers = "".join(
        f'[[servers]]\nname = "{one}"\n' + (f'health = "http://{health}/{one}"\n' if health else "")
        for one in NAMES
    )
    path = folder / f"{name}.toml"
    path.write_text(HEAD.replace('"web"', f'"{name}"') + executor + more + servers, encoding="utf-8")
    return str(path)


@contextmanager
def healthy() -> Iterator[str]:
    """A health endpoint that is always well."""
    with answering(saying(HEALTHY)) as address:
        yield address


@dataclass
class Daemon:
    """``rejuvmodel runtime run`` as a process."""

    process: subprocess.Popen[str]
    log: Path

    def until(self, words: str) -> list[str]:
        """Wait for a line of the log with these words; return all lines so far."""
        wait(f"{words!r} in the log", lambda: words in self.log.read_text("utf-8"))
        return self.log.read_text("utf-8").splitlines()


@contextmanager
def running(file: str, *options: str, log: str = "log") -> Iterator[Daemon]:
    """A daemon for a file, once it can be asked; its log is a file beside it."""
    command = [sys.executable, "-m", "rejuvmodel", "runtime", "run", file, *options]
    path = Path(file).with_name(log)
    with (
        path.open("w", encoding="utf-8") as stream,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True) as process,
    ):
        try:
            daemon = Daemon(process, path)
            daemon.until("asked on")
            yield daemon
        finally:
            process.kill()


def document(**changes: Any) -> dict[str, Any]:
    """The status of a quiet group, with some keys changed."""
    return {
        "schema": 1, "group": "web", "mode": "active/active", "at": "2026-11-27T21:00:00.000+00:00",
        "acting": True, "holder": "here 1", "epoch": 4, "dry_run": False, "stopping": False, "paused": False,
        "halted": "", "required": 2, "serving": 3, "away": 0, "max_concurrent": 1, "roll": [], "loud": [],
        "problems": [], "dropped": [], "servers": [server(name) for name in NAMES],
    } | changes  # fmt: skip


def server(name: str, **changes: Any) -> dict[str, Any]:
    """One server of the status, with some keys changed."""
    return {
        "name": name, "role": "primary", "phase": "serving", "since": "2026-11-27T20:47:55.000+00:00",
        "condition": "normal", "evidence": "all values are below their limits",
        "health": "healthy", "up": True, "admission": "ready", "sessions": 3, "load": 0.5,
        "uptime": 273600.0, "memory": 1e9, "identity": "7@1.0", "due": None, "refusal": None,
    } | changes  # fmt: skip


class Scripted:
    """A runtime that says one thing after another, the last one for ever, and keeps what it was told."""

    def __init__(self, *documents: Mapping[str, Any], refuses: Mapping[str, Any] | None = None) -> None:
        self.documents = list(documents)
        self.refuses = refuses
        self.orders: list[Mapping[str, Any]] = []

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Reply to a request."""
        if request["ask"] != "status":
            self.orders.append(request)
            if self.refuses is not None:
                return {"ok": False, **self.refuses}
            return {"ok": True, "status": dict(self.documents[0])}
        return {
            "ok": True,
            "status": dict(self.documents.pop(0) if len(self.documents) > 1 else self.documents[0]),
        }


@contextmanager
def scripted(file: str, *documents: Mapping[str, Any], **options: Any) -> Iterator[Scripted]:
    """Let a scripted runtime answer for a file."""
    one = Scripted(*(documents or [document()]), **options)
    with ControlServer(file.replace(".toml", ".sock"), one.answer):
        yield one


def wait(what: str, holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.02)
