"""The lease on a clock that the tests hold: one controller acts. Rows of the fault list by number."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import rejuvmodel as rj
from rejuvmodel.runtime.journal.base_lease import MARGIN
from rejuvmodel.runtime.journal.journal import Journal, JournalError, StaleEpochError
from rejuvmodel.runtime.journal.lease import Lease

TTL = 10.0


class Clock:
    """A clock that the tests hold."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slow = 0.0  # seconds that each look at it takes

    def __call__(self) -> float:
        self.now += self.slow
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def two(path: Path, clock: Clock) -> tuple[Lease, Lease]:
    file = path / "j.db"
    return (
        Lease(file, "web", ttl=TTL, holder="a", clock=clock),
        Lease(file, "web", ttl=TTL, holder="b", clock=clock),
    )


def test_one_has_it(tmp_path: Path, clock: Clock) -> None:
    """The first takes it, the second waits, and both see who has it."""
    one, other = two(tmp_path, clock)
    with one, other:
        assert one.holder() is None
        assert (one.hold(), other.hold()) == (1, None)
        assert (one.valid, other.valid, one.epoch, other.epoch) == (True, False, 1, None)
        assert (one.left, other.left) == (TTL, 0.0)
        for seen in (one.holder(), other.holder()):
            assert seen is not None
            assert seen.holder.startswith(f"a {os.getpid()}@")
            assert (seen.epoch, seen.left) == (1, TTL)


def test_renewed_only_when_needed(tmp_path: Path, clock: Clock) -> None:
    """A holder writes once in a third of the time, and its epoch stays."""
    one, other = two(tmp_path, clock)
    with one, other, sqlite3.connect(tmp_path / "j.db") as file:
        seen = set()
        for _ in range(100):
            assert one.hold() == 1
            assert one.valid
            assert other.hold() is None
            seen.add(file.execute("SELECT expiry FROM lease").fetchone())
            clock.now += 1.0
        assert len(seen) == 100 / 4  # at 0, 4, 8, … s: the first ticks with less than 2/3 left
    file.close()


def test_4_expired(tmp_path: Path, clock: Clock) -> None:
    """Row 4: what is not renewed is free at its expiry, and its holder stops a margin before."""
    one, other = two(tmp_path, clock)
    with one, other:
        one.hold()
        clock.now += TTL * (1 - MARGIN)
        assert not one.valid
        assert other.hold() is None
        clock.now = 100.0 + TTL
        assert other.hold() == 2
        assert (one.valid, other.valid) == (False, True)
        assert one.hold() is None
        assert one.epoch is None


def test_renewed_late(tmp_path: Path, clock: Clock) -> None:
    """A holder that comes late keeps its epoch as long as nobody has taken it."""
    one, other = two(tmp_path, clock)
    with one, other:
        one.hold()
        clock.now += 5 * TTL
        assert (one.valid, one.is_ours()) == (False, True)
        assert one.hold() == 1
        assert one.valid
        assert other.hold() is None


def test_lost_without_being_asked(tmp_path: Path, clock: Clock) -> None:
    """Who had the lease, lost it and could have it again is told so before it gets it."""
    one, other = two(tmp_path, clock)
    with one, other:
        assert one.hold() == 1
        clock.now += TTL
        assert other.hold() == 2
        other.release()
        assert one.hold() is None
        assert one.hold() == 3


def test_released(tmp_path: Path, clock: Clock) -> None:
    """What was given back is taken at once, with a new epoch."""
    one, other = two(tmp_path, clock)
    with one, other:
        one.hold()
        one.release()
        assert (one.valid, one.epoch, other.holder()) == (False, None, None)
        assert other.hold() == 2
        one.release()
        assert other.valid
        assert other.hold() == 2


def test_of_another_boot(tmp_path: Path, clock: Clock) -> None:
    """After a start of the machine the lease is free, although its expiry seems far away."""
    with Lease(tmp_path / "j.db", "web", ttl=TTL, clock=clock, boot="old 1") as one:
        clock.now = 1e6
        one.hold()
    clock.now = 5.0
    with Lease(tmp_path / "j.db", "web", ttl=TTL, clock=clock, boot="new 1") as other:
        seen = other.holder()
        assert seen is not None
        assert seen.left == 0.0
        assert other.hold() == 2


