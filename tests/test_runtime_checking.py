"""Checking a file against the world: real HAProxy, supervisor and servers, and what can be wrong."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line import cells, run, said
from etcd_servers import ETCD, etcd
from haproxies import haproxy
from kept import file_of
from rolling import NAMES, World, world
from runtime_groups import COMMAND, DRY, document, healthy, running, scripted, short_folder, wait, written
from supervisors import end_tree

from rejuvmodel.runtime.balancing.haproxy import HAProxyBalancer
from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.deciding.records import Entered, plain
from rejuvmodel.runtime.journal.journal import Journal
from rejuvmodel.runtime.journal.leasing import journal_and_lease
from rejuvmodel.runtime.operating.checking import Finding, check
from rejuvmodel.runtime.operating.control_client import ask


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


@pytest.fixture(scope="module")
def servers() -> Iterator[World]:
    with world() as made:
        yield made


def wrong(findings: tuple[Finding, ...], level: str = "wrong") -> list[str]:
    """What is wrong, each in one line."""
    return [f"{one.part} {one.where}: {one.text}. {one.advice}" for one in findings if one.level == level]


def found(file: str, level: str = "wrong", *, offline: bool = False) -> list[str]:
    return wrong(check(read_runtime_file(file), offline=offline), level)


LIMITS = '[thresholds]\nmemory = 9e12\nload = 1e6\nmax_age = "60 s"\n[policy]\nconfirm_for = "1 h"\n'


def test_a_good_file(servers: World, folder: Path) -> None:
    """Of a file that fits, every part is found good, and nothing was changed by looking."""
    file = file_of(servers, folder, more=LIMITS)
    before = servers.balancer.view()
    findings = check(file)
    assert [one for one in findings if one.level != "good"] == []
    texts = [f"{one.part} {one.where}: {one.text}" for one in findings]
    for words in (
        f"journal {folder}/web.journal: it will be made at the start",
        f"control {folder}/web.sock: no runtime answers there now",
        "policy confirm_for: due when unstable for 1 h",
        re.escape("thresholds memory: unstable from 9 TB on, normal again below 8.1 TB"),
        r"clocks UTC: it is 20\d\d-",
        "HAProxy answers, and takes orders",
        *(f"balancer .*: {name} is UP" for name in NAMES),
        *(rf"executor {name}: it runs as process \d+" for name in NAMES),
        *(rf"server {name}: it is healthy \(.*memory " for name in NAMES),
    ):
        assert any(re.search(words, text) for text in texts), (words, texts)
    assert servers.balancer.view() == before
    assert not (folder / "web.journal").exists()
    assert not (folder / "web.sock").exists()


def test_the_command(servers: World, folder: Path) -> None:
    """The command prints a line a finding and a verdict; 0 if nothing is wrong, 1 if anything is."""
    file_of(servers, folder)
    text = said("runtime", "check", f"{folder}/web.toml")
    assert text.startswith(f"{folder}/web.toml: web (active/active), 3 servers, 2 required, at most 1 away\n")
    assert "- warning: policy: nothing makes a rejuvenation due: operators alone rejuvenate. Add" in text
    assert re.search(r"\n\d+ looked at: none wrong, 1 warning\.\n$", text)
    file = f"{folder}/bad.toml"
    Path(file).write_text(Path(f"{folder}/web.toml").read_text().replace('"app"', '"ap"'), encoding="utf-8")
    result = run("runtime", "check", file, "--json")
    assert result.exit_code == 1
    values = json.loads(result.stdout)
    assert (values["schema"], values["command"], values["ok"], values["offline"]) == (
        1, "runtime check", False, False,
    )  # fmt: skip
    (bad,) = [one for one in values["findings"] if one["level"] == "wrong"]
    assert (bad["part"], bad["where"]) == ("balancer", servers.proxy.socket)
    assert bad["text"] == "HAProxy has no backend ap"
    assert said("runtime", "check", file, "--offline").endswith("none wrong, 1 warning.\n")


def test_what_is_wrong_with_a_balancer(servers: World, folder: Path) -> None:
    """Too low a level, servers that one side does not know, a socket without HAProxy: each with advice."""
    text = Path(file_of(servers, folder).path).read_text()
    path = folder / "web.toml"

    def changed(old: str, new: str) -> str:
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return str(path)

    (low,) = found(changed(servers.proxy.socket, servers.proxy.low))
    assert re.search(
        r"takes no orders: the level is .*operator.*\. Give the stats socket \"level admin\"", low
    )
    (unknown,) = [
        one for one in found(changed('name = "s3"', 'name = "s4"\nprogram = "s3"')) if "backend" in one
    ]
    assert "backend app has no server s4. Use the same name on both sides." in unknown
    (other,) = found(str(path), "warning")[1:2]
    assert "backend app also has s3: nobody rejuvenates what the file does not name" in other
    (nobody,) = found(changed(servers.proxy.socket, f"{folder}/none.sock"))
    assert nobody.startswith(f"balancer {folder}/none.sock: nobody listens")


def test_servers_that_haproxy_does_not_check(servers: World, folder: Path) -> None:
    """A server without a check in HAProxy would never come back, and that is found before it leaves."""
    with haproxy(list(servers.ports.values()), options="no-check") as proxy:
        text = Path(file_of(servers, folder).path).read_text().replace(servers.proxy.socket, proxy.socket)
        (folder / "web.toml").write_text(text, encoding="utf-8")
        lines = found(f"{folder}/web.toml")
    assert [line.split(": ")[1].split()[0] for line in lines] == list(NAMES)
    assert all("has no health check in HAProxy" in line and 'Add "check"' in line for line in lines)


def test_backup_servers_of_haproxy(servers: World, folder: Path) -> None:
    """A server that gets no requests while others are UP does not count as serving, and that is found."""
    with haproxy(list(servers.ports.values()), options="backup") as proxy:
        text = Path(file_of(servers, folder).path).read_text().replace(servers.proxy.socket, proxy.socket)
        (folder / "web.toml").write_text(text, encoding="utf-8")
        lines = found(f"{folder}/web.toml")
        seen = HAProxyBalancer([proxy.socket], "app").view()
    assert [line.split(": ")[1].split()[0] for line in lines] == list(NAMES)
    assert all("is a backup in HAProxy" in line and 'Take "backup" from' in line for line in lines)
    assert not any(seen[name].up for name in NAMES)


def test_servers_that_are_not_ready(servers: World, folder: Path) -> None:
    """A server that somebody has drained, or that has no weight, is a warning."""
    from rejuvmodel.runtime.balancing.balancer import Wanted

    file = file_of(servers, folder).path
    try:
        servers.balancer.hold({"s1": Wanted("drain"), "s2": Wanted("ready", 0)})
        lines = found(file, "warning")
        assert any(
            "s1 is out of service (drain, weight 100, DRAIN). The runtime brings" in one for one in lines
        )
        assert any("s2 is a primary and has weight 0. Give it its weight" in one for one in lines)
    finally:
        servers.balancer.hold({"s1": Wanted("ready", 100), "s2": Wanted("ready", 100)})
        servers.wait("all three", lambda: servers.balancer.view().serving == NAMES)


def test_what_is_wrong_with_executor_and_servers(servers: World, folder: Path) -> None:
    """A program that supervisor does not know, a server that is not there, and values that nobody shows."""
    text = Path(file_of(servers, folder).path).read_text()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        gone = text.replace(f":{servers.ports['s1']}/", f":{free.getsockname()[1]}/")
        gone = gone.replace('name = "s2"', 'name = "s2"\nprogram = "nix"')
        gone = gone.replace(f'health = "http://127.0.0.1:{servers.ports["s3"]}/healthz"\n', "")
        (folder / "web.toml").write_text(gone, encoding="utf-8")
        lines = found(f"{folder}/web.toml")
    assert any(line.startswith("executor nix: ") for line in lines), lines
    assert any(
        re.match("server s1: nothing runs, or nothing listens there .*Is it started", line) for line in lines
    )
    assert any("server s3: it has no health endpoint: nothing says that it is well" in line for line in lines)


def test_an_executor_that_is_down(folder: Path) -> None:
    """A supervisor that does not answer is asked once, not once for each server."""
    with world(warm=False) as one:
        file = file_of(one, folder).path
        end_tree(one.keeper.process)
        lines = [line for line in found(file) if line.startswith("executor")]
    assert len(lines) == 1
    assert "nobody listens" in lines[0]


def test_values_that_something_depends_on(folder: Path) -> None:
    """A limit, a gate or a capacity on a value that no server shows is wrong: nothing would ever happen."""
    more = LIMITS.replace("confirm_for", 'max_load = 0.5\nmin_uptime = "1 h"\nconfirm_for')
    with healthy() as address:
        lines = found(written(folder, DRY, health=address, more=more.replace("load = 1e6\n", "")))
    for words in (
        "server s1: it shows no memory, which has a limit (9e+12). Let its health body have",
        "server s1: it shows no load, which max_load (0.5) is compared with",
        "server s1: it shows no uptime, which min_uptime (3600 s) is compared with",
    ):
        assert any(line.startswith(words) for line in lines), lines


def test_kinds_that_act_on_nothing(folder: Path) -> None:
    """A dry run and a balancer in the process work, and are warned of; so is a missing identity command."""
    with healthy() as address:
        lines = found(written(folder, DRY, health=address), "warning")
        assert any(line.startswith("executor dry-run: a dry run: nothing is drained") for line in lines)
        assert any(line.startswith("balancer in-process: ") for line in lines)
        executor = re.sub("identity = .*\n", "", COMMAND) + 'restart = ["true"]\n'
        lines = found(written(folder, executor, health=address), "warning")
        assert any("a restart by somebody else is not noticed" in line for line in lines)
        assert found(written(folder, COMMAND + 'restart = ["true"]\n', health=address)) == []


def test_programs(folder: Path) -> None:
    """Every command's program is looked for, and none is run."""
    plain = folder / "plain"
    plain.write_text("#!/bin/sh\n", encoding="utf-8")
    mark = folder / "ran"
    more = (
        f'[policy]\nblackout = [["touch", "{mark}"]]\n[duplexer]\n'
        f'command = ["{plain}", "{{source}}", "{{target}}"]\n'
        f'[clean]\nmemory = ["no-such-program-here"]\n'
    )
    file = written(folder, COMMAND + 'restart = ["/none/restart"]\n', more=more)
    missing = "there is no such program. Write its whole path: a service has a short PATH."
    lines = found(file, offline=True)
    assert lines == [
        f"duplexer {plain}: the program may not be run. Make it executable for this user.",
        f"clean memory no-such-program-here: {missing}",
        f"restart /none/restart: {missing}",
    ]
    good = [one for one in check(read_runtime_file(file), offline=True) if one.level == "good"]
    assert any(one.part == "blackout" and "/touch" in one.text for one in good)
    assert not mark.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to(folder: Path) -> None:
    """Journal and control socket need a folder that this user may write to."""
    file = written(folder)
    folder.chmod(0o500)
    try:
        assert [line.split()[0] for line in found(file, offline=True)] == ["journal", "control"]
    finally:
        folder.chmod(0o700)


