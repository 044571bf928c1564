"""Commands and executors that run them: no shell, hard time limits, bounded output, on real processes."""

from __future__ import annotations

import os
import sys
import time
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import psutil
import pytest

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.acting import commands
from rejuvmodel.runtime.acting.commands import KEPT, Command, run
from rejuvmodel.runtime.acting.duplex import CommandDuplexer, NoDuplexer
from rejuvmodel.runtime.config.connection_keys import read_clean
from rejuvmodel.runtime.config.values import Table
from rejuvmodel.runtime.executors import third_party
from rejuvmodel.runtime.executors.command import CommandExecutor
from rejuvmodel.runtime.executors.dry_run import DryRun
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.outside.failures import (
    BadAnswerError,
    CommandError,
    DeadlineError,
    NoIdentityError,
    OutsideError,
    RefusedError,
)
from rejuvmodel.runtime.watching.identity import Identity, identity_of, is_alive, uptime

SHELL_WORDS = ["$(touch harm)", "`touch harm`", "; touch harm", "| touch harm", "&& touch harm", "*", "$HOME"]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def gone(pid: int) -> bool:
    """Say whether a process ends within a moment; its new parent has to reap it first."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if identity_of(pid) is None:
            return True
        time.sleep(0.02)
    return False


def test_nothing_runs_through_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a shell would run or expand arrives as it is written."""
    monkeypatch.chdir(tmp_path)
    code = "import sys; print(sys.argv[1:])"
    assert eval(run("echo", [*python(code), *SHELL_WORDS], 10)) == SHELL_WORDS
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a b", "$(id)", "-rf", "../x", "s1;id", "s1\n", "", "s\x00"])
def test_a_name_that_could_be_more_is_refused(name: str) -> None:
    """A hostile server name never reaches a command."""
    with pytest.raises(InvalidInputError, match="program"):
        Command("restart", ["echo", "{program}"], 1).run(program=name)
    with pytest.raises(InvalidInputError, match="program"):
        DryRun().restart(name)
    with pytest.raises(InvalidInputError, match="target"):
        NoDuplexer().duplex("s1", name)


def test_places_are_filled_within_arguments_and_once() -> None:
    """Names stand where their places are; other braces, as docker has them, stay."""
    command = Command("x", ["echo", "{program}", "/run/{program}.pid", "{{.State.Pid}}", "{}"], 5)
    assert command.filled(program="web-1") == ("echo", "web-1", "/run/web-1.pid", "{{.State.Pid}}", "{}")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ("systemctl restart s1", "No shell"),
        ([], "No shell"),
        ([""], r"restart\[0\]"),
        (["echo", 7], r"restart\[1\]"),
        (["echo", "a\0b"], r"restart\[1\]"),
        (["echo", "{programm}"], r"Did you mean \{program\}"),
        (["{program}"], "no places"),
        (None, "No shell"),
    ],
)
def test_a_command_is_a_list_of_arguments(arguments: object, match: str) -> None:
    """A line for a shell, an empty list and an unknown place are refused, each with its place."""
    with pytest.raises(InvalidInputError, match=match):
        Command("restart", arguments, 1)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5", True, None])
def test_every_command_has_a_finite_time(timeout: object) -> None:
    """Nothing may run for ever."""
    with pytest.raises(InvalidInputError, match="time limit"):
        Command("restart", ["true"], timeout)


def test_the_exit_code_and_the_last_line_are_told_but_no_argument() -> None:
    """A failure says how it ended and what it last printed; arguments may be secrets and stay out."""
    code = "import sys; print('first'); print('no such unit', file=sys.stderr); sys.exit(5)"
    with pytest.raises(CommandError, match='exit code 5; it last printed "no such unit"') as caught:
        run("restart", [*python(code), "--password=secret"], 10)
    assert "secret" not in str(caught.value)


def test_what_cannot_be_started_is_an_error() -> None:
    """A missing program is told by its name."""
    with pytest.raises(CommandError, match=r"restart \(no-such-program\).*cannot be started"):
        run("restart", ["no-such-program"], 1)


