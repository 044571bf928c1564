"""Export: from the journal to the event log, by hand, and around the loop from policy to rates to policy."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from etcd_servers import ETCD, etcd
from random_course import RandomCourse, RandomTimes
from runtime_files import runtime_file

import rejuvmodel as rj
from rejuvmodel.runtime.config.runtime_file import RuntimeFile, read_runtime_file
from rejuvmodel.runtime.deciding.attendance import Attendance, Attended
from rejuvmodel.runtime.deciding.records import Entered, EpisodeBegan, EpisodeEnded, Record, Snapshot, plain
from rejuvmodel.runtime.deciding.views import Moment
from rejuvmodel.runtime.foresight.exported_log import ExportedLog
from rejuvmodel.runtime.foresight.exporting import export_log
from rejuvmodel.runtime.foresight.sample_records import SampleRecord
from rejuvmodel.runtime.foresight.simulated_run import Look, Run
from rejuvmodel.runtime.foresight.simulated_world import World
from rejuvmodel.runtime.journal.journal import Journal
from rejuvmodel.runtime.journal.journal_reading import journal_entries
from rejuvmodel.runtime.journal.leasing import journal_and_lease
from rejuvmodel.runtime.runner import Runner

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = 3600.0
BEGAN = (0.0, Attended("began", dry_run=False))


def step(server: str, phase: str, cause: str = "a plain UP", **more: Any) -> Entered:
    return Entered(server, phase, "primary", cause, **more)


def log(folder: Path, *lines: tuple[float, Record], until: float = 10.0) -> ExportedLog:
    """The log of steps at hours, with somebody there all the time."""
    there = [(0.16 * k, Attended("goes on", dry_run=False)) for k in range(1, int(until / 0.16))]
    given = sorted([BEGAN, *lines, *there], key=lambda line: line[0])
    end = START + timedelta(hours=until)
    return export_log(
        runtime_file(folder), [(START + timedelta(hours=at), one) for at, one in given], until=end
    )


def events(found: ExportedLog) -> list[tuple[str, float, str]]:
    """Lines of a log with hours since its start."""
    assert isinstance(found.start, str)
    return [
        (
            one.server,
            round((datetime.fromisoformat(str(one.time)) - START).total_seconds() / 3600, 9),
            one.event,
        )
        for one in found.events
    ]


REJUVENATED = [
    (1.0, step("s1", "watched", "judged unstable")),
    (2.0, step("s1", "duplexing", "rejuvenation commanded")),
    (2.0, step("s1", "switching", "work handed over")),
    (2.1, step("s1", "draining", "others carry its work")),
    (2.2, step("s1", "parking", "idle")),
    (2.2, step("s1", "cleaning", "maintenance confirmed")),
    (2.3, step("s1", "restarting", "clean")),
    (2.4, step("s1", "warming", "restarted")),
    (2.5, step("s1", "joining", "healthy long enough")),
    (2.6, step("s1", "serving")),
]


def test_rejuvenation_lasts_from_the_list_to_the_list(tmp_path: Path) -> None:
    """It starts when the server leaves the available list, and finishes when it serves again."""
    assert events(log(tmp_path, *REJUVENATED)) == [
        ("s1", 1.0, "unstable"), ("s1", 2.1, "rejuvenation started"), ("s1", 2.6, "rejuvenation finished"),
    ]  # fmt: skip


def test_scheduled_rejuvenation_needs_no_instability(tmp_path: Path) -> None:
    """A roll over a normal server starts from normal."""
    assert events(log(tmp_path, *REJUVENATED[1:]))[0] == ("s1", 2.1, "rejuvenation started")


def test_called_back_is_no_rejuvenation(tmp_path: Path) -> None:
    """A server that was drained and came back without a restart stays unstable, and a note says so."""
    back = [
        *REJUVENATED[:4], (2.2, step("s1", "joining", "called back before the restart")),
        (2.201, step("s1", "serving")), (2.2015, step("s1", "watched", "judged unstable")),
    ]  # fmt: skip
    found = log(tmp_path, *back)
    assert events(found) == [("s1", 1.0, "unstable")]
    assert any(
        "called back before the restart, which counts as not taken away: 1" in note for note in found.notes
    )
    later = log(tmp_path, *back[:-1], (5.0, step("s1", "watched", "judged unstable")))
    assert events(later) == [("s1", 5.0, "unstable")]  # it had become normal in between


def test_recovered_by_itself_is_taken_out(tmp_path: Path) -> None:
    """An episode that ends without a restart was none of the model's, and its hours count as normal."""
    found = log(tmp_path, REJUVENATED[0], (3.0, step("s1", "serving", "recovered by itself")))
    assert events(found) == []
    assert any("2 h of unstable episodes" in note for note in found.notes)


