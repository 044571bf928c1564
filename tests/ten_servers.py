"""A runtime in a process of its own that watches ten servers, once a second, and what it takes.

Run as ``python ten_servers.py SECONDS`` it prints, as JSON, the share of a processor that it takes over that
time [%], and its memory [MB].
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from haproxies import end, haproxy
from supervisors import supervisor

from rejuvmodel.runtime.operating.control_client import ask
from rejuvmodel.runtime.outside.failures import OutsideError

NAMES = tuple(f"s{k}" for k in range(1, 11))
#: Answers every health check; one thread and one process for all ten servers.
HEALTH = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = b'{"load": 0.4, "memory": 734003200}'
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
class Server(ThreadingHTTPServer):
    daemon_threads = True
    def handle_error(self, *_):
        pass
server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
FILE = """
[group]
name = "ten"
mode = "active/active"
required = 8
tick = "{tick}"
[policy]
confirm_for = "10 min"
[thresholds]
memory = 1e9
[balancer]
type = "haproxy"
sockets = ["{socket}"]
backend = "app"
[executor]
type = "supervisor"
url = "{url}"
"""
SERVER = """
[[servers]]
name = "{name}"
health = "http://127.0.0.1:{port}/{name}"
"""


@contextmanager
def watched(tick: str = "1 s") -> Iterator[int]:
    """Yield the number of a runtime's process that has its ten servers in view and nothing to do."""
    with (
        TemporaryDirectory(prefix="rj-") as folder,
        started([sys.executable, "-c", HEALTH], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as health,
        supervisor(dict.fromkeys(NAMES, "sleep 600")) as keeper,
    ):
        assert health.stdout is not None
        port = int(health.stdout.readline())
        with haproxy([port] * len(NAMES)) as proxy:
            path = Path(folder, "ten.toml")
            text = FILE.format(tick=tick, socket=proxy.socket, url=keeper.url)
            text += "".join(SERVER.format(name=name, port=port) for name in NAMES)
            path.write_text(text, encoding="utf-8")
            command = [sys.executable, "-m", "rejuvmodel", "runtime", "run", str(path)]
            with started(command, stderr=subprocess.DEVNULL) as runtime:
                wait_for(path.with_suffix(".sock"))
                yield runtime.pid


@contextmanager
def started(command: list[str], **options: int) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process that is ended at the end."""
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            end(process)


def wait_for(control: Path) -> None:
    """Wait until all ten are judged, and for some ticks more."""
    deadline, ticks = time.monotonic() + 60, set()
    while len(ticks) < 3:
        assert time.monotonic() < deadline, "the runtime does not see its servers"
        with suppress(OutsideError):
            status = ask(str(control), "status").status
            if status["acting"] and {one["condition"] for one in status["servers"]} == {"normal"}:
                ticks.add(status["at"])
        time.sleep(0.1)


def memory(pid: int) -> float:
    """Peak of the resident memory of a process so far [MB]."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def spent(pid: int) -> float:
    """Processor time of a process so far, its own and the system's for it [s]."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    with watched() as runtime:
        began, before = time.monotonic(), spent(runtime)
        time.sleep(float(sys.argv[1]))
        share = 100 * (spent(runtime) - before) / (time.monotonic() - began)
        json.dump({"processor": share, "memory": memory(runtime)}, sys.stdout)
