"""Controllers in processes of their own: started, stopped, continued, killed; and what they commanded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rolling import until

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.journal.base_lease import LeaseHolder
from rejuvmodel.runtime.journal.journal import JournalError
from rejuvmodel.runtime.journal.lease import Lease
from rejuvmodel.runtime.operating.control_client import ask_one
from rejuvmodel.runtime.operating.control_socket import SECOND
from rejuvmodel.runtime.outside.failures import OutsideError

#: Lines of the runtime's file: a lease that runs out soon.
SHORT = '[lease]\nttl = "1 s"'
CONTROLLER = Path(__file__).with_name("one_controller.py")


@dataclass(frozen=True)
class Command:
    """One line of what controllers have commanded: when, in which epoch, which process, and what."""

    at: float
    epoch: int
    pid: int
    words: tuple[str, ...]


@dataclass
class Controllers:
    """The controllers of one group, in the order in which they were started."""

    file: RuntimeFile
    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(
        self, *, where: str = "-", prefix: Sequence[str] = (), policy: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start one more; it stops itself at the moment that is named."""
        command = [*prefix, sys.executable, str(CONTROLLER), self.file.path, str(self.folder / "commands")]
        with (self.folder / f"controller{len(self.running)}.log").open("wb") as log:
            one = subprocess.Popen(
                [*command, where, str(int(policy))],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.running.append(one)
        return one

    def holder(self) -> LeaseHolder | None:
        """Who has the lease."""
        if not os.path.exists(self.file.home.journal):
            return None
        with suppress(JournalError), Lease(self.file.home.journal, "web") as looker:
            return looker.holder()
        return None  # one that is stopped while it writes holds the file

    def leads(self, one: subprocess.Popen[bytes]) -> bool:
        """Say whether it has the lease."""
        found = self.holder()
        return found is not None and found.left > 0 and f" {one.pid}@" in found.holder

    def leader(self) -> subprocess.Popen[bytes] | None:
        """Which of them has the lease."""
        found = self.holder()
        return next((one for one in self.running if found and f" {one.pid}@" in found.holder), None)

    def statuses(self) -> list[dict[str, Any]]:
        """What those say that answer."""
        found = []
        for place in (self.file.home.control, self.file.home.control + SECOND):
            with suppress(OutsideError):
                found.append(ask_one(place, "status", timeout=1.0).status)
        return found

    def acting(self) -> dict[str, Any]:
        """The status of the one that acts; empty if none says so."""
        acting = [one for one in self.statuses() if one and one["acting"]]
        return max(acting, key=lambda one: one["epoch"], default={})

    def ask(self, what: str, *servers: str) -> None:
        """Ask whoever acts, until one has taken it."""

        def taken() -> bool:
            for place in (self.file.home.control, self.file.home.control + SECOND):
                with suppress(OutsideError):
                    if ask_one(place, what, servers, timeout=5.0).ok:
                        return True
            return False

        until(f"a controller that takes {what}", taken)

    def is_over(self, roll: bool = True) -> bool:
        """Say whether the acting one has nothing to do: no roll, and every server serves or stands by."""
        found = self.acting()
        phases = {one["phase"] for one in found.get("servers", ())}
        return bool(phases) and not (roll and found["roll"]) and phases <= {"serving", "standby"}

    def commands(self) -> list[Command]:
        """What was commanded so far, in order."""
        lines = (self.folder / "commands").read_text(encoding="utf-8").splitlines()
        parts = [line.split() for line in lines]
        return [Command(float(at), int(epoch), int(pid), tuple(words)) for at, epoch, pid, *words in parts]

    def ticked(self, one: subprocess.Popen[bytes], times: int = 10) -> None:
        """Wait until one of them has asked for the lease so often."""

        def asked() -> int:
            return sum(line.pid == one.pid and line.words[0] == "hold" for line in self.commands())

        enough = asked() + times
        until("its ticks", lambda: asked() >= enough)

    def check_taken_by(self, one: subprocess.Popen[bytes], at: float) -> None:
        """Whoever asked for the lease after a moment got it: it has it within one tick."""
        asked = [line.words for line in self.commands() if line.pid == one.pid and line.words[0] == "hold"]
        after = [int(epoch) for _, begun, epoch in asked if float(begun) >= at]
        assert after
        assert 0 not in after, (at, asked)

    def check_one_at_a_time(self) -> None:
        """Each epoch was of one process, and none commanded after a later one had begun to."""
        # The second half of a restart is none: supervisor does not start what runs.
        kinds = ("order", "supervisor.stopProcess")
        given = [one for one in self.commands() if one.words[0] in kinds]
        epochs = [one.epoch for one in given]
        assert epochs == sorted(epochs), given
        assert 0 not in epochs
        assert len({(one.epoch, one.pid) for one in given}) == len(set(epochs)), given

    def log(self, number: int) -> str:
        """What one of them has logged."""
        return (self.folder / f"controller{number}.log").read_text(encoding="utf-8")


def signalled(one: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal; after SIGSTOP wait until it has stopped, after SIGKILL until it has ended."""
    one.send_signal(number)
    if number is signal.SIGKILL:
        one.wait()
    elif number is signal.SIGSTOP:
        until("its stop", lambda: is_stopped(one))


def is_stopped(one: subprocess.Popen[bytes]) -> bool:
    """Say whether a process has stopped."""
    try:
        return Path(f"/proc/{one.pid}/stat").read_text().rpartition(") ")[2].startswith("T")
    except FileNotFoundError:
        return False


@contextmanager
def controllers(file: RuntimeFile, folder: Path) -> Iterator[Controllers]:
    """Yield controllers of a file, none at first; all are gone at the end."""
    found = Controllers(file, folder)
    try:
        yield found
    finally:
        for one in found.running:
            if one.poll() is None:
                one.kill()
            one.wait()
