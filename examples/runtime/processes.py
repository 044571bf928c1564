"""Processes of the demo: started, waited for, and ended with whatever they have started."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

PATIENCE = 20.0


class DemoError(Exception):
    """Something does not work that the demo needs."""


@contextmanager
def process(
    command: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a folder until the end of the block, when it and all its children are gone.

    It has a session of its own: Ctrl-C reaches the demo alone, which then ends everything in order.
    """
    with log.open("wb") as out:
        running = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield running
    finally:
        end_tree(running)


def end_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here and whatever it has started, and wait until all are gone."""
    children = []
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
    if process.poll() is None:
        process.kill()  # first, so that it starts nothing again
    process.wait()
    for one in children:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(children, 5)


def wait(what: str, holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something holds."""
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            raise DemoError(f"{what}: not within {patience:g} s")
        time.sleep(0.05)