def test_groups_are_apart(tmp_path: Path, clock: Clock) -> None:
    """Each group has a lease of its own."""
    path = tmp_path / "j.db"
    with Lease(path, "web", clock=clock) as web, Lease(path, "db", clock=clock) as db:
        assert (web.hold(), db.hold()) == (1, 1)
        with Journal(path) as journal:
            journal.append("web", [{"n": 1}], epoch=1)
            with pytest.raises(StaleEpochError, match=r"lease of mail is no longer .* nobody has it"):
                journal.append("mail", [{"n": 1}], epoch=1)


def test_2_stale_epoch(tmp_path: Path, clock: Clock) -> None:
    """Row 2: records of an epoch that is over are refused, and nothing is written or deleted."""
    one, other = two(tmp_path, clock)
    with one, other, Journal(tmp_path / "j.db") as journal:
        first = one.hold()
        journal.append("web", [{"n": 1}], epoch=first)
        clock.now += TTL
        journal.append("web", [{"n": 2}], epoch=first)  # nobody else acts yet
        second = other.hold()
        with pytest.raises(StaleEpochError, match=r"no longer of epoch 1: b \d+@[\d.]+ \(epoch 2\) has it"):
            journal.append("web", [{"n": 3}], epoch=first)
        with pytest.raises(StaleEpochError):
            journal.compact("web", [{"all": 1}], keep=timedelta(0), epoch=first)
        journal.append("web", [{"n": 4}], epoch=second)
        assert [record["n"] for _, record in journal.records("web")] == [1, 2, 4]
        assert not one.is_ours()


def test_22_both_alive(tmp_path: Path, clock: Clock) -> None:
    """Row 22: of two controllers that do not know of each other at most one acts at any moment."""
    one, other = two(tmp_path, clock)
    with one, other:
        one.hold()
        for _ in range(60):  # the first is cut off: it runs, but its renewals do not arrive
            clock.now += TTL / 20
            other.hold()
            assert one.valid + other.valid <= 1
        assert other.valid
        assert one.hold() is None


