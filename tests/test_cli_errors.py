"""The command line: every error in words, every way out with its code, also as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from command_line import (
    DUPLEX,
    GRID,
    HUANG_A,
    changed,
    process,
    refused,
    run,
    said,
)

import rejuvmodel as rj
from rejuvmodel.cli import shell
from rejuvmodel.errors import InvalidInputError


@pytest.fixture
def in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("in_directory")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["solve", "nix.toml"], "nix.toml: got no such file"),
        (["solve", "."], ".: got a directory"),
        (["compare", DUPLEX, "nix.toml"], "nix.toml: got no such file"),
        (["sovle", DUPLEX], "Did you mean 'solve'? See 'rejuvmodel --help'."),
        (["solve"], "Missing argument 'FILE'. See 'rejuvmodel solve --help'."),
        (["solve", DUPLEX, "b"], "unexpected extra argument"),
        (["solve", DUPLEX, "--jsn"], "No such option: --jsn"),
        (["--foo"], "No such option: --foo"),
        (["check", DUPLEX, "--rtol", "x"], "Invalid value for '--rtol'"),
        (["check", DUPLEX, "--rtol", "-1"], "--rtol: got -1; a tolerance is a finite number of at least 0"),
        (["check", DUPLEX, "--rtol", "nan"], "--rtol: got nan"),
        (["check", DUPLEX, "--rtol", "inf"], "--rtol: got inf"),
        (["plot", DUPLEX], "Missing option '-o'"),
        (["plot", DUPLEX, "-o", "a.jpg"], 'output a.jpg: got the ending ".jpg"'),
        (["plot", DUPLEX, "-o", "a.dot"], 'output a.dot: got the ending ".dot"'),
        (["plot", DUPLEX, "-o", "a"], "output a: got a name without an ending"),
        (["plot", DUPLEX, "-o", ""], "a name without an ending"),
        (["plot", DUPLEX, "-o", "no/a.png"], "a directory that does not exist"),
        (["diagram", DUPLEX, "-o", "a\0b.png"], "no name of a file"),
        (["diagram", DUPLEX, "--format", "png"], 'got "png" without an output'),
        (["diagram", DUPLEX, "--format", "jpg"], '--format: got "jpg"'),
        (["diagram", DUPLEX, "-o", "a.txt"], 'output a.txt: got the ending ".txt"'),
        (["diagram", DUPLEX, "-o", ".", "--format", "dot"], "output .: got a directory"),
        (["diagram", DUPLEX, "-o", "a.png", "--format", "dot"], "the name of the output says png"),
    ],
)
def test_wrong_arguments_are_refused(arguments: Sequence[str], words: str) -> None:
    """A wrong command line is one line on standard error, and exit code 2."""
    assert words in refused(*arguments)


@pytest.mark.parametrize(
    "command", [["solve"], ["optimize"], ["check"], ["mission"], ["diagram"], ["plot", "-o", "a.png"]]
)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("failure = 1000 ", "failur = 1000 "), "costs.failure in x.toml: got nothing (the key is missing)"),
        (("capacity = 5", "capasity = 5"), "costs.capasity in x.toml: got an unknown key"),
        (("servers = 2", 'servers = "2"'), 'cluster.servers in x.toml: got "2" (text)'),
        (('"20 min"  ', "0"), "mean_times.restart in x.toml: got 0 hours"),
        (('"90 d"', '"-90 d"'), 'mean_times.failure in x.toml: got "-90 d"; a duration is not negative'),
        (("[costs]", "[rates]\naging = 1\n[costs]"), "mean_times and rates in x.toml: got both"),
        (('["6 min", "never"]', '["never", "6 min"]'), 'x.toml: got ["never", "6 min"] (a list)'),
        (('"2 h"', "2020-01-01"), "mean_times.repair in x.toml: got 2020-01-01 (a date or time)"),
        (("[cluster]\nservers = 2\n", ""), "cluster in x.toml: got nothing (the table is missing)"),
        (("[cluster]", "horizon = 1\n[cluster]"), "Move it below its [table], or remove it."),
        (("servers = 2", "servers == 2"), "x.toml: got a syntax error"),
        (("servers = 2", "servers = 2\0"), "x.toml: got a syntax error"),
    ],
)
@pytest.mark.usefixtures("in_directory")
def test_bad_files_are_refused(command: list[str], change: tuple[str, str], words: str) -> None:
    """Every command refuses a bad file in one line, and writes nothing."""
    text = Path(DUPLEX).read_text(encoding="utf-8").replace('"20 min", "7 d"', "text")
    assert text.count(change[0]) == 1
    Path("x.toml").write_text(text.replace(*change), encoding="utf-8")
    assert words in refused(command[0], "x.toml", *command[1:])
    assert os.listdir(".") == ["x.toml"]


def test_a_binary_file_is_refused() -> None:
    """A program given for a file is an error in words."""
    assert "not UTF-8" in refused("solve", sys.executable)


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="needs a user who is refused something")
def test_an_unwritable_directory_is_refused(in_directory: Path) -> None:
    """An output where nothing may be written is refused before anything is computed."""
    in_directory.chmod(0o500)
    try:
        assert "may not be written to" in refused("diagram", DUPLEX, "-o", "a.png")
    finally:
        in_directory.chmod(0o700)


@pytest.mark.usefixtures("in_directory")
def test_a_cluster_too_large_for_a_proof_is_refused() -> None:
    """The refusal names the option that goes on without a proof, and that option works."""
    path = changed("duplex", ("servers = 2", "servers = 70"))
    assert "Add --uncertified for a numerical search." in refused("optimize", path)
    text = said("optimize", path, "--uncertified")
    assert "Certificate: none, the best wait was found by a numerical search." in text


@pytest.mark.usefixtures("in_directory")
def test_sizes_beyond_memory_are_refused() -> None:
    """A cluster beyond any memory ends with 2 and an estimate."""
    assert "would need about" in refused(
        "check", changed("huang_a", ("servers = 1", "servers = 100000000000"))
    )


@pytest.mark.usefixtures("in_directory")
def test_warnings_go_to_standard_error() -> None:
    """A wait shorter than the restart is warned of in one line, and the result is printed."""
    result = run("solve", changed("huang_a", ('"14 d"', '"10 min"')))
    assert result.exit_code == 0
    assert result.stderr.startswith('warning: mean_times.rejuvenate_after = "10 min" is shorter than')
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (KeyboardInterrupt(), 130, ""),
        (MemoryError(), 2, "error: out of memory"),
        (rj.ConvergenceError("it does not converge"), 2, "error: it does not converge"),
        (ZeroDivisionError("planted"), 70, "error: a fault of rejuvmodel, please report it:\nTraceback"),
        (InvalidInputError("a", "b", "c"), 2, "error: a: got b; c."),
    ],
)
def test_every_way_out_has_its_code(
    fault: BaseException, code: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt ends with 130, a fault of the program with 70 and never with the 1 of a disagreement."""

    def fail(_: object) -> None:
        raise fault

    monkeypatch.setattr("rejuvmodel.cli.decided.read_cluster_file", fail)
    result = run("solve", DUPLEX)
    assert result.exit_code == code
    assert result.stderr.startswith(words)


