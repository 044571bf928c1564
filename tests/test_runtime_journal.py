"""The journal: whole or not at all, on the disk before it returns, readable after every accident."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.runtime.journal.journal import Journal, JournalError

PLAIN = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.lists(st.integers(0, 9), max_size=3)
JSON = st.dictionaries(st.text(max_size=8), PLAIN | NUMBERS, max_size=4)


@given(st.lists(st.tuples(st.sampled_from(["web", "db", "ünïcode; DROP"]), JSON), max_size=12))
@settings(max_examples=30)
def test_what_is_written_is_read(entries: list[tuple[str, dict[str, object]]]) -> None:
    """Records come back equal, in order, for their own group only, also after opening again."""
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"journal-{os.getpid()}-{random.random()}.db"
    try:
        with Journal(path) as journal:
            for group, record in entries:
                journal.append(group, [record])
        with Journal(path) as journal:
            for group in {group for group, _ in entries}:
                found = [record for _, record in journal.records(group)]
                assert found == [record for name, record in entries if name == group]
            assert journal.dropped == []
    finally:
        path.unlink(missing_ok=True)


def test_times_are_utc(tmp_path: Path) -> None:
    """A time of any zone comes back as the same moment."""
    at = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    with Journal(tmp_path / "j.db") as journal:
        journal.append("web", [{"a": 1}], at)
        ((found, _),) = journal.records("web")
    assert found == at
    assert found.tzinfo == UTC


def test_a_decision_is_one_transaction(tmp_path: Path) -> None:
    """If one record cannot be written, none of its decision is."""
    with Journal(tmp_path / "j.db") as journal:
        journal.append("web", [{"a": 1}])
        with pytest.raises(ValueError, match="Out of range float"):
            journal.append("web", [{"a": 2}, {"a": float("nan")}])
        assert [record for _, record in journal.records("web")] == [{"a": 1}]


def test_for_its_owner_alone(tmp_path: Path) -> None:
    """Nobody else may read the file."""
    with Journal(tmp_path / "j.db") as journal:
        journal.append("web", [{"a": 1}])
        assert stat.S_IMODE(os.stat(journal.path).st_mode) == 0o600


WRITER = """
import sys
from rejuvmodel.runtime.journal.journal import Journal
journal = Journal(sys.argv[1])
number = 0
while True:
    journal.append("web", [{"n": number, "part": 0}, {"n": number, "part": 1}])
    print(number, flush=True)
    number += 1
"""


@pytest.mark.parametrize("seed", range(4))
def test_killed_while_writing(seed: int, tmp_path: Path) -> None:
    """After SIGKILL at any moment every record that was acknowledged is there, and decisions are whole."""
    path = tmp_path / "j.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.2))
        writer.send_signal(signal.SIGKILL)
        acknowledged = [0, *(int(line) for line in writer.stdout.read().split("\n")[:-1])]
    with Journal(path) as journal:
        assert journal.dropped == []
        found = [(record["n"], record["part"]) for _, record in journal.records("web")]
    assert found == [(n, part) for n in range(len(found) // 2) for part in (0, 1)]
    assert len(found) // 2 in (acknowledged[-1] + 1, acknowledged[-1] + 2)


FULL = """
import resource, signal, sys
from rejuvmodel.runtime.journal.journal import Journal, JournalError
journal = Journal(sys.argv[1])
journal.append("web", [{"n": 0}])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
written = 1
try:
    while True:
        journal.append("web", [{"n": written, "text": "x" * 500}])
        written += 1
except JournalError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(written, len(journal.records("web")))
journal.append("web", [{"n": written}])
print(len(journal.records("web")))
"""


def test_no_room(tmp_path: Path) -> None:
    """Where the file cannot grow, a decision is refused in words and nothing before it is lost."""
    run = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / "j.db"], capture_output=True, text=True, check=True
    )
    words, counts, after = run.stdout.splitlines()
    assert words.endswith("Nothing of this decision was written, and no new action begins.")
    written, kept = map(int, counts.split())
    assert written == kept > 10
    assert int(after) == kept + 1


@pytest.mark.parametrize("seed", range(20))
def test_damaged(seed: int, tmp_path: Path) -> None:
    """However the file was damaged it opens, gives no false record, keeps the old file and says so."""
    path, draw = tmp_path / "j.db", random.Random(seed)
    with Journal(path) as journal:
        journal.append("web", [{"n": n, "text": "x" * 100} for n in range(200)])
    data = bytearray(path.read_bytes())
    where = draw.randrange(len(data)) if seed else 0
    length = draw.choice([1, 50, 5000])
    data[where : where + length] = draw.randbytes(min(length, len(data) - where))
    path.write_bytes(data if seed % 3 else data[: draw.randrange(len(data))])
    with Journal(path) as journal:
        found = [record for _, record in journal.records("web")]
        assert [record for record in found if record != {"n": record["n"], "text": "x" * 100}] == []
        assert [record["n"] for record in found] == sorted({record["n"] for record in found})
        assert len(found) == 200 or journal.dropped
        journal.append("web", [{"n": 1000, "text": "x" * 100}])
        assert journal.records("web")[-1][1]["n"] == 1000
    if journal.dropped and "kept as" in journal.dropped[0]:
        assert list(tmp_path.glob("j.db.damaged-*"))


def test_a_changed_record_is_dropped(tmp_path: Path) -> None:
    """A record that somebody changed does not fit its checksum and is named."""
    path = tmp_path / "j.db"
    with Journal(path) as journal:
        journal.append("web", [{"n": 0}, {"n": 1}, {"n": 2}])
    with sqlite3.connect(path) as file:
        file.execute("UPDATE record SET text = '{\"n\": 9}' WHERE number = 2")
    with Journal(path) as journal:
        assert [record["n"] for _, record in journal.records("web")] == [0, 2]
        assert journal.dropped == ["record 2 does not fit its checksum"]


def test_of_another_program(tmp_path: Path) -> None:
    """A database of another program is refused and left as it is."""
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE mine (a)")
    before = path.read_bytes()
    with pytest.raises(rj.InvalidInputError, match=r"journal: got .* a database of another program"):
        Journal(path)
    assert path.read_bytes() == before


def test_no_folder(tmp_path: Path) -> None:
    """A folder that does not exist is named."""
    with pytest.raises(
        rj.InvalidInputError, match=r"a folder that exists is expected\. Make the folder first"
    ):
        Journal(tmp_path / "none" / "j.db")


def test_no_file(tmp_path: Path) -> None:
    """A folder, a pipe or a device is no place for a journal, and is not waited for."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/full")
    for name in (".", "pipe", "link"):
        with pytest.raises(rj.InvalidInputError, match="which is none; a file is expected"):
            Journal(tmp_path / name)