def test_spare_that_stands_by_is_unstable_by_its_clock(tmp_path: Path) -> None:
    """Nobody watches a spare, but its clock runs: it is unstable from there, until drained or normal."""
    began, ended = EpisodeBegan("unstable:s1", "7@1.5"), EpisodeEnded("unstable:s1")
    spare = [(0.5, step("s1", "standby", "the others are enough")), (1.0, began)]
    drained = [
        *spare, (2.1, step("s1", "draining", "rejuvenation commanded")), (2.101, ended),
        (2.3, step("s1", "restarting", "clean")), (2.6, step("s1", "standby", "registered as a spare")),
    ]  # fmt: skip
    assert events(log(tmp_path, *drained)) == [
        ("s1", 1.0, "unstable"), ("s1", 2.1, "rejuvenation started"), ("s1", 2.6, "rejuvenation finished"),
    ]  # fmt: skip
    assert events(log(tmp_path, *spare, (2.0, ended))) == []
    switching = [(1.0, began), *REJUVENATED[:3], (2.05, ended), *REJUVENATED[3:]]
    assert len(events(log(tmp_path, *switching))) == 3  # the clock of a primary stops before it is drained


def test_failure_and_repair(tmp_path: Path) -> None:
    """A watched server that fails is repaired when it serves again; a normal one is unstable at once."""
    back = [
        (3.0, step("s1", "failed", "fault detected")),
        (3.0, step("s1", "recovering", "taken off the list", attempt=1)),
        (3.5, step("s1", "warming", "restarted", attempt=1)),
        (3.6, step("s1", "joining", "healthy long enough")), (3.7, step("s1", "serving")),
    ]  # fmt: skip
    watched = log(tmp_path, REJUVENATED[0], *back)
    assert events(watched) == [("s1", 1.0, "unstable"), ("s1", 3.0, "failed"), ("s1", 3.7, "repaired")]
    blue = log(tmp_path, *back)
    assert events(blue) == [("s1", 3.0, "unstable"), ("s1", 3.0, "failed"), ("s1", 3.7, "repaired")]
    assert any(note.startswith("failures out of the blue") and note.endswith(": 1") for note in blue.notes)
    standing_by = log(tmp_path, *back[:3], (3.7, step("s1", "standby", "registered as a spare")))
    assert events(standing_by)[-1] == ("s1", 3.7, "repaired")


def test_failed_restart_makes_the_rejuvenation_longer(tmp_path: Path) -> None:
    """A server that does not come back is rejuvenating until it does."""
    out = [*REJUVENATED[:7], (2.5, step("s1", "out", "not back in time")),
           (4.0, step("s1", "joining", "healthy long enough")), (4.1, step("s1", "serving"))]  # fmt: skip
    assert events(log(tmp_path, *out))[-1] == ("s1", 4.1, "rejuvenation finished")


