"""The lease between real processes: stopped, killed, and on a full disk. Rows of the fault list by number."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from rejuvmodel.runtime.journal.base_lease import boot_clock
from rejuvmodel.runtime.journal.journal import Journal, JournalError
from rejuvmodel.runtime.journal.journal_rows import checksum
from rejuvmodel.runtime.journal.lease import Lease, this_boot

CONTROLLER = """
import json, sys
from rejuvmodel.runtime.journal.journal import Journal, JournalError, StaleEpochError
from rejuvmodel.runtime.journal.lease import Lease
path, ttl = sys.argv[1], float(sys.argv[2])
lease, journal, epoch = Lease(path, "web", ttl=ttl), Journal(path), None
for line in sys.stdin:
    answer = None
    try:
        if line == "hold\\n":
            answer = lease.hold()
            epoch = epoch if answer is None else answer
        elif line == "valid\\n":
            answer = lease.valid
        elif line == "append\\n":
            journal.append("web", [{"epoch": epoch}], epoch=epoch)
    except StaleEpochError:
        answer = "stale"
    print(json.dumps(answer), flush=True)
"""


class Child:
    """A controller in a process of its own, which does what it is told."""

    def __init__(self, path: Path, ttl: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLER, path, str(ttl)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, word: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def child(path: Path, ttl: float) -> Iterator[Child]:
    one = Child(path, ttl)
    try:
        yield one
    finally:
        with suppress(ProcessLookupError):
            one.process.send_signal(signal.SIGKILL)
        one.process.communicate()


def taken_by_polling(lease: Lease, expiry: float) -> int:
    """Poll until the lease is taken; no poll that begins after the expiry may fail to take it."""
    while True:
        before = boot_clock()
        epoch = lease.hold()
        if epoch is not None:
            return epoch
        assert before < expiry, "the lease had expired, and the poll did not take it"
        time.sleep(0.02)


def test_2_and_4_stopped(tmp_path: Path) -> None:
    """Rows 2 and 4: stopped, a holder loses the lease to the first poll after its expiry and acts no more."""
    path = tmp_path / "j.db"
    with child(path, 1.0) as first, Lease(path, "web", ttl=1.0) as second, Journal(path) as journal:
        assert first.ask("hold") == 1
        assert first.ask("append") is None
        first.process.send_signal(signal.SIGSTOP)
        seen = second.holder()
        assert seen is not None
        assert taken_by_polling(second, boot_clock() + seen.left) == 2
        journal.append("web", [{"epoch": 2}], epoch=2)
        first.process.send_signal(signal.SIGCONT)
        assert first.ask("valid") is False
        assert first.ask("append") == "stale"
        assert first.ask("hold") is None
        assert [record["epoch"] for _, record in journal.records("web")] == [1, 2]


@pytest.mark.parametrize("reaped", [True, False])
def test_4_killed(reaped: bool, tmp_path: Path) -> None:
    """Row 4: the lease of a process that is gone is taken at once, long before its expiry."""
    path = tmp_path / "j.db"
    with child(path, 3600.0) as first, Lease(path, "web", ttl=3600.0) as second:
        assert first.ask("hold") == 1
        first.process.send_signal(signal.SIGSTOP)
        assert second.hold() is None
        first.process.send_signal(signal.SIGKILL)
        if reaped:
            first.process.wait()
        else:
            os.waitid(os.P_PID, first.process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not reaped
        assert second.hold() == 2


def test_processes_of_another_numbering(tmp_path: Path) -> None:
    """A holder whose number is unknown here may live in another container: it is waited for."""
    path = tmp_path / "j.db"
    boot, _, numbering = this_boot().partition(" ")
    with Lease(path, "web", ttl=0.5, boot=f"{boot} {int(numbering) + 1}") as elsewhere:
        elsewhere.hold()
    with sqlite3.connect(path) as file:
        (holder,) = file.execute("SELECT holder FROM lease").fetchone()
        rewrite(file, holder=holder.replace(str(os.getpid()), "4194304"))
    file.close()
    with Lease(path, "web", ttl=0.5) as here:
        seen = here.holder()
        assert seen is not None
        assert here.hold() is None
        assert taken_by_polling(here, boot_clock() + seen.left) == 2


def test_a_number_used_again(tmp_path: Path) -> None:
    """A holder whose number another process has by now is gone; this very process is not."""
    path = tmp_path / "j.db"
    with Lease(path, "web", ttl=3600.0, holder="me") as one, Lease(path, "web", ttl=3600.0) as other:
        one.hold()
        assert other.hold() is None
        with sqlite3.connect(path) as file:
            rewrite(file, holder=f"me {os.getpid()}@1.5")
        file.close()
        assert other.hold() == 2


def rewrite(file: sqlite3.Connection, **columns: Any) -> None:
    """Change the lease as another version of the program might have written it."""
    cursor = file.execute("SELECT grp, epoch, holder, expiry, boot FROM lease")
    names = [one[0] for one in cursor.description]
    row = dict(zip(names, cursor.fetchone(), strict=True)) | columns
    file.execute(
        "REPLACE INTO lease (grp, epoch, holder, expiry, boot, checksum) VALUES (?, ?, ?, ?, ?, ?)",
        (*row.values(), checksum(*row.values())),
    )
    file.commit()


FREE_RUNNING = """
import os, random, sys, time
from rejuvmodel.runtime.journal.journal import Journal, JournalError
from rejuvmodel.runtime.journal.lease import Lease
path = sys.argv[1]
lease, journal = Lease(path, "web", ttl=0.3), Journal(path)
print("ready", flush=True)
while True:
    try:
        epoch = lease.hold()
        if epoch is not None and lease.valid:
            journal.append("web", [{"epoch": epoch, "pid": os.getpid()}], epoch=epoch)
    except JournalError:
        pass
    time.sleep(random.uniform(0, 0.02))
