"""The keeper: a snapshot once a day, old history deleted, and a successor that knows the same."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.deciding.events import PauseAsked, RollAsked, Tick
from rejuvmodel.runtime.deciding.views import GroupView, Moment
from rejuvmodel.runtime.journal.journal import Journal, JournalError, StaleEpochError
from rejuvmodel.runtime.journal.keeping import Keeper
from rejuvmodel.runtime.journal.lease import Lease
from rejuvmodel.runtime.operating.attention import Attention

FILE = """
[group]
name = "web"
mode = "active/active"
required = 1
[balancer]
type = "in-process"
[[servers]]
name = "s1"
[[servers]]
name = "s2"
"""
START = datetime(2026, 3, 1, tzinfo=UTC)
NOTHING = GroupView()


def at(days: float) -> Moment:
    return Moment(86400.0 * days, START + timedelta(days=days))


def keeper(folder: Path, journal: Journal) -> Keeper:
    (folder / "web.toml").write_text(FILE, encoding="utf-8")
    return Keeper(read_runtime_file(folder / "web.toml"), journal, Attention("web"), random.Random(1))


def kinds(journal: Journal) -> list[str]:
    return [record["record"] for _, record in journal.records("web")]


def test_a_snapshot_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each day has one snapshot, history that is too old is gone, and a successor is still paused."""
    monkeypatch.setattr("rejuvmodel.runtime.journal.keeping._KEPT", timedelta(days=5))
    with Journal(tmp_path / "web.journal") as journal:
        one = keeper(tmp_path, journal)
        one.resume(NOTHING, at(0))
        one.decide(PauseAsked(), NOTHING, at(0), None)
        for half_day in range(1, 40):
            assert one.decide(Tick(()), NOTHING, at(half_day / 2), None) is not None
        assert min(when for when, _ in journal.records("web")) == at(14).wall
        assert kinds(journal).count("Snapshot") == 6
        assert "Held" not in kinds(journal)
        other = keeper(tmp_path, journal)
        other.resume(NOTHING, at(20))
        assert other.dropped == ()
        assert other.state is not None
        assert other.state.paused


@pytest.mark.parametrize("wish", [PauseAsked(), RollAsked("an operator asks", by_operator=True)])
def test_a_wish_that_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wish: PauseAsked | RollAsked
) -> None:
    """What an operator asks for would be lost with this process, so it is not taken for done."""

    def full(*_: object) -> None:
        raise JournalError("no space left on the device")

    with Journal(tmp_path / "web.journal") as journal:
        one = keeper(tmp_path, journal)
        one.resume(NOTHING, at(0))
        before = one.state
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "append", full)
            assert one.decide(wish, NOTHING, at(0), None) is None
            assert one.state is before
        assert one.decide(wish, NOTHING, at(0), None) is not None
        assert one.state is not before


def test_soon_after_a_long_journal(tmp_path: Path) -> None:
    """A journal with very many records gets its snapshot with the first decision."""
    with Journal(tmp_path / "web.journal") as journal:
        slot = {"record": "SlotFired", "slot": "2026-02-28T03:00:00+00:00"}
        journal.append("web", [slot] * 10_001, at(-1).wall)
        one = keeper(tmp_path, journal)
        one.resume(NOTHING, at(0))
        one.decide(Tick(()), NOTHING, at(0), None)
        assert kinds(journal)[-1] == "Snapshot"
        one.decide(Tick(()), NOTHING, at(0.5), None)
        assert kinds(journal).count("Snapshot") == 1


def test_no_snapshot_of_an_old_epoch(tmp_path: Path) -> None:
    """A controller that has lost the lease writes no snapshot and deletes nothing."""
    path = tmp_path / "web.journal"
    with Journal(path) as journal, Lease(path, "web") as lease, Lease(path, "web") as other:
        epoch = lease.hold()
        one = keeper(tmp_path, journal)
        one.resume(NOTHING, at(0))
        one.decide(Tick(()), NOTHING, at(0), epoch)
        lease.release()
        other.hold()
        before = kinds(journal)
        with pytest.raises(StaleEpochError):
            one.decide(Tick(()), NOTHING, at(2), epoch)
        assert kinds(journal) == before


def test_a_snapshot_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the snapshot cannot be written the decision stands, and it is tried again the next day."""
    monkeypatch.setattr("rejuvmodel.runtime.journal.journal_file.PATIENCE", 0.05)
    path = tmp_path / "web.journal"
    with Journal(path) as journal:
        one = keeper(tmp_path, journal)
        one.resume(NOTHING, at(0))
        one.decide(Tick(()), NOTHING, at(1 - 1e-4), None)  # attendance is written: nothing more to write soon
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        assert one.decide(Tick(()), NOTHING, at(1), None) is not None
        writer.execute("ROLLBACK")
        writer.close()
        assert "Snapshot" not in kinds(journal)
        one.decide(Tick(()), NOTHING, at(2), None)
        assert kinds(journal)[-1] == "Snapshot"
