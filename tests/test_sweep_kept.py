"""Finished chunks in a file: kept through every interruption, used again, and never taken for another's."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sweep_cases import CLUSTER, COSTS, POOL, RATES, Logged, calls

import rejuvmodel as rj
from rejuvmodel.sweeping.kept_chunks import KeptChunks

OVER = {"aging": np.linspace(0.1, 1, 20)}


def chunks_in(path: Path) -> int:
    with sqlite3.connect(path) as file:
        (count,) = file.execute("SELECT count(*) FROM chunk").fetchone()
    file.close()
    return int(count)


def test_nothing_is_computed_twice(tmp_path: Path) -> None:
    """A second call takes everything from the file, with text and truth values as they were."""
    how = {"chunk": 3, "keep": tmp_path / "kept", "errors": "nan"}
    measures = {"logged": Logged(str(tmp_path / "log")), "nines": "nines"}
    first = rj.sweep(CLUSTER, OVER, measures, **how)
    assert calls(tmp_path / "log") == 20
    assert chunks_in(tmp_path / "kept") == 7
    assert rj.sweep(CLUSTER, OVER, measures, **how).identical(first)
    assert calls(tmp_path / "log") == 20
    best = {"costs": COSTS, "optimize": (0, 1), "keep": str(tmp_path / "best")}
    assert rj.sweep(CLUSTER, OVER, **best).identical(rj.sweep(CLUSTER, OVER, **best))
    blocks = {"chunk": 6, "keep": tmp_path / "blocks"}
    assert rj.sweep(CLUSTER, OVER, **blocks).identical(rj.sweep(CLUSTER, OVER, **blocks))


def test_another_sweep_is_refused(tmp_path: Path) -> None:
    """The file of a sweep of another model, grid, measure, cost or chunk is refused and left as it was."""
    kept = tmp_path / "kept"
    told = {"measures": ("nines", "cost_rate"), "costs": COSTS, "chunk": 5}
    rj.sweep(CLUSTER, OVER, **told, keep=kept)
    before = kept.read_bytes()
    other = {
        "model": (rj.Cluster(2, RATES.replace(repair=0.51)), OVER, told),
        "grid": (CLUSTER, {"aging": np.nextafter(OVER["aging"], 2)}, told),
        "measures": (CLUSTER, OVER, told | {"measures": ("cost_rate", "nines")}),
        "costs": (CLUSTER, OVER, told | {"costs": COSTS.replace(degraded=1)}),
        "chunk size": (CLUSTER, OVER, told | {"chunk": 4}),
        "settings": (CLUSTER, OVER, told | {"solver": rj.GTH()}),
    }
    for part, (model, over, how) in other.items():
        with pytest.raises(rj.InvalidInputError, match=f"holds another sweep .other {part}.*delete this one"):
            rj.sweep(model, over, **how, keep=kept)
    assert kept.read_bytes() == before


def test_other_functions_are_other_sweeps(tmp_path: Path) -> None:
    """Two functions of one name that do something else are told apart."""

    def first(state: rj.SteadyState) -> float:
        return float(state.unavailability) * 2

    def second(state: rj.SteadyState) -> float:
        return float(state.unavailability) * 3

    rj.sweep(CLUSTER, OVER, {"mine": first}, keep=tmp_path / "kept")
    with pytest.raises(rj.InvalidInputError, match="other measures"):
        rj.sweep(CLUSTER, OVER, {"mine": second}, keep=tmp_path / "kept")


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """What is no file of a sweep, or cannot be one, is refused and not touched."""
    text = tmp_path / "notes.txt"
    text.write_text("not a sweep, but important" * 100, encoding="utf-8")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    for name, words in {
        "notes.txt": "no file of a sweep", "other.db": "a database of another program",
        ".": "a directory", "no/such/place": "the directory of the file exists",
    }.items():  # fmt: skip
        before = {p: p.read_bytes() for p in tmp_path.iterdir()}
        with pytest.raises(rj.InvalidInputError, match=words):
            rj.sweep(CLUSTER, OVER, keep=tmp_path / name)
        assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_an_error_keeps_what_was_finished(tmp_path: Path) -> None:
    """After an error at a later point the chunks before it are in the file."""
    with pytest.raises(rj.InvalidInputError, match="required at"):
        rj.sweep(POOL, {"required": [1, 2, 3, 4, 5]}, chunk=1, keep=tmp_path / "kept")
    assert chunks_in(tmp_path / "kept") == 4


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
import numpy as np, rejuvmodel as rj
from sweep_cases import CLUSTER, Logged
if __name__ == "__main__":
    slow = {{"logged": Logged({log!r}, 0.05)}}
    rj.sweep(CLUSTER, {{"aging": np.linspace(0.1, 1, 20)}}, slow, chunk=1, keep={kept!r}, workers={workers})
"""


