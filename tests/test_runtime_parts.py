"""The parts that a runtime's file names are made of what stands beside the file."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from rejuvmodel.cli.runtime_serving import serve
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.executors.process import ProcessExecutor
from rejuvmodel.runtime.outside.failures import NobodyListensError
from rejuvmodel.runtime.parts import executor_of, monitors_of
from rejuvmodel.runtime.watching.identity import Identity, identity_of

SUPERVISED = """
[group]
name = "web"
mode = "active/active"
required = 0
simplex = true
[balancer]
type = "in-process"
[executor]
type = "supervisor"
url = "{url}"
[[servers]]
name = "s1"
"""


@pytest.mark.parametrize(
    ("url", "path"),
    [("unix://s.sock", "{folder}/s.sock"), ("unix:///run/s.sock", "/run/s.sock")],
    ids=["beside", "absolute"],
)
def test_the_socket_of_supervisor_is_beside_the_file(
    url: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative socket is in the folder of the file, whatever folder the runtime was started in."""
    folder = tmp_path / "100 %25"
    folder.mkdir()
    (folder / "web.toml").write_text(SUPERVISED.format(url=url), encoding="utf-8")
    executor = executor_of(read_runtime_file(folder / "web.toml"))
    monkeypatch.chdir("/")
    with pytest.raises(NobodyListensError) as caught:
        executor.identity("s1")
    assert caught.value.where == f"{path.format(folder=folder)}/RPC2"


STUBBORN = """
[group]
name = "web"
mode = "active/active"
required = 0
simplex = true
[balancer]
type = "in-process"
[executor]
type = "process"
directory = "."
restart_timeout = "1 s"
[[servers]]
name = "s1"
command = ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
"""


def test_8_a_process_that_will_not_end_is_restarted_within_its_time(tmp_path: Path) -> None:
    """TERM and KILL leave enough of `restart_timeout` for the start, however short that is."""
    (tmp_path / "web.toml").write_text(STUBBORN, encoding="utf-8")
    executor = executor_of(read_runtime_file(tmp_path / "web.toml"))
    assert isinstance(executor, ProcessExecutor)
    executor.restart("s1")
    try:
        time.sleep(0.3)  # until it has set its trap
        before, begun = executor.identity("s1"), time.monotonic()
        executor.restart("s1")
        assert time.monotonic() - begun < 8.0  # 1.3 s, but on a machine that others use as well
        assert executor.identity("s1") not in (None, before)
    finally:
        executor.stop("s1")


class Own:
    """An executor whose only program is this process."""

    def restart(self, program: str) -> None:
        raise AssertionError(program)

    def identity(self, _: str) -> Identity | None:
        return identity_of(os.getpid())


@pytest.mark.parametrize(
    ("group", "keys", "every_value", "counted"),
    [
        ("", "", False, False),
        ("", "", True, True),
        ("", "[thresholds]\nbuffers = 500", False, True),
        ('samples = "kept"', "", False, True),
    ],
    ids=["nobody asks", "for a check", "a limit", "recorded"],
)
def test_open_files_are_counted_where_anybody_asks(
    group: str, keys: str, every_value: bool, counted: bool, tmp_path: Path
) -> None:
    """They are counted if they have a limit, are recorded or shown; that takes time for each of them."""
    text = SUPERVISED.format(url="unix://s.sock").replace("[balancer]", f"{group}\n{keys}\n[balancer]")
    (tmp_path / "web.toml").write_text(text, encoding="utf-8")
    file = read_runtime_file(tmp_path / "web.toml")
    sample = monitors_of(file, Own(), every_value=every_value)["s1"].sample()
    assert sample.memory is not None
    assert (sample.buffers is not None) is counted


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'directory = "."',
            'directory = "none"',
            r"^executor\.directory in {file}: got .*a directory that exists",
        ),
        ('"web"', '"web"\njournal = "none/j"', r"^group\.journal in {file}: got .*a file in a folder"),
        ('"web"', '"web"\ncontrol = "none/c"', r"^group\.control in {file}: got .*Make the folder first"),
    ],
)
def test_what_cannot_be_had_at_the_start_names_key_and_file(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    """A folder that is missing is an error with the key that named it, whoever finds it."""
    path = tmp_path / "web.toml"
    path.write_text(STUBBORN.replace(old, new), encoding="utf-8")
    expected = words.format(file=re.escape(str(path)))
    with pytest.raises(InvalidInputError, match=expected):
        serve([read_runtime_file(path)], once=True)