class Controllers(RuleBasedStateMachine):
    """Controllers of one group in any order of calls, on a clock that goes on within calls too."""

    @initialize(slow=st.sampled_from([0.0, 0.01, 1.0]))
    def begin(self, slow: float) -> None:
        self.folder = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.clock, self.boot = Clock(), 1
        self.clock.slow = slow
        self.leases: list[Lease] = []
        self.taken = 0  # the last epoch that anybody got
        self.owner: int | None = None
        for _ in range(3):
            self.enter()
        self.journal = Journal(f"{self.folder}/j.db")

    def enter(self) -> None:
        boot = f"{self.boot} 1"
        self.leases.append(Lease(f"{self.folder}/j.db", "web", ttl=TTL, clock=self.clock, boot=boot))

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            for lease in self.leases:
                lease.close()
            self.journal.close()
            shutil.rmtree(self.folder)

    @rule(seconds=st.sampled_from([0.1, TTL / 4, TTL / 2, TTL * 0.95, TTL, 3 * TTL]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(which=st.integers(0, 2))
    def hold(self, which: int) -> None:
        lease = self.leases[which]
        before = lease.epoch
        epoch = lease.hold()
        if epoch is not None and epoch != before:
            assert before is None, "it was lost without a word"
            assert epoch > self.taken, "an epoch came twice"
            self.taken, self.owner = epoch, which
        elif epoch is not None:
            assert (epoch, which) == (self.taken, self.owner), "renewed what another had taken"
        else:
            assert self.owner is not None, "nobody had it, and it was not taken"
            assert lease.epoch is None

    @rule(which=st.integers(0, 2))
    def write(self, which: int) -> None:
        lease = self.leases[which]
        if lease.epoch is None:
            return
        if lease.epoch == self.taken:
            self.journal.append("web", [{"n": self.taken}], epoch=lease.epoch)
        else:
            with pytest.raises(StaleEpochError):
                self.journal.append("web", [{"n": -1}], epoch=lease.epoch)

    @rule(which=st.integers(0, 2))
    def release(self, which: int) -> None:
        self.leases[which].release()

    @rule(which=st.integers(0, 2))
    def die(self, which: int) -> None:
        """Killed and started again, in a process that goes on."""
        self.leases[which].close()
        self.enter()
        self.leases[which] = self.leases.pop()

    @precondition(lambda self: self.boot < 3)
    @rule()
    def restart_the_machine(self) -> None:
        self.boot += 1
        self.clock.now = 1.0
        for which in range(3):
            self.die(which)

    @invariant()
    def at_most_one_is_valid(self) -> None:
        """The fact: never two at a time."""
        if hasattr(self, "leases"):
            now, slow = self.clock.now, self.clock.slow
            self.clock.slow = 0.0
            assert sum(lease.valid for lease in self.leases) <= 1
            self.clock.now, self.clock.slow = now, slow


TestControllers = Controllers.TestCase
TestControllers.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_3_store_that_cannot_be_written(tmp_path: Path, clock: Clock) -> None:
    """Row 3: a lease that cannot be renewed goes on to its expiry, then nothing new begins."""
    with Lease(tmp_path / "j.db", "web", ttl=1.0, clock=clock) as lease:
        lease.hold()
        blocker = sqlite3.connect(tmp_path / "j.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        clock.now += 0.5
        with pytest.raises(JournalError, match=r"locked\. The lease was neither taken nor renewed"):
            lease.hold()
        assert (lease.valid, lease.epoch) == (True, 1)
        clock.now += 0.5
        assert (lease.valid, lease.is_ours()) == (False, True)
        with pytest.raises(JournalError):
            lease.hold()
        blocker.execute("ROLLBACK")
        blocker.close()
        assert lease.hold() == 1
        assert lease.valid


def test_in_doubt_it_is_not_ours(tmp_path: Path, clock: Clock) -> None:
    """A holder that cannot see the lease, because another writes or the file was moved, must not finish."""
    path = tmp_path / "j.db"
    with Lease(path, "web", ttl=1.0, clock=clock) as lease:
        lease.hold()
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN EXCLUSIVE")
        assert not lease.is_ours()
        writer.execute("ROLLBACK")
        writer.close()
        assert lease.is_ours()
        path.rename(tmp_path / "aside.db")
        assert (lease.is_ours(), lease.valid, lease.epoch) == (False, False, 1)


def test_20_a_changed_row(tmp_path: Path, clock: Clock) -> None:
    """Row 20: a lease that somebody changed is nobody's to take until the file is mended; then one has it."""
    path = tmp_path / "j.db"
    one, other = two(tmp_path, clock)
    with one, other:
        one.hold()
        with sqlite3.connect(path) as file:
            file.execute("UPDATE lease SET expiry = 0")
        file.close()
        assert other.hold() is None
        with Lease(path, "web", ttl=TTL, clock=clock) as third:
            assert not one.valid  # its file is no longer the one under the name
            assert third.hold() is not None
            for lease in (one, other):  # they go on with the mended file, as those who wait
                assert lease.hold() is None
                assert lease.hold() is None
            assert [one.valid, other.valid, third.valid] == [False, False, True]
            third.release()
            assert other.hold() == 2


def test_20_damaged(tmp_path: Path, clock: Clock) -> None:
    """Row 20: a file that is mended keeps the lease, so that its holder is waited for."""
    path = tmp_path / "j.db"
    with Journal(path) as journal, Lease(path, "web", ttl=TTL, clock=clock) as one:
        journal.append("web", [{"n": n, "text": "x" * 100} for n in range(200)])
        one.hold()
        data = bytearray(path.read_bytes())
        data[-3000:] = b"\xff" * 3000
        path.write_bytes(data)
        with Journal(path) as mended:
            assert "damaged" in mended.dropped[0]
        assert not one.valid
        with Lease(path, "web", ttl=TTL, clock=clock) as other:
            assert other.hold() is None
            clock.now += TTL
            assert other.hold() == 2


def test_a_journal_without_leases(tmp_path: Path) -> None:
    """A journal of an earlier version gets its table of leases when it is opened, and keeps its records."""
    path = tmp_path / "j.db"
    with Journal(path) as journal:
        journal.append("web", [{"n": 1}])
    with sqlite3.connect(path) as file:
        file.execute("DROP TABLE lease")
    file.close()
    with Lease(path, "web") as lease, Journal(path) as journal:
        assert lease.hold() == 1
        assert [record for _, record in journal.records("web")] == [{"n": 1}]
        assert journal.dropped == []


@pytest.mark.parametrize("ttl", [0.0, -1.0, float("nan"), float("inf")])
def test_the_time_is_positive(ttl: float, tmp_path: Path) -> None:
    """A time that is no length of time is refused."""
    with pytest.raises(rj.InvalidInputError, match="ttl: got"):
        Lease(tmp_path / "j.db", "web", ttl=ttl)