def test_dry_run_rejuvenates_nobody(tmp_path: Path) -> None:
    """Restarts of a dry run are none: the server stays unstable."""
    found = log(tmp_path, (0.01, Attended("began", dry_run=True)), *REJUVENATED[:8], *REJUVENATED[8:])
    assert [event for *_, event in events(found)] == [
        "unstable",
        "rejuvenation started",
        "rejuvenation finished",
    ]
    given = [(0.0, Attended("began", dry_run=True)), *REJUVENATED]
    wet = export_log(runtime_file(tmp_path), [(START + timedelta(hours=at), one) for at, one in given])
    assert [one.event for one in wet.events] == ["unstable"]
    assert any("dry run" in note for note in wet.notes)


def test_interruption_is_no_exposure(tmp_path: Path) -> None:
    """Ten hours in which no controller ran are cut out of the axis, however it ended."""
    beat = [(0.1 * k, Attended("goes on", dry_run=False)) for k in range(1, 11)]
    killed = [BEGAN, *beat, (11.0, Attended("began", dry_run=False)),
              (11.0, step("s1", "watched", "judged unstable"))]  # fmt: skip
    stopped = [BEGAN, *beat[:-1], (1.0, Attended("ended", dry_run=False)), *killed[-2:]]
    asleep = [BEGAN, *beat, (11.0, Attended("goes on", dry_run=False)), killed[-1]]
    for lines in (killed, stopped, asleep):
        given = [(START + timedelta(hours=at), one) for at, one in lines]
        found = export_log(runtime_file(tmp_path), given, until=START + timedelta(hours=11.1))
        assert found.start == 0.0
        assert found.until == pytest.approx(1.1)
        (one,) = found.events
        assert one.time == pytest.approx(1.0)
        assert any("1 interruptions of 10 h" in note for note in found.notes)
        exposure = rj.estimate(found.events, **found.settings).aging.exposure_hours
        assert exposure == pytest.approx(3 * 1.1 - 0.1)


def test_journal_that_was_shortened_begins_at_its_snapshot(tmp_path: Path) -> None:
    """The states of a snapshot are those at the start; what stands before it is of unknown state."""
    snapshot = Snapshot(
        (
            (START, step("s1", "watched", "as it stood")), (START, step("s2", "serving", "as it stood")),
            (START, step("s3", "recovering", "as it stood", attempt=1)),
            (START, EpisodeBegan("unstable:s1", "7@1.5")),
        )
    )  # fmt: skip
    lines = [(0.5, step("s2", "serving")), (1.0, snapshot), *((at + 1, one) for at, one in REJUVENATED[3:])]
    given = [(START + timedelta(hours=at), one) for at, one in lines]
    found = export_log(runtime_file(tmp_path), given)
    assert found.start == (START + timedelta(hours=1)).isoformat()
    assert found.initial == (("s1", "unstable"), ("s3", "failed"))
    assert [one.event for one in found.events] == ["rejuvenation started", "rejuvenation finished"]


def stated(*servers: str) -> Snapshot:
    """A snapshot of servers that all serve."""
    return Snapshot(tuple((START, step(name, "serving", "as it stood")) for name in servers))


def test_hours_before_a_server_joined_the_group_are_left_out(tmp_path: Path) -> None:
    """A server that an old snapshot does not name was not normal then: the log begins when all are named."""
    lines = [
        (0.0, stated("s1", "s2")), (24.0, stated("s1", "s2", "s9")), (48.0, stated("s1", "s2", "s3")),
        (72.0, stated("s1", "s2", "s3")), (80.0, step("s1", "watched", "judged unstable")),
    ]  # fmt: skip
    given = [(START + timedelta(hours=at), one) for at, one in lines]
    found = export_log(runtime_file(tmp_path), given)
    assert found.start == (START + timedelta(hours=48)).isoformat()
    assert events(found) == [("s1", 80.0, "unstable")]
    assert "s3 joined the group later: the log begins when all of its servers were there" in found.notes
    lately = export_log(runtime_file(tmp_path), [given[0], given[1], given[4]])
    assert lately.start == (START + timedelta(hours=24)).isoformat()
    assert "s3 joined the group within the log, and counts as normal until then" in lately.notes
    assert "s9 is no longer in the file: what happened to it is left out" in lately.notes
    assert export_log(runtime_file(tmp_path), given[2:]).start == found.start  # from the first of two


