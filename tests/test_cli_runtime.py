"""The command line of the runtime: what it shows, asks, refuses and follows."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from command_line import cells, process, refused, run, said
from runtime_groups import (
    COMMAND,
    DRY,
    NAMES,
    document,
    healthy,
    running,
    scripted,
    server,
    short_folder,
    wait,
    written,
)

from rejuvmodel.cli.runtime_following import Progress, follow
from rejuvmodel.cli.runtime_serving import control_of
from rejuvmodel.cli.runtime_words import rough, since
from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.deciding.records import Entered, Held, plain
from rejuvmodel.runtime.journal.journal import Journal
from rejuvmodel.runtime.operating.control_client import ask
from rejuvmodel.runtime.runner import Runner


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


def with_server(name: str, **changes: Any) -> list[dict[str, Any]]:
    return [server(one, **(changes if one == name else {})) for one in NAMES]


def test_the_table_of_a_quiet_group(folder: Path) -> None:
    """A line of summary, a row a server, nothing below, exit code 0."""
    file = written(folder)
    with scripted(file):
        text = said("runtime", "status", file)
    first, *_ = text.splitlines()
    assert first == "web (active/active): 3 of 3 serve, 2 required; 0 away, at most 1; acting, epoch 4"
    assert cells(text, "s1") == ["primary", "serving for 12 min 5 s", "normal", "0.5", "3 d 4 h", ""]
    assert text.splitlines()[3].startswith("|:--")
    assert text.splitlines()[-1].startswith("| s3")


def test_everything_that_a_status_can_tell(folder: Path) -> None:
    """Phases, refusals, what is due, alarms and problems are all shown, and make the exit code 1."""
    servers = [
        server("s1", phase="out", since=None, load=None, uptime=None, up=None),
        server(
            "s2", condition="unstable", evidence="memory is 2e+09, the limit 1e+09",
            due="unstable for 10 min", refusal={"reason": "required", "text": "2 must serve"},
        ),
        server("s3", phase=None, role=None, due="a slot of cron"),
    ]  # fmt: skip
    shown = document(
        servers=servers, serving=None, acting=False, holder="there 2", dry_run=True, stopping=True,
        paused=True, halted="s1 did not come back.", roll=["s2", "s3"],
        dropped=["record 7 does not fit its checksum"],
        loud=[{"at": "2026-11-27T20:00:00Z", "server": "s1", "text": "not back in time"}],
        problems=["balancer: nobody listens"],
    )  # fmt: skip
    file = written(folder)
    with scripted(file, shown):
        result = run("runtime", "status", file)
    assert result.exit_code == 1
    text = result.stdout
    assert "? of 3 serve" in text
    assert "does not act, there 2 has the lease" in text
    for line in (
        "- A dry run: nothing is drained and nothing restarted.",
        "- It is stopping: what is under way is finished or undone.",
        "- Paused: nothing new begins until it is resumed.",
        "- HALTED: s1 did not come back. Nothing new begins until it is resumed.",
        "- Still to be rejuvenated: s2, s3.",
        "- LOUD 2026-11-27T20:00:00Z s1: not back in time",
        "- PROBLEM balancer: nobody listens",
        "- Dropped: record 7 does not fit its checksum",
    ):
        assert line in text.splitlines()
    assert cells(text, "s1")[1:5] == ["out", "normal", "?", "?"]
    assert cells(text, "s2")[2] == "unstable: memory is 2e+09, the limit 1e+09"
    assert cells(text, "s2")[5] == "required: 2 must serve"
    assert cells(text, "s3")[:2] == ["?", "? for 12 min 5 s"]
    assert cells(text, "s3")[5] == "nothing, it is due: a slot of cron"


@pytest.mark.parametrize(
    "loud", [{"halted": "x"}, {"problems": ["x"]}, {"loud": [{"at": "", "server": "", "text": "x"}]}]
)
def test_what_is_loud(folder: Path, loud: dict[str, Any]) -> None:
    """A halt, an alarm or a problem each make the exit code 1, with --json as well."""
    file = written(folder)
    with scripted(file, document(**loud)):
        assert run("runtime", "status", file).exit_code == 1
        assert run("runtime", "status", file, "--json").exit_code == 1


def test_a_status_as_json(folder: Path) -> None:
    """With --json the status document itself is printed."""
    file = written(folder)
    with scripted(file):
        assert json.loads(said("runtime", "status", file, "--json")) == document()


def test_a_status_cannot_write_to_the_terminal(folder: Path) -> None:
    """Escapes and line breaks in foreign text are shown, not carried out."""
    hostile = "a\x1b[2J\nb|c"
    shown = document(problems=[hostile], servers=with_server("s2", condition="unstable", evidence=hostile))
    file = written(folder)
    with scripted(file, shown):
        text = run("runtime", "status", file).stdout
    assert "\x1b" not in text
    assert "- PROBLEM a\\x1b[2J b|c" in text.splitlines()
    assert r"unstable: a\x1b[2J b\|c" in text


@pytest.mark.parametrize(
    "wrong", [{"schema": 2}, {"servers": [{"name": "s1"}]}, {"servers": None}, {"loud": ["x"]}, {"at": 3}]
)
def test_a_status_of_another_version(folder: Path, wrong: dict[str, Any]) -> None:
    """A document that is not understood is an error, no traceback."""
    file = written(folder)
    with scripted(file, document(**wrong)):
        assert "no status document of schema 1" in refused("runtime", "status", file)


def test_status_without_runtime_and_journal(folder: Path) -> None:
    """Where nobody answers and nothing was written, that is said, and the exit code is 1."""
    file = written(folder)
    result = run("runtime", "status", file)
    assert result.exit_code == 1
    words = f"and the journal cannot be read: journal: got {folder}/web.journal; the file of a journal"
    assert f"- PROBLEM no runtime answers on {folder}/web.sock, {words}" in result.stdout
    assert "? of 3 serve" in result.stdout
    assert "nobody acts" in result.stdout
    assert not (folder / "web.journal").exists()


def test_status_from_the_journal(folder: Path) -> None:
    """Where nobody answers, phases and holds are those of the journal, which is not touched."""
    file = written(folder)
    with Journal(folder / "web.journal") as journal:
        entered = Entered("s2", "out", "primary", "not back in time", identity="7@1.0")
        journal.append("web", [plain(entered), plain(Held(True, "s2: not back in time"))])
        journal.append(
            "web", [{"record": "Unknown"}, plain(Entered("s9", "out", "primary", "not back in time"))]
        )
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    result = run("runtime", "status", file)
    assert result.exit_code == 1
    assert "- HALTED: s2: not back in time." in result.stdout
    assert "- Paused" in result.stdout
    assert cells(result.stdout, "s2")[1].startswith("out for ")
    assert cells(result.stdout, "s1")[1] == "serving"
    assert "s9 is in the journal (out), but no longer in the file" in result.stdout
    assert "Dropped: a record of " in result.stdout
    assert "no runtime answers on" in result.stdout
    found = json.loads(run("runtime", "status", file, "--json").stdout)
    assert (found["schema"], found["acting"], found["serving"], found["paused"]) == (1, False, None, True)
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before


def test_a_damaged_journal_is_not_touched(folder: Path) -> None:
    """To ask for the status moves nothing aside: that is for the runtime to do."""
    file = written(folder)
    with Journal(folder / "web.journal") as journal:
        journal.append("web", [plain(Entered("s2", "out", "primary", "not back in time"))])
    damaged = b"x" * 5000
    (folder / "web.journal").write_bytes(damaged)
    text = run("runtime", "status", file).stdout
    assert f"{folder}/web.journal" in text
    assert "rejuvmodel-" not in text
    assert (folder / "web.journal").read_bytes() == damaged


def test_watching(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--watch prints block after block, or lines of JSON, until it is interrupted, and ends with 0."""
    seconds: list[float] = []

    def sleep(length: float) -> None:
        seconds.append(length)
        if len(seconds) == 3:
            raise KeyboardInterrupt

    file = written(folder)
    for options, wanted in {("--watch",): 2.0, ("--every", "0.5"): 0.5}.items():
        with scripted(file):
            monkeypatch.setattr(time, "sleep", sleep)
            text = said("runtime", "status", file, *options)
            assert (text.count("acting, epoch 4"), text.count("\n---\n")) == (3, 3)
            assert "\x1b" not in text
            assert seconds == [wanted] * 3
            seconds.clear()
            lines = said("runtime", "status", file, *options, "--json").splitlines()
            assert [json.loads(line) for line in lines] == [document()] * 3
            seconds.clear()
            monkeypatch.undo()


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_pause_and_resume(folder: Path, command: str) -> None:
    """Both reach the runtime, say so in words or print its status."""
    file = written(folder)
    with scripted(file, document(paused=True)) as one:
        assert said("runtime", command, file).startswith("web: ")
        assert json.loads(said("runtime", command, file, "--json"))["paused"] is True
    assert one.orders == [{"ask": command, "servers": []}] * 2


