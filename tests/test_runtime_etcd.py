"""Lease and journal in a real etcd server. Rows of the fault list by number."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from etcd_servers import ETCD, Wire, etcd, free_port

import rejuvmodel as rj
from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.journal.base_lease import boot_clock
from rejuvmodel.runtime.journal.etcd_journal import EtcdJournal
from rejuvmodel.runtime.journal.etcd_lease import EtcdLease
from rejuvmodel.runtime.journal.etcd_store import EtcdStore, put
from rejuvmodel.runtime.journal.journal import JournalError, StaleEpochError
from rejuvmodel.runtime.journal.leasing import journal_and_lease

pytestmark = pytest.mark.skipif(ETCD is None, reason="etcd is not installed (Debian: etcd-server)")
Server = tuple[str, subprocess.Popen[bytes]]
Opened = Callable[..., tuple[EtcdLease, EtcdJournal]]
#: The shortest that etcd grants.
TTL = 2.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with etcd(tmp_path_factory.mktemp("etcd")) as found:
        yield found


@pytest.fixture
def opened(server: Server, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Make controllers: each a lease and a journal, under a prefix that only this test has."""
    prefix = f"/test/{request.node.name}"
    with ExitStack() as stack:

        def make(holder: str, url: str = server[0], ttl: float = TTL) -> tuple[EtcdLease, EtcdJournal]:
            lease = EtcdLease(EtcdStore(url, 0.5), prefix, "web", ttl=ttl, holder=holder)
            journal = EtcdJournal(EtcdStore(url, 0.5), prefix)
            return stack.enter_context(lease), stack.enter_context(journal)

        yield make


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    one = Wire(server[0])
    yield one
    one.close()


def numbers(journal: EtcdJournal) -> list[int]:
    return [record["n"] for _, record in journal.records("web")]


def test_one_has_it(opened: Opened) -> None:
    """The first takes it, the second waits; what is given back is taken at once, and epochs grow."""
    (one, _), (other, _) = opened("a"), opened("b")
    assert one.holder() is None
    first = one.hold()
    assert first is not None
    assert (other.hold(), one.valid, other.valid, one.hold()) == (None, True, False, first)
    seen = other.holder()
    assert seen is not None
    assert seen.holder.startswith("a ")
    assert (seen.epoch, 0 < seen.left <= TTL, one.is_ours()) == (first, True, True)
    one.release()
    assert (one.valid, one.epoch) == (False, None)
    second = other.hold()
    assert second is not None
    assert second > first


def test_all_at_once(opened: Opened) -> None:
    """Of several that find it free at the same moment one gets it."""
    leases = [opened(name)[0] for name in "abcd"]
    with ThreadPoolExecutor(len(leases)) as pool:
        for _ in range(5):
            together = Barrier(len(leases))
            found = list(pool.map(lambda lease: (together.wait(), lease.hold())[1], leases))  # noqa: B023
            assert sum(epoch is not None for epoch in found) == sum(lease.valid for lease in leases) == 1
            for lease in leases:
                lease.release()


def test_4_not_renewed(opened: Opened) -> None:
    """Row 4: a holder that asks no more is followed by the next, and is never valid beside it."""
    (one, _), (other, _) = opened("a"), opened("b")
    first = one.hold()
    epoch, latest = None, boot_clock() + 10 * TTL
    while epoch is None:
        assert boot_clock() < latest, "nobody takes over"
        epoch = other.hold()
        assert one.valid + other.valid <= 1
        time.sleep(0.05)
    assert (one.valid, one.is_ours()) == (False, False)
    assert epoch > (first or 0)
    assert one.hold() is None


def test_renewed(opened: Opened) -> None:
    """A holder that renews keeps its epoch beyond the time for which it took the lease."""
    (one, _), (other, _) = opened("a"), opened("b")
    first, end = one.hold(), boot_clock() + 1.5 * TTL
    while boot_clock() < end:
        assert one.hold() == first
        assert one.valid
        assert other.hold() is None
        time.sleep(0.1)


def test_2_and_22_cut_off(opened: Opened, wire: Wire) -> None:
    """Rows 2 and 22: a holder that is cut off ends by itself, the other acts, and it can write nothing."""
    (one, journal), (other, others) = opened("a", wire.url), opened("b")
    first = one.hold()
    journal.append("web", [{"n": 1}], epoch=first)
    wire.cut = True
    second = None
    while second is None:
        second = other.hold()
        assert one.valid + other.valid <= 1
        if not one.valid:
            with pytest.raises(JournalError, match=r"etcd at .* No new action begins"):
                one.hold()
            assert not one.is_ours()
        time.sleep(0.05)
    others.append("web", [{"n": 2}], epoch=second)
    wire.cut = False
    with pytest.raises(StaleEpochError, match=rf"no longer of epoch {first}: b .*\(epoch {second}\) has it"):
        journal.append("web", [{"n": 3}], epoch=first)
    with pytest.raises(StaleEpochError):
        journal.compact("web", [{"n": 3}], timedelta(0), epoch=first)
    assert one.hold() is None
    assert numbers(journal) == [1, 2]


