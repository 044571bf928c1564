"""A real etcd server on this machine, and a wire to it that can be cut."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ETCD = shutil.which("etcd")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def etcd(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server in a folder; give its URL and its process."""
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    assert ETCD is not None
    process = subprocess.Popen(
        [
            ETCD, "--data-dir", str(folder / "data"), "--log-level", "error",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"default={peer}",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            with suppress(OSError), urllib.request.urlopen(f"{client}/health", timeout=1) as answer:
                if b'"true"' in answer.read():
                    break
            time.sleep(0.1)
        else:
            raise AssertionError("etcd does not come up")
        yield client, process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


class Wire:
    """Carries connections to a server until it is cut; or carries requests, and no answers."""

    def __init__(self, url: str) -> None:
        self._target = int(url.rpartition(":")[2])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut = self.deaf = False
        self._ends: list[socket.socket] = []
        self._serve(self._accept)

    def close(self) -> None:
        self.cut = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._ends += [near, far]
                self._serve(self._carry, near, far, True)
                self._serve(self._carry, far, near, False)

    def _carry(self, source: socket.socket, sink: socket.socket, there: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.cut or (self.deaf and not there):
                    break
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _serve(work: object, *arguments: object) -> None:
        threading.Thread(target=work, args=arguments, daemon=True).start()  # type: ignore[arg-type]