def sampled(*rows: tuple[float, str, str]) -> list[SampleRecord]:
    return [
        SampleRecord(START + timedelta(hours=at), server, None, "healthy", condition)
        for at, server, condition in rows
    ]


def test_failures_that_only_samples_show(tmp_path: Path) -> None:
    """A suspect that the balancers have up has failed all the same; one that was never well failed before."""
    lines = [BEGAN, *((0.1 * k, Attended("goes on", dry_run=False)) for k in range(1, 101)), *REJUVENATED[:1]]
    given = [(START + timedelta(hours=at), one) for at, one in sorted(lines, key=lambda line: line[0])]
    samples = sampled(
        (0.1, "s1", "normal"), (0.1, "s2", "failed"), (3.0, "s1", "failed"), (3.1, "s1", "unknown"),
        (3.5, "s1", "failed"), (4.0, "s1", "normal"), (5.0, "s2", "normal"), (6.0, "s2", "failed"),
    )  # fmt: skip
    found = export_log(runtime_file(tmp_path), given, samples=samples)
    assert found.initial == (("s2", "failed"),)
    assert events(found) == [
        ("s1", 1.0, "unstable"), ("s1", 3.0, "failed"), ("s1", 4.0, "repaired"), ("s2", 5.0, "repaired"),
        ("s2", 6.0, "unstable"), ("s2", 6.0, "failed"),
    ]  # fmt: skip
    assert "failures that only the samples show, because the balancers had the server up: 2" in found.notes
    assert any("s1 was unknown for 24 min" in note for note in found.notes)


def test_confirmed_failures_count_once(tmp_path: Path) -> None:
    """A failure that is in the samples first and then in the journal is one, repaired when it serves."""
    steps = [(3.1, step("s1", "failed", "fault detected")), (3.7, step("s1", "serving"))]
    lines = [BEGAN, *((0.1 * k, Attended("goes on", dry_run=False)) for k in range(1, 101)), *steps]
    given = [(START + timedelta(hours=at), one) for at, one in sorted(lines, key=lambda line: line[0])]
    samples = sampled((0.1, "s1", "normal"), (3.0, "s1", "failed"), (3.5, "s1", "normal"))
    found = export_log(runtime_file(tmp_path), given, samples=samples)
    assert [line[1:] for line in events(found)] == [(3.0, "unstable"), (3.0, "failed"), (3.7, "repaired")]


def test_clock_of_a_cluster_is_said(tmp_path: Path) -> None:
    """The log is by the clock of each server; if the policy has another, a note says so."""
    policy = 'scope = "cluster"\nclock = "unstable"\nlaw = "fixed"\nmean = "1 h"'
    given = [(START + timedelta(hours=at), one) for at, one in [BEGAN, *REJUVENATED]]
    assert any(
        "one clock for the cluster" in note
        for note in export_log(runtime_file(tmp_path, policy), given).notes
    )
    assert not any("one clock" in note for note in export_log(runtime_file(tmp_path), given).notes)


def test_limits_are_in_the_log(tmp_path: Path) -> None:
    """Slots and the guard stand at its head, so that waits for the budget are no exposure."""
    assert dict(log(tmp_path, *REJUVENATED).layout) == {"slots": 1, "required": 1, "guarded": True}


def test_file_is_read_by_estimate(tmp_path: Path) -> None:
    """What is written is what `estimate` reads, from a journal on the disk."""
    file = runtime_file(tmp_path)
    with Journal(file.home.journal) as journal:
        beats = [(0.1 * k, Attended("goes on", dry_run=False)) for k in range(1, 27)]
        for at, record in sorted([BEGAN, *beats, *REJUVENATED], key=lambda line: line[0]):
            journal.append("web", [plain(record)], START + timedelta(hours=at))
        journal.append("other", [plain(REJUVENATED[0][1])], START)
        found = export_log(file)  # while the journal is open
    found.save(tmp_path / "log.csv")
    estimated = rj.estimate(tmp_path / "log.csv")
    assert estimated.restart.events == 1
    assert estimated.restart.exposure_hours == pytest.approx(0.5)
    assert estimated.rejuvenation.exposure_hours == pytest.approx(1.1)
    assert "Event log" in found._repr_html_()


