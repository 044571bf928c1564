"""A journal that is torn while a server is away: row 20 of the acceptance list, on a whole runner."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kept import file_of, phases, settled, starts, ticked
from rolling import NAMES, World, world

from rejuvmodel.runtime.runner import Runner


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """Three servers for all tests of this file."""
    with world(warm_up=0.2) as one:
        yield one


@pytest.fixture
def one(shared: World) -> Iterator[World]:
    """The three servers, which serve again after each test."""
    yield shared
    shared.put_back()


def torn(path: Path) -> None:
    """Half of it is there."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwritten(path: Path) -> None:
    """Bytes at random from the second page on."""
    data, draw = bytearray(path.read_bytes()), random.Random(20)
    data[4096:] = draw.randbytes(len(data) - 4096)
    path.write_bytes(data)


def another(path: Path) -> None:
    """It is no journal at all."""
    path.write_bytes(b"Dear diary,\n" * 1000)


def gone(path: Path) -> None:
    """Somebody has deleted it."""
    path.unlink()


#: In `make test` each damage and each phase is met; in `make soak` each with each.
_SHORT = {(torn, "draining"), (overwritten, "restarting"), (another, "warming"), (gone, "warming")}


@pytest.mark.parametrize(
    ("damage", "phase"),
    [
        pytest.param(damage, phase, marks=[] if (damage, phase) in _SHORT else pytest.mark.soak)
        for damage in (torn, overwritten, another, gone)
        for phase in ("draining", "restarting", "warming")
    ],
)
def test_20_a_damaged_journal(
    one: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None], phase: str
) -> None:
    """The successor goes by what it sees: all serve, nobody is restarted for it, and it says what is lost."""
    file = file_of(one, tmp_path)
    with Runner(file, by_policy=False) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "rejuvenate", "servers": ["s1"]})
        ticked(runner, phase, lambda found: phases(found)["s1"] == phase)
        one.wait("its command's end", lambda: not runner._workers.busy)
    assert one.balancer.view()["s1"].admin != "ready"
    begun = starts(one)
    for more in ("-wal", "-shm"):
        Path(f"{file.home.journal}{more}").unlink(missing_ok=True)
    damage(Path(file.home.journal))
    status = settled(file)
    assert status["dropped"]
    assert all(words in caplog.text for words in status["dropped"])
    assert phases(status) == dict.fromkeys(NAMES, "serving")
    one.wait("all three", lambda: one.balancer.view().serving == NAMES)
    assert starts(one) == begun
    assert settled(file)["dropped"] == []
