"""A real supervisor with programs of this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from processes import end_tree

from rejuvmodel.runtime.executors.supervisor_calls import SupervisorCalls
from rejuvmodel.runtime.outside.failures import OutsideError

HEAD = """
[supervisord]
nodaemon = true
logfile = {directory}/supervisord.log
pidfile = {directory}/supervisord.pid
childlogdir = {directory}
[unix_http_server]
file = {directory}/s.sock
chmod = 0700
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
PROGRAM = """
[program:{name}]
command = {command}
startsecs = 0
stopwaitsecs = 1
autorestart = false
redirect_stderr = true
"""


@dataclass
class Supervisor:
    """A running supervisor: its URL, and its process."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def supervisor(programs: Mapping[str, str], *, tcp: int = 0, more: str = "") -> Iterator[Supervisor]:
    """Yield a supervisor that has started these programs (names and command lines), and more of its file."""
    directory = Path(tempfile.mkdtemp(prefix="rj-"))
    parts = [HEAD.format(directory=directory)]
    parts += [PROGRAM.format(name=name, command=command) for name, command in programs.items()]
    if tcp:
        parts.append(f"[inet_http_server]\nport = 127.0.0.1:{tcp}\nusername = u\npassword = secret\n")
    parts.append(more)
    file = directory / "s.conf"
    file.write_text("\n".join(parts), encoding="utf-8")
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-c", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        url = f"unix://{directory}/s.sock"
        wait_for(url, process, directory / "log")
        yield Supervisor(url, process)
    finally:
        end_tree(process)
        shutil.rmtree(directory, ignore_errors=True)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until supervisor answers."""
    calls = SupervisorCalls(url, 2.0)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OutsideError):
            if calls.call("supervisor.getState")["statename"] == "RUNNING":
                return
        time.sleep(0.05)
    raise AssertionError(f"supervisor did not start: {log.read_text()}")
