"""Logs as spreadsheets, monitoring and pandas write them give right numbers, or a clear refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import rejuvmodel as rj

BERLIN = ZoneInfo("Europe/Berlin")
LOG = "# clock: server\n# servers: a\n# start: 0\n# until: 10\nserver,time,event\na,1,unstable\na,3,failed\n"


def failure_hours(events: object, **options: object) -> float:
    return rj.estimate(events, clock="server", **options).failure.exposure_hours


def refusal(events: object, **options: object) -> str:
    with pytest.raises(rj.InvalidInputError) as caught:
        rj.estimate(events, **{"clock": "server", **options})
    return str(caught.value)


def at(*when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=BERLIN, fold=fold)


@pytest.mark.parametrize("form", ["rows", "frame", "objects"])
def test_hours_are_those_that_passed_where_clocks_change(form: str) -> None:
    """Local times with a zone count the hours that passed: 47 from noon to noon over a change in spring."""
    rows = [("a", at(2026, 3, 28, 12), "unstable"), ("a", at(2026, 3, 30, 12), "failed")]
    frame = pd.DataFrame(rows, columns=["server", "time", "event"])
    forms = {"rows": rows, "frame": frame, "objects": frame.astype({"time": object})}
    assert failure_hours(forms[form]) == 47.0


def test_the_hour_that_comes_twice_is_in_order() -> None:
    """In autumn 2:30 of summer time is before 2:10 of winter time."""
    rows = [("a", at(2026, 10, 25, 2, 30), "unstable"), ("a", at(2026, 10, 25, 2, 10, fold=1), "failed")]
    assert failure_hours(rows) == pytest.approx(40 / 60)


def test_a_log_over_a_change_of_clocks_survives_its_file(tmp_path: Path) -> None:
    """Written and read again, local times are the same moments."""
    rows = [("a", at(2026, 3, 28, 12), "unstable"), ("a", at(2026, 3, 30, 12), "failed")]
    log = rj.read_event_log(rows, clock="server", until=at(2026, 4, 1))
    log.to_csv(tmp_path / "log.csv")
    again = rj.read_event_log(tmp_path / "log.csv")
    assert again.times.tolist() == log.times.tolist() == [0.0, 47.0]
    assert log.stamp(47.0) == datetime(2026, 3, 30, 10, tzinfo=UTC).isoformat()


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([("a", 1, "unstable"), ("", 5, "start"), ("a", 6, "failed")], {}, 'events[1]: got "start" after'),
        ([("", 5, "start"), ("a", 6, "unstable")], {"start": 0}, 'events[0]: got "start" at 5'),
        ([("", 5, "start"), ("", 6, "start"), ("a", 7, "unstable")], {}, 'events[1]: got "start" at 6'),
    ],
)
def test_a_log_starts_once_and_first(rows: list, options: dict, message: str) -> None:
    """A start after events, or at two times, is refused."""
    assert message in refusal(rows, until=10, **options)


def test_a_start_may_be_said_twice_alike() -> None:
    """A line that says the start that was given contradicts nothing."""
    rows = [("", 5, "start"), ("a", 6, "unstable"), ("a", 8, "failed")]
    assert rj.estimate(rows, clock="server", start=5).aging.exposure_hours == 1.0


def test_hour_zero_is_assumed_aloud() -> None:
    """Where hours do not say when the log began, hour 0 is taken, and a note says so."""
    rows = [("a", 480_000, "unstable"), ("a", 480_007, "failed")]
    found = rj.estimate(rows, clock="server", until=480_010)
    assert found.aging.exposure_hours == 480_000.0
    assert "does not say when it began: hour 0 was taken" in " ".join(found.notes)
    found = rj.estimate(rows, clock="server", start=479_000, until=480_010)
    assert not any("began" in note for note in found.notes)


FORMS = {
    "Windows line ends": LOG.replace("\n", "\r\n").encode(),
    "byte order mark": b"\xef\xbb\xbf" + LOG.encode(),
    "semicolons": LOG.replace(",", ";").encode(),
    "tabs": LOG.replace(",", "\t").encode(),
    "filled up by a spreadsheet": LOG.replace("server\n", "server,,\n", 1).replace("10\n", "10,,\n").encode(),
    "filled up with semicolons": LOG.replace(",", ";").replace("server\n", "server;;\n", 1).encode(),
    "quoted": LOG.replace("a,1,unstable", '"a","1","unstable"').encode(),
    "more columns": LOG.replace("server,", "id,server,").replace("\na,", "\n7,a,").encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_files_of_other_programs(form: str, tmp_path: Path) -> None:
    """Line ends, a byte order mark, other separators and empty cells behind settings change nothing."""
    path = tmp_path / "log.csv"
    path.write_bytes(FORMS[form])
    log = rj.read_event_log(path)
    assert (log.servers, log.times.tolist(), log.until, log.notes) == (("a",), [1.0, 3.0], 10.0, ())


def test_missing_names_of_servers() -> None:
    """A missing name, of any kind that pandas has, is no name."""
    for nothing in (None, np.nan, pd.NA, ""):
        names = pd.Series(["a", nothing], dtype=object)
        frame = pd.DataFrame({"server": names, "time": [1, 2], "event": ["unstable", "failed"]})
        assert "row 1 of the data frame: got nothing" in refusal(frame)
        assert rj.read_event_log(frame, clock="cluster", servers=2).who.tolist() == [0, -1]


def test_times_in_the_index_of_a_frame() -> None:
    """A data frame whose index is the time has that column."""
    rows = [("a", at(2026, 3, 28, 12), "unstable"), ("a", at(2026, 3, 30, 12), "failed")]
    frame = pd.DataFrame(rows, columns=["server", "time", "event"]).set_index("time")
    frame.attrs["clock"] = "server"
    assert rj.estimate(frame).failure.exposure_hours == 47.0


@pytest.mark.parametrize(
    ("time", "advice"),
    [("12,5", "point"), ("02.01.2026 05:00", "2026-03-01T08:30"), ("05:00", "2026-03-01T08:30")],
)
def test_times_of_other_countries(time: str, advice: str) -> None:
    """A time that is none is refused with what to write."""
    text = refusal([("a", time, "unstable")])
    assert advice in text
    assert ("Decimals" in text) == ("," in time)