@pytest.mark.parametrize("command", [["pause"], ["resume"]])
def test_nobody_to_ask(folder: Path, command: list[str]) -> None:
    """Without a runtime the error names the socket and how to start one."""
    file = written(folder)
    assert refused("runtime", *command, file) == (
        f"{file}: no runtime answers on {folder}/web.sock. Start it with: rejuvmodel runtime run {file}"
    )


@pytest.mark.parametrize("command", [["pause"], ["resume"], ["roll"], ["rejuvenate", "s1"]])
def test_what_a_runtime_refuses(folder: Path, command: list[str]) -> None:
    """A refusal of the runtime is told with its advice, and is no bad input: exit code 1."""
    name, *more = command
    file = written(folder)
    with scripted(file, refuses={"error": "another one acts.", "advice": "Ask it."}):
        result = run("runtime", name, file, *more)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: {folder}/web.sock: another one acts. Ask it.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "none.toml"], "none.toml: got no such file"),
        (
            ["status", "FILE", "--every", "0"],
            "--every: got 0; a number of seconds of at least 0.1 is expected",
        ),
        (["status", "FILE", "--every", "nan"], "--every: got nan"),
        (["rejuvenate", "FILE", "s9"], 'SERVER: got "s9"; the servers of FILE are s1, s2, s3. Name one'),
        (["rejuvenate", "FILE", "s11"], 'the servers of FILE are s1, s2, s3. Did you mean "s1"?'),
        (["rejuvenate", "FILE"], "Missing argument 'SERVER'. See 'rejuvmodel runtime rejuvenate --help'."),
        (["run"], "Missing argument 'FILE...'"),
        (["run", "FILE", "--log-format", "xml"], '--log-format: got "xml" (str); --log-format is "text"'),
        (["run", "FILE", "--log-level", "loud"], '--log-level: got "loud" (str); --log-level is "debug"'),
        (["run", "FILE", "FILE"], 'group.control in FILE: got "'),
        (["rol", "FILE"], "No such command 'rol'. Did you mean 'roll'? See 'rejuvmodel runtime --help'."),
    ],
)
def test_wrong_arguments(folder: Path, arguments: list[str], words: str) -> None:
    """A wrong command line is one line on standard error, and exit code 2."""
    file = written(folder)
    found = refused("runtime", *(file if one == "FILE" else one for one in arguments))
    assert words.replace("FILE", file).replace(f"'{file}...'", "'FILE...'") in found, found