def test_help_is_plain() -> None:
    """Help lists every command, without loading what draws boxes; no command at all is an error."""
    text = said("--help")
    for name in ("solve", "optimize", "check", "compare", "mission", "simulate", "plot", "diagram"):
        assert f"\n  {name} " in text
    assert "cluster file" in said("solve", "--help")
    alone = run()
    assert (alone.exit_code, alone.stdout) == (2, "")
    assert "Commands:" in alone.stderr


def test_a_part_is_never_seen(tmp_path: Path) -> None:
    """A link is followed, and a device is written to and not replaced."""
    (tmp_path / "link.dot").symlink_to(tmp_path / "real.dot")
    shell.write_whole(str(tmp_path / "link.dot"), b"text")
    assert (tmp_path / "link.dot").is_symlink()
    assert (tmp_path / "real.dot").read_bytes() == b"text"
    shell.write_whole(os.devnull, b"text")
    assert not Path(os.devnull).is_file()


# As a process of its own.


def test_the_module_runs() -> None:
    """``python -m rejuvmodel`` prints what the command prints, in UTF-8."""
    result = process("solve", HUANG_A)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == said("solve", HUANG_A)
    assert process("--version").stdout.startswith("rejuvmodel")


def test_errors_of_a_process() -> None:
    """A bad file ends a process with 2, one line and nothing on standard output."""
    result = process("check", "nix.toml")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: nix.toml: got no such file")


def test_a_terminal_without_greek_letters() -> None:
    """An output that cannot show λ gets another character instead of an error."""
    result = process("solve", HUANG_A, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0
    assert "| ?_f |" in " ".join(result.stdout.split())


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_leaves() -> None:
    """A closed pipe ends quietly, and not with the code of a disagreement."""
    command = [sys.executable, "-m", "rejuvmodel", "solve", HUANG_A]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        words = running.stderr.read()
    assert (running.returncode, words) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_is_an_error() -> None:
    """An output that cannot be written ends with 2 and says why."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "rejuvmodel", "solve", HUANG_A]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("error: output standard output: got an error (No space left on device)")


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
def test_a_progress_bar_is_for_people(in_directory: Path) -> None:
    """Long work shows a bar on a terminal, and nothing in a log."""
    text = GRID.replace("[0.01, 0.02, 0.04]", str([0.01 + k / 1e4 for k in range(55)]))
    (in_directory / "x.toml").write_text(text, encoding="utf-8")
    assert said("check", "x.toml").count("\n") == 2
    reader, terminal = os.openpty()
    result = subprocess.run(
        [sys.executable, "-m", "rejuvmodel", "check", "x.toml"],
        stdout=subprocess.PIPE,
        stderr=terminal,
        check=False,
    )
    os.close(terminal)
    shown = os.read(reader, 10_000)
    os.close(reader)
    assert result.returncode == 0
    assert b"comparison" in shown
    assert b"comparison" not in result.stdout


def test_the_main_job_loads_nothing_heavy() -> None:
    """``optimize`` on a plain file loads no SymPy, matplotlib, rich, and no heavy part of SciPy."""
    heavy = ["sympy", "matplotlib", "rich", "pandas", "scipy.stats", "scipy.optimize", "scipy.integrate"]
    code = f"""
import sys
from rejuvmodel.cli import main
sys.argv = ["rejuvmodel", "optimize", {DUPLEX!r}]
try:
    main()
except SystemExit as end:
    assert not end.code
sys.exit(" ".join(set({heavy}) & set(sys.modules)) or 0)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