def test_3_etcd_stands_still(server: Server, opened: Opened) -> None:
    """Row 3: while etcd does not answer, the lease goes on to its expiry and no record can be written."""
    one, journal = opened("a")
    first = one.hold()
    server[1].send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(JournalError):
            journal.append("web", [{"n": 1}], epoch=first)
        assert one.valid
        while one.valid:
            time.sleep(0.05)
        with pytest.raises(JournalError):
            one.hold()
    finally:
        server[1].send_signal(signal.SIGCONT)
    while True:  # it may have to be taken anew
        try:
            again = one.hold()
        except JournalError:
            again = None
        if again is not None:
            break
        time.sleep(0.05)
    assert again >= (first or 0)
    journal.append("web", [{"n": 2}], epoch=again)
    assert numbers(journal) in ([2], [1, 2])


def test_the_answer_is_lost(opened: Opened, wire: Wire) -> None:
    """Records whose answer is lost stand there as meant and not begun, and the next ones come after them."""
    (one, _), (_, journal) = opened("a"), opened("b", wire.url)
    first = one.hold()
    journal.append("web", [{"n": 1}], epoch=first)
    wire.deaf = True
    with pytest.raises(JournalError):
        journal.append("web", [{"n": 2}], epoch=first)
    wire.deaf = False
    journal.append("web", [{"n": 3}], epoch=first)
    assert numbers(journal) == [1, 2, 3]


def test_a_late_request_is_refused(opened: Opened) -> None:
    """Two writers of one epoch that do not know of each other never write under the same number."""
    (one, journal), (_, again) = opened("a"), opened("a")
    first = one.hold()
    journal.append("web", [{"n": 1}], epoch=first)
    again.append("web", [{"n": 2}], epoch=first)
    with pytest.raises(JournalError, match="was written meanwhile"):
        journal.append("web", [{"n": 3}], epoch=first)
    journal.append("web", [{"n": 4}], epoch=first)
    assert numbers(journal) == [1, 2, 4]


def test_back_in_office(opened: Opened) -> None:
    """A controller that takes the lease again goes on after the records of the one between."""
    (one, journal), (other, others) = opened("a"), opened("b")
    for n, (lease, record) in enumerate([(one, journal), (other, others), (one, journal)]):
        record.append("web", [{"n": n}], epoch=lease.hold())
        lease.release()
    assert numbers(others) == [0, 1, 2]


def test_compact(opened: Opened) -> None:
    """A snapshot comes last, and only what is older than is to be kept goes."""
    one, journal = opened("a")
    at, day, epoch = datetime(2026, 3, 1, tzinfo=UTC), timedelta(days=1), one.hold()
    for n in range(5):
        journal.append("web", [{"n": n}], at + n * day, epoch)
    assert journal.compact("web", [{"n": 10}], 2 * day, at + 4 * day, epoch) == 2
    assert journal.records("web")[0] == (at + 2 * day, {"n": 2})
    assert numbers(journal) == [2, 3, 4, 10]
    journal.append("web", [{"n": 11}, {"n": 12}], at + 5 * day, epoch)
    assert journal.compact("web", [{"n": 20}], 0 * day, at + 9 * day, epoch) == 5
    assert numbers(journal) == [20]


def test_what_is_no_decision(server: Server, opened: Opened) -> None:
    """Row 20: what somebody else has written there is left out and named."""
    one, journal = opened("a")
    journal.append("web", [{"n": 1}], epoch=one.hold())
    store = EtcdStore(server[0], 1.0)
    place = journal._key("web", 2)
    store.change([], [put(place, "nonsense")])
    store.close()
    assert numbers(journal) == [1]
    assert journal.dropped == [f"{place} is no decision"]


FILE = """
[group]
name = "web"
mode = "active/active"
required = 1
{lease}
[balancer]
type = "in-process"
[[servers]]
name = "s1"
[[servers]]
name = "s2"
"""


@pytest.mark.parametrize("kind", ["sqlite", "etcd"])
def test_as_the_file_says(kind: str, server: Server, tmp_path: Path) -> None:
    """Journal and lease come from one place, so that an epoch that is over cannot write."""
    lease = "" if kind == "sqlite" else f'[lease]\ntype = "etcd"\nurl = "{server[0]}"\n'
    (tmp_path / "web.toml").write_text(FILE.replace("{lease}", lease))
    file = read_runtime_file(tmp_path / "web.toml")
    journal, one = journal_and_lease(file)
    others, other = journal_and_lease(file)
    with journal, one, others, other:
        epoch = one.hold()
        journal.append("web", [{"n": 1}], epoch=epoch)
        one.release()
        others.append("web", [{"n": 2}], epoch=other.hold())
        with pytest.raises(StaleEpochError):
            journal.append("web", [{"n": 3}], epoch=epoch)
        assert [record for _, record in journal.records("web")] == [{"n": 1}, {"n": 2}]
        other.release()
    assert (tmp_path / "web.journal").exists() == (kind == "sqlite")


def test_nobody_listens() -> None:
    """Where nobody listens it says so, at once."""
    with EtcdLease(EtcdStore(f"http://127.0.0.1:{free_port()}", 0.5), "/test", "web") as lease:
        with pytest.raises(JournalError, match=r"refused.* No new action begins"):
            lease.hold()
        assert not lease.valid


@pytest.mark.parametrize("ttl", [1.0, 2.5, float("inf"), -3.0])
def test_whole_seconds(ttl: float) -> None:
    """A time that etcd does not grant is refused."""
    store = EtcdStore("http://127.0.0.1:1", 0.5)
    with pytest.raises(rj.InvalidInputError, match="etcd grants whole seconds, at least 2"):
        EtcdLease(store, "/test", "web", ttl=ttl)
    store.close()