def test_held_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process holds the file nothing is written, and the file is not taken for damaged."""
    monkeypatch.setattr("rejuvmodel.runtime.journal.journal_file.PATIENCE", 0.05)
    path = tmp_path / "j.db"
    with Journal(path) as journal:
        journal.append("web", [{"n": 0}])
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(JournalError, match="locked"):
            journal.append("web", [{"n": 1}])
        with pytest.raises(JournalError, match="locked"):
            Journal(path)
        holder.execute("ROLLBACK")
        holder.close()
        assert [record["n"] for _, record in journal.records("web")] == [0]
    assert {file.name for file in tmp_path.iterdir()} == {"j.db", "j.db-journal"}


def test_compact(tmp_path: Path) -> None:
    """A snapshot comes last, and only what is older than is to be kept, of the group named, goes."""
    day = timedelta(days=1)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with Journal(tmp_path / "j.db") as journal:
        for n in range(5):
            journal.append("web", [{"n": n}], at + n * day)
        journal.append("db", [{"n": 7}], at)
        assert journal.compact("web", [{"all": 1}], keep=2 * day, at=at + 4 * day) == 2
        assert [record for _, record in journal.records("web")] == [{"n": 2}, {"n": 3}, {"n": 4}, {"all": 1}]
        assert journal.compact("web", [{"all": 2}], keep=0 * day, at=at + 9 * day) == 4
        assert [record for _, record in journal.records("web")] == [{"all": 2}]
        assert [record["n"] for _, record in journal.records("db")] == [7]


def test_the_file_stops_growing(tmp_path: Path) -> None:
    """With a snapshot each day and a week to be kept the file of a year is as large as that of a month."""
    at, sizes = datetime(2026, 1, 1, tzinfo=UTC), []
    with Journal(tmp_path / "j.db") as journal:
        for day in range(60):
            now = at + timedelta(days=day)
            journal.append("web", [{"n": n, "text": "x" * 100} for n in range(100)], now)
            journal.compact("web", [{"all": day}], timedelta(days=7), now)
            sizes.append(os.path.getsize(journal.path))
    assert max(sizes[10:]) == sizes[10] < 60 * 100 * 100


def test_moved_while_open(tmp_path: Path) -> None:
    """Whoever has a file open whose name another has by now writes nothing, and resumes from the other."""
    path = tmp_path / "j.db"
    with Journal(path) as journal:
        journal.append("web", [{"n": 0}])
        path.rename(tmp_path / "aside.db")
        with Journal(path) as other:
            other.append("web", [{"n": 1}])
            with pytest.raises(JournalError, match=r"moved or replaced while it was open\. Nothing"):
                journal.append("web", [{"n": 2}])
            assert [record["n"] for _, record in journal.records("web")] == [1]
            journal.append("web", [{"n": 3}])
            assert [record["n"] for _, record in other.records("web")] == [1, 3]


def test_deleted_while_open(tmp_path: Path) -> None:
    """A journal that was deleted is written no more, and begins anew where it is read again."""
    path = tmp_path / "j.db"
    with Journal(path) as journal:
        journal.append("web", [{"n": 0}])
        path.unlink()
        with pytest.raises(JournalError, match="moved or replaced"):
            journal.append("web", [{"n": 1}])
        assert journal.records("web") == []
        journal.append("web", [{"n": 2}])
        with Journal(path) as other:
            assert [record["n"] for _, record in other.records("web")] == [2]


def test_without_numpy(tmp_path: Path) -> None:
    """The journal does without NumPy."""
    code = (
        "import sys; from rejuvmodel.runtime.journal.journal import Journal; Journal(sys.argv[1]); "
        "print('numpy' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "j.db"], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"