def test_two_files_of_one_group(folder: Path) -> None:
    """Two files may not share a group's journal."""
    first = written(folder)
    other = folder / "other.toml"
    other.write_text(Path(first).read_text().replace("[balancer]", 'journal = "web.journal"\n[balancer]'))
    text = refused("runtime", "run", first, str(other))
    assert f'group.name in {other}: got "web", which {first} has as well; each group has one file.' in text


def test_help_and_codes() -> None:
    """The group of commands lists them, and without a command shows the same as an error."""
    text = said("runtime", "--help")
    for command in ("check", "roll", "run", "status", "pause", "resume", "rejuvenate"):
        assert f"\n  {command} " in text
    result = run("runtime")
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", text)
    assert "  runtime " in said("--help")


def test_numpy_stays_out() -> None:
    """The commands of the runtime load neither NumPy nor what needs it."""
    code = (
        "import sys\nfrom rejuvmodel.cli.commands import runtime\n"
        "from rejuvmodel.cli import runtime_serving, runtime_rolling, runtime_shown, runtime_checked\n"
        "from rejuvmodel.runtime.operating import checking\n"
        "sys.exit(' '.join({'numpy', 'scipy', 'pandas'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_following_a_roll(folder: Path) -> None:
    """A roll by the running runtime is followed to its end, with a line for every server that goes on."""
    before = document()
    moving = document(
        roll=["s2", "s3"],
        servers=[
            server("s1", phase="draining"),
            server("s2", refusal={"reason": "max_concurrent", "text": "one is away"}),
            server("s3", refusal={"reason": "blocked", "text": "backup runs"}),
        ],
    )
    over = document(servers=[server(name, identity="8@2.0") for name in NAMES])
    file = written(folder)
    with scripted(file, before, moving, over) as one:
        result = run("runtime", "roll", file, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found | {"seconds": 0} == {
        "schema": 1, "command": "runtime roll", "ok": True, "rejuvenated": list(NAMES), "left": {},
        "seconds": 0, "dry_run": False, "problems": [], "by": f"{folder}/web.sock",
    }  # fmt: skip
    assert result.stderr.splitlines() == ["s1: draining", "s3: waits, blocked: backup runs", "s1: serving"]
    assert one.orders == [{"ask": "roll", "servers": []}]


def test_following_a_roll_that_halts(folder: Path) -> None:
    """Where the roll halts the command ends with 1 and says which server was left, and why."""
    halted = document(
        halted="s1: not back in time", roll=["s2"],
        servers=[server("s1", phase="out", identity=None), *with_server("s2")[1:]],
    )  # fmt: skip
    file = written(folder)
    with scripted(file, document(), halted) as one:
        result = run("runtime", "roll", file)
    assert result.exit_code == 1
    assert [order["ask"] for order in one.orders] == ["roll", "cancel"]
    assert "rejuvenated nothing" in result.stdout
    assert "- s1 was not rejuvenated: s1: not back in time" in result.stdout.splitlines()


def test_a_roll_that_must_wait_too_long(folder: Path) -> None:
    """A roll that is refused for too long is cancelled, and the reason is given."""
    waits = document(
        roll=["s1"], servers=with_server("s1", refusal={"reason": "blocked", "text": "backup runs"})
    )
    with scripted(written(folder), waits) as one:
        result = follow(f"{folder}/web.sock", ("s1",), document(), Progress(), patience=0.3)
    assert (result.ok, dict(result.left)) == (False, {"s1": "backup runs"})
    assert [order["ask"] for order in one.orders] == ["cancel"]


def test_a_restart_under_way_counts(folder: Path) -> None:
    """A server that warms up when it is asked for has its new life already; one that serves needs another."""
    warms = document(servers=with_server("s1", phase="warming"))
    with scripted(written(folder), document()):
        late = follow(f"{folder}/web.sock", ("s1",), warms, Progress())
        same = follow(f"{folder}/web.sock", ("s1",), document(), Progress())
    assert (late.rejuvenated, dict(late.left)) == (("s1",), {})
    assert dict(same.left) == {"s1": "its process is the same as before"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_roll_is_cancelled(folder: Path, number: int, code: int) -> None:
    """Whoever interrupts the command cancels the roll."""
    file = written(folder)
    with scripted(
        file, document(), document(roll=["s1"], servers=with_server("s1", phase="draining"))
    ) as one:
        command = [sys.executable, "-m", "rejuvmodel", "runtime", "roll", file]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as client:
            assert client.stderr is not None
            assert client.stderr.readline() == "s1: draining\n"
            client.send_signal(number)
            assert client.stderr.read() == (
                "interrupted: the roll is cancelled; what is under way is finished or undone\n"
            )
        assert client.returncode == code
    assert [order["ask"] for order in one.orders] == ["roll", "cancel"]


def test_asking_for_one_server(folder: Path) -> None:
    """Without --wait the command ends when the runtime has taken it up."""
    file = written(folder)
    with scripted(file) as one:
        assert said("runtime", "rejuvenate", file, "s2") == "web: s2 is to be rejuvenated\n"
        assert json.loads(said("runtime", "rejuvenate", file, "s2", "--json")) == document()
    assert one.orders == [{"ask": "rejuvenate", "servers": ["s2"]}] * 2


def test_progress_tells_a_reason_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A reason to wait is told when it is new, and again after the server went on."""
    told = Progress()
    waits = document(roll=["s1"], servers=with_server("s1", refusal={"reason": "load", "text": "busy"}))
    for shown in (waits, waits, document(servers=with_server("s1", phase="draining")), document(), waits):
        told(shown)
    assert capsys.readouterr().err.splitlines() == [
        "s1: waits, load: busy", "s1: draining", "s1: serving", "s1: waits, load: busy",
    ]  # fmt: skip
    told(document(acting=False, servers=with_server("s1", phase=None)))  # another one takes over
    told(document())
    assert capsys.readouterr().err == ""


def test_progress_tells_no_first_phase(capsys: pytest.CaptureFixture[str]) -> None:
    """What a server does when it is first seen is no news, nor that nobody knows it for a moment."""
    told = Progress()
    unknown = document(servers=[{**one, "phase": None} for one in document()["servers"]])
    for shown in (unknown, document(), unknown, document()):
        told(shown)
    assert capsys.readouterr().err == ""


def test_words() -> None:
    """Lengths of time have at most two units, and what is not known is no length."""
    assert [rough(one) for one in (0, 59.9, 60, 3600, 90061, -5)] == [
        "0 s",
        "59 s",
        "1 min",
        "1 h",
        "1 d 1 h",
        "0 s",
    ]
    assert since("2026-11-27T20:00:00", "2026-11-27T21:00:01+00:00") == "1 h 1 s".replace(" 1 s", "")
    assert since("yesterday", "2026-11-27T21:00:00Z") == ""


def test_a_dry_run(folder: Path) -> None:
    """A dry run watches, says in JSON lines what it does, and ends in order at TERM; HUP changes nothing."""
    with healthy() as address:
        file = written(folder, DRY, health=address)
        with running(file, "--log-format", "json", "--json") as daemon:
            wait("a view", lambda: ask(f"{folder}/web.sock", "status").status["serving"] == 3)
            text = said("runtime", "status", file)
            assert "- A dry run: nothing is drained and nothing restarted." in text
            result = run("runtime", "roll", file)
            assert (result.exit_code, result.stderr) == (0, "")
            assert result.stdout == f"{file}: a dry run; it would rejuvenate s1, then s2, then s3\n"
            daemon.process.send_signal(signal.SIGHUP)
            lines = daemon.until("SIGHUP is ignored")
            assert any("dry run" in json.loads(line)["message"] for line in lines)
            assert ask(f"{folder}/web.sock", "status").ok
            daemon.process.send_signal(signal.SIGTERM)
            out, _ = daemon.process.communicate(timeout=20)
        assert daemon.process.returncode == 0
        lines = daemon.log.read_text("utf-8").splitlines()
        assert all(json.loads(line)["level"] in ("INFO", "WARNING") for line in lines)
        (group,) = json.loads(out)["groups"]
        assert (group["group"], group["stopping"], group["dry_run"]) == ("web", True, True)
        assert not (folder / "web.sock").exists()


def test_the_second_signal_ends_at_once(folder: Path) -> None:
    """At the first TERM a restart under way is finished; at the second the process ends as it is."""
    restart = 'restart = ["sleep", "20"]\nrestart_timeout = "30 s"\n'
    with healthy() as address:
        file = written(folder, COMMAND + restart, health=address)
        with running(file, "--log-format", "json") as daemon:
            wait("a view", lambda: ask(f"{folder}/web.sock", "status").status["serving"] == 3)
            said("runtime", "rejuvenate", file, "s1")
            daemon.until("-> restarting")
            daemon.process.send_signal(signal.SIGTERM)
            time.sleep(0.01)
            daemon.process.send_signal(signal.SIGTERM)  # at once: this is no second one
            daemon.until("SIGTERM: nothing new begins")
            shown = run("runtime", "status", file)
            assert "- It is stopping: what is under way is finished or undone." in shown.stdout
            time.sleep(0.1)
            daemon.process.send_signal(signal.SIGTERM)
            assert daemon.process.wait(5) == 143
        last = [json.loads(line) for line in daemon.log.read_text("utf-8").splitlines()][-1]
        assert (last["level"], last["message"][:29]) == ("WARNING", "SIGTERM again: ended at once;")
        status = run("runtime", "status", file)
        assert status.exit_code == 1
        assert cells(status.stdout, "s1")[1].startswith("restarting for ")


def test_once(folder: Path) -> None:
    """--once looks until every server is judged, prints the status, and ends."""
    with healthy() as address:
        file = written(folder, DRY, health=address)
        result = run("runtime", "run", file, "--once", "--log-level", "warning")
        assert (result.exit_code, result.stderr) == (0, "")
        assert [cells(result.stdout, name)[2] for name in NAMES] == ["normal"] * 3
        found = json.loads(said("runtime", "run", file, "--once", "--json", "--log-level", "error"))
        assert [one["group"] for one in found["groups"]] == ["web"]


def test_several_groups(folder: Path) -> None:
    """One process runs several groups, each with a socket of its own; a fault in one ends all, with 70."""
    with healthy() as address:
        files = [written(folder, DRY, health=address, name=name) for name in ("web", "shop")]
        result = run("runtime", "run", *files, "--once", "--log-level", "error")
        assert result.exit_code == 0
        assert result.stdout.count("3 of 3 serve") == 2
        assert {one.name for one in folder.glob("*.journal")} == {"web.journal", "shop.journal"}


def test_a_fault_in_one_group_ends_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault is logged with its group, the others end in order, and the exit code says so."""
    from rejuvmodel.runtime.runner import Runner

    tick = Runner.tick

    def faulty(self: Runner) -> None:
        tick(self)
        if self.file.group.name == "shop":
            raise RuntimeError("planted")

    monkeypatch.setattr(Runner, "tick", faulty)
    with healthy() as address:
        files = [written(folder, DRY, health=address, name=name) for name in ("web", "shop")]
        result = run("runtime", "run", *files)
    assert result.exit_code == 70
    assert "ERROR shop: a fault; every group is ended in order" in result.stderr
    assert "planted" in result.stderr


def test_rolling_without_a_runtime(folder: Path) -> None:
    """Where none runs, the command has a runtime of its own, which can be asked while it works."""
    restart = 'restart = ["sleep", "1"]\nrestart_timeout = "5 s"\n'
    seen: list[dict[str, Any]] = []

    def look() -> None:
        path = f"{folder}/web.sock"
        wait("a socket", lambda: os.path.exists(path))
        wait("a restart", lambda: any(one["phase"] == "restarting" for one in status(path)["servers"]))
        seen.append(status(path))

    def status(path: str) -> dict[str, Any]:
        return ask(path, "status").status

    with healthy() as address:
        file = written(folder, COMMAND + restart, health=address)
        watcher = threading.Thread(target=look)
        watcher.start()
        result = run("runtime", "rejuvenate", file, "s1")
        watcher.join()
    # The process of this server is that of the test: whatever restarts, it has the same life.
    assert result.exit_code == 1
    assert "- s1 was not rejuvenated: " in result.stdout
    told = [line.split(": waits")[0] for line in result.stderr.splitlines()]
    assert told[0] == "s1: draining"
    assert not [line for line in told if line.startswith("s2: ")]
    assert "s1: restarting" in told
    assert seen[0]["acting"] is True


def test_whoever_follows_learns_the_end(folder: Path) -> None:
    """A runtime that ends when its own roll is over still tells another command that has followed it."""
    found = read_runtime_file(written(folder))
    over, told = threading.Event(), threading.Event()

    def follow_to_the_end() -> None:
        while not told.wait(0.25):
            ended = over.is_set()
            if ask(found.home.control, "status").ok and ended:
                told.set()

    with Runner(found, by_policy=False) as runner, ThreadPoolExecutor(1) as pool:
        with control_of(found, runner):
            following = pool.submit(follow_to_the_end)
            wait("a question", following.running)
            assert ask(found.home.control, "status").ok
            over.set()
        assert told.is_set()
        following.result(5)


def test_a_closed_log(folder: Path) -> None:
    """A runtime whose log nobody reads goes on, and ends as it is told."""
    with healthy() as address:
        file = written(folder, DRY, health=address)
        found = process("runtime", "run", file, "--once", stdin=subprocess.DEVNULL)
        assert found.returncode == 0


def test_watching_on_a_terminal(folder: Path) -> None:
    """On a terminal each status takes the place of the one before; Ctrl-C ends it with 0."""
    file = written(folder)
    master, slave = pty.openpty()
    with scripted(file):
        command = [sys.executable, "-m", "rejuvmodel", "runtime", "status", file, "--watch", "--every", "0.1"]
        with subprocess.Popen(command, stdout=slave, stderr=subprocess.PIPE, text=True) as watcher:
            os.close(slave)
            seen = b""
            while seen.count(b"acting, epoch 4") < 3:
                seen += os.read(master, 65536)
            watcher.send_signal(signal.SIGINT)
            assert watcher.stderr is not None
            assert watcher.stderr.read() == ""
            assert watcher.wait(10) == 0
    os.close(master)
    assert seen.startswith(b"\x1b[H\x1b[2J")
    assert seen.count(b"\x1b[H\x1b[2J") >= 3


def test_two_controllers(folder: Path) -> None:
    """Of two that run for one file one acts and is asked; when it is killed, the other one is."""
    with healthy() as address:
        file = written(folder, DRY, health=address, more='[lease]\nttl = "1 s"\n')
        path = f"{folder}/web.sock"
        with running(file) as first, running(file, log="second.log") as second:
            wait("a view", lambda: ask(path, "status").status["serving"] == 3)
            second.until(f"asked on {path}.2")
            said("runtime", "pause", file)
            reply = ask(path, "status")
            assert (reply.path, reply.acts, reply.status["paused"]) == (path, True, True)
            first.process.kill()
            first.process.wait()
            wait("the second to act", lambda: ask(path, "status").acts)
            reply = ask(path, "status")
            assert (reply.path, reply.status["paused"]) == (f"{path}.2", True)
            assert said("runtime", "resume", file) == "web: goes on\n"
            assert ask(path, "status").status["paused"] is False
