"""The runtime's file for the servers of `rolling.world`, and what is left when a controller is through."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

from rolling import NAMES, World

from rejuvmodel.runtime.config import RuntimeFile, read_runtime_file
from rejuvmodel.runtime.rolls import RollResult, roll
from rejuvmodel.runtime.runner import Runner

HEAD = """
[group]
name = "web"
mode = "active/active"
required = 2
tick = "0.05 s"
{group}
[balancer]
type = "haproxy"
sockets = ["{socket}"]
backend = "app"
{balancer}
[executor]
type = "supervisor"
url = "{url}"
healthy_for = "0.3 s"
{executor}
{more}
"""
SERVER = """
[[servers]]
name = "{name}"
health = "http://127.0.0.1:{port}/healthz"
"""


def file_of(
    one: World, folder: Path, *, group: str = "", balancer: str = "", executor: str = "", more: str = ""
) -> RuntimeFile:
    """Write the file of this world, and read it."""
    if "restart_timeout" not in executor:
        executor += '\nrestart_timeout = "20 s"'
    text = HEAD.format(
        socket=one.proxy.socket,
        url=one.keeper.url,
        group=group,
        balancer=balancer,
        executor=executor,
        more=more,
    )
    text += "".join(SERVER.format(name=name, port=port) for name, port in one.ports.items())
    path = folder / "web.toml"
    path.write_text(text, encoding="utf-8")
    return read_runtime_file(path)


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
    return {name: len(re.findall(rf"spawned: '{name}' ", log)) for name in NAMES}
