"""What cannot be a log is refused in words that name line, server and event."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

import rejuvmodel as rj

HEAD = "# clock: server\n# until: 100\nserver,time,event\n"
#: Lines below a head of three, and what the error says.
SERVER = {
    "repaired, not failed": (
        "web2,5,repaired\n",
        "line 4 of log.csv: got 'repaired' of server 'web2', which was normal when the log began",
    ),
    "failed, not unstable": ("web1,5,failed\n", "'failed' of server 'web1', which was normal"),
    "failed while rejuvenating": (
        "a,1,unstable\na,2,rejuvenation started\na,3,failed\n",
        "'failed' of server 'a', which was rejuvenating since line 5 of log.csv",
    ),
    "unstable twice": (
        "a,1,unstable\nb,2,unstable\na,3,unstable\n",
        "line 6 of log.csv: got 'unstable' of server 'a', which was unstable since line 4",
    ),
    "finished, not started": ("a,1,rejuvenation finished\n", "a rejuvenation finishes after it has started"),
    "started while failed": (
        "a,1,unstable\na,2,failed\na,3,rejuvenation started\n",
        "line 6 of log.csv: got 'rejuvenation started' of server 'a', which was failed",
    ),
    "unknown event": (
        "a,1,repared\n",
        'event in line 4 of log.csv: got "repared"; an event is one of unstable, failed,',
    ),
    "nearest event": ("a,1,repared\n", 'or end. Did you mean "repaired"?'),
    "unsorted": (
        "a,5,unstable\nb,4,unstable\n",
        'time in line 5 of log.csv: got "4"; times are in order, and line 4 of log.csv is later',
    ),
    "twice the same": (
        "a,5,unstable\na,5,unstable\n",
        'line 5 of log.csv: got "unstable" of "a" at "5" again; each event stands once, and line 4 of',
    ),
    "negative time": ("a,-5,unstable\n", 'time in line 4 of log.csv: got "-5"'),
    "no time": ("a,,unstable\n", 'time in line 4 of log.csv: got ""'),
    "nan": ("a,nan,unstable\n", 'time in line 4 of log.csv: got "nan"'),
    "no server": (
        ",5,unstable\n",
        "server in line 4 of log.csv: got nothing; a log by the clock of servers names",
    ),
    "missing cell": ("a,5\n", "line 4 of log.csv: got 2 cells"),
    "after the end": (
        "a,101,unstable\n",
        'until: got "100"; a log ends at or after its last event, in line 4',
    ),
    "behind an end": ("a,50,end\na,60,unstable\n", "nothing follows the end of a log"),
    "two ends": ("a,50,end\n", "the log says that it ends at 50 h"),
    "mixed": (
        "a,5,unstable\na,2026-03-01T00:00,failed\n",
        "all times of a log are of one kind; time in line 4 of",
    ),
}


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a log and give its name."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> str:
        Path("log.csv").write_text(text, encoding="utf-8")
        return "log.csv"

    return write


def refusal(*arguments: object, **options: object) -> str:
    with pytest.raises(rj.InvalidInputError) as caught:
        rj.estimate(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize("name", SERVER)
def test_impossible_log_of_servers(name: str, log) -> None:
    """The error names the line of the file, the server and the event, the rule and the next step."""
    lines, message = SERVER[name]
    assert message in refusal(log(HEAD + lines))


CLUSTER = {
    "repaired, none failed": ("a,5,repaired\n", "'repaired' of server 'a', which was working"),
    "another repaired": (
        "a,1,unstable\na,2,failed\nb,3,repaired\n",
        "line 6 of log.csv: got 'repaired' of server 'b', which was working",
    ),
    "repaired while unstable": (
        "a,1,unstable\na,2,failed\n,3,unstable\na,4,repaired\n",
        "line 7 of log.csv: got 'repaired' of server 'a' while the cluster was unstable; in the model of",
    ),
    "failed twice": (
        "a,1,unstable\na,2,failed\n,3,unstable\na,4,failed\n",
        "line 7 of log.csv: got 'failed' of server 'a', which was failed since line 5",
    ),
    "unstable with none left": (
        ",1,unstable\n,2,failed\n,3,unstable\n,4,failed\n,5,unstable\n",
        "'unstable' of the cluster of 2, which was failed as a whole",
    ),
    "a third server": (
        "a,1,unstable\na,2,failed\nb,3,repaired\nc,4,unstable\n",
        'server in line 7 of log.csv: got "c"; there are 2 servers: a, b',
    ),
}


@pytest.mark.parametrize("name", CLUSTER)
def test_impossible_log_of_a_cluster(name: str, log) -> None:
    """The states of the cluster forbid what its model forbids."""
    lines, message = CLUSTER[name]
    text = refusal(
        log(
            HEAD.replace("clock: server", "clock: cluster\n# servers: 2").replace("# until: 100\n", "")
            + lines
        )
    )
    assert message in text


def test_clock_has_to_be_said(log) -> None:
    """A log that does not say whose clock it measures is refused, and so is one that contradicts."""
    rows = [("a", 1, "unstable")]
    assert "clock: got nothing, and events does not say; a log says whose clock it measures" in refusal(rows)
    path = log(HEAD + "a,1,unstable\n")
    assert 'clock: got "cluster"; log.csv says clock: "server"' in refusal(path, clock="cluster")
    assert rj.estimate(path, clock="Server").clock == "server"
    frame = pd.DataFrame(rows, columns=["server", "time", "event"])
    assert "the data frame does not say" in refusal(frame)


def test_settings_that_contradict(log) -> None:
    """What the log says and what the call says has to be the same."""
    path = log(HEAD.replace("# until", "# servers: a, b\n# until") + "a,1,unstable\n")
    assert "servers: got ['a']; log.csv says" in refusal(path, servers=["a"])
    assert 'until: got 90; log.csv says until: "100"' in refusal(path, until=90)
    assert rj.estimate(path, servers=2, until=100).servers == 2


def test_unknown_server_has_a_nearest_name(log) -> None:
    """A server that is not listed is refused, with the name that was probably meant."""
    path = log("# clock: server\n# servers: web1, db\nserver,time,event\nweb2,5,unstable\n")
    assert (
        'server in line 4 of log.csv: got "web2"; the servers are web1, db. Did you mean "web1"?'
        in refusal(path)
    )


def test_misspelt_setting(log) -> None:
    """A misspelt setting is refused; any other comment is a comment."""
    assert "line 1 of log.csv: got an unknown setting 'servers_'" not in refusal(
        log("# owner: me\nserver,time,event\n")
    )
    assert 'Did you mean "clock"?' in refusal(log("# clok: server\nserver,time,event\n"))
    assert "a second time" in refusal(log("# clock: server\n# clock: server\nserver,time,event\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "log.csv: got no line"),
        ("# clock: server\n", "log.csv: got no line"),
        ("# clock: server\nserver,time,event\n", "log.csv: got no event"),
        ("# clock: server\nserver,event\na,failed\n", "got no column 'time' among server, event"),
        ("# clock: server\nserver,time,event,time\n", "got two columns 'time'"),
        (
            "# clock: cluster\nserver,time,event\n,5,unstable\n",
            "servers: got nothing; a log by the clock of a cluster",
        ),
        (
            "# clock: cluster\n# servers: 2\n# crews: 1\nserver,time,event\n,5,unstable\n",
            "a cluster has no limits of a pool",
        ),
        (
            "# clock: cluster\n# servers: 2\n# initial: u3\nserver,time,event\n,5,failed\n",
            'initial: got "u3"',
        ),
        ("# clock: server\n# initial: b failed\nserver,time,event\na,5,failed\n", 'initial["b"]'),
        ("# clock: server\n# initial: a broken\nserver,time,event\na,5,failed\n", 'got "broken"'),
        ("# clock: server\n# start: 6\nserver,time,event\na,5,failed\n", "the start of the log is later"),
        ("# clock: server\n# servers: a, a\nserver,time,event\na,5,failed\n", 'servers[1]: got "a"'),
        ("# clock: server\n# servers: 0\nserver,time,event\na,5,failed\n", "servers: got 0"),
        (
            "# clock: server\n# primaries: 3\nserver,time,event\na,5,unstable\n",
            "together they are the 1 servers",
        ),
    ],
)
def test_what_is_no_log(text: str, message: str, log) -> None:
    """Empty files, missing columns and settings that cannot be are refused by name."""
    assert message in refusal(log(text))


def test_time_zones_do_not_mix() -> None:
    """Time stamps with and without a zone in one log are refused."""
    rows = [("a", "2026-03-01T00:00Z", "unstable"), ("a", "2026-03-02T00:00", "failed")]
    text = refusal(rows, clock="server")
    assert 'time in events[1]: got "2026-03-02T00:00"; all time stamps have a time zone or none has' in text


@pytest.mark.parametrize("time", [True, None, "soon", float("inf"), float("nan"), pd.NaT, -1, [3]])
def test_what_is_no_time(time: object) -> None:
    """Times are hours or time stamps, and nothing else."""
    assert "time in events[0]: got" in refusal([("a", time, "unstable")], clock="server")


@pytest.mark.parametrize(
    ("events", "message"),
    [
        (None, "events: got None"),
        (5, "events: got 5"),
        (b"log", "events: got"),
        ({"a": 1}, "events: got"),
        ([("a", 1)], "events[0]"),
        (["unstable"], "events[0]"),
        ([{"time": 1}], "events[0]"),
        ("no such file.csv", "no such file.csv: got no such file"),
        ([("a", 1, 7)], "event in events[0]: got 7"),
    ],
)
def test_what_are_no_events(events: object, message: str) -> None:
    """Anything but a file, a table or records is refused."""
    assert message in refusal(events, clock="server")


@pytest.mark.parametrize("layout", [5, {"crew": 1}, {"crews": 0}, {"mode": "standby"}, {"slots": -1}])
def test_bad_layout(layout: object) -> None:
    """A layout has the keys and values of a pool."""
    assert "got" in refusal([("a", 1, "unstable")], clock="server", layout=layout)


def test_time_stamps_are_not_hours() -> None:
    """The end of a log with time stamps is a time stamp."""
    rows = [("a", datetime(2026, 3, 1), "unstable")]  # noqa: DTZ001
    assert "all times of a log are of one kind" in refusal(rows, clock="server", until=100)
