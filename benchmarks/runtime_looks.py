"""What one look at one server costs in processor time: at its health endpoint, and at its process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from rejuvmodel.runtime.watching.health_monitor import HealthMonitor
from rejuvmodel.runtime.watching.identity import identity_of
from rejuvmodel.runtime.watching.monitor import Monitor
from rejuvmodel.runtime.watching.process_monitor import ProcessMonitor

SERVER = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"load": 0.4, "memory": 734003200, "pid": 4711, "started": 5.25}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def runtime_looks(row: Callable[[str, str, str], None]) -> None:
    """Looks at a server of its own."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            health = _spent(HealthMonitor("s1", f"http://127.0.0.1:{port}/healthz"))
            process = _spent(ProcessMonitor("s1", lambda: identity_of(server.pid)))
        finally:
            server.kill()
    row("look at a health endpoint, processor time", f"{health * 1e3:.2f} ms", "")
    row("look at a process, processor time", f"{process * 1e3:.2f} ms", "")


def _spent(monitor: Monitor) -> float:
    """Processor seconds of a look, over 500 of them."""
    start = time.process_time()
    for _ in range(500):
        assert monitor.sample().identity is not None
    return (time.process_time() - start) / 500