def test_a_silent_program_that_ignores_term_is_killed_with_its_children(tmp_path: Path) -> None:
    """TERM is followed by KILL, and nothing of the process group is left, in bounded time."""
    file = tmp_path / "pids"
    code = f"trap '' TERM; sleep 60 & echo $$ $! > {file}; sleep 60"
    begun = time.monotonic()
    with pytest.raises(DeadlineError, match=r"not finished after 0\.5 s"):
        run("restart", ["sh", "-c", code], 0.5, grace=0.2)
    assert time.monotonic() - begun < 20
    pids = [int(pid) for pid in file.read_text().split()]
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_term_comes_first() -> None:
    """A program that overruns its time may still clean up."""
    code = "trap 'echo cleaned up; exit 0' TERM; while :; do sleep 0.02; done"
    with pytest.raises(DeadlineError, match="cleaned up"):
        run("restart", ["sh", "-c", code], 0.5, grace=10)


def test_endless_output_is_read_and_forgotten() -> None:
    """A program that prints without end neither fills memory nor blocks; the end of it is kept."""
    before = psutil.Process().memory_info().rss
    with pytest.raises(DeadlineError):
        run("restart", ["yes", "x" * 1000], 0.4, grace=0.1)
    assert psutil.Process().memory_info().rss - before < 50e6
    printed = run("restart", python("print('y' * 100000 + 'end')"), 10)
    assert len(printed) == KEPT
    assert printed.endswith("end\n")


def test_a_program_left_behind_does_not_hold_up_the_command() -> None:
    """A command that starts a daemon ends when it ends, not when the daemon does, and leaves it alone."""
    begun = time.monotonic()
    pid = int(run("restart", ["sh", "-c", "sleep 30 & echo $!"], 20))
    try:
        assert time.monotonic() - begun < 15
        assert identity_of(pid) is not None
    finally:
        os.kill(pid, 9)


def test_output_that_is_no_text_is_contained() -> None:
    """Bytes that are no UTF-8 come out as one printable line."""
    code = r"import sys; sys.stdout.buffer.write(b'\xff\x1b[31m\x00bad'); sys.exit(1)"
    with pytest.raises(CommandError) as caught:
        run("restart", python(code), 10)
    assert str(caught.value).isprintable()


def test_identity_tells_one_life_from_the_next() -> None:
    """The same process is the same, another begin is another process, and a dead one is none."""
    own = identity_of(os.getpid())
    assert own is not None
    assert own == identity_of(os.getpid())
    assert is_alive(own)
    assert not is_alive(Identity(own.pid, own.started - 1))
    assert 0 <= uptime(own) < time.clock_gettime(time.CLOCK_BOOTTIME)
    assert abs(uptime(own) - (time.time() - psutil.Process().create_time())) < 2
    for pid in (0, -1, 2**22 + 1, 2**80):
        assert identity_of(pid) is None


def test_a_zombie_does_not_run() -> None:
    """A process that is dead and not yet reaped is no process any more."""
    child = psutil.Popen(python("pass"))
    end = time.monotonic() + 10
    while child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.01)
    assert child.status() == psutil.STATUS_ZOMBIE
    assert identity_of(child.pid) is None
    child.wait()


def test_the_command_executor_restarts_and_identifies(tmp_path: Path) -> None:
    """It runs its command with the name, and reads the process from another."""
    code = f"import sys; open({str(tmp_path)!r} + '/' + sys.argv[1], 'w')"
    executor = CommandExecutor(
        [*python(code), "{program}"],
        restart_timeout=20,
        identity=python(f"print({os.getpid()})"),
    )
    executor.restart("s1")
    assert (tmp_path / "s1").exists()
    assert executor.identity("s1") == identity_of(os.getpid())


@pytest.mark.parametrize(
    ("printed", "identity"),
    [
        ("0", None),
        ("4194999", None),
        ("12 99.5", Identity(12, 99.5)),
        ("12\n1764277200123456", Identity(12, 1764277200123456.0)),  # microseconds
        ("0 5", None),
    ],
)
def test_what_an_identity_command_prints(printed: str, identity: Identity | None) -> None:
    """0 is no process; two numbers are a process of another machine."""
    executor = CommandExecutor(["true"], restart_timeout=1, identity=["echo", printed])
    assert executor.identity("s1") == identity


@pytest.mark.parametrize("printed", ["", "abc", "-1", "1 2 3", "1e3", "1 nan", "٣", "9" * 11])
def test_an_identity_that_cannot_be_read_is_an_error(printed: str) -> None:
    """Anything but numbers is no answer, and is not guessed at."""
    executor = CommandExecutor(["true"], restart_timeout=1, identity=["echo", printed])
    with pytest.raises(BadAnswerError):
        executor.identity("s1")


