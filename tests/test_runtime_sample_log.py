"""The log of samples: what is written when, what survives a kill, and what is refused on reading."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from runtime_files import runtime_file

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.deciding.views import GroupView, Moment, ServerView
from rejuvmodel.runtime.foresight.sample_log import SampleLog
from rejuvmodel.runtime.foresight.sample_records import COLUMNS, SampleRecord, read_samples
from rejuvmodel.runtime.operating.attention import Attention
from rejuvmodel.runtime.operating.recorders import Recorders
from rejuvmodel.runtime.watching.collector import Assessment
from rejuvmodel.runtime.watching.identity import Identity
from rejuvmodel.runtime.watching.samples import Sample
from rejuvmodel.runtime.watching.sight import Sight

START = datetime(2026, 3, 1, 23, 58, tzinfo=UTC)
HEAD = ",".join(COLUMNS) + "\n"
LINE = "2026-03-01T23:58:00.000+00:00,s1,7@1.5,healthy,normal,0.25,3600.0,1000000.0,,true,2\n"


def moment(seconds: float) -> Moment:
    return Moment(1000.0 + seconds, START + timedelta(seconds=seconds))


def look(seconds: float, state: str = "normal", pid: int = 7) -> dict[str, Assessment]:
    sample = Sample(
        "s1", 1000.0 + seconds, "healthy", 0.25, 3600.0, 1e6, None, Identity(pid, 1.5)
    )  # fmt: skip
    return {"s1": Assessment("s1", state, last=sample)}  # type: ignore[arg-type]


VIEWS = {"s1": ServerView(up=True, sessions=2)}


def test_one_line_for_each_interval(tmp_path: Path) -> None:
    """Ticks of 1 s for 5 minutes give a line at each full minute, not at each tick."""
    log = SampleLog(str(tmp_path / "samples"), 60.0)
    written = sum(log.note(look(float(k)), VIEWS, moment(float(k))) for k in range(301))
    records = read_samples(tmp_path / "samples")
    assert written == len(records) == 6
    assert [(one.at - START).total_seconds() for one in records] == [0, 60, 120, 180, 240, 300]
    assert records[0] == SampleRecord(
        START, "s1", "7@1.5", "healthy", "normal", 0.25, 3600.0, 1e6, None, True, 2
    )  # fmt: skip


def test_changes_have_lines_of_their_own(tmp_path: Path) -> None:
    """A server that becomes unstable or has another process between two minutes is written down at once."""
    log = SampleLog(str(tmp_path), 60.0)
    looks = [look(0.0), look(7.0, "unstable"), look(8.0, "unstable"), look(9.0, "unstable", pid=8)]
    written = [log.note(one, VIEWS, moment(at)) for one, at in zip(looks, (0.0, 7.0, 8.0, 9.0), strict=True)]
    assert written == [1, 1, 0, 1]
    assert [one.condition for one in read_samples(tmp_path)] == ["normal", "unstable", "unstable"]


def test_same_look_is_not_written_twice(tmp_path: Path) -> None:
    """A monitor that hangs leaves a gap, not a copy of its last look."""
    log = SampleLog(str(tmp_path), 60.0)
    assert [log.note(look(0.0), VIEWS, moment(at)) for at in (0.0, 60.0, 120.0)] == [1, 0, 0]


def test_a_file_for_each_day_and_none_older_than_kept(tmp_path: Path) -> None:
    """At midnight a file begins, and those older than samples_keep go; other files are nobody's business."""
    for name in ("samples-2026-02-26.csv", "samples-2026-02-27.csv", "samples-9999-99-99.csv", "mine.csv"):
        (tmp_path / name).write_text(HEAD)
    log = SampleLog(str(tmp_path), 60.0, keep=3 * 86400.0)
    for seconds in (0.0, 60.0, 120.0):
        log.note(look(seconds), VIEWS, moment(seconds))
    assert sorted(os.listdir(tmp_path)) == [
        "mine.csv", "samples-2026-02-27.csv", "samples-2026-03-01.csv", "samples-2026-03-02.csv",
        "samples-9999-99-99.csv",
    ]  # fmt: skip
    assert (tmp_path / "samples-2026-03-02.csv").stat().st_mode & 0o777 == 0o600


def test_pandas_reads_it(tmp_path: Path) -> None:
    """The file is plain CSV: pandas finds numbers, times and truth values in it."""
    SampleLog(str(tmp_path), 60.0).note(look(0.0), VIEWS, moment(0.0))
    table = pd.read_csv(tmp_path / "samples-2026-03-01.csv", parse_dates=["time"])
    assert list(table.columns) == list(COLUMNS)
    assert table.loc[0, "memory"] == 1e6
    assert bool(table.loc[0, "up"]) is True
    assert table.loc[0, "time"] == pd.Timestamp(START)


def test_half_a_line_is_left_out_and_said(tmp_path: Path) -> None:
    """A line without its end is dropped by the reader, cut off by the next writer, and both say so."""
    path = tmp_path / "samples-2026-03-01.csv"
    path.write_text(HEAD + LINE + LINE[:40])
    found = read_samples(tmp_path)
    assert len(found) == 1
    assert found.dropped == (f"half a line at the end of {path}",)
    log = SampleLog(str(tmp_path), 60.0)
    log.note(look(60.0), VIEWS, moment(60.0))
    assert log.dropped == [f"half a line at the end of {path}"]
    assert len(read_samples(tmp_path)) == 2
    assert read_samples(tmp_path).dropped == ()