def test_journal_and_socket(folder: Path) -> None:
    """A folder that is missing, a file of another kind, a damaged journal, a clock that was set back."""
    file = written(folder)
    text = Path(file).read_text(encoding="utf-8")

    def with_keys(keys: str, level: str = "wrong") -> list[str]:
        Path(file).write_text(text.replace("[balancer]", f"{keys}\n[balancer]"), encoding="utf-8")
        return found(file, level, offline=True)

    lines = with_keys('journal = "none/j"\ncontrol = "none/c"')
    assert lines == [
        f"journal {folder}/none/j: its folder does not exist. Make it first.",
        f"control {folder}/none/c: its folder does not exist. Make it first.",
    ]
    (folder / "file").write_text("x", encoding="utf-8")
    (line,) = with_keys('control = "file"')
    assert line == f"control {folder}/file: it is no socket. Name another file, or remove it."
    (folder / "d").mkdir()
    (line,) = with_keys('journal = "d"')
    assert line.startswith(f"journal {folder}/d: it is no file that can be read and written")
    with Journal(folder / "web.journal") as journal:
        journal.append("web", [{"record": "x"}], at=datetime(2100, 1, 1, tzinfo=UTC))
    assert any("Was the clock set back?" in line for line in with_keys("", "warning"))
    (folder / "web.journal").write_bytes(b"x" * 5000)
    assert any("the journal was damaged" in line for line in with_keys("", "warning"))
    assert (folder / "web.journal").read_bytes() == b"x" * 5000