@pytest.mark.parametrize(
    ("sent", "workers"), [(signal.SIGINT, None), (signal.SIGINT, 2), (signal.SIGKILL, None)]
)
def test_interrupted(tmp_path: Path, sent: signal.Signals, workers: int | None) -> None:
    """A process stopped in the middle leaves its finished chunks, and the next call computes the others."""
    log, kept, script = tmp_path / "log", tmp_path / "kept", tmp_path / "script.py"
    script.write_text(
        SCRIPT.format(tests=str(Path(__file__).parent), log=str(log), kept=str(kept), workers=workers),
        encoding="utf-8",
    )
    process = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while calls(log) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(sent)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == -sent
    done, begun = chunks_in(kept), calls(log)
    assert 3 <= done < 20
    # An interrupt waits for workers of its own; in this thread, and when killed, one chunk is under way.
    assert begun - done <= (0 if workers else 1)
    assert sorted(os.listdir(tmp_path)) == ["kept", "log", "script.py"]
    if sent == signal.SIGINT:
        assert f"{done} of 20 chunks are kept in {kept}; the same call goes on." in said
    found = rj.sweep(CLUSTER, OVER, {"logged": Logged(str(log), 0.05)}, chunk=1, keep=kept)
    assert calls(log) - begun == 20 - done
    expected = rj.sweep(CLUSTER, OVER, "unavailability", solver=rj.ClosedForm())
    np.testing.assert_allclose(found.logged, expected.unavailability, rtol=1e-14)


FULL = {"measures": ("unavailability", "nines"), "chunk": 1000}
LONG = {"aging": np.linspace(0.1, 1, 40_000)}


def finishes_after_full_disk(kept: Path, done: int) -> None:
    assert chunks_in(kept) == done
    assert os.listdir(kept.parent) == [kept.name]
    with sqlite3.connect(kept) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()


def test_full_disk(tmp_path: Path) -> None:
    """On a full disk the error says so, finished chunks stay, nothing else is left, and it goes on later."""
    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(mount)], capture_output=True, check=False
    ).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        with pytest.raises(OSError, match=r"No space left.*finished chunks can be relied on. Make room") as e:
            rj.sweep(CLUSTER, LONG, **FULL, keep=mount / "kept")
        done = int(str(e.value).split(" finished")[0].split()[-1])
        assert 5 <= done < 40
        finishes_after_full_disk(mount / "kept", done)
        subprocess.run(["mount", "-o", "remount,size=4m", str(mount)], check=True)
        assert rj.sweep(CLUSTER, LONG, **FULL, keep=mount / "kept").equals(rj.sweep(CLUSTER, LONG, **FULL))
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def test_full_disk_from_the_start(tmp_path: Path) -> None:
    """Where there is no room even for an empty file of a sweep, none is left behind."""
    mount = tmp_path / "tiny"
    mount.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(mount)], capture_output=True, check=False
    ).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        with pytest.raises(OSError, match="No space left"):
            rj.sweep(CLUSTER, OVER, keep=mount / "kept")
        assert os.listdir(mount) == []
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """Where a limit on file sizes takes the place of a full disk, the same holds."""
    kept = tmp_path / "kept"
    old, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, old[1]))
        with pytest.raises(OSError, match="Make room and call again"):
            rj.sweep(CLUSTER, LONG, **FULL, keep=kept)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, ignored)
    done = chunks_in(kept)
    assert 5 <= done < 40
    finishes_after_full_disk(kept, done)
    assert rj.sweep(CLUSTER, LONG, **FULL, keep=kept).equals(rj.sweep(CLUSTER, LONG, **FULL))


def test_two_sweeps_may_share_a_file(tmp_path: Path) -> None:
    """A file that another process has open is waited for, and chunks stored twice stand once."""
    one = KeptChunks(tmp_path / "kept", {"grid": "x"})
    two = KeptChunks(tmp_path / "kept", {"grid": "x"})
    one.store(3, {"a": np.ones(2)})
    two.store(3, {"a": np.ones(2)})
    assert two.numbers() == {3}
    assert [(k, found["a"].tolist()) for k, found in one.load()] == [(3, [1, 1])]
    one.close()
    two.close()
