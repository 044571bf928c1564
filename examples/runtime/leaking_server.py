"""A server that ages: each request takes 20 ms and leaks memory, and a new one needs 0.6 s to warm up.

Run as ``python leaking_server.py PORT [WARM_UP [PARENT]]``; the time to warm up is a number, or a file that
holds one. It dies at once when told to end, with whatever is in its hands, and by itself when its parent
or the process of that number is gone, or after five minutes. ``/healthz`` answers with a JSON body;
``/for/2.5`` takes so many seconds, and ``/leak/1000`` leaks so many bytes.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SERVICE = 0.020
WARM_UP = sys.argv[2] if len(sys.argv) > 2 else "0.6"
COLD = float(Path(WARM_UP).read_text() if os.path.exists(WARM_UP) else WARM_UP)
PARENT = int(sys.argv[3]) if len(sys.argv) > 3 else os.getppid()
LEAK = 4096
STARTED = time.monotonic()
LEAKED: list[bytes] = []
BUSY: list[int] = []


class Handler(BaseHTTPRequestHandler):
    """Answers requests, slowly and forgetting to give memory back."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self.health()
        else:
            self.work(b"")

    def do_POST(self) -> None:
        self.work(self.rfile.read(int(self.headers["Content-Length"])))

    def work(self, body: bytes) -> None:
        if not warm():
            self.answer(503, b"warming up")
            return
        BUSY.append(1)
        _, kind, number = [*self.path.split("/"), "", ""][:3]
        time.sleep(float(number) if kind == "for" else SERVICE)
        LEAKED.append(bytes(int(number) if kind == "leak" else LEAK))
        self.answer(200, body or b"done")
        BUSY.pop()

    def health(self) -> None:
        body = {
            "state": "warm" if warm() else "warming",
            "uptime": time.monotonic() - STARTED,
            "load": len(BUSY) / 16,
            "memory": sum(map(len, LEAKED)),
            "buffers": len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0,
            "pid": os.getpid(),
            "started": STARTED,
        }
        self.answer(200 if warm() else 503, json.dumps(body).encode())

    def answer(self, code: int, body: bytes) -> None:
        self.send_response_only(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """One thread a connection, and room for many connections at once."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients come and go."""


def warm() -> bool:
    return time.monotonic() - STARTED >= COLD


def end_with_parent() -> None:
    """End when the parent is gone, or after five minutes."""
    mine = os.getppid() == PARENT
    while (os.getppid() == PARENT if mine else alive(PARENT)) and time.monotonic() - STARTED < 300:
        time.sleep(0.5)
    os._exit(1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