def test_what_is_written_beside(folder: Path) -> None:
    """Samples, metrics and the watchdog's socket are looked at where the file asks for them."""
    more = '[faults]\nwatchdog = "30 s"\nwatchdog_socket = "none/w"\n[metrics]\naddress = "127.0.0.1:9464"\n'
    file = written(folder, more=more)
    text = Path(file).read_text(encoding="utf-8")
    Path(file).write_text(text.replace("[balancer]", 'samples = "seen"\n[balancer]'), encoding="utf-8")
    assert found(file, offline=True) == [
        f"watchdog {folder}/none/w: its folder does not exist. Make it first."
    ]
    good = found(file, "good", offline=True)
    assert f"samples {folder}/seen: they can be written there. " in good
    assert "metrics 127.0.0.1:9464: they will be shown there. " in good
    (folder / "seen").write_text("", encoding="utf-8")
    assert f"samples {folder}/seen: it is no folder. Name a folder, or remove it." in found(
        file, offline=True
    )


@pytest.mark.skipif(ETCD is None, reason="etcd is not installed (Debian: etcd-server)")
def test_a_journal_in_etcd(folder: Path) -> None:
    """Where the journal is in etcd, it is asked there; and that it does not answer is said."""
    with etcd(folder) as (url, _):
        file = written(folder, more=f'[lease]\ntype = "etcd"\nurl = "{url}"\n')
        assert any("etcd answers, with 0 records" in line for line in found(file, "good"))
        journal, lease = journal_and_lease(read_runtime_file(file))
        with journal, lease:
            journal.append("web", [plain(Entered("s2", "out", "primary", "not back in time"))])
        assert any("etcd answers, with 1 records" in line for line in found(file, "good"))
        shown = run("runtime", "status", file)
        assert (shown.exit_code, cells(shown.stdout, "s2")[1].startswith("out for ")) == (1, True)
    assert any(line.startswith(f"journal {url}: ") for line in found(file)), found(file)
    assert "and the journal cannot be read: " in run("runtime", "status", file).stdout