@pytest.mark.skipif(ETCD is None, reason="etcd is not installed (Debian: etcd-server)")
def test_journal_in_etcd_is_exported_as_well(tmp_path: Path) -> None:
    """Where the file keeps its journal in etcd, that one is read."""
    with etcd(tmp_path / "etcd") as (url, _):
        file = runtime_file(tmp_path, more=f'[lease]\ntype = "etcd"\nurl = "{url}"')
        journal, lease = journal_and_lease(file)
        with closing(journal), closing(lease):
            lease.hold()
            for at, record in [BEGAN, *REJUVENATED]:
                journal.append("web", [plain(record)], START + timedelta(hours=at), lease.epoch)
        assert [one.event for one in export_log(file).events][-1] == "rejuvenation finished"


def test_a_note_of_several_lines_is_one(tmp_path: Path) -> None:
    """What SQLite says of a damaged journal has lines; in the exported file it is a comment of one."""
    found = replace(
        log(tmp_path, *REJUVENATED), notes=("the journal was damaged (*** in database ***\npage 3)",)
    )
    found.save(tmp_path / "log.csv")
    assert rj.estimate(tmp_path / "log.csv").restart.events == 1


def test_samples_may_be_missing(tmp_path: Path) -> None:
    """A folder in which no sample was recorded yet is no error: the journal alone is exported."""
    (tmp_path / "samples").mkdir()
    file = runtime_file(tmp_path, group='samples = "samples"')
    with Journal(file.home.journal) as journal:
        for at, record in [BEGAN, *REJUVENATED]:
            journal.append("web", [plain(record)], START + timedelta(hours=at))
    found = export_log(file)
    assert [one.event for one in found.events][-1] == "rejuvenation finished"
    assert any(note.startswith("no samples are recorded") for note in found.notes)


def test_no_history_is_said(tmp_path: Path) -> None:
    """Without a journal, with another file, or with one record there is nothing to export."""
    file = runtime_file(tmp_path)
    with pytest.raises(rj.InvalidInputError, match="the file of a journal"):
        export_log(file)
    Path(file.home.journal).write_text("no journal")
    with pytest.raises(rj.InvalidInputError, match=r"0 records; .*: the journal was damaged") as error:
        export_log(file)
    assert "kept" not in error.value.found  # it was read from a copy, and stays where it is
    with pytest.raises(rj.InvalidInputError, match="history"):
        export_log(file, [(START, BEGAN[1])])


def test_attendance_is_due_until_it_is_written() -> None:
    """Began until it is written, then every ten minutes, ended once, and began again afterwards."""
    found = Attendance(dry_run=False)
    assert found.ended() == ()
    for at in (0.0, 1.0):  # the first could not be written
        assert [one.what for one in found.due(Moment(at, START))] == ["began"]
    found.written(Moment(1.0, START))
    assert found.due(Moment(600.9, START)) == ()
    assert [one.what for one in found.due(Moment(601.0, START))] == ["goes on"]
    assert [one.what for one in found.ended()] == ["ended"]
    assert found.ended() == ()
    assert [one.what for one in found.due(Moment(602.0, START))] == ["began"]


TRUTH = {"aging": 1 / 24, "failure": 1 / 48, "repair": 0.5, "restart": 2.0, "rejuvenation": 1 / 12}


