"""The socket on which servers report in, with real messages, good and hostile."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.watching.watchdog import Watchdog, reported


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("w") / "web.watchdog")


@pytest.fixture
def watchdog(path: str) -> Iterator[Watchdog]:
    found = Watchdog(path, ["web1", "web2"])
    found.open()
    yield found
    found.close()


def send(path: str, *messages: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(path)
        for message in messages:
            sender.send(message)


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.002)


GOOD = [b"web1", b"web1\n", b"WATCHDOG=1\nserver=web1", b"STATUS=busy\nserver=web1\nWATCHDOG=1\n"]


@pytest.mark.parametrize("message", GOOD)
def test_reports(watchdog: Watchdog, path: str, message: bytes) -> None:
    """A server's name, and the form of sd_notify with it, is a report at the time at which it comes in."""
    before = time.monotonic()
    send(path, message)
    until(lambda: "web1" in watchdog.reports())
    assert before <= watchdog.reports()["web1"] <= time.monotonic()
    assert watchdog.refused == 0


HOSTILE = [
    b"", b"\n", b"web3", b"web1 ", b" web1", b"web1\nweb2", b"web1\0", b"\xff\xfe", b"WEB1", b"web1=1",
    b"WATCHDOG=1", b"server=web1", b"WATCHDOG=0\nserver=web1", b"WATCHDOG=1\nserver=web1\nserver=web2",
    b"WATCHDOG=1\nserver=", b"WATCHDOG=1\nserver=../web1", b"WATCHDOG=1\r\nserver=web1\r\n",
    b"WATCHDOG=1\nserver=web1\nSTATUS=" + b"x" * 200, b"web1\n" + b"\n" * 300, b"A" * 60_000,
    b"\x1b[2J\x1b]0;web1\x07", "wéb1".encode(), "WATCHDOG=1\nserver=web１".encode(),
]  # fmt: skip


def test_hostile_messages(watchdog: Watchdog, path: str) -> None:
    """Whatever is no report of a known server is counted, named in one printable line, and ignored."""
    for count, message in enumerate(HOSTILE, 1):
        send(path, message)
        until(lambda count=count: watchdog.refused == count)
        assert watchdog.last_refused.isprintable()
        assert len(watchdog.last_refused) < 200
    assert watchdog.reports() == {}
    send(path, b"web2")
    until(lambda: list(watchdog.reports()) == ["web2"])


def test_a_message_of_200_bytes_is_read() -> None:
    """The limit is 200 bytes: a report of that length counts, with whatever else it says."""
    message = b"WATCHDOG=1\nserver=web1\nSTATUS="
    assert reported(message + b"x" * (200 - len(message))) == "web1"


def test_many_servers_report_at_once(path: str) -> None:
    """More servers than the kernel keeps messages for report at once, and none waits for a tick."""
    names = [f"s{k}" for k in range(200)]
    watchdog = Watchdog(path, names)
    watchdog.open()
    for _ in range(3):
        send(path, *(name.encode() for name in names))
    until(lambda: len(watchdog.reports()) == 200)
    assert watchdog.refused == 0
    watchdog.close()


def test_a_flood_does_not_hide_a_report(watchdog: Watchdog, path: str) -> None:
    """While somebody sends nonsense without end, a server's report still comes in."""
    over = threading.Event()

    def flood() -> None:
        while not over.is_set():
            send(path, *[b"nonsense"] * 20)

    sender = threading.Thread(target=flood)
    sender.start()
    try:
        until(lambda: watchdog.refused > 100)
        send(path, b"web1")
        until(lambda: "web1" in watchdog.reports())
    finally:
        over.set()
        sender.join()


def test_only_its_owner_may_write(watchdog: Watchdog, path: str) -> None:
    """The socket's file has mode 600."""
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    watchdog.close()
    assert not os.path.exists(path)


def test_row_4_a_successor_takes_the_name(watchdog: Watchdog, path: str) -> None:
    """A successor gets the reports although the one before still listens; whose end takes nothing away."""
    successor = Watchdog(path, ["web1"])
    successor.open()
    send(path, b"web1")
    until(lambda: "web1" in successor.reports())
    assert watchdog.reports() == {}
    watchdog.close()
    send(path, b"web1")
    successor.close()


def test_a_name_that_was_removed_is_made_again(watchdog: Watchdog, path: str) -> None:
    """If somebody removes the file, the next call makes it again; otherwise it changes nothing."""
    inode = os.stat(path).st_ino
    watchdog.open()
    assert os.stat(path).st_ino == inode
    os.unlink(path)
    watchdog.open()
    send(path, b"web1")
    until(lambda: "web1" in watchdog.reports())


def test_names_that_cannot_be_had(tmp_path: Path) -> None:
    """A file of somebody else is left alone, a folder that does not exist is an error, with advice."""
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    with pytest.raises(OutsideError, match=r"no socket\. Name another file"):
        Watchdog(str(other), []).open()
    assert other.read_text() == "mine"
    with pytest.raises(OutsideError, match=r"No such file.* may write to"):
        Watchdog(str(tmp_path / "none" / "x"), []).open()


def test_reader_ends(path: str) -> None:
    """Closing ends the thread, and opening again starts one that works."""
    before = threading.active_count()
    watchdog = Watchdog(path, ["web1"])
    for _ in range(3):
        watchdog.open()
        send(path, b"web1")
        until(lambda: "web1" in watchdog.reports())
        watchdog.close()
        watchdog.close()
    until(lambda: threading.active_count() == before)


def test_reporter_of_the_documents(watchdog: Watchdog, path: str) -> None:
    """The lines that the documents show for a server report it, and do not wait when nobody reads."""
    page = (Path(__file__).parents[1] / "docs" / "theory" / "faults.md").read_text(encoding="utf-8")
    code = page.split("```python\n")[1].split("```")[0].replace("/run/web.watchdog", path)
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
    until(lambda: "web1" in watchdog.reports())
    watchdog.close()
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