def test_a_runtime_that_answers_already(folder: Path) -> None:
    """A runtime that answers on the control socket is told of."""
    file = written(folder)
    with scripted(file, document()):
        texts = found(file, "good")
    assert any(f"control {folder}/web.sock: a runtime answers there now, and acts" in text for text in texts)


def test_a_policy_for_another_number_of_servers(servers: World, folder: Path) -> None:
    """A policy is described in words; one that was computed for another number of servers is a warning."""
    from policies import policy

    policy(servers=4, required=2, max_concurrent=1, clock="service").save(folder / "p.json")
    file = file_of(
        servers, folder, more='[policy]\nfile = "p.json"\ncron = "0 3 * * *"\nwindows = ["22:00-05:00"]'
    )
    findings = check(file, offline=True)
    assert wrong(findings, "warning") == [
        "policy : it was computed for 4 servers, and the file has 3. Make it again for this group."
    ]
    texts = [one.text for one in findings]
    assert any(text.startswith("Each server waits") for text in texts) or any(
        "mean wait" in text for text in texts
    )
    assert 'every server once at each slot of "0 3 * * *" (UTC)' in texts
    assert any(re.search("and the windows are (open|closed)$", text) for text in texts)


def test_a_daemon_rolls_real_servers(servers: World, folder: Path) -> None:
    """``run`` keeps three real servers; ``roll`` lets it rejuvenate each of them, and both end in order."""
    file = file_of(servers, folder)
    before = {name: servers.executor.identity(name) for name in NAMES}
    with running(file.path) as daemon:
        wait("a view", lambda: ask(file.home.control, "status").status["serving"] == 3)
        said("runtime", "pause", file.path)
        assert ask(file.home.control, "status").status["paused"] is True
        said("runtime", "resume", file.path)
        result = run("runtime", "roll", file.path)
        assert result.exit_code == 0, result.stdout + result.stderr
        assert {line.split(":")[0] for line in result.stderr.splitlines()} == set(NAMES)
        text = said("runtime", "status", file.path)
        daemon.process.terminate()
        assert daemon.process.wait(20) == 0
    after = {name: servers.executor.identity(name) for name in NAMES}
    assert all(after[name] not in (None, before[name]) for name in NAMES)
    assert f"{file.path}: rejuvenated s1, s2, s3 in" in result.stdout
    assert "3 of 3 serve" in text
    assert servers.balancer.view().serving == NAMES
