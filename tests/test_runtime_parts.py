"""The parts that a runtime's file names are made of what stands beside the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.outside.failures import NobodyListensError
from rejuvmodel.runtime.parts import executor_of

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
