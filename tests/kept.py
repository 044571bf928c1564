"""The runtime's file for the servers of `rolling.world`, and what is left when a controller is through."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rolling import World, until

from rejuvmodel.runtime.config.runtime_file import RuntimeFile, read_runtime_file
from rejuvmodel.runtime.rolls import RollResult, roll
from rejuvmodel.runtime.runner import Runner

HEAD = """
[group]
name = "web"
mode = "{mode}"
required = {required}
tick = "0.05 s"
{group}
[balancer]
type = "haproxy"
sockets = [{sockets}]
backend = "app"
{balancer}
[executor]
{restarter}
{executor}
{more}
"""
SUPERVISOR = """type = "supervisor"
url = "{url}"
"""
SERVER = """
[[servers]]
name = "{name}"
health = "{health}"
{more}
"""


def file_of(
    one: World,
    folder: Path,
    *,
    mode: str = "active/active",
    required: int = 2,
    group: str = "",
    sockets: Sequence[str] = (),
    balancer: str = "",
    restarter: str = "",
    executor: str = "",
    more: str = "",
    names: Collection[str] = (),
    health: Mapping[str, str] | None = None,
    server: Mapping[str, str] | None = None,
) -> RuntimeFile:
    """Write the file of this world, or of a part of it, and read it; texts are lines of the tables."""
    for line in ('restart_timeout = "20 s"', 'healthy_for = "0.3 s"'):
        if line.split()[0] not in executor:
            executor += f"\n{line}"
    if "reload_grace" not in balancer:
        balancer += '\nreload_grace = "0.1 s"'  # HAProxy leaves no process behind here
    text = HEAD.format(
        mode=mode,
        required=required,
        sockets=", ".join(f'"{path}"' for path in sockets or [one.proxy.socket]),
        restarter=restarter or SUPERVISOR.format(url=one.keeper.url),
        group=group,
        balancer=balancer,
        executor=executor,
        more=more,
    )
    for name in names or one.ports:
        asked = (health or {}).get(name, f"http://127.0.0.1:{one.ports[name]}/healthz")
        text += SERVER.format(name=name, health=asked, more=(server or {}).get(name, ""))
    path = folder / "web.toml"
    path.write_text(text, encoding="utf-8")
    return read_runtime_file(path)


@contextmanager
def running(file: RuntimeFile, *, by_policy: bool = True) -> Iterator[Runner]:
    """Run a runner in a thread until the end of the block; then it finishes what it has begun."""
    stop, problems = threading.Event(), []

    def run() -> None:
        try:
            runner.run(stop)
        except BaseException as problem:
            problems.append(problem)

    with Runner(file, by_policy=by_policy) as runner:
        thread = threading.Thread(target=run)
        thread.start()
        try:
            until("a full view", lambda: runner.ready or problems)
            yield runner
        finally:
            stop.set()
            runner.wake()
            thread.join(60)
            assert not problems, problems
            assert not thread.is_alive(), "the runner does not end"


def ticked(runner: Runner, what: str, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Tick in this thread until the status says something; return it."""

    def step() -> bool:
        runner.tick()
        return bool(holds(runner.status()))

    until(what, step)
    return runner.status()


def asked(runner: Runner, *servers: str, ask: str = "rejuvenate") -> None:
    """Ask a runner that ticks in another thread; it takes it up."""
    answer = runner.post({"ask": ask, "servers": list(servers)} if servers else {"ask": ask})
    assert answer["ok"], answer


def server_of(status: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What a status says of one server."""
    (found,) = [one for one in status["servers"] if one["name"] == name]
    return dict(found)


def phases(status: Mapping[str, Any]) -> dict[str, str]:
    """Where each server stands."""
    return {one["name"]: one["phase"] for one in status["servers"]}


def refusals(status: Mapping[str, Any]) -> dict[str, str]:
    """Why servers that are due have to wait."""
    return {one["name"]: one["refusal"]["reason"] for one in status.get("servers", ()) if one["refusal"]}


def rolled(file: RuntimeFile, *servers: str, patience: float = 20.0) -> RollResult:
    """Rejuvenate servers, all of them if none is named, by a runner of this process."""
    with Runner(file, by_policy=False) as runner:
        return roll(runner, servers, patience=patience)


def settled(file: RuntimeFile) -> dict[str, Any]:
    """Let a successor finish or undo whatever there is; return the status at its end."""
    with Runner(file, by_policy=False) as runner:
        return runner.once(threading.Event())


def starts(one: World) -> dict[str, int]:
    """How often each server was started, by supervisor's own log."""
    log = Path(one.keeper.url.removeprefix("unix://")).with_name("supervisord.log").read_text()
    return {name: len(re.findall(rf"spawned: '{name}' ", log)) for name in one.ports}