"""


def stopped_at_random(path: Path, stops: int, seed: int) -> list[dict[str, int]]:
    """Let two controllers run, stop and continue whichever has the lease, and return what they wrote."""
    draw = random.Random(seed)
    command = [sys.executable, "-c", FREE_RUNNING, path]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        with Lease(path, "web", ttl=0.3) as looker:
            seen = looker.holder()
            for _ in range(stops):
                time.sleep(draw.uniform(0.05, 0.15))
                with suppress(JournalError):  # one that is stopped while it writes holds the file
                    seen = looker.holder()
                leader = next((one for one in running if seen and f" {one.pid}@" in seen.holder), running[0])
                leader.send_signal(signal.SIGSTOP)
                time.sleep(draw.uniform(0.1, 0.6))
                leader.send_signal(signal.SIGCONT)
    finally:
        for process in running:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    with Journal(path) as journal:
        assert journal.dropped == []
        return [record for _, record in journal.records("web")]


def check_one_at_a_time(records: list[dict[str, int]]) -> None:
    """Whatever was written, each epoch had one writer, and none wrote after a later one had begun."""
    epochs = [record["epoch"] for record in records]
    assert epochs == sorted(epochs)
    writers = {(record["epoch"], record["pid"]) for record in records}
    assert len(writers) == len(set(epochs)) > 1


def test_2_stopped_at_random(tmp_path: Path) -> None:
    """Row 2: two controllers, the leader stopped at random moments and continued: never two write."""
    check_one_at_a_time(stopped_at_random(tmp_path / "j.db", stops=4, seed=1))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_2_stopped_often(seed: int, tmp_path: Path) -> None:
    """Row 2: the same, a hundred times in all."""
    check_one_at_a_time(stopped_at_random(tmp_path / "j.db", stops=20, seed=seed))


FULL = """
import os, sys
from rejuvmodel.runtime.journal.journal import Journal, JournalError
from rejuvmodel.runtime.journal.lease import Lease
folder = sys.argv[1]
now = [100.0]
lease = Lease(folder + "/j.db", "web", ttl=10.0, clock=lambda: now[0])
journal = Journal(folder + "/j.db")
with open(folder + "/rest", "wb") as rest:
    rest.write(bytes(50_000))
epoch, written = lease.hold(), 0
try:
    while True:
        journal.append("web", [{"n": written, "text": "x" * 500}], epoch=epoch)
        written += 1
except JournalError as error:
    assert "disk is full" in str(error), error
with open(folder + "/rest", "ab", buffering=0) as rest:
    try:
        while rest.write(b"x"):
            pass
    except OSError as error:
        print(os.strerror(error.errno))
renewed = 0
for _ in range(5):
    now[0] += 5.0
    renewed += lease.hold() == epoch and lease.left == 10.0
print(renewed, lease.valid, len(journal.records("web")) == written > 10)
try:
    journal.append("web", [{"text": "x" * 5000}], epoch=epoch)
except JournalError:
    print("refused")
os.remove(folder + "/rest")
journal.append("web", [{"text": "x" * 5000}], epoch=epoch)
print(len(journal.records("web")) - written)
"""


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare")
def test_3_full_disk(tmp_path: Path) -> None:
    """Rows 3 and 19: on a full disk nothing is written any more, but the holder keeps the lease to finish."""
    script = 'mount -t tmpfs -o size=256k none "$1" && exec "$2" -c "$3" "$1"'
    run = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", tmp_path, sys.executable, FULL],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "mount" in run.stderr and run.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {run.stderr.strip()}")
    assert run.stdout.splitlines() == ["No space left on device", "5 True True", "refused", "1"], run.stderr


def test_opening_gives_no_lock_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening the file a second time in a process leaves the locks of the first in place."""
    monkeypatch.setattr("rejuvmodel.runtime.journal.journal_file.PATIENCE", 0.05)
    path = tmp_path / "j.db"
    with Journal(path) as journal:
        journal.append("web", [{"n": 1}])
        first = sqlite3.connect(path, isolation_level=None)
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="locked"):
            Lease(path, "web", ttl=0.2)
        code = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
        run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
        assert "database is locked" in run.stderr
        first.execute("ROLLBACK")
        first.close()