def test_what_does_not_know_the_process_says_so() -> None:
    """Without a command for it, and in a dry run, the identity is an error and not "none"."""
    for executor in (DryRun(), CommandExecutor(["true"], restart_timeout=1)):
        with pytest.raises(RefusedError, match="s1"):
            executor.identity("s1")
    assert isinstance(DryRun(), Executor)


def test_a_dry_run_restarts_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It writes to the log what it would restart."""
    executor = DryRun()
    executor.restart("s1")
    assert executor.restarted == ["s1"]
    assert "would restart s1" in caplog.text


def test_a_clean_step_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step of the file runs with the program's name; one that fails or overruns is named by its key."""
    monkeypatch.setattr(commands, "GRACE", 0.1)
    table = {
        "memory_timeout": "0.2 s",
        "memory": ["sleep", "30"],
        "buffers": ["false"],
        "file_system": [*python("import sys; print('cleared', sys.argv[1])"), "{program}"],
    }
    steps, _ = read_clean(Table(table, "runtime.toml", "clean"))
    assert list(steps) == ["file_system", "buffers", "memory"]
    assert steps["file_system"].run(program="s1") == "cleared s1\n"
    with pytest.raises(CommandError, match=r"^buffers \(false\)"):
        steps["buffers"].run(program="s1")
    with pytest.raises(DeadlineError, match=r"^memory \(sleep\)"):
        steps["memory"].run(program="s1")


def test_a_duplexer_hands_over_by_its_command(tmp_path: Path) -> None:
    """The command gets both names; one that fails is an error."""
    code = f"import sys; open({str(tmp_path / 'd')!r}, 'w').write(sys.argv[1])"
    CommandDuplexer([*python(code), "{source}->{target}"], timeout=20).duplex("s1", "spare")
    assert (tmp_path / "d").read_text() == "s1->spare"
    NoDuplexer().duplex("s1", "spare")
    with pytest.raises(CommandError, match="duplex"):
        CommandDuplexer(["false"], timeout=5).duplex("s1", "s2")
    with pytest.raises(InvalidInputError, match=r"\{source\} \{target\}"):
        CommandDuplexer(["sync", "{from}"], timeout=5)


def make_executor(settings: dict[str, object]) -> object:
    """Make an executor, as another distribution would."""
    if settings.get("broken"):
        raise KeyError("host")
    if settings.get("rogue"):
        return Rogue(settings["rogue"])
    return DryRun() if settings.get("good") else object()


class Rogue:
    """An executor that raises and returns what it should not."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def restart(self, program: str) -> None:
        raise RuntimeError(f"{program}\n\x1b[2J")

    def identity(self, program: str) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if program else None


def test_third_party_executors_come_by_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are found by name, made from their keys, and checked; ours cannot be replaced."""
    value = f"{__name__}:make_executor"
    points = EntryPoints(EntryPoint(name, value, third_party.GROUP) for name in ("other", "command"))
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    monkeypatch.setattr(third_party, "entry_points", lambda group: points.select(group=group))
    assert third_party.third_party_names() == ("other",)
    good = third_party.third_party_executor("other", {"good": True})
    good.restart("s1")
    with pytest.raises(NoIdentityError):
        good.identity("s1")
    rogue = third_party.third_party_executor("other", {"rogue": "4711"})
    with pytest.raises(OutsideError, match=r"its restart failed \(RuntimeError: \"s1 .x1b\[2J\"\)"):
        rogue.restart("s1")
    with pytest.raises(OutsideError, match=r"no Identity \(str\)"):
        rogue.identity("s1")
    for answer in (IndexError("x"), True, 4711):
        with pytest.raises(OutsideError, match="identity"):
            third_party.third_party_executor("other", {"rogue": answer}).identity("s1")
    own = Identity(4711, 1.5)
    assert third_party.third_party_executor("other", {"rogue": own}).identity("s1") == own
    with pytest.raises(OutsideError, match="no restart and identity"):
        third_party.third_party_executor("other", {})
    with pytest.raises(OutsideError, match="KeyError"):
        third_party.third_party_executor("other", {"broken": True})
    with pytest.raises(InvalidInputError, match='Did you mean "other"'):
        third_party.third_party_executor("othr", {})
    with pytest.raises(InvalidInputError):
        third_party.third_party_executor("command", {})
