"""The commands replay, plan and export of the runtime."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from command_line import EXAMPLES, refused, said
from runtime_groups import COMMAND, NAMES, healthy, running, short_folder, written

import rejuvmodel as rj
from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.deciding.attendance import Attended
from rejuvmodel.runtime.deciding.records import Entered, Record, plain
from rejuvmodel.runtime.foresight.replaying import replay
from rejuvmodel.runtime.journal.journal import Journal
from rejuvmodel.runtime.journal.journal_reading import journal_entries

FILE, SAMPLES = str(EXAMPLES / "replay" / "web.toml"), str(EXAMPLES / "replay" / "samples.csv")
TIMES = ("--restart", "40 s", "--drain", "10 s")
START = datetime(2026, 3, 1, tzinfo=UTC)


def document(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said(*arguments, "--json"))
    assert found["schema"] == 1
    assert found["command"] == " ".join(arguments[:2])
    return found


def copied(folder: Path) -> str:
    """The example's file in a folder where it may have a journal."""
    path = folder / "web.toml"
    path.write_text(Path(FILE).read_text(encoding="utf-8"), encoding="utf-8")
    return str(path)


def journal(file: str) -> None:
    """One rejuvenation of s1, an hour after it became unstable."""
    lines: list[tuple[float, Record]] = [(k / 10, Attended("goes on", dry_run=False)) for k in range(1, 51)]
    steps = (
        (2.0, "watched", "judged unstable"), (3.098, "draining", "others carry its work"),
        (3.1, "parking", "idle"), (3.1, "cleaning", "maintenance confirmed"),
        (3.1, "restarting", "clean"), (3.12, "warming", "restarted"),
        (3.12, "joining", "healthy long enough"), (3.125, "serving", "a plain UP"),
    )  # fmt: skip
    lines += [(at, Entered("s1", phase, "primary", cause)) for at, phase, cause in steps]
    with Journal(read_runtime_file(file).home.journal) as opened:
        opened.append("web", [plain(Attended("began", dry_run=False))], START)
        for at, record in sorted(lines, key=lambda line: line[0]):
            opened.append("web", [plain(record)], START + timedelta(hours=at))


def test_replay_says_what_the_function_says() -> None:
    """The JSON of a replay is that of the function; the text has its rows and what was assumed."""
    found = replay(FILE, SAMPLES, restart="40 s", drain="10 s").to_dict()
    assert document("runtime", "replay", FILE, SAMPLES, *TIMES) == {**found, "command": "runtime replay"}
    text = said("runtime", "replay", FILE, SAMPLES, *TIMES)
    assert text.startswith("Replay of web\n")
    assert "| fewest serving" in text
    assert text.count("unstable for long enough") == 3
    assert "- restart: 40 s, as given" in text


def test_replay_takes_times_from_the_journal(tmp_path: Path) -> None:
    """Where the file has a journal, its medians are the times that are assumed."""
    file = copied(tmp_path)
    journal(file)
    text = said("runtime", "replay", file, SAMPLES)
    assert "- restart: 72 s, the median of 1 in the journal" in text
    assert "- drain: 7.2 s, the median of 1 in the journal" in text


def test_plan_of_a_group_that_does_not_run(tmp_path: Path) -> None:
    """Without a runtime the plan begins afresh, and says so; days and numbers are in the tables."""
    text = said("runtime", "plan", copied(tmp_path), "--days", "0.5", *TIMES)
    assert text.startswith("Plan of web, ")
    assert "no runtime is running" in text
    found = document("runtime", "plan", copied(tmp_path), "--days", "2", "--aging", "14 h", *TIMES)
    assert [one["name"] for one in found["servers"]] == ["s1", "s2", "s3"]
    assert found["random"] is True
    assert found["expected"] > 0


def test_plan_of_a_group_that_runs() -> None:
    """The plan begins where the daemon stands: each server is due its delay after it became unstable."""
    policy = 'scope = "server"\nclock = "unstable"\nlaw = "fixed"\nmean = "2 h"\n'
    rules = f'[thresholds]\nuptime = "0.01 s"\nunstable_after = 1\n[policy]\n{policy}'
    with short_folder() as folder, healthy() as address:
        file = written(folder, f'{COMMAND}restart = ["true"]\n', health=address, more=rules)
        with running(file) as daemon:
            for name in NAMES:
                daemon.until(f"web {name}: serving -> watched")
            found = document("runtime", "plan", file, "--days", "0.1", "--restart", "0 s", "--drain", "0 s")
        watched = {
            record.server: at
            for at, record in journal_entries(read_runtime_file(file))[0]
            if isinstance(record, Entered) and record.phase == "watched"
        }
    assert not any("no runtime is running" in note for note in found["notes"])
    for one in found["servers"]:
        due = datetime.fromisoformat(one["next"]["median"]) - watched[one["name"]]
        assert timedelta(hours=2) <= due < timedelta(hours=2, minutes=2)


def test_export_is_read_by_estimate(tmp_path: Path) -> None:
    """The exported file goes into `rejuvmodel estimate`; without --output it is printed."""
    file, log = copied(tmp_path), tmp_path / "log.csv"
    journal(file)
    assert said("runtime", "export", file, "--output", str(log)).startswith(f"{log}: written")
    assert said("runtime", "export", file) == log.read_text(encoding="utf-8")
    assert rj.estimate(log).rejuvenation.events == 1
    assert "wait after becoming unstable" in said("estimate", str(log))
    assert len(document("runtime", "export", file)["events"]) == 3


def test_bad_input_is_refused(tmp_path: Path) -> None:
    """Samples that are not there, a journal that is not there, and wrong options end with 2 and one line."""
    file = copied(tmp_path)
    assert "no such file" in refused("runtime", "replay", file, "nothing.csv")
    assert "journal" in refused("runtime", "export", file)
    assert "own, all, none" in refused("runtime", "replay", file, SAMPLES, "--undo", "some")
    assert "days" in refused("runtime", "plan", file, "--days", "0")
