"""A controller whose journal's disk fills up on the way, and has room again later.

Run as ``python full_disk_controller.py FILE FOLDER PHASE``: rolls, and fills the folder, which is a small
file system of its own, when a server is in that phase. Prints the status as it is when nothing goes on any
more, and when there is room again and the roll has ended, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.journal import keeping
from rejuvmodel.runtime.journal.journal import JournalError
from rejuvmodel.runtime.runner import Runner

FILE, FOLDER, PHASE = sys.argv[1:]


def until(runner: Runner, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Tick until something holds; return the status."""
    end = time.monotonic() + 30
    while not holds(runner.status()):
        assert time.monotonic() < end, runner.status()
        began = time.monotonic()
        runner.tick()
        runner.wait(began)
    return runner.status()


def fill(runner: Runner) -> Path:
    """Leave no room, neither in the journal's file nor beside it; return what has to be deleted for some."""
    rest = Path(FOLDER, "rest")
    rest.write_bytes(bytes(50_000))
    with suppress(JournalError):
        while True:
            runner._journal.append("web", [{"text": "x" * 500}], epoch=runner._claim.epoch)
    with rest.open("ab", buffering=0) as more, suppress(OSError):
        while more.write(b"x"):
            pass
    return rest


if __name__ == "__main__":
    keeping._REST = 0.5  # [s] until the disk is tried again
    with Runner(read_runtime_file(FILE), by_policy=False) as runner:
        until(runner, lambda _: runner.ready)
        runner.put({"ask": "roll"})
        until(runner, lambda found: PHASE in {one["phase"] for one in found["servers"]})
        rest = fill(runner)
        until(runner, lambda found: runner.at_rest and found["problems"])
        for _ in range(10):
            runner.tick()
        full = runner.status()
        rest.unlink()
        after = until(runner, lambda _: runner.idle)
    json.dump({"full": full, "after": after}, sys.stdout)