def test_what_a_power_cut_leaves_is_cut_off(tmp_path: Path) -> None:
    """Blocks of zeros at the end, however many, are left out by the reader and cut off by the next writer."""
    path = tmp_path / "samples-2026-03-01.csv"
    path.write_text(HEAD + LINE + "\0" * 20000)
    assert len(read_samples(tmp_path)) == 1
    log = SampleLog(str(tmp_path), 60.0)
    log.note(look(60.0), VIEWS, moment(60.0))
    assert (len(read_samples(tmp_path)), read_samples(tmp_path).dropped) == (2, ())


@pytest.mark.parametrize("left", ["", HEAD[:30]], ids=["nothing", "half"])
def test_a_day_without_its_first_line_is_left_out_and_said(left: str, tmp_path: Path) -> None:
    """A file that a full disk left empty, or with half a line of names, does not cost the other days."""
    path = tmp_path / "samples-2026-02-28.csv"
    path.write_text(left)
    assert (len(read_samples(tmp_path)), read_samples(tmp_path).dropped) == (0, (f"no whole line in {path}",))
    (tmp_path / "samples-2026-03-01.csv").write_text(HEAD + LINE)
    assert (len(read_samples(tmp_path)), read_samples(tmp_path).dropped) == (1, (f"no whole line in {path}",))


def test_killed_writer_leaves_whole_lines(tmp_path: Path) -> None:
    """A process that is killed while it writes as fast as it can leaves whole lines."""
    program = textwrap.dedent("""
        import sys
        sys.path[:0] = [sys.argv[2]]
        from test_runtime_sample_log import VIEWS, SampleLog, look, moment
        log = SampleLog(sys.argv[1], 1.0)
        k = 0.0
        while True:
            log.note(look(k), VIEWS, moment(k))
            k += 1.0
            print(flush=True)
    """)
    writer = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path), str(Path(__file__).parent)], stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    for _ in range(200):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert len(read_samples(tmp_path)) >= 200


def test_full_disk_is_a_problem_and_no_error(tmp_path: Path) -> None:
    """If the log cannot be written the loop goes on, `problem` says why, and later lines are written."""
    (tmp_path / "folder").write_text("a file is in the way")
    log = SampleLog(str(tmp_path / "folder"), 60.0)
    assert log.note(look(0.0), VIEWS, moment(0.0)) == 0
    assert "samples cannot be written" in log.problem
    (tmp_path / "folder").unlink()
    assert log.note(look(60.0), VIEWS, moment(60.0)) == 1
    assert log.problem == ""


WRONG = {
    "no file": (None, "samples.csv", "no such file"),
    "empty": ("", "samples.csv", "no line of names"),
    "unknown column": (HEAD.replace("load", "lod"), "line 1", '"lod"'),
    "column twice": (HEAD.replace("load", "up"), "line 1", '"up"'),
    "missing column": ("time,server\n", "line 1", "no column answer"),
    "few cells": (HEAD + LINE + "2026-03-01T23:58:00Z,s1\n", "line 3", "2 cells"),
    "local time": (HEAD + LINE.replace("+00:00", ""), "time in line 2", "time zone"),
    "no time": (HEAD + LINE.replace("2026-03-01T", "yesterday "), "time in line 2", "yesterday"),
    "hostile name": (HEAD + LINE.replace("s1", "s1;reboot"), "server in line 2", "s1;reboot"),
    "answer": (HEAD + LINE.replace("healthy", "fine"), "answer in line 2", '"fine"'),
    "condition": (HEAD + LINE.replace("normal", "good"), "condition in line 2", '"good"'),
    "up": (HEAD + LINE.replace("true", "yes"), "up in line 2", '"yes"'),
    "NaN": (HEAD + LINE.replace("0.25", "nan"), "load in line 2", '"nan"'),
    "negative": (HEAD + LINE.replace("1000000.0", "-1"), "memory in line 2", '"-1"'),
    "sessions": (HEAD + LINE.replace("true,2", "true,2.5"), "sessions in line 2", '"2.5"'),
    "quote": (HEAD + '"' + LINE, "line", "of"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_names_file_and_line(name: str, tmp_path: Path) -> None:
    """A file that is not as it was written is refused, by file, line and column."""
    text, place, found = WRONG[name]
    path = tmp_path / "samples.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidInputError) as error:
        read_samples(path)
    assert "samples.csv" in str(error.value)
    assert place in error.value.argument
    assert found in str(error.value)


NUMBERS = st.none() | st.floats(0.0, 1e300)


@given(
    st.builds(
        SampleRecord,
        st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
            lambda at: at.replace(tzinfo=UTC, microsecond=at.microsecond // 1000 * 1000)
        ),
        st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_.:-]{0,9}\Z"),
        st.none() | st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), min_size=1),
        st.sampled_from(("healthy", "unhealthy", "gone", "unknown")),
        st.sampled_from(("normal", "unstable", "failed", "in transition", "unknown")),
        NUMBERS, NUMBERS, NUMBERS, NUMBERS,
        st.none() | st.booleans(),
        st.none() | st.integers(0, 10**9),
    )
)  # fmt: skip
def test_read_as_written(record: SampleRecord) -> None:
    """Whatever a record holds is read back the same."""
    import csv
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "one.csv")
        with path.open("w", newline="") as file:
            file.write(HEAD)
            csv.writer(file, lineterminator="\n").writerow(record.cells())
        assert list(read_samples(path)) == [record]


def test_controller_that_stands_by_records_nothing(tmp_path: Path) -> None:
    """Only the controller that acts records: the other does not know who is away on purpose."""
    recorders = Recorders(runtime_file(tmp_path, group='samples = "s"'), Attention("web"))
    sight = Sight(GroupView(VIEWS), look(0.0), answered=True)
    recorders.note(sight, moment(0.0), dict, [], None)
    assert not (tmp_path / "s").exists()
    recorders.note(sight, moment(0.0), dict, [], 0.001)
    assert len(read_samples(tmp_path / "s")) == 1
    recorders.close()