def group(folder: Path, mode: str = "active/active") -> RuntimeFile:
    """Five servers under the policy of `TRUTH`; on standby two of them are spares."""
    policy = f"""
scope = "server"
clock = "unstable"
law = "exponential"
mean = {1 / TRUTH["rejuvenation"]}
"""
    limits = "memory = 100e6\nunstable_after = 1\nnormal_after = 1\nfailed_after = 1"
    more = 'restart_timeout = "1000 h"\nrecover_timeout = "1000 h"\nhealthy_for = 0'
    runtime_file(folder, policy, limit=limits, servers=5, executor=f'type = "dry-run"\n{more}')
    path = folder / "web.toml"
    text = path.read_text().replace("required = 1", "required = 1\nmax_concurrent = 3")
    if mode == "active/standby":
        for name in ("s4", "s5"):
            text = text.replace(f'"{name}"', f'"{name}"\nrole = "spare"')
    path.write_text(text.replace("active/active", mode))
    return read_runtime_file(path)


def lived(file: RuntimeFile, hours: float, seed: int) -> ExportedLog:
    """The log of a group that the real controller has looked after."""
    random = Random(seed)
    names = [one.name for one in file.group.servers]
    course = RandomCourse(names, TRUTH["aging"], TRUTH["failure"], random)
    times = RandomTimes(restart=1.0, rates=(TRUTH["restart"], TRUTH["repair"]), random=random)
    journal: list[tuple[datetime, Record]] = [(START, Attended("began", dry_run=False))]

    def watch(look: Look) -> None:
        journal.extend((look.now.wall, record) for record in look.records)

    world = World(file.group, course, times)
    Run(file.group, file.producer, file.rules, world, START, random, faults=True).go(hours * HOUR, watch)
    beats = int(hours * 6)
    journal += [(START + timedelta(minutes=10 * k), Attended("goes on", dry_run=False)) for k in range(beats)]
    return export_log(file, journal, until=START + timedelta(hours=hours))


def test_policy_servers_log_rates_policy(tmp_path: Path) -> None:
    """From a policy over servers and their journal to rates that hold the truth, and to the next policy."""
    found = lived(group(tmp_path), 2000.0, seed=3)
    found.save(tmp_path / "log.csv")
    estimated = rj.estimate(tmp_path / "log.csv")
    assert estimated.rejuvenation.events > 100
    assert estimated.failure.events > 50
    assert all(rate in estimated[name] for name, rate in TRUTH.items())
    costs = rj.Costs(failure=1000, rejuvenation=10)
    best = rj.optimize(estimated.model(), costs=costs, bounds=(1 / 8760, 10))
    best.policy(scope="server").save(tmp_path / "next.json")
    assert rj.RejuvenationPolicy.load(tmp_path / "next.json").scope == "server"


@pytest.mark.soak
@pytest.mark.parametrize("mode", ["active/active", "active/standby"])
def test_intervals_cover_the_truth(mode: str, tmp_path: Path) -> None:
    """Over 100 histories the 95 % interval of each rate holds the truth in 88 to 100 of them."""
    file = group(tmp_path, mode)
    hits = dict.fromkeys(TRUTH, 0)
    for seed in range(100):
        found = lived(file, 600.0, seed)
        estimated = rj.estimate(found.events, **found.settings)
        for name, rate in TRUTH.items():
            hits[name] += rate in estimated[name]
    # Binomial: fewer than 88 of 100 at 95 % come in 1 of 300 tries.
    assert all(number >= 88 for number in hits.values()), hits


def test_runner_writes_when_it_was_there(tmp_path: Path) -> None:
    """A runner leaves began and ended in the journal, and says that its run was dry."""
    file = runtime_file(tmp_path)
    with Runner(file) as runner:
        for _ in range(200):
            runner.tick()
            if runner.ready:
                break
            time.sleep(0.01)
        assert runner.ready
        runner.tick()
    entries, _ = journal_entries(file)
    attended = [one for _, one in entries if isinstance(one, Attended)]
    assert attended == [Attended("began", dry_run=True), Attended("ended", dry_run=True)]
